// What a Page is made of, for the files that it is written in: page.cpp (what others ask of it), page_layout.cpp (what
// stands where), page_input.cpp (mouse and keys), page_notes.cpp (footnotes and cards),
// page_formulas.cpp (symbols under the mouse).
#pragma once

#include <map>

#include <imgui_internal.h>

#include "viewer/page/drawing.h"
#include "viewer/page/links.h"
#include "viewer/page/page.h"
#include "viewer/page/screens.h"
#include "viewer/page/scroll.h"
#include "viewer/page/selection.h"
#include "viewer/page/sheet.h"

namespace tb::viewer {

using namespace page;

constexpr float side_margin = 24, top_margin = 40;      // at scale 1

// What the layout depends on: as long as it is the same, frames only draw.
struct LayoutKey {
  float width = 0, margin = 0, scale = 0, density = 0, leading = 0;
  figure::Theme theme{};
  ImFont* font = nullptr;
  bool operator==(const LayoutKey&) const = default;
};

struct Page::State {
  // Set when document or words change:
  Flow flow;
  const Strings* strings = nullptr;
  Listing listing;
  // Set when also width, size or theme change:
  std::optional<LayoutKey> key;
  Layout layout;
  std::unique_ptr<Formulas> formulas;
  Images images;
  int layouts = 0;

  // The footnotes that stand in the margin: beside the line of a strip, `top` below the strip's.
  struct MarginNote { std::string target, number; Sheet sheet; std::size_t strip; float top, y; };
  std::vector<MarginNote> notes;
  bool notes_moved = false;                       // a lab above them has grown or shrunk
  std::map<std::pair<std::string, int>, std::optional<Sheet>> sheets;   // of cards, by name and width
  mutable std::map<std::string, std::optional<book::Excerpt::Kind>> kinds;   // of links, as far as they were asked for

  struct Height { float width, height; };
  std::map<std::string, Height> heights;          // of directives, by id, as they came out

  Scroller scroller;
  std::optional<PagePlace> pinned = PagePlace{};   // stays at the top until the learner scrolls
  struct Alone {                                   // a section that is shown alone
    std::string anchor;
    int screen = 0;                                // -1: the last one
    Extent extent;
    std::vector<float> tops;                       // of its screenfuls
  };
  std::optional<Alone> alone;
  float window_scroll = -1;                        // what Dear ImGui's window has; not known yet
  float view_height = 0, view_top = 0;             // view_top: on the screen
  std::optional<Offset> reveal;                    // a match that should come into sight

  Selection selection;
  Finder finder;
  std::string wanted;                              // what is searched for
  struct Shown { std::size_t block; std::string text; std::vector<book::Bytes> marks; bool heading; };
  std::optional<Shown> shown;                      // what the search of the book has found here
  std::optional<Offset> shown_at;                  // where that is
  float gutter = 0;                                // free room left of the column in the last frame
  ImVec2 origin;                                   // of the page's upper left corner on the screen, in the last frame
  std::optional<LinkPlace> hovered;                // the link under the mouse in it
  std::optional<FormulaSpot> hovered_symbol;
  int pressed_link = -1;
  std::string pressed_beside;                      // likewise in a footnote in the margin
  std::string marked;                              // the anchor of a formula, figure or source that was jumped to
  bool dragging_beyond = false;                    // the mouse selects above or below the view: the page follows

  struct Column { float left, width, margin; };    // margin: free to its right, for lines that are too long
  Column column(const Theme& theme, float region, float room) const;
  void set_flow(std::shared_ptr<const book::Document> document);
  void update_layout(const Theme& theme, float width, float margin);
  void update_scroll(const Theme& theme);
  void take_wheel(const Theme& theme, ImGuiWindow* window);
  void reveal_match(const Theme& theme);
  void mark_passage();
  LinkSpot on_screen(const LinkPlace& place) const;
  float top_of(Offset offset) const;               // of its line, or of the directive there, on the page
  void draw_strips(const Theme& theme, DirectiveHost& host, ImVec2 view, float left);
  void draw_directive(std::size_t index, const Theme& theme, DirectiveHost& host, ImVec2 at, float& scroll);
  std::optional<std::string> handle_mouse(const Theme& theme, DirectiveHost& host, ImVec2 view, float left);
  void handle_keys();
  Setting setting(const Theme& theme, float width);   // of a sheet
  void set_notes(const Theme& theme, float margin);
  void place_notes(const Theme& theme);
  void draw_notes(const Theme& theme);
  ImVec2 corner_of(const Theme& theme, const MarginNote& note) const;
  const std::string* note_link_at(const Theme& theme, ImVec2 point) const;
  void copy() const;
  float limit(const Theme& theme) const;
  void update_alone(const Theme& theme);
  std::size_t screen() const;                      // which of a section's screenfuls the view begins in
  Extent text_in_view() const;                     // what of the page may be read now
  const Fragment* fragment_at(float x, float y) const;   // on the page
  // A formula's piece on the screen; `names` are empty.
  FormulaSpot formula_spot(const Strip& strip, const Line& line, const Fragment& fragment) const;
  std::optional<FormulaSpot> symbol_at(const Fragment& fragment, ImVec2 point) const;
  bool is_section(const std::string& anchor) const;
  float scroll_of_pinned(const Theme& theme) const;
  PagePlace place() const;
};

}  // namespace tb::viewer
