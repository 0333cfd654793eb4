// A grade in the formats that courses read. No times and no paths of this machine: the same grade gives the same bytes.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "labs/exercise/grade/grades.h"
#include "labs/exercise/report.h"

namespace tb::exercise {
namespace {

using Json = nlohmann::ordered_json;

Words words_for(const ExerciseGrade& one, const Language& language) {
  return {language.texts.find(one.exercise->id)->second, language.strings};
}

const Verdict& verdict_of(const ExerciseGrade& one) { return *one.verdict; }

// As the language writes it.
std::string told(double value, const Strings& strings) {
  std::string text = short_number(value);
  if (strings.language() == "ru") std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

// What lateness and people change, in sentences, one a line.
std::string remarks(const Grade& grade, const Language& language) {
  const auto& strings = language.strings;
  std::string text;
  for (const auto& one : grade.exercises) {
    if (one.by_hand.points)
      text += strings.format("grade.exercise-by-hand",
                             {one.exercise->id, told(*one.by_hand.points, strings), told(one.most, strings)}) +
              "\n";
    if (!one.by_hand.comment.empty()) text += one.exercise->id + ": " + printable(one.by_hand.comment) + "\n";
  }
  if (grade.late_percent > 0)
    text += strings.format("grade.late", {told(grade.late_days, strings), told(grade.late_percent, strings)}) + "\n";
  if (grade.by_hand.points) text += strings.get("grade.by-hand") + "\n";
  if (!grade.by_hand.comment.empty()) text += printable(grade.by_hand.comment) + "\n";
  return text;
}

}  // namespace

std::string grade_json(const Grade& grade, const Language& language) {
  Json exercises = Json::array();
  for (const auto& one : grade.exercises) {
    Json json{{"checksum", {{"submission", one.source_sum}, {"exercise", one.exercise_sum}}},
              {"path", printable(one.path)}};
    json.update(Json::parse(report_json(verdict_of(one), words_for(one, language))));
    json["grade"] = {{"points", one.points()}, {"most", one.most}, {"by_hand", one.by_hand.points.has_value()},
                     {"comment", printable(one.by_hand.comment)}};
    exercises.push_back(std::move(json));
  }
  const auto& student = grade.student;
  const Json json{
      {"submission", printable(grade.submission)},
      {"student",
       {{"id", printable(student.id)}, {"name", printable(student.name)}, {"email", printable(student.email)}}},
      {"language", std::string(language.strings.language())},
      {"state", grade.state()},
      {"points", grade.points()},
      {"late_days", grade.late_days},
      {"late_percent", grade.late_percent},
      {"total", grade.total()},
      {"most", grade.most()},
      {"by_hand", grade.by_hand.points.has_value()},
      {"comment", printable(grade.by_hand.comment)},
      {"exercises", std::move(exercises)}};
  return json.dump(1) + "\n";
}

std::string grade_junit(const Grade& grade, const Language& language) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& one : grade.exercises) text += junit_suite(verdict_of(one), words_for(one, language));
  return text + "</testsuites>\n";
}

// https://gradescope-autograders.readthedocs.io/en/latest/specs/: `score` counts before the sum of the tests' scores.
std::string grade_gradescope(const Grade& grade, const Language& language) {
  Json tests = Json::array();
  for (const auto& one : grade.exercises) {
    const auto words = words_for(one, language);
    const double scale = verdict_of(one).most > 0 ? one.most / verdict_of(one).most : 0;
    const auto scaled = [&](const Json& value) { return std::round(value.get<double>() * scale * 1e4) / 1e4; };
    auto reported = Json::parse(report_gradescope(verdict_of(one), words));
    for (auto& test : reported["tests"]) {
      if (grade.exercises.size() > 1 && verdict_of(one).compiled)
        test["name"] = words.texts.title + ": " + test["name"].get<std::string>();
      test["score"] = scaled(test["score"]);
      test["max_score"] = scaled(test["max_score"]);
      tests.push_back(std::move(test));
    }
  }
  Json json{{"score", grade.total()}};
  if (const auto text = remarks(grade, language); !text.empty()) json["output"] = text;
  json["tests"] = std::move(tests);
  return json.dump(1) + "\n";
}

std::string grade_text(const Grade& grade, const Language& language) {
  const auto& strings = language.strings;
  std::string text = strings.format("grade.total", {told(grade.total(), strings), told(grade.most(), strings)}) + "\n";
  if (const auto said = remarks(grade, language); !said.empty()) text += said;
  for (const auto& one : grade.exercises) {
    text += "\n" + report_text(verdict_of(one), words_for(one, language));
    if (one.most != verdict_of(one).most)
      text += "  " + strings.format("grade.weighted", {told(one.points(), strings), told(one.most, strings)}) + "\n";
    if (!one.source_sum.empty())
      text += "  " +
              strings.format("grade.checksums",
                             {printable(one.path), one.source_sum.substr(0, 12), one.exercise_sum.substr(0, 12)}) +
              "\n";
  }
  return text;
}

}  // namespace tb::exercise
