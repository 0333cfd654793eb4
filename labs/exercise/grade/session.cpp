#include "labs/exercise/grade/session.h"

#include <algorithm>
#include <span>

#include "base/checksum.h"
#include "base/files.h"
#include "base/text.h"
#include "labs/exercise/grade/late.h"
#include "labs/exercise/grade/roster.h"
#include "labs/exercise/grade/submission.h"
#include "labs/exercise/grade/verdict_file.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

// Why there is nothing to judge, as a verdict like any other.
Verdict no_solution(const Exercise& exercise, const Solution& solution) {
  Verdict verdict;
  verdict.exercise = exercise.id;
  verdict.file = exercise.id + ".cpp";
  verdict.compile_failure = solution.problem;
  verdict.details = {exercise.id + ".cpp", solution.detail};
  verdict.most = exercise.points();
  return verdict;
}

bool is_selected(const Grade& grade, const std::vector<std::string>& only) {
  const auto& student = grade.student;
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const auto& pattern) {
    return matches_glob(pattern, grade.submission) || matches_glob(pattern, student.id) ||
           matches_glob(pattern, student.name) || matches_glob(pattern, student.email);
  });
}

// The students of the submissions, one for each; those on the roster who handed in nothing come after them.
struct People {
  std::vector<Student> of_submission;
  std::vector<std::optional<std::size_t>> on_roster;   // for each submission
  std::vector<Student> roster;
};
Result<People> people_of(const Course& course, const std::vector<Submission>& submissions) {
  People people;
  if (!course.roster.empty()) {
    auto roster = read_roster(course.roster);
    if (!roster) return tl::unexpected(roster.error());
    people.roster = std::move(*roster);
  }
  for (const auto& submission : submissions) {
    people.on_roster.push_back(whose(submission, people.roster));
    const auto index = people.on_roster.back();
    people.of_submission.push_back(index ? people.roster[*index] : Student{submission.id, submission.student, "", ""});
  }
  return people;
}

Result<void> set_lateness(const LateRule& rule, const std::vector<Submission>& submissions, const People& people,
                          std::vector<Grade>& grades) {
  const auto times = times_of(submissions, people.of_submission, rule);
  if (!times) return tl::unexpected(times.error());
  for (std::size_t i = 0; i < submissions.size(); ++i) {
    // Canvas marks what is late, but not by how much: then it is the first day.
    grades[i].late_days = (*times)[i] ? days_late(*(*times)[i], rule) : submissions[i].late ? 1 : 0;
    grades[i].late_percent = std::min(rule.most_percent, grades[i].late_days * rule.percent_per_day);
  }
  return {};
}

Result<void> set_by_hand(const std::vector<Override>& overrides, std::vector<Grade>& grades) {
  for (const auto& one : overrides) {
    bool found = false;
    for (auto& grade : grades) {
      if (one.who != grade.student.id && one.who != grade.student.email && one.who != grade.submission) continue;
      found = true;
      const auto exercise = std::find_if(grade.exercises.begin(), grade.exercises.end(),
                                         [&](const auto& e) { return e.exercise->id == one.exercise; });
      if (!one.exercise.empty() && exercise == grade.exercises.end())
        return fail("grade.override", one.where, {one.exercise});
      ByHand& by_hand = one.exercise.empty() ? grade.by_hand : exercise->by_hand;
      if (one.points) by_hand.points = one.points;
      if (!one.comment.empty()) by_hand.comment += (by_hand.comment.empty() ? "" : " ") + one.comment;
    }
    if (!found) return fail("grade.nobody", one.where, {one.who});
  }
  return {};
}

// The roster's order; one line for each submission, and for each student without one.
std::vector<Grade> in_order(std::vector<Grade> grades, const People& people,
                            const std::vector<ExerciseGrade>& nothing) {
  if (people.roster.empty()) return grades;
  std::vector<Grade> ordered;
  for (std::size_t student = 0; student < people.roster.size(); ++student) {
    const auto handed_in = std::count(people.on_roster.begin(), people.on_roster.end(), student);
    for (std::size_t i = 0; i < people.on_roster.size(); ++i) {
      if (people.on_roster[i] != student) continue;
      grades[i].twice = handed_in > 1;
      ordered.push_back(std::move(grades[i]));
    }
    if (handed_in > 0) continue;
    Grade missing;
    missing.student = people.roster[student];
    missing.exercises = nothing;
    ordered.push_back(std::move(missing));
  }
  for (std::size_t i = 0; i < people.on_roster.size(); ++i) {
    if (people.on_roster[i]) continue;
    grades[i].listed = false;
    ordered.push_back(std::move(grades[i]));
  }
  return ordered;
}

}  // namespace

Result<Grading> prepare(Course course, const Toolchain& toolchain, const Selection& selection) {
  auto submissions = find_submissions(course.submissions);
  if (!submissions) return tl::unexpected(submissions.error());
  std::erase_if(*submissions, [&](const Submission& one) {   // the results may lie among what was handed in
    std::error_code none;
    return one.places.size() == 1 && fs::equivalent(one.places[0].path, course.out, none);
  });
  const auto people = people_of(course, *submissions);
  if (!people) return tl::unexpected(people.error());
  auto overrides = course.overrides;
  for (const auto& table : course.override_tables) {
    auto more = read_overrides(table);
    if (!more) return tl::unexpected(more.error());
    std::move(more->begin(), more->end(), std::back_inserter(overrides));
  }
  const fs::path verdicts = course.out / "verdicts";
  std::error_code failed;
  fs::create_directories(verdicts, failed);
  if (failed) return fail("file.write", verdicts.string(), {failed.message()});

  Grading session;
  session.course = std::move(course);
  const auto& exercises = session.course.exercises;
  std::vector<ExerciseGrade> nothing;
  for (const auto& [exercise, weight] : exercises) {
    auto sum = exercise_checksum(exercise);
    if (!sum) return tl::unexpected(sum.error());
    ExerciseGrade one;
    one.exercise = &exercise;
    one.most = weight.value_or(exercise.points());
    one.exercise_sum = std::move(*sum);
    nothing.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < submissions->size(); ++i) {
    Grade grade;
    grade.submission = (*submissions)[i].name;
    grade.student = people->of_submission[i];
    grade.exercises = nothing;
    const bool selected = is_selected(grade, selection.only);
    const auto contents = read_submission((*submissions)[i]);
    for (auto& one : grade.exercises) {
      auto solution = find_solution(contents, one.exercise->id, exercises.size() == 1);
      one.path = solution.path;
      if (!solution.problem.empty()) {
        one.verdict = no_solution(*one.exercise, solution);
        continue;
      }
      one.source_sum = sha256(std::as_bytes(std::span(solution.source)));
      one.kept = verdicts / verdict_name(toolchain, one.source_sum, one.exercise_sum);
      if (!selected) continue;
      if (!selection.only.empty() && selection.again) fs::remove(one.kept, failed);
      session.work.push_back({one.exercise, std::move(solution.source), one.source_sum, one.exercise_sum, one.kept});
    }
    session.grades.push_back(std::move(grade));
  }
  if (session.course.late)
    if (const auto set = set_lateness(*session.course.late, *submissions, *people, session.grades); !set)
      return tl::unexpected(set.error());
  session.grades = in_order(std::move(session.grades), *people, nothing);
  if (const auto set = set_by_hand(overrides, session.grades); !set) return tl::unexpected(set.error());
  return session;
}

Result<fs::path> finish(Grading& session) {
  for (auto& grade : session.grades)
    for (auto& one : grade.exercises)
      if (!one.verdict && !one.kept.empty()) one.verdict = read_verdict(one.kept);
  std::map<std::string, Language> languages;
  for (const std::string lang : {"en", "ru"}) {
    auto strings = Strings::load(textbook_root() / "assets" / "strings", lang);
    if (!strings) return tl::unexpected(strings.error());
    Language language{std::move(*strings), {}};
    for (const auto& one : session.course.exercises) {
      // One of the course's own may be in one language only.
      const bool there = fs::exists(one.exercise.file(lang + ".md"));
      auto texts = read_texts(one.exercise, there ? lang : lang == "en" ? "ru" : "en");
      if (!texts) return tl::unexpected(texts.error());
      language.texts.emplace(one.exercise.id, std::move(*texts));
    }
    languages.emplace(lang, std::move(language));
  }
  return write_grades(session.course.out, session.grades, session.course.format, languages, session.course.language);
}

}  // namespace tb::exercise
