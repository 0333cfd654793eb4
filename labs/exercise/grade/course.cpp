#include "labs/exercise/grade/course.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "labs/exercise/grade/late.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

// Takes the keys of one table of the course file, one after the other; what is left over is not known.
class Keys {
 public:
  Keys(const toml::table& table, const std::string& file) : table_(table), file_(file) {}

  const toml::node* node(const std::string& key) {
    known_.push_back(key);
    return table_.get(key);
  }
  template <class T>
  std::optional<T> value(const std::string& key) {
    const auto* found = node(key);
    if (!found) return std::nullopt;
    const auto value = found->value<T>();
    if (!value) wrong(key, found);
    return value;
  }
  std::string text(const std::string& key) { return value<std::string>(key).value_or(""); }
  double number(const std::string& key, double initial, double least, double most) {
    const double found = value<double>(key).value_or(initial);
    if (!(found >= least && found <= most)) wrong(key, table_.get(key));
    return found;
  }
  void wrong(const std::string& key, const toml::node* at) {
    const auto line = at ? at->source().begin.line : table_.source().begin.line;
    if (!error_) error_ = Error{"grade.course-value", fmt::format("{}:{}", file_, line), {key}};
  }
  Result<void> end() {
    if (error_) return tl::unexpected(*error_);
    for (const auto& [key, value] : table_) {
      const std::string name(key.str());
      if (std::find(known_.begin(), known_.end(), name) == known_.end())
        return fail("grade.course-key", fmt::format("{}:{}", file_, key.source().begin.line),
                    {name, nearest(name, known_).value_or(known_.front())});
    }
    return {};
  }

 private:
  const toml::table& table_;
  const std::string& file_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

struct Reader {
  std::string file;
  fs::path folder;
  Course course;

  // Absolute ones stay what they are.
  fs::path path(const std::string& text) const { return text.empty() ? fs::path() : folder / text; }

  Result<void> exercise(const toml::table& table) {
    Keys keys(table, file);
    const auto id = keys.text("id"), own = keys.text("folder");
    const auto weight = keys.value<double>("weight");
    if (weight && !(*weight >= 0)) keys.wrong("weight", table.get("weight"));
    if (id.empty() == own.empty()) keys.wrong("id", &table);   // one of the two
    if (const auto ended = keys.end(); !ended) return ended;
    auto found = course_exercises(own.empty() ? id : path(own).string() + "/");
    if (!found) return tl::unexpected(found.error());
    for (auto& one : *found) course.exercises.push_back({std::move(one.exercise), weight});
    return {};
  }

  Result<void> late(const toml::table& table) {
    Keys keys(table, file);
    LateRule rule;
    const auto* node = keys.node("deadline");
    if (node && node->is_date_time() && node->as_date_time()->get().offset) {
      const auto& time = node->as_date_time()->get();
      const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", time.date.year, time.date.month,
                                    time.date.day, time.time.hour, time.time.minute, time.time.second);
      rule.offset_minutes = time.offset->minutes;
      if (const auto seconds = parse_time(text, rule.offset_minutes)) rule.deadline = *seconds;
    } else {
      keys.wrong("deadline", node);   // without a zone it would depend on the machine that grades
    }
    rule.percent_per_day = keys.number("percent_per_day", 0, 0, 100);
    rule.grace_minutes = keys.number("grace_minutes", 0, 0, 1e6);
    rule.most_percent = keys.number("most_percent", 100, 0, 100);
    const auto times = keys.text("times");
    if (times == "modified") rule.from = LateRule::Times::modified;
    else if (!times.empty() && times != "names") rule.from = LateRule::Times::table, rule.table = path(times);
    course.late = rule;
    return keys.end();
  }

  Result<void> override_of(const toml::table& table) {
    Keys keys(table, file);
    Override one;
    for (const char* key : {"id", "email", "submission"})
      if (auto who = keys.text(key); !who.empty()) one.who = std::move(who);
    if (one.who.empty()) keys.wrong("id", &table);
    one.exercise = keys.text("exercise");
    one.points = keys.value<double>("points");
    one.comment = keys.text("comment");
    one.where = fmt::format("{}:{}", file, table.source().begin.line);
    course.overrides.push_back(std::move(one));
    return keys.end();
  }

  Result<Course> read(const toml::table& table) {
    Keys keys(table, file);
    course.submissions = path(keys.text("submissions"));
    course.out = path(keys.text("out"));
    course.roster = path(keys.text("roster"));
    if (const auto overrides = keys.text("overrides"); !overrides.empty())
      course.override_tables.push_back(path(overrides));
    course.language = keys.text("language");
    if (!course.language.empty() && course.language != "en" && course.language != "ru")
      keys.wrong("language", table.get("language"));
    if (const auto format = keys.text("csv"); !format.empty()) {
      if (const auto known = table_format(format)) course.format = *known;
      else keys.wrong("csv", table.get("csv"));
    }
    course.jobs = static_cast<int>(keys.number("jobs", 0, 0, 256));
    const auto* exercises = keys.node("exercise");
    const auto* overrides = keys.node("override");
    const auto* late_rule = keys.node("late");
    if (const auto ended = keys.end(); !ended) return tl::unexpected(ended.error());

    using Part = Result<void> (Reader::*)(const toml::table&);
    const auto each = [&](const toml::node* node, Part part, const char* key) -> Result<void> {
      if (!node) return {};
      const auto where = fmt::format("{}:{}", file, node->source().begin.line);
      if (const auto* one = node->as_table()) return (this->*part)(*one);
      const auto* list = node->as_array();
      if (!list) return fail("grade.course-value", where, {key});
      for (const auto& entry : *list) {
        if (!entry.is_table()) return fail("grade.course-value", where, {key});
        if (const auto done = (this->*part)(*entry.as_table()); !done) return done;
      }
      return {};
    };
    if (const auto done = each(exercises, &Reader::exercise, "exercise"); !done) return tl::unexpected(done.error());
    if (const auto done = each(overrides, &Reader::override_of, "override"); !done) return tl::unexpected(done.error());
    if (const auto done = each(late_rule, &Reader::late, "late"); !done) return tl::unexpected(done.error());
    return std::move(course);
  }
};

Result<std::vector<CourseExercise>> exercises_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code none;
  if (fs::exists(folder / "exercise.toml", none)) folders.push_back(fs::canonical(folder));
  else
    for (const auto& entry : fs::directory_iterator(folder, none))
      if (fs::exists(entry.path() / "exercise.toml", none)) folders.push_back(fs::canonical(entry.path()));
  std::sort(folders.begin(), folders.end());
  std::vector<CourseExercise> list;
  for (const auto& one : folders) {
    auto exercise = read_exercise(one);
    if (!exercise) return tl::unexpected(exercise.error());
    list.push_back({std::move(*exercise), {}});
  }
  return list;
}

}  // namespace

Result<std::vector<CourseExercise>> course_exercises(const std::string& name) {
  // A name alone is one of ours, also where a folder is called so.
  if (name.find('/') != std::string::npos) {
    auto found = exercises_in(name);
    if (found && found->empty()) return fail("file.open", name + "/exercise.toml", {"ENOENT"});
    return found;
  }
  auto exercise = find_exercise(textbook_root() / "chapters", name);
  if (!exercise) return tl::unexpected(exercise.error());
  std::vector<CourseExercise> list;
  list.push_back({std::move(*exercise), {}});
  return list;
}

Result<Course> read_course(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  try {
    const auto table = toml::parse(*text);
    return Reader{file.string(), file.parent_path(), {}}.read(table);
  } catch (const toml::parse_error& error) {
    return fail("grade.course-syntax", fmt::format("{}:{}", file.string(), error.source().begin.line),
                {std::string(error.description())});
  }
}

Result<std::vector<Override>> read_overrides(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto rows = read_table(*text, file.string(), {"id|email|submission", "points|comment"});
  if (!rows) return tl::unexpected(rows.error());
  std::vector<Override> list;
  for (const auto& row : *rows) {
    Override one{"", row.get("exercise"), {}, row.get("comment"), row.where};
    for (const char* column : {"id", "email", "submission"})
      if (one.who.empty()) one.who = row.get(column);
    if (one.who.empty()) return fail("grade.override", row.where, {"id, email, submission"});
    if (auto points = row.get("points"); !points.empty()) {
      std::replace(points.begin(), points.end(), ',', '.');
      double value = 0;
      const auto [end, error] = std::from_chars(points.data(), points.data() + points.size(), value);
      if (error != std::errc() || end != points.data() + points.size())
        return fail("grade.override", row.where, {points});
      one.points = value;
    }
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace tb::exercise
