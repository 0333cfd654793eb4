#include "labs/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tb {

namespace {

// From 0 at `from` to 1 at `to`, level outside.
double ramp(double x, double from, double to) {
  if (from == to) to += 0.001;
  return std::clamp((x - from) / (to - from), 0.0, 1.0);
}

// The pair, as a fraction, that makes so many turns within the original context.
double pair_of_turns(const Rope& rope, double turns, double d_head) {
  const double angle = 2 * std::numbers::pi * turns;
  return d_head * std::log(rope.original_context / angle) / (2 * std::log(rope.theta));
}

// The share of its own frequency that a pair keeps; the rest is divided by the factor.
double kept(const Rope& rope, double pair, double frequency, double d_head) {
  if (rope.scaling == Rope::Scaling::linear) return 0;
  if (rope.scaling == Rope::Scaling::llama3) {
    const double turns = rope.original_context * frequency / (2 * std::numbers::pi);
    return ramp(turns, rope.low_turns, rope.high_turns);
  }
  if (rope.scaling == Rope::Scaling::yarn) {
    double from = pair_of_turns(rope, rope.fast_turns, d_head), to = pair_of_turns(rope, rope.slow_turns, d_head);
    if (rope.whole_pairs) {
      from = std::floor(from);
      to = std::ceil(to);
    }
    return 1 - ramp(pair, std::max(from, 0.0), std::min(to, d_head - 1));
  }
  return 1;
}

}  // namespace

std::vector<float> frequencies(const Rope& rope, std::int64_t d_head) {
  std::vector<float> result;
  const auto size = static_cast<double>(d_head);
  for (std::int64_t pair = 0; pair < d_head / 2; ++pair) {
    const double frequency = std::pow(rope.theta, -2 * static_cast<double>(pair) / size);
    const double keep = kept(rope, static_cast<double>(pair), frequency, size);
    result.push_back(static_cast<float>(frequency * (keep + (1 - keep) / rope.factor)));
  }
  return result;
}

double amplitude(const Rope& rope) {
  if (rope.scaling != Rope::Scaling::yarn) return 1;
  return rope.attention_factor.value_or(rope.factor > 1 ? 0.1 * std::log(rope.factor) + 1 : 1);
}

}  // namespace tb
