// The footnotes of a chapter, as GitHub writes them: [^name] in the text, and a definition that begins a line:
//     [^name]: What it says. Lines that follow closely belong to it,
//         and so does what stands indented by four spaces below it.
// md4c knows none, so definitions are taken out before it reads the chapter; every line keeps its number.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tb::book {

struct ErrorLog;

class Footnotes {
 public:
  struct Definition {
    std::string name;                   // between [^ and ]
    int line = 0;                       // where it stands
    std::string text;                   // Markdown of its own, without the indentation
    int number = 0;                     // from 1, by first mention; 0: not mentioned yet
  };

  explicit Footnotes(std::string_view markdown);

  const std::string& rest() const { return rest_; }           // the chapter with empty lines in their place
  const std::vector<Definition>& all() const { return all_; } // in the order of the file; a name may come twice
  // The number of a note that is mentioned here; 0 where none has this name.
  int mention(std::string_view name);
  // Those that the text has mentioned, by number. Errors: document.note-name, document.note-twice,
  // document.note-unused, document.note-empty.
  std::vector<const Definition*> wanted(ErrorLog& log) const;

 private:
  std::string rest_;
  std::vector<Definition> all_;
  std::map<std::string, std::size_t, std::less<>> by_name_;   // the first one of each name
  int mentioned_ = 0;
};

inline constexpr std::string_view note_scheme = "note:";      // of a mark's link: "note:name"

// A mark at text[at]: "[^name]"; its length, or 0 where there is none. A name has no blanks and no brackets.
std::size_t footnote_mark_at(std::string_view text, std::size_t at);
bool is_footnote_name(std::string_view name);                 // letters, digits, - and _: what can be an address

}  // namespace tb::book
