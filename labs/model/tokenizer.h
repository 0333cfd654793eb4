// Byte-level BPE from a model's own vocabulary and merges: a GGUF's, or those of a Hugging Face folder. No torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

class Gguf;          // labs/model/gguf.h
struct Vocabulary;   // labs/model/vocabulary.h

struct Token {
  std::int64_t id;
  std::string bytes;                 // what it stands for; a special token's own text
  std::size_t start, end;            // place in the source text, in bytes
  bool special = false;              // it was found as text: a special token, or one that a user added
};
struct Unencodable { std::size_t at; std::string bytes; };
struct Encoding {
  std::vector<Token> tokens;
  std::vector<Unencodable> unencodable;   // bytes that the vocabulary has no token for: never dropped silently
  std::vector<std::int64_t> ids() const;
};

class Tokenizer {
 public:
  // Errors: gguf.key_missing, gguf.key_type; tokenizer.model, tokenizer.pre (an unknown pre-tokenizer),
  // tokenizer.vocabulary, tokenizer.types, tokenizer.twice, tokenizer.merge, tokenizer.special_id.
  static Result<Tokenizer> from(const Gguf& file);
  // From tokenizer.json, with the begin and end tokens that tokenizer_config.json, generation_config.json and
  // config.json name, where these are there. Errors: file.open; tokenizer.json, tokenizer.unknown (a part of the file
  // that is not known here, by name), tokenizer.added, and those above.
  static Result<Tokenizer> from_folder(const std::filesystem::path& folder);
  // For a model that comes without one: `vocabulary` ids, none of which stands for a text.
  static Tokenizer absent(std::int64_t vocabulary);
  bool present() const;
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // `specials`: text such as "<|im_start|>" becomes the special token. A beginning-of-text token comes first only
  // where the file's metadata asks for it. Any bytes are accepted; tokens and unencodable bytes, each at its place,
  // make up the text again (the beginning-of-text token has an empty place; where a folder's tokenizer normalises, a
  // token's bytes are those of the normalised text). An ill-formed byte is merged with none.
  // The ids are llama.cpp's for a GGUF, which does not normalise, and Hugging Face's for a folder. The time grows as
  // n log n with the longest piece.
  Encoding encode(std::string_view text, bool specials = true) const;
  std::string decode(std::span<const std::int64_t> ids) const;   // bytes; ids outside the vocabulary give nothing
  std::string_view bytes(std::int64_t id) const;                 // "" outside the vocabulary
  bool special(std::int64_t id) const;                           // a mark for the model, no text for a reader
  std::int64_t size() const;
  std::optional<std::int64_t> end_token() const;
  bool ends(std::int64_t id) const;                              // generation stops after it
  std::optional<std::int64_t> begin_token() const;

 private:
  Tokenizer();
  static Result<Tokenizer> of(Vocabulary vocabulary);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb
