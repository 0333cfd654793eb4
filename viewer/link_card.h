// What a link says in its place: a card with a glossary's term, a footnote, a source, a formula or a figure, at the
// link under the mouse, or held open by a click or from the keyboard.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "book/glossary.h"
#include "viewer/page/page.h"
#include "viewer/theme.h"

namespace tb::viewer {

class LinkCard {
 public:
  explicit LinkCard(const book::Glossary& glossary) : glossary_(glossary) {}

  bool is_open() const { return held_.has_value(); }       // held open; one under the mouse goes with it
  void close() { held_.reset(); }
  void hold(const Page& page);                             // that of the link under the mouse, which was clicked
  enum class Kind { term, reference };
  void step(const Page& page, Kind kind);                  // the next one in sight, the first behind the last
  bool waiting() const { return waiting_; }                // the mouse rests on a link: a frame is wanted soon

  // Draws over the page. `name_of` gives the title of a place such as "chapter#anchor". The link that the learner
  // wants to follow.
  std::optional<std::string> draw(const Theme& theme, Page& page,
                                  const std::function<std::string(const std::string&)>& name_of);

 private:
  bool has_card(const Page& page, const std::string& target) const;
  bool draw_term(const Theme& theme, const book::Term& term, const Page::LinkSpot& spot, const std::string& see);
  std::optional<std::string> draw_excerpt(const Theme& theme, Page& page, const Page::LinkSpot& spot);
  void close_by_click();                                   // beside the card whose window is current

  const book::Glossary& glossary_;
  std::optional<std::size_t> held_;                        // LinkSpot::at of the link whose card is held open
  bool appearing_ = false;
  std::optional<std::size_t> under_mouse_;
  std::chrono::steady_clock::time_point since_;            // when the mouse came to it
  bool waiting_ = false;
  std::string pressed_;                                    // a link in the card
};

}  // namespace tb::viewer
