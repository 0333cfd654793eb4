// A card over the dimmed page: a field to type into and rows under it, of which arrow keys, Enter or the mouse pick
// one. The search of the book and the command palette are such cards.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "viewer/theme.h"

namespace tb::viewer {

// Whoever fills the rows.
struct PickSource {
  virtual ~PickSource() = default;
  virtual void typed(const std::string& text) = 0;          // the field's text, or what is to be said to it, is another
  virtual std::size_t rows() const = 0;
  virtual float height(std::size_t row) const = 0;          // pixels
  virtual bool can_pick(std::size_t row) const = 0;         // false: a title between rows
  virtual void draw_row(std::size_t row, ImVec2 at, float width) = 0;
  virtual std::string note() const = 0;                     // at the right of the field; "" for none
  // Rows that can be taken away: by the cross at their right, or Shift+Delete on the chosen one.
  virtual bool can_remove(std::size_t) const { return false; }
  virtual void remove(std::size_t) {}
};

class PickList {
 public:
  void open();                                              // with the text it had, which typing replaces
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  void refresh() { stale_ = true; }                         // the source has other rows for the same text
  static float width(const Theme& theme);                   // of the card and its rows, pixels
  // The row that was picked. `id`: of the window; the field is "###text" in it, the rows "row-0", "row-1", ...
  std::optional<std::size_t> draw(const Theme& theme, const char* id, const std::string& hint, PickSource& source);

 private:
  void draw_field(const Theme& theme, const std::string& hint, PickSource& source, float width);
  std::optional<std::size_t> draw_rows(const Theme& theme, PickSource& source, ImVec2 size);
  void choose(const PickSource& source, std::ptrdiff_t steps);

  bool open_ = false, appearing_ = false, stale_ = false;
  bool show_chosen_ = false;                                // the chosen row should come into sight
  std::string text_;
  std::size_t chosen_ = 0;
};

}  // namespace tb::viewer
