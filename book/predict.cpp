#include "book/predict.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "book/directive.h"

namespace tb::book {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n\r") - begin + 1);
}

bool fits(const std::string& is, const Outcome& outcome) {
  const auto* text = std::get_if<std::string>(&outcome);
  const auto number = text ? read_number(trimmed(*text)) : std::optional(std::get<double>(outcome));
  if (const auto range = read_range(is)) return number && range->low <= *number && *number <= range->high;
  if (text && trimmed(*text) == trimmed(is)) return true;
  const auto wanted = read_number(is);
  return wanted && number && *wanted == *number;
}

}  // namespace

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<NumberRange> read_range(std::string_view text) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto dots = text.find("..");
  if (dots == std::string_view::npos || text.size() == 2) return std::nullopt;
  const auto low_text = trimmed(text.substr(0, dots)), high_text = trimmed(text.substr(dots + 2));
  const auto low = low_text.empty() ? -infinity : read_number(low_text);
  const auto high = high_text.empty() ? infinity : read_number(high_text);
  return low && high ? std::optional(NumberRange{*low, *high}) : std::nullopt;
}

Prediction prediction(const Directive& predict) {
  Prediction out;
  for (const Directive::Entry& entry : predict.entries) {
    const auto& [key, value, line] = entry;
    const double number = read_number(value).value_or(0);
    if (key == "id") out.id = value, out.line = line;
    if (key == "lab") out.lab = value;
    if (key == "question") out.question = value;
    if (key == "because") out.because = value;
    if (key == "value") out.value = value;
    if (key == "unit") out.unit = value;
    if (key == "min") out.min = number;
    if (key == "max") out.max = number;
    if (key == "step") out.step = number;
    if (key == "tolerance") out.tolerance = number;
    if (key == "choice") out.choices.push_back({value, {}});
    if (key == "is" && !out.choices.empty()) out.choices.back().is.push_back(value);
    if (key != "set") continue;
    if (const auto given = read_setting(entry)) out.set[given->key] = given->value;
  }
  const std::string answer = predict.value("answer");
  out.number = read_number(answer).value_or(0);
  for (std::size_t i = 0; i < out.choices.size(); ++i)
    if (out.choices[i].text == answer) out.answer = i;
  return out;
}

std::optional<std::size_t> right_choice(const Prediction& asked, const Outcome& outcome) {
  for (std::size_t i = 0; i < asked.choices.size(); ++i) {
    const auto& is = asked.choices[i].is;
    if (std::any_of(is.begin(), is.end(), [&](const std::string& one) { return fits(one, outcome); })) return i;
  }
  return std::nullopt;
}

std::optional<double> right_number(const Prediction& asked, const Outcome& outcome) {
  const auto* text = std::get_if<std::string>(&outcome);
  const auto number = text ? read_number(trimmed(*text)) : std::optional(std::get<double>(outcome));
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return asked.unit == "%" ? *number * 100 : *number;
}

bool holds(const Prediction& asked, const Outcome& outcome) {
  if (!asked.asks_number()) return asked.answer && right_choice(asked, outcome) == asked.answer;
  const auto number = right_number(asked, outcome);
  return number && std::abs(*number - asked.number) <= asked.tolerance;
}

}  // namespace tb::book
