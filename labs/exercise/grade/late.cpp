#include "labs/exercise/grade/late.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "base/files.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

// Reads `digits` digits at the beginning and takes them away.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_one_of(std::string_view& text, std::string_view letters) {
  if (text.empty() || letters.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// A date and a time of day, and where they end. `colons`: what may stand between hours, minutes and seconds.
std::optional<std::int64_t> take_time(std::string_view& text, std::string_view colons) {
  namespace chrono = std::chrono;
  const auto year = take_number(text, 4);
  if (!year || !take_one_of(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_one_of(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take_one_of(text, "T _")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take_one_of(text, colons)) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute) return std::nullopt;
  int second = 0;
  auto rest = text;
  if (take_one_of(rest, colons)) {
    if (const auto found = take_number(rest, 2)) {
      second = *found;
      text = rest;
    }
  }
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || second > 60) return std::nullopt;
  const auto days = chrono::sys_days(date).time_since_epoch().count();
  return ((std::int64_t{days} * 24 + *hour) * 60 + *minute) * 60 + second;
}

// When the newest of what was handed in was changed on this disk.
std::optional<std::int64_t> modified(const Submission& submission) {
  std::optional<std::int64_t> newest;
  const auto look = [&](const fs::directory_entry& entry) {
    std::error_code none;
    if (entry.is_symlink(none) || !entry.is_regular_file(none)) return;
    const auto time = fs::file_time_type::clock::to_sys(entry.last_write_time(none));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    newest = std::max(newest.value_or(seconds), std::int64_t{seconds});
  };
  for (const auto& place : submission.places) {
    std::error_code none;
    look(fs::directory_entry(place.path, none));
    for (const auto& entry : fs::recursive_directory_iterator(place.path, none)) look(entry);
  }
  return newest;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text, int offset_minutes) {
  const auto time = take_time(text, ":");
  if (!time) return std::nullopt;
  if (text == "Z" || text == "z") return time;
  if (text.empty()) return *time - offset_minutes * 60;
  const int sign = text[0] == '-' ? -1 : 1;
  if (!take_one_of(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  take_one_of(text, ":");
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  return *time - sign * (*hours * 60 + *minutes) * 60;
}

std::optional<std::int64_t> time_in_name(std::string_view name, int offset_minutes) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    auto rest = name.substr(at);
    if (const auto time = take_time(rest, "-:.h")) return *time - offset_minutes * 60;
  }
  return std::nullopt;
}

double days_late(std::int64_t time, const LateRule& rule) {
  const double over = static_cast<double>(time - rule.deadline) - rule.grace_minutes * 60;
  return over <= 0 ? 0 : std::ceil(over / 86400);
}

Result<std::vector<std::optional<std::int64_t>>> times_of(const std::vector<Submission>& submissions,
                                                          const std::vector<Student>& students, const LateRule& rule) {
  std::vector<std::optional<std::int64_t>> times(submissions.size());
  if (rule.from == LateRule::Times::table) {
    const auto text = read_file(rule.table);
    if (!text) return tl::unexpected(text.error());
    const auto rows = read_table(*text, rule.table.string(), {"id|email|submission", "time"});
    if (!rows) return tl::unexpected(rows.error());
    for (const auto& row : *rows) {
      const auto time = parse_time(row.get("time"), rule.offset_minutes);
      if (!time) return fail("grade.time", row.where, {row.get("time")});
      const auto same = [&](const char* column, const std::string& value) {
        return !value.empty() && row.get(column) == value;
      };
      for (std::size_t i = 0; i < submissions.size(); ++i)
        if (same("submission", submissions[i].name) || same("id", students[i].id) || same("email", students[i].email))
          times[i] = time;
    }
    return times;
  }
  for (std::size_t i = 0; i < submissions.size(); ++i) {
    const auto& one = submissions[i];
    if (rule.from == LateRule::Times::modified) {
      times[i] = modified(one);
      continue;
    }
    times[i] = time_in_name(one.name, rule.offset_minutes);
    for (const auto& place : one.places)
      if (!times[i]) times[i] = time_in_name(place.path.filename().string(), rule.offset_minutes);
  }
  return times;
}

}  // namespace tb::exercise
