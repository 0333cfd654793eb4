#include "labs/exercise/grade/grades.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "base/checksum.h"
#include "base/files.h"
#include "base/text.h"
#include "labs/exercise/report.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

double cents(double value) { return std::round(value * 100) / 100; }

// "softmax: overflow (large), 3/4 cases; top_p: file-missing": why points are missing.
std::string reasons_of(const Grade& grade) {
  std::string text;
  for (const auto& one : grade.exercises) {
    if (!one.verdict || one.verdict->passed()) continue;
    text += (text.empty() ? "" : "; ") + one.exercise->id + ": " + one.verdict->reason();
    const auto& cases = one.verdict->cases;
    const auto failed = std::find_if(cases.begin(), cases.end(), [](const auto& c) { return !c.passed(); });
    if (failed == cases.end()) continue;
    const auto passed = std::count_if(cases.begin(), cases.end(), [](const auto& c) { return c.passed(); });
    text += fmt::format(" ({}), {}/{}", failed->id, passed, cases.size());
  }
  return text;
}

std::string comments_of(const Grade& grade) {
  std::string text = grade.by_hand.comment;
  for (const auto& one : grade.exercises)
    if (!one.by_hand.comment.empty())
      text += (text.empty() ? "" : "; ") + one.exercise->id + ": " + one.by_hand.comment;
  return text;
}

bool is_by_hand(const Grade& grade) {
  return grade.by_hand.points || std::any_of(grade.exercises.begin(), grade.exercises.end(),
                                             [](const auto& one) { return one.by_hand.points.has_value(); });
}

Result<void> write_if_changed(const fs::path& file, const std::string& bytes) {
  if (const auto old = read_file(file); old && *old == bytes) return {};
  return write_file(file, bytes);
}

std::string sum_of(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

// Puts aside what is not as the last run has left it.
Result<fs::path> set_aside(const fs::path& table, const fs::path& sum) {
  const auto now = read_file(table), left = read_file(sum);
  if (!now || !left || sum_of(*now) == *left) return fs::path();
  fs::path kept = table.parent_path() / "grades-edited.csv";
  for (int i = 2; fs::exists(kept); ++i) kept = table.parent_path() / fmt::format("grades-edited-{}.csv", i);
  std::error_code failed;
  fs::rename(table, kept, failed);
  if (failed) return fail("file.write", kept.string(), {failed.message()});
  return kept;
}

}  // namespace

double ExerciseGrade::points() const {
  if (by_hand.points) return *by_hand.points;
  return verdict && verdict->most > 0 ? cents(most * verdict->points / verdict->most) : 0;
}

double Grade::points() const {
  double sum = 0;
  for (const auto& one : exercises) sum += one.points();
  return cents(sum);
}

double Grade::most() const {
  double sum = 0;
  for (const auto& one : exercises) sum += one.most;
  return cents(sum);
}

double Grade::total() const { return by_hand.points ? *by_hand.points : cents(points() * (1 - late_percent / 100)); }

std::string Grade::state() const {
  if (submission.empty()) return "missing";
  if (std::any_of(exercises.begin(), exercises.end(), [](const auto& one) { return !one.verdict; })) return "waiting";
  return twice ? "twice" : listed ? "graded" : "unlisted";
}

std::string grades_table(const std::vector<Grade>& grades, TableFormat format) {
  std::vector<std::vector<Cell>> rows(1);
  for (const char* column : {"id", "name", "email", "submission", "state"}) rows[0].emplace_back(column);
  if (!grades.empty())
    for (const auto& one : grades.front().exercises) rows[0].emplace_back(one.exercise->id);
  for (const char* column : {"points", "late_days", "late_percent", "total", "most", "by_hand", "reasons", "comment"})
    rows[0].emplace_back(column);
  if (!grades.empty())
    for (const auto& one : grades.front().exercises) rows[0].emplace_back("sha256_" + one.exercise->id);
  for (const auto& grade : grades) {
    auto& row = rows.emplace_back();
    const auto& student = grade.student;
    for (const auto& text : {student.id, student.name, student.email, grade.submission, grade.state()})
      row.emplace_back(printable(text));
    for (const auto& one : grade.exercises) {
      if (one.verdict || one.by_hand.points) row.emplace_back(one.points());
      else row.emplace_back(std::string());
    }
    for (const double value : {grade.points(), grade.late_days, grade.late_percent, grade.total(), grade.most()})
      row.emplace_back(value);
    row.emplace_back(is_by_hand(grade) ? std::string("yes") : std::string());
    row.emplace_back(printable(reasons_of(grade)));
    row.emplace_back(printable(comments_of(grade)));
    for (const auto& one : grade.exercises) row.emplace_back(one.source_sum);
  }
  return write_table(rows, format);
}

std::string folder_name(std::string_view submission) {
  std::string name;
  bool changed = !is_utf8(submission) || submission.empty();
  for (std::size_t at = 0; at < submission.size();) {
    const std::size_t begin = at;
    const auto point = next_code_point(submission, at);
    const bool fit = point && *point >= 32 && *point != 127 && !(*point >= 0x80 && *point < 0xa0) &&
                     std::u32string_view(U"/\\:*?\"<>|").find(*point) == std::u32string_view::npos;
    name += fit ? std::string(submission.substr(begin, at - begin)) : "_";
    changed = changed || !fit;
  }
  constexpr std::size_t kLongest = 120;   // bytes: with what is added to it, it fits into every file system
  if (name.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    name.resize(end);
    changed = true;
  }
  if (name.starts_with(".") || name.starts_with("-")) {
    name[0] = '_';
    changed = true;
  }
  // Two names must not become one.
  return changed ? name + "~" + sum_of(submission).substr(0, 8) : name;
}

Result<fs::path> write_grades(const fs::path& out, const std::vector<Grade>& grades, TableFormat format,
                          const std::map<std::string, Language>& languages, const std::string& language) {
  for (const auto& grade : grades) {
    if (grade.submission.empty() || grade.state() == "waiting") continue;
    const auto own = languages.find(grade.student.language);
    const Language& words = own != languages.end() ? own->second : languages.at(language);
    const fs::path folder = out / "submissions" / folder_name(grade.submission);
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return fail("file.write", folder.string(), {failed.message()});
    using Write = std::string (*)(const Grade&, const Language&);
    const std::pair<const char*, Write> files[] = {{"grade.json", &grade_json}, {"junit.xml", &grade_junit},
                                                   {"results.json", &grade_gradescope}, {"feedback.txt", &grade_text}};
    for (const auto& [name, write] : files)
      if (const auto written = write_if_changed(folder / name, write(grade, words)); !written)
        return tl::unexpected(written.error());
  }
  const auto table = grades_table(grades, format);
  const fs::path file = out / "grades.csv", sum = out / "verdicts" / "grades.sum";
  const auto kept = set_aside(file, sum);
  if (!kept) return kept;
  for (const auto& [path, bytes] : {std::pair(file, table), std::pair(sum, sum_of(table))})
    if (const auto written = write_if_changed(path, bytes); !written) return tl::unexpected(written.error());
  return kept;
}

}  // namespace tb::exercise
