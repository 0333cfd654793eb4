#include "book/source.h"

#include <algorithm>
#include <functional>

#include "base/text.h"

namespace tb::book {

std::string_view trim_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

Source::Source(std::string_view raw) {
  if (raw.starts_with("\xEF\xBB\xBF")) raw.remove_prefix(3);
  text_.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const auto begin = at;
    if (next_code_point(raw, at)) {
      text_ += raw.substr(begin, at - begin);
    } else {
      text_ += "\uFFFD";
      if (ill_formed_line_ == 0) ill_formed_line_ = line_count();
    }
    const bool line_end = raw[begin] == '\n' || (raw[begin] == '\r' && (at == raw.size() || raw[at] != '\n'));
    if (line_end) starts_.push_back(text_.size());
  }
}

bool Source::contains(std::string_view piece) const {
  const std::less_equal<const char*> not_after;   // the only order between pointers into different objects
  const char* end = text_.data() + text_.size();
  return piece.data() != nullptr && not_after(text_.data(), piece.data()) && not_after(piece.data(), end);
}

int Source::line_at(std::size_t offset) const {
  return static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
}

int Source::take(std::string_view piece) {
  if (!contains(piece)) return 0;
  last_line_ = line_at(static_cast<std::size_t>(piece.data() - text_.data()));
  return last_line_;
}

bool Source::is_escaped(std::string_view piece) const {
  return contains(piece) && piece.data() != text_.data() && piece.data()[-1] == '\\';
}

std::string_view Source::line(int number) const {
  const auto begin = starts_[number - 1];
  const auto end = number < line_count() ? starts_[number] : text_.size();
  const auto whole = std::string_view(text_).substr(begin, end - begin);
  const auto content = whole.find_first_not_of(" \t>");
  return content == std::string_view::npos ? std::string_view() : trim_blanks(whole.substr(content));
}

template <class Predicate>
int Source::take_next(Predicate wanted) {
  for (int number = last_line_ + 1; number <= line_count(); ++number) {
    if (wanted(line(number))) return last_line_ = number;
  }
  return std::max(last_line_, 1);
}

int Source::take_content() {
  return take_next([](std::string_view text) { return !text.empty(); });
}

int Source::take_rule() {
  return take_next([](std::string_view text) {
    // Behind the marks of lists it may stand in, three or more of one of these.
    if (text.find_first_not_of(" \t>+-*_0123456789.)") != std::string_view::npos) return false;
    return std::any_of(std::begin("-*_"), std::end("-*_") - 1,
                       [&](char mark) { return std::count(text.begin(), text.end(), mark) >= 3; });
  });
}

int Source::take_fence(char mark, std::string_view info) {
  if (const int line = take(info); line > 0) return line;
  return take_next([fence = std::string(3, mark)](std::string_view text) {
    return text.find(fence) != std::string_view::npos;
  });
}

bool Source::take_closing_fence(int number, char mark) {
  if (number > line_count()) return false;
  const auto text = line(number);
  if (text.size() < 3 || text.find_first_not_of(mark) != std::string_view::npos) return false;
  last_line_ = number;
  return true;
}

void Source::skip_underline() {
  if (last_line_ == 0 || last_line_ >= line_count() || line(last_line_).starts_with('#')) return;
  const auto below = line(last_line_ + 1);
  if (below.empty()) return;
  const char mark = below.front() == '=' ? '=' : '-';
  if (below.find_first_not_of(mark) == std::string_view::npos) ++last_line_;
}

void Source::advance_to(int line) { last_line_ = std::clamp(line, last_line_, line_count()); }

}  // namespace tb::book
