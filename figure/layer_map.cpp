#include "figure/layer_map.h"

namespace tb::figure {
namespace {

constexpr float label_size = 11.5f;

// Numbers on an axis stand no closer than they are high.
std::size_t step_of(float cell, float room) {
  for (const std::size_t step : {1, 2, 5, 10, 20})
    if (static_cast<float>(step) * cell >= room) return step;
  return 50;
}

}  // namespace

Scale signed_scale(const Palette& colors, std::span<const double> values, double least) {
  double largest = least;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  return {colors.diverging, -largest, largest};
}

Box draw_layer_map(Pen& pen, const LayerMap& map, float x, float y, float width) {
  const Color muted = pen.colors().muted;
  const float left = pen.width(std::to_string(map.layers - 1), Face::text, label_size) + pen.px(8);
  const float cell = std::min((width - left) / static_cast<float>(map.columns), pen.px(44));
  const float row = std::clamp(pen.px(400) / static_cast<float>(map.layers), pen.px(5), pen.px(16));

  // Labels of columns: upright where they all fit over their cells, else turned; where columns are narrow, marked ones
  // first, then as many of the others as have room.
  float longest = 0;
  for (const std::string& label : map.labels) longest = std::max(longest, pen.width(label, Face::text, label_size));
  const bool upright = longest <= cell - pen.px(2);
  const float above = upright ? pen.px(17) : std::min(longest, pen.px(84)) + pen.px(8);
  const Box box{x + left, y + above, cell * static_cast<float>(map.columns), row * static_cast<float>(map.layers)};
  const auto apart = upright ? std::size_t{1} : static_cast<std::size_t>(std::ceil(pen.px(label_size) / cell));
  std::vector<std::size_t> labelled;
  for (const bool lit : {true, false})
    for (std::size_t column = 0; column < map.labels.size(); ++column) {
      const bool crowded = std::any_of(labelled.begin(), labelled.end(), [&](std::size_t other) {
        return std::max(column, other) - std::min(column, other) < apart;
      });
      if (crowded || lit != (column < map.lit.size() && map.lit[column])) continue;
      labelled.push_back(column);
      const Color color = lit ? pen.colors().accent : muted;
      const float middle = box.x + (static_cast<float>(column) + 0.5f) * cell;
      if (upright) {
        pen.text(middle, box.y - pen.px(5), map.labels[column], color, label_size, 0.5f);
      } else {
        pen.upward(middle + pen.px(label_size) * 0.33f, box.y - pen.px(5),
                   pen.fit(map.labels[column], above - pen.px(7), label_size), color, label_size);
      }
    }
  const std::size_t step = step_of(row, pen.px(13));
  for (std::size_t layer = 0; layer < map.layers; layer += step)
    pen.text(box.x - pen.px(6), box.y + (static_cast<float>(layer) + 0.5f) * row + pen.px(label_size) * 0.35f,
             std::to_string(layer), layer == map.chosen_layer ? pen.colors().accent : muted, label_size, 1);

  CellsShape cells{.box = box, .rows = static_cast<int>(map.layers), .columns = static_cast<int>(map.columns)};
  std::size_t pending = 0;   // the first layers are computed last
  while (pending < map.layers && std::isnan(map.at(pending, 0))) ++pending;
  if (pending > 0)
    pen.rect({.box = {box.x, box.y, box.w, row * static_cast<float>(pending)}, .fill = pen.colors().rule,
              .hatched = true});
  for (std::size_t layer = 0; layer < map.layers; ++layer) {
    for (std::size_t column = 0; column < map.columns; ++column)
      cells.cells.push_back(std::isnan(map.at(layer, column)) ? Color{0, 0, 0, 0}
                                                              : map.scale.of(map.at(layer, column)));
  }
  pen.cells(std::move(cells));
  pen.rect({.box = box, .stroke = pen.colors().rule});
  for (std::size_t layer = 0; layer < map.layers; ++layer)
    for (std::size_t column = 0; column < map.columns; ++column) {
      const std::string id = "cell/" + std::to_string(layer) + "/" + std::to_string(column);
      const Box place{box.x + static_cast<float>(column) * cell, box.y + static_cast<float>(layer) * row, cell, row};
      const bool chosen = layer == map.chosen_layer && column == map.chosen_column;
      if (chosen || pen.marked(id)) {
        pen.frame(place, 2);
        const float in = pen.px(2);   // a line of the ground, since a cell may have the frame's own colour
        const Box inner{place.x + in, place.y + in, place.w - 2 * in, place.h - 2 * in};
        pen.rect({.box = inner, .stroke = pen.colors().card});
      }
      pen.hit({place, id, map.tip(layer, column), map.set(layer, column)});
    }
  return box;
}

std::string question_name(const Pen& pen, const Snapshot& snapshot, const std::string& answer,
                          const std::string& other) {
  const std::vector<TokenView> target = tokens_of(snapshot, answer), foil = tokens_of(snapshot, other);
  if (target.empty()) return {};
  return pen.quoted(target[0]) + (foil.empty() ? "" : " − " + pen.quoted(foil[0]));
}

}  // namespace tb::figure
