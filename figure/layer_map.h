// Values by layer and position, or by layer and head, as a map of coloured cells: patching, scores of heads.
#pragma once

#include <functional>
#include <span>

#include "figure/kit.h"

namespace tb::figure {

// The colours of numbers from `low` to `high`; where low is negative zero is the paper.
struct Scale {
  const std::vector<Color>& colors;
  double low = 0, high = 1;

  Color of(double value) const { return ramp(colors, (value - low) / (high - low)); }
};

// The colours of signed numbers, the paper at zero: as far as the largest goes either way, and at least to `least`.
Scale signed_scale(const Palette& colors, std::span<const double> values, double least);

struct LayerMap {
  std::size_t layers = 0, columns = 0;
  const std::vector<double>& values;                   // [layer, column]; NaN: not computed yet, hatched
  Scale scale;
  std::vector<std::string> labels;                     // of the columns; upright where all are short
  std::vector<bool> lit;                               // columns whose label is marked; may be empty
  std::size_t chosen_layer = 0, chosen_column = 0;
  std::function<std::vector<std::string>(std::size_t layer, std::size_t column)> tip;
  std::function<Inputs(std::size_t layer, std::size_t column)> set;

  double at(std::size_t layer, std::size_t column) const { return values[layer * columns + column]; }
};

// Layers from above to below, in the order of computation. Hits are "cell/LAYER/COLUMN". Returns the box of the cells;
// nothing stands to its left but the numbers of the layers, and nothing below it.
Box draw_layer_map(Pen& pen, const LayerMap& map, float x, float y, float width);

// "·Mary − ·John", or "·Mary" alone: what a question asks, from its columns.
std::string question_name(const Pen& pen, const Snapshot& snapshot, const std::string& answer,
                          const std::string& other);

}  // namespace tb::figure
