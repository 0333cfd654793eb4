// What the letters of a formula stand for: of the one under the mouse, or of a whole formula, held open from the keyboard.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "book/glossary.h"
#include "book/symbols.h"
#include "viewer/page/page.h"
#include "viewer/theme.h"

namespace tb::viewer {

class SymbolCard {
 public:
  SymbolCard(const book::Symbols& symbols, const book::Glossary& glossary) : symbols_(symbols), glossary_(glossary) {}

  bool is_open() const { return held_.has_value(); }
  void close() { held_.reset(); }
  // The symbols of the next formula in sight that has any, the first behind the last. `chapter`: its slug.
  void step(const Page& page, const std::string& chapter);
  bool waiting() const { return waiting_; }                // the mouse rests on a symbol: a frame is wanted soon

  // Draws over the page. The place that the learner wants to go to, where a symbol's term is explained.
  std::optional<std::string> draw(const Theme& theme, Page& page, const std::string& chapter);

 private:
  std::vector<book::Explained> of_formula(const Page::FormulaSpot& spot, const std::string& chapter) const;
  std::vector<book::Explained> under_mouse(const Page::FormulaSpot& spot, const std::string& chapter) const;
  book::Document sentences(const Strings& strings, const std::vector<book::Explained>& explained) const;

  const book::Symbols& symbols_;
  const book::Glossary& glossary_;
  std::optional<std::size_t> held_;                        // FormulaSpot::at
  bool appearing_ = false, waiting_ = false;
  std::string resting_on_;
  std::chrono::steady_clock::time_point since_;            // when the mouse came to it
};

}  // namespace tb::viewer
