// The tokenizer of a Hugging Face folder. tokenizer.json describes a chain of parts (normalizer, pre_tokenizer, model,
// post_processor), each an object with a "type"; the parts of byte-level BPE that Llama and Qwen models use are known
// here by what they hold, and any other is an error that names it: a guess would give other ids without a word.
#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "labs/model/tokenizer.h"
#include "labs/model/vocabulary.h"

namespace tb {

namespace {

using Json = nlohmann::json;
using Kind = Vocabulary::Kind;
namespace fs = std::filesystem;

constexpr std::int64_t largest_id = (1 << 22) - 1;   // the largest vocabularies have a quarter of a million tokens

constexpr std::uintmax_t largest_file = 256'000'000;   // known ones have up to 20 MB

Result<Json> read_json(const fs::path& path) {
  std::error_code unreadable;
  if (const auto size = fs::file_size(path, unreadable); !unreadable && size > largest_file)
    return fail("tokenizer.size", path.string(), {std::to_string(size / 1'000'000)});
  const Result<std::string> text = read_file(path);
  if (!text) return tl::unexpected<Error>(text.error());
  try {
    return Json::parse(*text);
  } catch (const Json::parse_error& error) {
    return fail("tokenizer.json", path.string() + ":" + std::to_string(error.byte));
  }
}

// The files beside tokenizer.json, which need not be there.
Result<Json> read_json_if_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable) ? read_json(path) : Result<Json>(Json());
}

// The member of an object; null where there is none.
const Json& member(const Json& object, const char* key) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

bool is_true(const Json& object, const char* key, bool without = false) {
  const Json& value = member(object, key);
  return value.is_boolean() ? value.get<bool>() : without;
}

std::string type_of(const Json& part) {
  const Json& type = member(part, "type");
  return type.is_string() ? type.get<std::string>() : std::string();
}

std::optional<std::int64_t> id_of(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  const bool fits = !value.is_number_unsigned() || value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  const std::int64_t id = fits ? value.get<std::int64_t>() : -1;
  return id >= 0 && id <= largest_id ? std::optional(id) : std::nullopt;
}

std::optional<std::int64_t> id_of_text(const Vocabulary& vocabulary, std::string_view text) {
  const auto& tokens = vocabulary.tokens;
  const auto found = std::find_if(tokens.begin(), tokens.end(), [&](const Vocabulary::Token& token) {
    return token.kind != Kind::missing && token.text == text;
  });
  return found == tokens.end() ? std::nullopt : std::optional<std::int64_t>(found - tokens.begin());
}

class Reader {
 public:
  Reader(const Json& file, std::string where) : file_(file) { vocabulary_.where = std::move(where); }

  Result<Vocabulary> read() {
    for (const auto step : {&Reader::read_model, &Reader::read_added_tokens, &Reader::read_normalizer,
                            &Reader::read_pretokenizer, &Reader::read_post_processor})
      if (const Result<void> done = (this->*step)(); !done) return tl::unexpected<Error>(done.error());
    vocabulary_.leftmost_first = true;
    return std::move(vocabulary_);
  }

 private:
  // A part of the file that is not known here, by its place and what stands there.
  tl::unexpected<Error> unknown(const std::string& place, const Json& part) const {
    std::string shown = part.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (shown.size() > 120) shown = shown.substr(0, shown.find_last_not_of("\x80\xbf", 117)) + "...";
    return fail("tokenizer.unknown", vocabulary_.where, {place, shown});
  }

  // A list of parts: those of a Sequence, the one part, or none.
  static std::vector<const Json*> parts(const Json& part, const char* list) {
    if (part.is_null()) return {};
    if (type_of(part) != "Sequence" || !member(part, list).is_array()) return {&part};
    std::vector<const Json*> all;
    for (const Json& one : member(part, list)) all.push_back(&one);
    return all;
  }

  // Puts a token at its id; the ids need not come in order.
  Result<void> place(std::int64_t id, Vocabulary::Token token) {
    auto& tokens = vocabulary_.tokens;
    if (static_cast<std::size_t>(id) >= tokens.size()) tokens.resize(static_cast<std::size_t>(id) + 1);
    if (tokens[id].kind != Kind::missing && tokens[id].text != token.text)
      return fail("tokenizer.added", vocabulary_.where, {std::to_string(id), std::string(tokens[id].text),
                                                         std::string(token.text)});
    tokens[id] = token;
    return {};
  }

  Result<void> read_model() {
    const Json& model = member(file_, "model");
    if (type_of(model) != "BPE") return fail("tokenizer.model", vocabulary_.where, {type_of(model)});
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (const Json& text = member(model, key); !text.is_null() && text != "")
        return unknown(std::string("model.") + key, text);
    if (const Json& dropout = member(model, "dropout"); !dropout.is_null() && dropout != 0)
      return unknown("model.dropout", dropout);
    if (is_true(model, "byte_fallback")) return unknown("model.byte_fallback", true);
    vocabulary_.whole_pieces = is_true(model, "ignore_merges");

    const Json& vocab = member(model, "vocab");
    if (!vocab.is_object()) return unknown("model.vocab", vocab);
    for (auto entry = vocab.begin(); entry != vocab.end(); ++entry) {
      const auto id = id_of(entry.value());
      if (!id) return unknown("model.vocab." + entry.key(), entry.value());
      if (auto placed = place(*id, {entry.key(), Kind::letters}); !placed) return placed;
    }
    const Json& merges = member(model, "merges");
    if (!merges.is_array()) return unknown("model.merges", merges);
    for (const Json& merge : merges)
      if (auto read = read_merge(merge); !read) return read;
    return {};
  }

  // "left right", as older files have it, or ["left", "right"].
  Result<void> read_merge(const Json& merge) {
    std::string_view left, right;
    if (merge.is_string()) {
      const std::string_view line = merge.get_ref<const std::string&>();
      const std::size_t gap = line.find(' ', 1);
      left = line.substr(0, gap);
      if (gap != line.npos) right = line.substr(gap + 1);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      left = merge[0].get_ref<const std::string&>();
      right = merge[1].get_ref<const std::string&>();
    }
    if (left.empty() || right.empty())
      return fail("tokenizer.merge", vocabulary_.where, {std::to_string(vocabulary_.merges.size())});
    vocabulary_.merges.emplace_back(left, right);
    return {};
  }

  Result<void> read_added_tokens() {
    const Json& added = member(file_, "added_tokens");
    if (added.is_null()) return {};
    if (!added.is_array()) return unknown("added_tokens", added);
    for (const Json& token : added) {
      const auto id = id_of(member(token, "id"));
      const Json& content = member(token, "content");
      if (!id || !content.is_string()) return unknown("added_tokens", token);
      for (const char* key : {"lstrip", "rstrip", "single_word"})
        if (is_true(token, key)) return unknown(std::string("added_tokens.") + key, token);
      const Kind kind = is_true(token, "special") ? Kind::control : Kind::added;
      // Without the key, special tokens are not normalised and others are.
      const bool normalised = is_true(token, "normalized", kind == Kind::added);
      if (auto placed = place(*id, {content.get_ref<const std::string&>(), kind, normalised}); !placed) return placed;
    }
    return {};
  }

  Result<void> read_normalizer() {
    for (const Json* part : parts(member(file_, "normalizer"), "normalizers")) {
      if (type_of(*part) != "NFC") return unknown("normalizer", *part);
      vocabulary_.normalise = true;
    }
    return {};
  }

  Result<void> read_pretokenizer() {
    using Rule = Pretokenizer::Rule;
    const Json& whole = member(file_, "pre_tokenizer");
    std::vector<Rule> rules;
    bool byte_level = false;   // it comes last, and writes the bytes as letters
    for (const Json* part : parts(whole, "pretokenizers")) {
      if (byte_level) return unknown("pre_tokenizer", whole);
      if (type_of(*part) == "ByteLevel" && !is_true(*part, "add_prefix_space", true)) {
        byte_level = true;
        if (is_true(*part, "use_regex", true)) rules.push_back(Rule::gpt2);
      } else if (type_of(*part) == "Digits" && is_true(*part, "individual_digits")) {
        rules.push_back(Rule::digits);
      } else if (type_of(*part) == "Split" && member(*part, "behavior") == "Isolated" && !is_true(*part, "invert")) {
        const Json& expression = member(member(*part, "pattern"), "Regex");
        const auto rule = expression.is_string()
                              ? Pretokenizer::of_expression(expression.get_ref<const std::string&>()) : std::nullopt;
        if (!rule) return unknown("pre_tokenizer", *part);
        rules.push_back(*rule);
      } else {
        return unknown("pre_tokenizer", *part);
      }
    }
    if (!byte_level) return unknown("pre_tokenizer", whole);
    vocabulary_.pretokenizer = Pretokenizer::of(rules);
    return {};
  }

  // It may put a beginning-of-text token before the text, and nothing else.
  Result<void> read_post_processor() {
    for (const Json* part : parts(member(file_, "post_processor"), "processors")) {
      if (type_of(*part) == "ByteLevel") continue;   // changes places, not ids
      const Json& single = member(*part, "single");
      const bool known = type_of(*part) == "TemplateProcessing" && single.is_array() && !single.empty() &&
                         single.size() <= 2 && single.back().is_object() && single.back().contains("Sequence");
      if (!known) return unknown("post_processor", *part);
      if (single.size() == 1) continue;
      const Json& name = member(member(single[0], "SpecialToken"), "id");
      const auto begin = name.is_string() ? id_of_text(vocabulary_, name.get_ref<const std::string&>()) : std::nullopt;
      if (!begin) return unknown("post_processor", *part);
      vocabulary_.begin = begin;
      vocabulary_.add_begin = true;
    }
    return {};
  }

  const Json& file_;
  Vocabulary vocabulary_;
};

// Where texts begin and end, which other files of the folder say: generation_config.json before config.json, as
// transformers' generate reads them, and tokenizer_config.json by the tokens' texts.
Result<void> read_begin_and_ends(const fs::path& folder, Vocabulary& vocabulary) {
  const auto generation = read_json_if_there(folder / "generation_config.json");
  if (!generation) return tl::unexpected<Error>(generation.error());
  const auto config = read_json_if_there(folder / "config.json");
  if (!config) return tl::unexpected<Error>(config.error());
  const auto tokenizer = read_json_if_there(folder / "tokenizer_config.json");
  if (!tokenizer) return tl::unexpected<Error>(tokenizer.error());

  const auto named = [&](const char* key) -> std::optional<std::int64_t> {   // "<|im_end|>" or {"content":"<|im_end|>"}
    const Json& value = member(*tokenizer, key);
    const Json& text = value.is_object() ? member(value, "content") : value;
    return text.is_string() ? id_of_text(vocabulary, text.get_ref<const std::string&>()) : std::nullopt;
  };
  const auto numbered = [](const Json& value) {   // one id or several
    std::vector<std::int64_t> ids;
    if (const auto id = id_of(value)) ids.push_back(*id);
    if (value.is_array())
      for (const Json& one : value)
        if (const auto id = id_of(one)) ids.push_back(*id);
    return ids;
  };
  vocabulary.ends = numbered(member(*generation, "eos_token_id"));
  if (vocabulary.ends.empty()) vocabulary.ends = numbered(member(*config, "eos_token_id"));
  if (const auto end = named("eos_token"); end && vocabulary.ends.empty()) vocabulary.ends = {*end};
  if (!vocabulary.begin) vocabulary.begin = named("bos_token");
  if (!vocabulary.begin) vocabulary.begin = id_of(member(*config, "bos_token_id"));
  if (vocabulary.begin && *vocabulary.begin >= static_cast<std::int64_t>(vocabulary.tokens.size()))
    vocabulary.begin.reset();   // the configuration knows more tokens than the tokenizer
  vocabulary.add_begin |= is_true(*tokenizer, "add_bos_token");
  return {};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_folder(const fs::path& folder) {
  const fs::path path = folder / "tokenizer.json";
  const auto file = read_json(path);   // the vocabulary's texts are views into it
  if (!file) return tl::unexpected<Error>(file.error());
  auto vocabulary = Reader(*file, path.string()).read();
  if (!vocabulary) return tl::unexpected<Error>(vocabulary.error());
  if (const auto read = read_begin_and_ends(folder, *vocabulary); !read) return tl::unexpected<Error>(read.error());
  return of(std::move(*vocabulary));
}

}  // namespace tb
