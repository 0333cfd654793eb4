// The editor of an exercise: C++ with line numbers, undo and find, and what the compiler said at its lines.
// ImGuiColorTextEdit does the work; here are its colours, its words and the keys that are ours.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "viewer/exercises/exercises.h"
#include "viewer/theme.h"

namespace tb::viewer {

class CodeEditor {
 public:
  CodeEditor();
  ~CodeEditor();
  CodeEditor(CodeEditor&&) noexcept;

  void set_text(std::string_view text);       // what was done before cannot be undone
  void replace_text(std::string_view text);   // all of it, as one step that undo takes back
  std::string text() const;
  // Marks lines; a line's sentences show in a tooltip.
  void set_notes(std::span<const CodeNote> notes, const Theme& theme);
  void go_to_line(int line);                  // from 1
  int line() const;                           // that the cursor is in
  void set_read_only();
  void focus();                               // takes the keyboard in the next frame
  bool has_focus() const { return focused_; }
  void open_find();                           // Ctrl+F does, too; widgets ###find, ###find-next, ###replace, ...
  void close_find();
  bool finding() const { return finding_; }

  // True where the text was changed in this frame.
  bool draw(const Theme& theme, const char* id, ImVec2 size);

 private:
  void draw_find(const Theme& theme, float width);

  struct Widget;
  std::unique_ptr<Widget> widget_;
  bool focused_ = false, finding_ = false, find_begins_ = false;
  std::string wanted_, replacement_;
};

// Two texts and what differs between them.
class CodeDifference {
 public:
  CodeDifference();
  ~CodeDifference();
  CodeDifference(CodeDifference&&) noexcept;
  void set_texts(std::string_view before, std::string_view after);
  void draw(const Theme& theme, const char* id, ImVec2 size);

 private:
  struct Widget;
  std::unique_ptr<Widget> widget_;
};

}  // namespace tb::viewer
