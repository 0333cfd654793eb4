// The tour in the reader: when it is offered, what it sees, and the lab it needs.
#include <algorithm>

#include "viewer/reader_state.h"

namespace tb::viewer {

// Once, to who opens the book for the first time and asked for no place in it.
void Reader::State::offer_tour() {
  if (setup.offer_tour && setup.state && !setup.bad_end && !setup.place && !saved.place && !saved.tour_seen) begin_tour();
}

void Reader::State::begin_tour() {
  tour_seen = true;
  tour.begin(opened.document && !lab_instances(*opened.document).empty());
}

void Reader::State::draw_tour() {
  const bool lab_placed = directives.is_enlarged() || directives.is_pinned();
  const TourScene scene{.language = language, .anchor = page.place().anchor, .look = theme.id,
                        .contents = contents_shown(), .search = search.is_open(), .palette = palette.is_open(),
                        .covered = search.is_open() || palette.is_open() || help_open || models.is_open(),
                        .inside = inside_lab, .seated = lab_placed, .edits = lab_edits};
  const Tour::Answer answer = tour.draw(theme, scene);
  if (!answer.language.empty() && answer.language != language) set_language(answer.language);
  if (!answer.lab || !opened.document) return;
  const auto& blocks = opened.document->blocks;
  const auto lab = std::find_if(blocks.begin(), blocks.end(),
                                [](const book::Block& block) { return block.directive.kind == "lab"; });
  if (lab != blocks.end()) page.reveal_block(static_cast<std::size_t>(lab - blocks.begin()));
}

}  // namespace tb::viewer
