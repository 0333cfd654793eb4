// The tokenizer that a GGUF carries in its metadata.
#include "labs/model/gguf.h"
#include "labs/model/tokenizer.h"
#include "labs/model/vocabulary.h"

namespace tb {

namespace {

using Kind = Vocabulary::Kind;

// What the number of a token's type means in a GGUF.
Kind kind_of(std::int64_t type) {
  switch (type) {
    case 2: case 3: return Kind::control;   // unknown, control
    case 4: return Kind::added;             // user defined
    case 6: return Kind::verbatim;          // a single byte
    default: return Kind::letters;          // 1 normal, 5 unused
  }
}

Result<void> read_tokens(const Gguf& file, Vocabulary& vocabulary) {
  const auto texts = file.strings("tokenizer.ggml.tokens");
  if (!texts) return tl::unexpected<Error>(texts.error());
  for (const std::string_view text : *texts) vocabulary.tokens.push_back({text, Kind::letters});
  if (!file.has("tokenizer.ggml.token_type")) return {};
  const auto types = file.integers("tokenizer.ggml.token_type");
  if (!types) return tl::unexpected<Error>(types.error());
  if (types->size() != texts->size())
    return fail("tokenizer.types", file.path(), {std::to_string(types->size()), std::to_string(texts->size())});
  for (std::size_t id = 0; id < types->size(); ++id) vocabulary.tokens[id].kind = kind_of((*types)[id]);
  return {};
}

Result<void> read_merges(const Gguf& file, Vocabulary& vocabulary) {
  const auto lines = file.strings("tokenizer.ggml.merges");
  if (!lines) return tl::unexpected<Error>(lines.error());
  for (const std::string_view line : *lines) {
    const std::size_t gap = line.find(' ', 1);
    if (gap == line.npos || gap + 1 == line.size())
      return fail("tokenizer.merge", file.path(), {std::to_string(vocabulary.merges.size())});
    vocabulary.merges.emplace_back(line.substr(0, gap), line.substr(gap + 1));
  }
  return {};
}

Result<std::optional<std::int64_t>> special_id(const Gguf& file, std::string_view key, std::size_t size) {
  if (!file.has(key)) return std::nullopt;
  const auto id = file.integer(key);
  if (!id) return tl::unexpected<Error>(id.error());
  if (*id < 0 || *id >= static_cast<std::int64_t>(size))
    return fail("tokenizer.special_id", file.path(), {std::string(key), std::to_string(*id), std::to_string(size)});
  return *id;
}

}  // namespace

Result<Tokenizer> Tokenizer::from(const Gguf& file) {
  Vocabulary vocabulary{.where = file.path()};
  const auto model = file.string("tokenizer.ggml.model");
  if (!model) return tl::unexpected<Error>(model.error());
  if (*model != "gpt2") return fail("tokenizer.model", file.path(), {std::string(*model)});
  const auto name = file.string("tokenizer.ggml.pre");
  if (!name) return tl::unexpected<Error>(name.error());
  auto pretokenizer = Pretokenizer::named(*name, file.path());
  if (!pretokenizer) return tl::unexpected<Error>(pretokenizer.error());
  vocabulary.pretokenizer = std::move(*pretokenizer);
  vocabulary.whole_pieces = *name == "llama-bpe";
  if (auto read = read_tokens(file, vocabulary); !read) return tl::unexpected<Error>(read.error());
  if (auto read = read_merges(file, vocabulary); !read) return tl::unexpected<Error>(read.error());

  const auto begin = special_id(file, "tokenizer.ggml.bos_token_id", vocabulary.tokens.size());
  if (!begin) return tl::unexpected<Error>(begin.error());
  vocabulary.begin = *begin;
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {   // of a text, of a turn
    const auto end = special_id(file, key, vocabulary.tokens.size());
    if (!end) return tl::unexpected<Error>(end.error());
    if (*end) vocabulary.ends.push_back(**end);
  }
  if (file.has("tokenizer.ggml.add_bos_token")) {
    const auto add = file.boolean("tokenizer.ggml.add_bos_token");
    if (!add) return tl::unexpected<Error>(add.error());
    vocabulary.add_begin = *add;
  }
  return of(std::move(vocabulary));
}

}  // namespace tb
