// How a text is cut into pieces before byte-pair encoding merges inside each of them. No torch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

class Pretokenizer {
 public:
  // The rules that are known; each cuts the pieces of the one before. What is a letter or a digit is for PCRE2 to say;
  // 10.42 knows Unicode 14.
  enum class Rule { digits, gpt2, qwen2, llama3 };   // `digits`: each by itself
  static Pretokenizer of(const std::vector<Rule>& rules);
  // `name` is a GGUF's tokenizer.ggml.pre: "smollm", "qwen2" or "llama-bpe". Errors: tokenizer.pre (at `where`).
  static Result<Pretokenizer> named(std::string_view name, const std::string& where);
  // The rule of a published expression, as tokenizer.json writes it; nullopt: not known here.
  static std::optional<Rule> of_expression(std::string_view published);
  Pretokenizer(Pretokenizer&&) noexcept;
  Pretokenizer& operator=(Pretokenizer&&) noexcept;
  ~Pretokenizer();

  // Consecutive views that make up all of `text`. A byte that is not part of well-formed UTF-8 is a piece by itself,
  // and what stands before and after it is cut as if it were a text of its own.
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  Pretokenizer();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb
