// What must be true of every figure, whatever the text, width, language and theme.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "figure/figure.h"
#include "base/text.h"
#include "tests/catch.h"

namespace tb::test {

using namespace tb::figure;

inline const Strings& strings(const char* language) {
  static const Strings english = Strings::load("assets/strings", "en").value();
  static const Strings russian = Strings::load("assets/strings", "ru").value();
  return std::string_view(language) == "ru" ? russian : english;
}

inline const Measure& measure() {
  static const Measure made = freetype_measure();
  return made;
}

// A change of each kind of mark, too.
inline std::vector<std::pair<std::string, std::string>> marks(const Figure& figure) {
  std::vector<std::pair<std::string, std::string>> all = {{"", ""}};
  for (const Hit& hit : figure.hits)
    if (all.size() < 8) all.emplace_back(hit.id, figure.hits.back().id);
  return all;
}

inline void check_inside(const Figure& figure) {
  constexpr float slack = 2;   // a stroke's half, a bearing
  const float right = figure.width + slack, bottom = figure.height + slack;
  for (const Shape& shape : figure.shapes) {
    if (const auto* rect = std::get_if<RectShape>(&shape)) {
      CHECK(rect->box.x >= -slack);
      CHECK(rect->box.x + rect->box.w <= right);
      CHECK(rect->box.y >= -slack);
      CHECK(rect->box.y + rect->box.h <= bottom);
    } else if (const auto* line = std::get_if<LineShape>(&shape)) {
      CHECK(std::min(line->x1, line->x2) >= -slack);
      CHECK(std::max(line->x1, line->x2) <= right);
    } else if (const auto* text = std::get_if<TextShape>(&shape)) {
      CAPTURE(text->text);
      const float width = measure()(text->text, text->face, text->size);
      const float left = text->upward ? text->x - text->size : text->x - width * text->anchor;
      CHECK(left >= -slack);
      CHECK(left + (text->upward ? text->size : width) <= right);
      CHECK(text->y <= bottom);
      CHECK(text->y - (text->upward ? width : text->size * 0.7f) >= -slack);
    } else if (const auto* path = std::get_if<PathShape>(&shape)) {
      for (const Point& point : path->points) {
        CHECK(point.x >= -slack);
        CHECK(point.x <= right);
        CHECK(point.y >= -slack);
        CHECK(point.y <= bottom);
      }
    } else if (const auto* cells = std::get_if<CellsShape>(&shape)) {
      CHECK(cells->box.x + cells->box.w <= right);
      CHECK(cells->cells.size() == static_cast<std::size_t>(cells->rows) * static_cast<std::size_t>(cells->columns));
    }
  }
  std::set<std::string> ids;
  for (const Hit& hit : figure.hits) {
    CAPTURE(hit.id);
    CHECK(hit.box.w > 0);
    CHECK(hit.box.h > 0);
    CHECK(hit.box.x >= -slack);
    CHECK(hit.box.y >= -slack);
    CHECK(hit.box.x + hit.box.w <= right);
    CHECK(hit.box.y + hit.box.h <= bottom);
    CHECK(!hit.tip.empty());
    CHECK(ids.insert(hit.id).second);   // a mark belongs to one place
  }
}

// Every text of a figure, tips and the sentence included, is whole UTF-8 that shows itself.
inline void check_readable(const Figure& figure) {
  const auto check = [](const std::string& text) {
    CAPTURE(text);
    CHECK(is_utf8(text));
    CHECK(text.find("\uFFFD") == std::string::npos);
    CHECK(text.find("[[") == std::string::npos);   // a missing string
    CHECK(text.find('\n') == std::string::npos);
  };
  for (const Shape& shape : figure.shapes)
    if (const auto* text = std::get_if<TextShape>(&shape)) check(text->text);
  for (const Hit& hit : figure.hits)
    for (const std::string& line : hit.tip) check(line);
  check(figure.alt);
  CHECK(!figure.alt.empty());
}

}  // namespace tb::test
