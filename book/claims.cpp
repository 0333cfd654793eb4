#include "book/claims.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace tb::book {

namespace {

double number(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

// Blanks that languages put between thousands: space, no-break space, thin space, narrow no-break space.
bool is_gap(char32_t c) { return c == ' ' || c == 0x00A0 || c == 0x2009 || c == 0x202F; }

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> out;
  for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at).value_or(0xFFFD));
  return out;
}

void collect(const std::vector<Block>& blocks, std::vector<Citation>& out) {
  for_each_block(blocks, [&](const Block& block) {
    bool goes_on = false;   // a link may change its style halfway: spans that follow one another are one citation
    for (const auto& span : block.spans) {
      const bool cites = span.link.starts_with("claim:");
      if (cites && goes_on && "claim:" + out.back().claim == span.link) {
        out.back().text += span.text;
      } else if (cites) {
        out.push_back({span.link.substr(6), span.text, block.line});
      }
      goes_on = cites;
    }
  });
}

}  // namespace

std::vector<Claim> claims(const Document& document) {
  std::vector<Claim> out;
  for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind != Block::Kind::directive || block.directive.kind != "claim") return;
    const auto& d = block.directive;
    out.push_back({d.id, d.value("lab"), d.inputs(), d.value("value"), number(d.value("expect")),
                   number(d.value("tolerance")), block.line, d.value("says"), read_range(d.value("supported")),
                   d.value("low"), d.value("high"), read_finding(d.value("verdict"))});
  });
  return out;
}

std::vector<Citation> citations(const Document& document) {
  std::vector<Citation> out;
  collect(document.blocks, out);
  return out;
}

std::optional<PrintedNumber> printed_number(std::string_view text, std::string_view language) {
  const auto points = code_points(text);
  const char32_t decimal = language == "ru" ? ',' : '.';
  std::string digits;
  int decimals = 0;
  bool percent = false, found = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    percent = percent || points[i] == '%';
    if (!is_digit(points[i])) continue;
    if (found) return std::nullopt;
    found = true;
    if (i > 0 && (points[i - 1] == '-' || points[i - 1] == 0x2212)) digits += '-';
    bool fraction = false;
    for (; i < points.size(); ++i) {
      const bool digit_follows = i + 1 < points.size() && is_digit(points[i + 1]);
      if (is_digit(points[i])) {
        digits += static_cast<char>(points[i]);
        decimals += fraction;
      } else if (points[i] == decimal && !fraction && digit_follows) {
        fraction = true;
        digits += '.';
      } else if (fraction || !digit_follows || !(is_gap(points[i]) || (language == "en" && points[i] == ','))) {
        break;
      }
    }
    --i;   // what ended the number may be the sign of per cent
  }
  if (!found) return std::nullopt;
  const double unit = percent ? 0.01 : 1;
  return PrintedNumber{number(digits) * unit, 0.5 * std::pow(10.0, -decimals) * unit};
}

bool agrees(std::string_view text, std::string_view language, double expect) {
  const auto printed = printed_number(text, language);
  // The margin is for numbers that lie exactly between two printed ones, and are not exact in binary.
  return printed && std::abs(printed->value - expect) <= printed->half_unit * (1 + 1e-9);
}

}  // namespace tb::book
