// Numbers as a reader of the language expects them: a real minus sign, in Russian the decimal comma and a narrow
// no-break space between thousands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tb {

std::string format_integer(std::int64_t value, std::string_view lang);              // 134,515,008 · 134 515 008
std::string format_fixed(double value, int decimals, std::string_view lang);        // −3.25 · −3,25
std::string format_logit(double value, std::string_view lang);                      // two decimals
// A probability in per cent: one decimal, two significant digits under 1 %; "<0.0001 %" at the very bottom.
std::string format_percent(double probability, std::string_view lang);
std::string format_bytes(std::int64_t bytes, std::string_view lang);                // 98.4 MB · 98,4 МБ
std::string format_seconds(double seconds, std::string_view lang);                  // 12 ms · 1.4 s

}  // namespace tb
