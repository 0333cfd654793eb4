// The text of a chapter and its lines. md4c tells no line numbers, but most of what it hands out points into the text;
// where it does not (a rule, an empty fence), the line is looked for behind the last one that is known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tb::book {

std::string_view trim_blanks(std::string_view text);   // spaces, tabs and line ends

class Source {
 public:
  // Without a byte order mark; ill-formed UTF-8 becomes U+FFFD, byte by byte.
  explicit Source(std::string_view raw);

  const std::string& text() const { return text_; }
  int ill_formed_line() const { return ill_formed_line_; }   // the first one; 0: the text is well formed

  // The line of a piece that md4c handed out, 0 where it does not point into the text; it becomes the last line.
  int take(std::string_view piece);
  int last_line() const { return last_line_; }
  bool is_escaped(std::string_view piece) const;             // a backslash stands before it

  // Each finds a line behind the last one, and makes it the last one.
  int take_content();                                        // that is more than blanks and quote marks
  int take_rule();
  int take_fence(char mark, std::string_view info);          // the opening line of a code block
  bool take_closing_fence(int line, char mark);              // false: this line does not close it
  void skip_underline();                                     // of a heading that has been read
  void advance_to(int line);

 private:
  int line_count() const { return static_cast<int>(starts_.size()); }
  std::string_view line(int number) const;                   // without quote marks and blanks around it
  bool contains(std::string_view piece) const;
  int line_at(std::size_t offset) const;
  template <class Predicate>
  int take_next(Predicate wanted);

  std::string text_;
  std::vector<std::size_t> starts_{0};                       // offset of each line
  int ill_formed_line_ = 0, last_line_ = 0;
};

}  // namespace tb::book
