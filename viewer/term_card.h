// The glossary on the page: a card with a term's definition, at the word under the mouse, or held open by a click or
// from the keyboard.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "book/glossary.h"
#include "viewer/page/page.h"
#include "viewer/theme.h"

namespace tb::viewer {

class TermCard {
 public:
  explicit TermCard(const book::Glossary& glossary) : glossary_(glossary) {}

  bool is_open() const { return held_.has_value(); }       // held open; one under the mouse goes with it
  void close() { held_.reset(); }
  void hold(const Page& page);                             // the term under the mouse, which was clicked
  void step(const Page& page);                             // the next one in sight, the first behind the last
  bool waiting() const { return waiting_; }                // the mouse rests on a term: a frame is wanted soon

  // Draws over the page. `name_of` gives the title of a place such as "chapter#anchor". The place that the learner
  // wants to go to.
  std::optional<std::string> draw(const Theme& theme, const Page& page,
                                  const std::function<std::string(const std::string&)>& name_of);

 private:
  bool draw_card(const Theme& theme, const book::Term& term, const Page::LinkSpot& spot, const std::string& see);

  const book::Glossary& glossary_;
  std::optional<std::size_t> held_;                        // LinkSpot::at of the word whose card is held open
  bool appearing_ = false;
  std::optional<std::size_t> under_mouse_;
  std::chrono::steady_clock::time_point since_;            // when the mouse came to it
  bool waiting_ = false;
};

}  // namespace tb::viewer
