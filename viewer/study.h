// How far the learner is in the chapter at hand: what was read is noticed, and what is done shows beside the sections in
// the contents and in a line at the chapter's end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "book/learner.h"
#include "book/progress.h"
#include "viewer/page/page.h"
#include "viewer/theme.h"

namespace tb::viewer {

class Study {
 public:
  Study(book::Learner& learner, const Theme& theme) : learner_(learner), theme_(theme) {}

  void show(std::string chapter, const book::Document& document);
  // Each frame in which the page is drawn and nothing lies over it; `now` in seconds. `view`: what of the screen it has.
  void see(const Page& page, ImVec2 view_min, ImVec2 view_max, double now);
  void look_away(double now);                              // no page in sight

  const std::vector<book::SectionOutline>& outline() const { return outline_; }
  const std::vector<book::Standing>& sections();           // of the outline
  book::Standing chapter();

  // Under the chapter's end, where that is in sight: what of it is done. Widget: ###all-progress. True where that was
  // clicked.
  bool draw_summary(const Page& page);

 private:
  void mark(const std::vector<std::size_t>& read);

  book::Learner& learner_;
  const Theme& theme_;
  std::string chapter_;
  std::vector<book::SectionOutline> outline_;
  std::vector<book::Standing> standings_;
  std::uint64_t standings_of_ = ~std::uint64_t{0};         // which version of the learner's traces
  book::ReadingTime reading_;
};

// "Read 3 of 21 · labs tried 1 of 4 · answered 2 of 7": what there is nothing of is left out. In lines that
// fit, none of which ends in a dot; all in one where nothing says what fits.
std::string standing_text(const book::Standing& standing, const Strings& strings,
                          const std::function<bool(const std::string& line)>& fits = {});
// Around `center`: a check mark where nothing is left to do, a dot where something is done.
void draw_standing(ImDrawList& list, const book::Standing& standing, const Theme& theme, ImVec2 center);

}  // namespace tb::viewer
