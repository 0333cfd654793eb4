#include "labs/exercise/report.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace tb::exercise {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kShown = 12;              // values of an array that are shown in a line
constexpr std::size_t kInJson = 1024;            // and in JSON, where the shape tells how many there are
constexpr std::size_t kPrinted = 2000;           // bytes of what a function printed

std::string number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "−∞" : "∞";
  return fmt::format("{:.6g}", value);
}

Json json_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return value;
}

// The index of a place in an array, as its axes count it: "(2, 5)".
std::string index_of(std::int64_t at, const Shape& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; at /= shape[axis]) index[axis] = at % shape[axis];
  if (index.size() < 2) return fmt::format("{}", index.empty() ? at : index[0]);
  std::string text = "(";
  for (std::size_t axis = 0; axis < index.size(); ++axis) text += fmt::format("{}{}", axis ? ", " : "", index[axis]);
  return text + ")";
}

std::string indented(std::string_view text, std::size_t by) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += std::string(by, ' ') + std::string(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

std::string pad(const std::string& text, std::size_t width) {   // by letters, not by bytes
  std::size_t letters = 0;
  for (const char c : text) letters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return text + std::string(letters < width ? width - letters : 0, ' ');
}

std::string named(const Shown& shown, const std::string& name, std::int64_t focus, const Strings& strings) {
  const std::string values = show(shown, focus, strings);
  if (values.find('\n') == std::string::npos) return "      " + pad(name, 16) + values + "\n";
  return "      " + name + "\n" + indented(values, 8);
}

// The part of the report that belongs to one failed case.
std::string failed_case(const CaseVerdict& one, const Words& words) {
  const Outcome& outcome = one.outcome;
  std::string text;
  for (const auto& input : outcome.inputs) text += named(input, input.name, -1, words.strings);
  if (!outcome.got.values.empty() || !outcome.expected.values.empty()) {
    text += named(outcome.expected, words.strings.get("exercise.expected"), outcome.largest_at, words.strings);
    text += named(outcome.got, words.strings.get("exercise.got"), outcome.largest_at, words.strings);
    if (outcome.largest_at >= 0) text += "      " + error_line(outcome, words.strings) + "\n";
  }
  if (outcome.measured) text += "      " + measured_line(outcome, words.strings) + "\n";
  text += "      " + explain(outcome, words) + "\n";
  if (!one.printed.empty())
    text += "      " + words.strings.get("exercise.printed") + "\n" + indented(printable(std::string_view(one.printed).substr(0, kPrinted)), 8);
  return text;
}

std::string diagnostics_text(const Verdict& verdict, const Strings& strings) {
  std::string text;
  for (const auto& one : verdict.diagnostics) {
    const auto kind = strings.get(one.error ? "exercise.error" : "exercise.warning");
    const auto place = one.line ? fmt::format("{}:{}:{}: ", verdict.file, one.line, one.column) : "";
    text += fmt::format("  {}{}: {}\n", place, kind, explain(one, strings));
    if (!one.plain.empty()) text += "      " + strings.format("exercise.compiler-says", {printable(one.text)}) + "\n";
  }
  return text;
}

std::string compile_text(const Verdict& verdict, const Strings& strings) {
  std::vector<std::string> details;
  for (const auto& one : verdict.details) details.push_back(printable(one));
  const auto reason = strings.format("exercise.reason." + verdict.reason(), details);
  return reason + "\n" + diagnostics_text(verdict, strings);
}

Json json_of(const Shown& shown) {
  Json values = Json::array();
  for (std::size_t i = 0; i < std::min(shown.values.size(), kInJson); ++i) values.push_back(json_number(shown.values[i]));
  return {{"name", shown.name}, {"shape", shown.shape}, {"values", std::move(values)}};
}

Json json_of(const std::optional<Measured>& measured) {
  if (!measured) return nullptr;
  return {{"value", json_number(measured->value)}, {measured->at_least ? "at_least" : "at_most", measured->bound}};
}

std::string title_of(const CaseVerdict& one, const Words& words) {
  const auto title = words.texts.cases.find(one.id);
  return title == words.texts.cases.end() ? one.id : title->second;
}

double earned(const Verdict& verdict, const CaseVerdict& one) { return verdict.points > 0 && one.passed() ? one.points : 0; }

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    const auto point = next_code_point(bytes, at);
    const bool control = point && *point != '\n' && *point != '\t' &&
                         (*point < 32 || (*point >= 0x7f && *point < 0xa0) || *point == 0xfffe || *point == 0xffff);
    text += point && !control ? std::string(bytes.substr(begin, at - begin)) : "\uFFFD";
  }
  return text;
}

std::string error_line(const Outcome& outcome, const Strings& strings) {
  if (outcome.got.values.size() != outcome.expected.values.size()) return strings.get("exercise.missing");
  const auto error = number(outcome.largest_error), allowed = number(outcome.tolerance);
  if (outcome.got.values.size() == 1) return strings.format("exercise.largest-error-one", {error, allowed});
  return strings.format("exercise.largest-error", {error, index_of(outcome.largest_at, outcome.got.shape), allowed});
}

std::string measured_line(const Outcome& outcome, const Strings& strings) {
  if (!outcome.measured) return "";
  return strings.format(outcome.measured->at_least ? "exercise.measured-at-least" : "exercise.measured-at-most",
                        {number(outcome.measured->value), number(outcome.measured->bound)});
}

std::string explain(const Outcome& outcome, const Words& words) {
  if (const auto own = words.texts.reasons.find(outcome.reason); own != words.texts.reasons.end()) return own->second;
  const auto place = outcome.line > 0 ? fmt::format("{}:{}: ", outcome.file, outcome.line) : "";
  const auto detail = printable(outcome.detail.empty() ? "?" : outcome.detail);
  // "7 / 5 columns": of what, where that is known.
  static const std::regex counted(R"((-?\d+) / (\d+)(?: (\w+))?)");
  if (std::smatch found; outcome.reason == "outside" && std::regex_match(detail, found, counted)) {
    const std::string what = found[3].str().empty() ? "index" : found[3].str();
    const bool ours = words.strings.has("exercise.outside." + what);
    return place + words.strings.format("exercise.outside." + (ours ? what : "array"), {found[1], found[2], what});
  }
  if (outcome.reason == "outside" && detail.find("empty()") != std::string::npos)
    return place + words.strings.get("exercise.outside.empty");
  return place + words.strings.format("exercise.reason." + outcome.reason, {detail});
}

std::string explain(const Diagnostic& diagnostic, const Strings& strings) {
  if (diagnostic.plain.empty()) return printable(diagnostic.text);
  return printable(strings.format("exercise.compile." + diagnostic.plain, diagnostic.args));
}

std::string show(const Shown& shown, std::int64_t focus, const Strings& strings) {
  const auto size = static_cast<std::int64_t>(shown.values.size());
  if (size == 0 && shown.shape.size() > 1) return fmt::format("[{}]", fmt::join(shown.shape, ", "));   // too many
  const auto line = [&](std::int64_t begin, std::int64_t end) {
    std::string text;
    for (std::int64_t i = begin; i < end; ++i) text += (i > begin ? "  " : "") + number(shown.values[static_cast<std::size_t>(i)]);
    return text;
  };
  const std::int64_t columns = shown.shape.empty() ? 1 : shown.shape.back();
  if (shown.shape.size() > 1 && columns > 0 && columns <= kShown && size / columns <= kShown) {
    std::string text;
    for (std::int64_t row = 0; row < size / columns; ++row) text += line(row * columns, (row + 1) * columns) + "\n";
    if (!text.empty()) text.pop_back();
    return text;
  }
  if (size <= kShown) return line(0, size);
  const std::int64_t begin = std::clamp<std::int64_t>(focus - kShown / 4, 0, size - kShown / 2), end = begin + kShown / 2;
  const auto place = strings.format("exercise.range", {std::to_string(begin), std::to_string(end - 1), std::to_string(size)});
  return fmt::format("{}{}{}   ({})", begin > 0 ? "…  " : "", line(begin, end), end < size ? "  …" : "", place);
}

std::string report_text(const Verdict& verdict, const Words& words) {
  std::string text = fmt::format("{}: {}\n", words.texts.title,
                                 words.strings.format("exercise.points", {number(verdict.points), number(verdict.most)}));
  if (!verdict.compiled) return text + compile_text(verdict, words.strings);
  if (verdict.sanitized) text += "  " + words.strings.get("exercise.sanitized") + "\n";
  for (const auto& one : verdict.cases) {
    text += fmt::format("  {} {}{}\n", one.passed() ? "✓" : "✗", pad(title_of(one, words), 44),
                        fmt::format("{}/{}", number(earned(verdict, one)), number(one.points)));
    if (!one.passed()) text += failed_case(one, words);
    else if (one.outcome.measured) text += "      " + measured_line(one.outcome, words.strings) + "\n";
  }
  return text + diagnostics_text(verdict, words.strings);
}

std::string report_json(const Verdict& verdict, const Words& words) {
  Json diagnostics = Json::array(), cases = Json::array();
  for (const auto& one : verdict.diagnostics)
    diagnostics.push_back({{"severity", one.error ? "error" : "warning"}, {"line", one.line}, {"column", one.column},
                           {"text", printable(one.text)}, {"option", one.option}, {"plain", explain(one, words.strings)}});
  for (const auto& one : verdict.cases) {
    const Outcome& outcome = one.outcome;
    Json inputs = Json::array();
    for (const auto& input : outcome.inputs) inputs.push_back(json_of(input));
    cases.push_back({{"id", one.id}, {"title", title_of(one, words)}, {"passed", one.passed()},
                     {"points", earned(verdict, one)}, {"most", one.points}, {"reason", outcome.reason},
                     {"detail", printable(outcome.detail)}, {"line", outcome.line}, {"hint", one.passed() ? "" : explain(outcome, words)},
                     {"inputs", std::move(inputs)}, {"expected", json_of(outcome.expected)}, {"got", json_of(outcome.got)},
                     {"largest_error", json_number(outcome.largest_error)}, {"largest_at", outcome.largest_at},
                     {"tolerance", outcome.tolerance}, {"measured", json_of(outcome.measured)}, {"printed", printable(std::string_view(one.printed).substr(0, kPrinted))}});
  }
  return Json{{"exercise", verdict.exercise}, {"file", verdict.file}, {"passed", verdict.passed()},
              {"reason", verdict.reason()}, {"sanitized", verdict.sanitized}, {"points", verdict.points}, {"most", verdict.most},
              {"diagnostics", std::move(diagnostics)}, {"cases", std::move(cases)}}
      .dump();
}

std::string junit_suite(const Verdict& verdict, const Words& words) {
  std::string inside;
  std::size_t tests = verdict.cases.size(), failures = 0;
  const auto add = [&](std::string_view name, std::string_view reason, std::string_view text) {
    inside += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(verdict.exercise), xml(name));
    if (reason.empty()) {
      inside += "/>\n";
      return;
    }
    ++failures;
    inside += fmt::format(">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n", xml(reason), xml(reason), xml(text));
  };
  if (!verdict.compiled) {
    tests = 1;
    add("compile", verdict.reason(), compile_text(verdict, words.strings));
  }
  for (const auto& one : verdict.cases)
    add(title_of(one, words), one.outcome.reason, one.passed() ? "" : failed_case(one, words));
  return fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n{}  </testsuite>\n",
                     xml(verdict.exercise), tests, failures, inside);
}

std::string report_junit(const Verdict& verdict, const Words& words) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + junit_suite(verdict, words) + "</testsuites>\n";
}

std::string report_gradescope(const Verdict& verdict, const Words& words) {
  Json tests = Json::array();
  const auto add = [&](const std::string& name, double score, double most, bool passed, const std::string& output) {
    tests.push_back({{"name", name}, {"score", score}, {"max_score", most}, {"status", passed ? "passed" : "failed"},
                     {"output", output}, {"visibility", "visible"}});
  };
  if (!verdict.compiled) add(words.texts.title, 0, verdict.most, false, compile_text(verdict, words.strings));
  for (const auto& one : verdict.cases)
    add(title_of(one, words), earned(verdict, one), one.points, one.passed(), one.passed() ? measured_line(one.outcome, words.strings) : failed_case(one, words));
  return Json{{"score", verdict.points}, {"tests", std::move(tests)}}.dump(1) + "\n";
}

}  // namespace tb::exercise
