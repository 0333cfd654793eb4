// What several statistics ask of their input before they compute.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"

namespace tb::stats {

inline Result<void> check_confidence(double confidence) {
  if (confidence > 0 && confidence < 1) return {};
  return fail("stats.confidence", "confidence", {std::to_string(confidence)});
}

// At least `least` values, each a finite number.
inline Result<void> check_values(std::span<const double> values, std::size_t least, const std::string& where) {
  if (values.size() < least)
    return fail("stats.few", where, {std::to_string(values.size()), std::to_string(least)});
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) return fail("stats.finite", where + "[" + std::to_string(i) + "]");
  return {};
}

inline Result<void> check_lengths(std::size_t a, std::size_t b, const std::string& where) {
  if (a == b) return {};
  return fail("stats.length", where, {std::to_string(a), std::to_string(b)});
}

}  // namespace tb::stats
