// What the learner leaves behind, in the reader: what was read, bookmarks and notes, the panel of progress, and which
// labs stand elsewhere than in the text.
#include <algorithm>

#include "book/spot.h"
#include "viewer/reader_state.h"

namespace tb::viewer {

namespace {

std::string pinned_key(const std::string& chapter) { return "pinned/" + chapter; }
std::string enlarged_key(const std::string& chapter) { return "enlarged/" + chapter; }

}  // namespace

// The chapter has just been put up; `starting`: it is the first one.
void Reader::State::show_traces(bool starting) {
  const std::string& slug = setup.chapters[chapter].slug;
  study.show(slug, *opened.document);
  marks.show(slug, opened.document);
  if (!setup.state || setup.bad_end) return;
  seats = {setup.state->get(pinned_key(slug)).value_or(""), setup.state->get(enlarged_key(slug)).value_or("")};
  if (!directives.seats().pinned.empty() || !directives.seats().enlarged.empty()) return;   // only the language is another
  // A lab over the whole window comes back at a start without a place; who goes to a chapter wants to read it.
  directives.seat({seats.pinned, starting && !setup.place ? seats.enlarged : ""});
}

void Reader::State::save_seats() {
  const std::string& slug = setup.chapters[chapter].slug;
  const LabSeats now = directives.seats();
  if (!setup.state || setup.bad_end || !opened.document || now == seats) return;
  if (setup.state->set(pinned_key(slug), now.pinned) && setup.state->set(enlarged_key(slug), now.enlarged)) seats = now;
}

// Over the page, which has just been drawn there.
void Reader::State::draw_traces(ImVec2 origin, ImVec2 size) {
  marks.draw(page, origin, size);
  if (study.draw_summary(page)) act(Action::progress);
  const bool covered = search.is_open() || palette.is_open() || help_open || models.is_open() || progress.is_open() ||
                       marks.list_is_open() || page.animating() || frames_of_page < 2;
  const double now = ImGui::GetTime();
  if (covered) study.look_away(now);
  else study.see(page, origin, {origin.x + size.x, origin.y + size.y}, now);
}

void Reader::State::open_progress() {
  std::vector<std::vector<book::SectionOutline>> outlines(setup.chapters.size());
  if (book) outlines = book->outlines.at(language);
  outlines[chapter] = study.outline();
  progress.open(std::move(outlines), chapter);
}

void Reader::State::draw_trace_lists() {
  if (const auto choice = progress.draw()) go(choice->chapter, {choice->anchor, 0});
  if (const auto spot = marks.draw_list()) go_to_spot(*spot);
}

void Reader::State::go_to_spot(const book::Spot& spot) {
  const auto at = std::find_if(setup.chapters.begin(), setup.chapters.end(),
                               [&](const book::Chapter& c) { return c.slug == spot.chapter; });
  if (at == setup.chapters.end()) return;
  go(static_cast<std::size_t>(at - setup.chapters.begin()), {spot.anchor, static_cast<float>(spot.fraction)});
  if (!opened.document) return;
  if (const auto block = book::find_spot(*opened.document, spot)) {
    const book::Spot now = book::spot_of(*opened.document, spot.chapter, *block);
    page.go_to({now.anchor, static_cast<float>(now.fraction)});
  }
}

}  // namespace tb::viewer
