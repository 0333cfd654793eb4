#include "base/numbers.h"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace tb {

namespace {

constexpr const char* kMinus = "\u2212";
constexpr double kLarge = 1e12;               // from here on with an exponent
constexpr const char* kNarrowSpace = "\u202F";

// "-1234.5" -> the language's minus, thousands and decimal point.
std::string localise(std::string digits, std::string_view lang) {
  const bool russian = lang == "ru";
  bool negative = !digits.empty() && digits[0] == '-';
  if (negative) digits.erase(0, 1);
  if (digits.find_first_not_of("0.") == std::string::npos) negative = false;   // no minus before a zero
  std::string fraction;
  if (const auto point = digits.find('.'); point != std::string::npos) {
    fraction = (russian ? "," : ".") + digits.substr(point + 1);
    digits.resize(point);
  }
  std::string whole;
  const std::size_t n = digits.size();
  for (std::size_t i = 0; i < n; ++i) {
    // Four digits stay together in Russian typography; English sets a comma from a thousand on.
    if (i && (n - i) % 3 == 0 && (n > 4 || !russian)) whole += russian ? kNarrowSpace : ",";
    whole += digits[i];
  }
  return (negative ? kMinus : "") + whole + fraction;
}

std::string not_finite(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "\u221E" : std::string(kMinus) + "\u221E"; }

struct Unit { const char *english, *russian; };
std::string with_unit(double value, int decimals, Unit unit, std::string_view lang) {
  return format_fixed(value, decimals, lang) + "\u00A0" + (lang == "ru" ? unit.russian : unit.english);
}

}  // namespace

std::string format_integer(std::int64_t value, std::string_view lang) { return localise(std::to_string(value), lang); }

std::string format_fixed(double value, int decimals, std::string_view lang) {
  if (!std::isfinite(value)) return not_finite(value);
  if (std::abs(value) >= kLarge) {   // a model that has lost itself: 300 digits would say no more
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
    const std::string digits = fmt::format("{:.1f}", value / std::pow(10.0, exponent));
    return localise(digits, lang) + "e" + std::to_string(exponent);
  }
  return localise(fmt::format("{:.{}f}", value, decimals), lang);
}

std::string format_logit(double value, std::string_view lang) { return format_fixed(value, 2, lang); }

std::string format_percent(double probability, std::string_view lang) {
  const double percent = probability * 100;
  const std::string sign = lang == "ru" ? "\u00A0%" : "%";
  if (!std::isfinite(percent)) return not_finite(percent);
  if (percent == 0) return "0" + sign;
  if (percent < 1e-4) return "<" + localise("0.0001", lang) + sign;
  if (percent >= 0.95) return format_fixed(percent, 1, lang) + sign;   // what would round to 1.0 is written so
  // Two significant digits: the first one stands at 10^-ceil(-log10), which rounding may push up by one place.
  int decimals = static_cast<int>(std::ceil(-std::log10(percent))) + 1;
  if (std::round(percent * std::pow(10, decimals)) >= 100) --decimals;
  return format_fixed(percent, decimals, lang) + sign;
}

std::string format_bytes(std::int64_t bytes, std::string_view lang) {
  static constexpr Unit units[] = {{"B", "Б"}, {"kB", "кБ"}, {"MB", "МБ"}, {"GB", "ГБ"}, {"TB", "ТБ"}};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (std::abs(value) >= 999.5 && unit < 4) value /= 1000, ++unit;
  return with_unit(value, unit == 0 || std::abs(value) >= 99.95 ? 0 : 1, units[unit], lang);
}

std::string format_seconds(double seconds, std::string_view lang) {
  if (seconds < 0.9995) return with_unit(seconds * 1000, seconds < 0.00995 ? 1 : 0, {"ms", "мс"}, lang);
  if (seconds < 59.95) return with_unit(seconds, 1, {"s", "с"}, lang);
  return with_unit(seconds / 60, 1, {"min", "мин"}, lang);
}

}  // namespace tb
