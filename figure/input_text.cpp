#include "figure/input_text.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"

namespace tb::figure {

std::string input_number(const Strings& strings, const std::string& lab, const Field& field, double value) {
  const bool whole = std::holds_alternative<std::int64_t>(field.initial);
  const auto rounded = static_cast<std::int64_t>(std::llround(value));
  if (whole || value == static_cast<double>(rounded)) {
    const std::string word = "lab." + lab + ".at." + field.key + "." + std::to_string(rounded);
    if (strings.has(word)) return strings.get(word);
  }
  if (!whole) {
    int decimals = field.step > 0 ? std::clamp(static_cast<int>(std::ceil(-std::log10(field.step) - 1e-9)), 1, 6) : 2;
    const auto told = [&] { return std::round(value * std::pow(10, decimals)) / std::pow(10, decimals); };
    while (decimals < 6 && std::abs(value - told()) > 1e-9) ++decimals;
    return format_fixed(value, decimals, strings.language());
  }
  if (field.unit.empty()) return format_integer(rounded, strings.language());
  return strings.plural("unit." + field.unit, rounded);
}

}  // namespace tb::figure
