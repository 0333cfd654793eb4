#include "labs/exercise/grade/verdict_file.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"

namespace tb::exercise {
namespace {

using Json = nlohmann::json;

// Numbers that JSON has none of are words; bytes that are no UTF-8 are hexadecimal.
Json number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return value;
}
double number(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const auto word = json.get<std::string>();
  return word == "nan" ? std::nan("") : word == "inf" ? HUGE_VAL : -HUGE_VAL;
}
Json text(const std::string& bytes) { return is_utf8(bytes) ? Json(bytes) : Json{{"hex", to_hex(bytes)}}; }
std::string text(const Json& json) {
  return json.is_string() ? json.get<std::string>() : from_hex(json.at("hex").get<std::string>()).value_or("");
}
Json texts(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const auto& one : list) json.push_back(text(one));
  return json;
}
std::vector<std::string> texts(const Json& json) {
  std::vector<std::string> list;
  for (const auto& one : json) list.push_back(text(one));
  return list;
}

Json shown(const Shown& shown) {
  Json values = Json::array();
  for (const double value : shown.values) values.push_back(number(value));
  return {{"name", shown.name}, {"shape", shown.shape}, {"values", std::move(values)}};
}
Shown shown(const Json& json) {
  Shown result{json.at("name").get<std::string>(), json.at("shape").get<Shape>(), {}};
  for (const auto& value : json.at("values")) result.values.push_back(number(value));
  return result;
}

Json diagnostic(const Diagnostic& d) {
  return {{"error", d.error}, {"line", d.line}, {"column", d.column}, {"text", text(d.text)}, {"option", d.option},
          {"plain", d.plain}, {"args", texts(d.args)}, {"in_header", d.in_header}};
}
Diagnostic diagnostic(const Json& json) {
  Diagnostic d;
  d.error = json.at("error").get<bool>();
  d.line = json.at("line").get<int>();
  d.column = json.at("column").get<int>();
  d.text = text(json.at("text"));
  d.option = json.at("option").get<std::string>();
  d.plain = json.at("plain").get<std::string>();
  d.args = texts(json.at("args"));
  d.in_header = json.at("in_header").get<bool>();
  return d;
}

Json one_case(const CaseVerdict& one) {
  const Outcome& outcome = one.outcome;
  Json inputs = Json::array();
  for (const auto& input : outcome.inputs) inputs.push_back(shown(input));
  Json measured;
  if (const auto& m = outcome.measured)
    measured = {{"value", number(m->value)}, {"bound", m->bound}, {"at_least", m->at_least}};
  return {{"id", one.id}, {"points", one.points}, {"printed", text(one.printed)}, {"reason", outcome.reason},
          {"detail", text(outcome.detail)}, {"inputs", std::move(inputs)}, {"expected", shown(outcome.expected)},
          {"got", shown(outcome.got)}, {"largest_error", number(outcome.largest_error)},
          {"largest_at", outcome.largest_at}, {"tolerance", number(outcome.tolerance)},
          {"measured", std::move(measured)}};
}
CaseVerdict one_case(const Json& json) {
  CaseVerdict one;
  one.id = json.at("id").get<std::string>();
  one.points = json.at("points").get<double>();
  one.printed = text(json.at("printed"));
  Outcome& outcome = one.outcome;
  outcome.reason = json.at("reason").get<std::string>();
  outcome.detail = text(json.at("detail"));
  for (const auto& input : json.at("inputs")) outcome.inputs.push_back(shown(input));
  outcome.expected = shown(json.at("expected"));
  outcome.got = shown(json.at("got"));
  outcome.largest_error = number(json.at("largest_error"));
  outcome.largest_at = json.at("largest_at").get<std::int64_t>();
  outcome.tolerance = number(json.at("tolerance"));
  if (const auto& measured = json.at("measured"); !measured.is_null())
    outcome.measured = {number(measured.at("value")), measured.at("bound").get<double>(), measured.at("at_least").get<bool>()};
  return one;
}

Verdict from_json(const Json& json) {
  Verdict verdict;
  verdict.exercise = json.at("exercise").get<std::string>();
  verdict.file = json.at("file").get<std::string>();
  verdict.compile_failure = json.at("compile_failure").get<std::string>();
  verdict.details = texts(json.at("details"));
  verdict.compiled = json.at("compiled").get<bool>();
  verdict.points = json.at("points").get<double>();
  verdict.most = json.at("most").get<double>();
  for (const auto& one : json.at("diagnostics")) verdict.diagnostics.push_back(diagnostic(one));
  for (const auto& one : json.at("cases")) verdict.cases.push_back(one_case(one));
  return verdict;
}

}  // namespace

std::optional<Verdict> read_verdict(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  if (!bytes) return std::nullopt;
  try {
    return from_json(Json::parse(*bytes));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Result<void> write_verdict(const std::filesystem::path& file, const Verdict& verdict) {
  Json diagnostics = Json::array(), cases = Json::array();
  for (const auto& one : verdict.diagnostics) diagnostics.push_back(diagnostic(one));
  for (const auto& one : verdict.cases) cases.push_back(one_case(one));
  const Json json{{"exercise", verdict.exercise}, {"file", verdict.file}, {"compile_failure", verdict.compile_failure},
                  {"details", texts(verdict.details)}, {"compiled", verdict.compiled}, {"points", verdict.points},
                  {"most", verdict.most}, {"diagnostics", std::move(diagnostics)}, {"cases", std::move(cases)}};
  return write_file(file, json.dump());
}

}  // namespace tb::exercise
