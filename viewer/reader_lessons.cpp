// The lecturer's lesson in the reader: what stands before the eye is added to it, its steps are shown and presented.
#include <algorithm>

#include "viewer/reader_state.h"

namespace tb::viewer {

namespace {

constexpr float kPanelWidth = 340, kPanelEdge = 14;        // pixels at scale 1

}  // namespace

// The lab in front with its inputs and the section that it stands in; without one, the section. A lab over the whole
// window is a step by itself.
book::LessonStep Reader::State::step_before_the_eye() const {
  book::LessonStep step;
  const std::string& slug = setup.chapters[chapter].slug;
  step.place = {slug, page.place().anchor, directives.lab_in_front(), {}};
  if (step.place.lab.empty()) return step;
  step.place.anchor = directives.is_enlarged() ? "" : anchor_of(*opened.document, "lab", step.place.lab);
  step.place.inputs = labs.changes(slug, step.place.lab);
  return step;
}

void Reader::State::add_to_lesson() {
  if (opened.document) lesson.add(step_before_the_eye(), language);
}

std::string Reader::State::title_of(const book::Place& place) const {
  const auto at = find_chapter(setup.chapters, place.chapter);
  if (!at) return book::to_readable(place);
  std::string title = name_of(setup.chapters[*at].slug + (place.anchor.empty() ? "" : "#" + place.anchor));
  if (place.lab.empty() || !book) return title;
  for (const BookIndex::Lab& lab : book->labs)
    if (lab.chapter == *at && lab.instance == place.lab) {
      const std::string name = theme.strings->get("lab." + lab.type + ".title");
      return place.anchor.empty() ? name : title + "  ·  " + name;
    }
  return title;
}

void Reader::State::draw_lesson(ImVec2 origin, ImVec2 size) {
  if (!lesson.is_open()) return;
  const float edge = theme.px(kPanelEdge), width = std::min(theme.px(kPanelWidth), size.x - 2 * edge);
  const auto title = [this](const book::Place& place) { return title_of(place); };
  const auto from = lesson.draw(theme, {origin.x + size.x - edge, origin.y + edge}, {width, size.y - 2 * edge}, title);
  if (!from) return;
  // Whoever wrote the file by hand is told what the book does not have.
  const book::CheckInputs check = [this](const std::string& type, const std::map<std::string, std::string>& inputs,
                                         const std::string& where) -> Result<void> {
    const std::vector<Field> fields = setup.compute->fields(type);
    if (fields.empty()) return {};                         // not known yet: the card will say it
    const auto parsed = parse(fields, inputs, where);
    return parsed ? Result<void>() : tl::unexpected(parsed.error());
  };
  const LessonFile& file = lesson.file();
  const auto found = book::faults(file.lesson(), file.path().string(), setup.chapters, check);
  if (!found.empty()) return lesson.refuse(found.front());
  present(show_of_lesson(file.lesson(), *from));
}

}  // namespace tb::viewer
