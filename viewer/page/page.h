// The typesetting of one chapter: paragraphs, headings, lists, tables, code, formulas, images and the places where
// directives stand. The document is laid out again only when document, width, size or text changes; a frame draws
// what is in sight. Selection, copy and find work on the laid-out text.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"
#include "book/excerpt.h"
#include "book/passages.h"
#include "viewer/theme.h"

namespace tb::viewer {

namespace page {
class Sheet;
}

// Whoever draws what is no text: labs and other directives. Called inside the page's ImGui window with the cursor at
// the column's left edge; draws ImGui items no wider than `width`. The page reserves the height that came out and
// does not call for directives far out of sight.
struct DirectiveHost {
  virtual ~DirectiveHost() = default;
  virtual void draw_directive(const book::Directive& directive, float width) = 0;
  // What a link such as "claim:mary" says about itself: a tooltip, or "" for none.
  virtual std::string link_tip(std::string_view target) = 0;
};

struct PagePlace {                 // survives a new language, width or text size
  std::string anchor;              // section at the top of the view
  float fraction = 0;              // how far into that section, 0..1
};

class Page {
 public:
  Page();
  ~Page();

  // `listing` gives the lines of a code directive, which the page then sets like its other code, with the directive's
  // id as a caption; where it gives none, the host draws the directive. Asked while the document is shown.
  using Listing = std::function<std::optional<std::string>(const book::Directive&)>;
  void show(std::shared_ptr<const book::Document> document, Listing listing = nullptr);
  // Draws into the current ImGui window's content region as a scrolling child. Returns the link clicked in this frame.
  std::optional<std::string> draw(const Theme& theme, DirectiveHost& host);

  // Where the text column ends in a region of so many pixels that begins at `region`.
  float column_end(const Theme& theme, float region, float room) const;
  PagePlace place() const;
  void go_to(const PagePlace& place);           // in the next frame
  bool has(const std::string& anchor) const;    // of a section, formula, figure, source …
  std::string marked() const;                   // the anchor of the formula, figure or source that go_to marked; or ""
  void scroll_by(float pixels);                 // animated unless Theme::reduced_motion
  void scroll_pages(float pages);
  bool animating() const;                       // wants another frame

  // One section alone, a screenful at a time (0: the first, -1: the last), until another document is shown. `anchor`: of
  // its heading; "": what stands before the first section.
  void show_section(std::string anchor, int screen);
  void show_screen_of(std::size_t block);       // of that section
  struct Screens { int at = 0, count = 1; };
  Screens screens() const;

  // Find: matches of `text` without regard to case, in the text, code and formulas' source. Returns how many.
  int find(std::string_view text);
  void find_step(int direction);                // +1, -1: the next match comes into sight, highlighted
  int find_current() const;                     // 1-based; 0: none

  // A passage that search found (book/search.h) comes into sight with its words marked, in the next frame; a heading
  // does where go_to brings its section.
  void show_passage(const book::Passage& passage, std::span<const book::Bytes> marks);
  void reveal_block(std::size_t block);         // one of the document's blocks comes into sight
  void forget_passage();                        // takes the marks away
  bool passage_in_sight() const;                // its first mark is, or will be when the page has come to rest

  // A link as it stands on the screen, its first line where it has more than one.
  struct LinkSpot {
    std::string target;
    std::size_t at = 0;                         // which one: of links to the same target, too
    ImVec2 min, max;
  };
  std::optional<LinkSpot> link_under_mouse() const;                        // in the last frame
  std::vector<LinkSpot> links_in_sight(std::string_view scheme) const;     // "term:": those that begin so

  // What a link within the chapter leads to, and set in type for a card of so wide; nothing where there is none to show.
  // A footnote may stand in the margin already. The sheet is good for this frame.
  std::optional<book::Excerpt::Kind> leads_to(const std::string& target) const;
  const page::Sheet* excerpt(const Theme& theme, const std::string& target, float width);
  bool in_margin(std::string_view target) const;
  // Any text set likewise, made when it is first asked for under this name.
  const page::Sheet* sheet(const Theme& theme, const std::string& name, float width,
                           const std::function<std::optional<book::Document>()>& make);

  // The same for Markdown, for whoever has no page at hand.
  using Typesetter = std::function<const page::Sheet*(const Theme& theme, const std::string& name, float width,
                                                      const std::string& markdown)>;
  Typesetter typesetter();

  // A formula or the symbols at one place of it, as they stand on the screen. `names`: of symbols inside one another,
  // the outermost first, each as in book/formula_symbols.h.
  struct FormulaSpot {
    std::string latex, section;                 // the anchor of the section it stands in
    std::vector<std::vector<std::string>> names;
    std::size_t at = 0;
    ImVec2 min, max;
  };
  std::optional<FormulaSpot> symbol_under_mouse() const;                   // in the last frame
  std::vector<FormulaSpot> formulas_in_sight() const;

  // The blocks of the document in sight, as they stood on the screen in the last frame. Left of their `min.x`, as far
  // as `gutter` pixels, is room for marks beside the text; the margin on the right belongs to the chapter's notes.
  struct BlockSpot {
    std::size_t block = 0;                      // index into Document::blocks
    ImVec2 min, max;
  };
  std::vector<BlockSpot> blocks_in_sight() const;
  float gutter() const;

  std::string selected_text() const;            // formulas as their LaTeX source
  void copy() const;                            // the selected text, to the clipboard; nothing where none is
  int layouts() const;                          // how often the document was laid out: frames alone do not add to it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb::viewer
