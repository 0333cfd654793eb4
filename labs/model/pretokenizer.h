// How a text is cut into pieces before byte-pair encoding merges inside each of them. No torch.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

class Pretokenizer {
 public:
  // What is a letter or a digit is for PCRE2 to say; 10.42 knows Unicode 14.
  // `name` is the file's tokenizer.ggml.pre: "smollm" or "qwen2". Errors: tokenizer.pre (at `where`).
  static Result<Pretokenizer> named(std::string_view name, const std::string& where);
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
