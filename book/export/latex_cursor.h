// A place in the LaTeX source of a formula, for the parser that moves it on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tb::book::mathml {

inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class LatexCursor {
 protected:
  explicit LatexCursor(std::string_view source) : source_(source) {}

  // The first error counts; the rest of the source is then not looked at.
  void set_error(std::string code, std::vector<std::string> args = {}) {
    if (!error_) {
      args.push_back(excerpt());
      error_ = Error{std::move(code), "", std::move(args)};
    }
    at_ = source_.size();
  }

  // Where it went wrong: the next characters, or the last ones where the source is over.
  std::string excerpt() const {
    constexpr std::size_t most = 24;
    std::size_t begin = std::min(at_, source_.size());
    if (begin == source_.size()) begin -= std::min(begin, most);
    while (begin > 0 && begin < source_.size() && (source_[begin] & 0xC0) == 0x80) --begin;
    std::size_t end = std::min(begin + most, source_.size());
    while (end < source_.size() && (source_[end] & 0xC0) == 0x80) ++end;
    return std::string(source_.substr(begin, end - begin));
  }

  void skip_blanks() {
    while (at_ < source_.size() &&
           (source_[at_] == ' ' || source_[at_] == '\n' || source_[at_] == '\t' || source_[at_] == '~'))
      ++at_;
  }

  // True where the source goes on with this command or sign.
  bool here(std::string_view text) const {
    if (!source_.substr(std::min(at_, source_.size())).starts_with(text)) return false;
    const std::size_t end = at_ + text.size();
    const bool word = text.size() > 1 && is_letter(text.back());
    return !(word && end < source_.size() && is_letter(source_[end]));
  }
  bool take(std::string_view text) {
    skip_blanks();
    if (!here(text)) return false;
    at_ += text.size();
    return true;
  }

  // The name behind a backslash: letters, or one other sign.
  std::string_view take_command() {
    const std::size_t begin = ++at_;
    while (at_ < source_.size() && is_letter(source_[at_])) ++at_;
    if (at_ == begin && at_ < source_.size()) ++at_;
    return source_.substr(begin, at_ - begin);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace tb::book::mathml
