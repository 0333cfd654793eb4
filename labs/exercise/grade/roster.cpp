#include "labs/exercise/grade/roster.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include <utf8proc.h>

#include "base/files.h"

namespace tb::exercise {
namespace {

// The words of a name for comparing: letters and digits, without capitals, in composed form.
std::vector<std::string> words_of(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> held(mapped, &std::free);
  std::vector<std::string> words(1);
  for (utf8proc_ssize_t at = 0; at < size;) {
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(mapped + at, size - at, &point);
    if (length <= 0) break;
    const auto category = utf8proc_category(point);
    const bool word =
        category <= UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_ND;  // letters and marks, digits
    if (point == 0x451) words.back() += "\u0435";   // ё is often written е
    else if (word) words.back().append(reinterpret_cast<const char*>(mapped + at), static_cast<std::size_t>(length));
    else if (!words.back().empty()) words.emplace_back();
    at += length;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += word;
  return text;
}

// "Ann Mary Smith" as "annmarysmith", "marysmithann", "smithannmary": the family name first or last, as Canvas joins
// them.
bool is_name(const std::string& letters, const std::string& name) {
  auto words = words_of(name);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (joined(words) == letters) return true;
    std::rotate(words.begin(), words.begin() + 1, words.end());
  }
  return false;
}

}  // namespace

Result<std::vector<Student>> read_roster(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto rows = read_table(*text, file.string(), {"id|email|name"});
  if (!rows) return tl::unexpected(rows.error());
  std::vector<Student> roster;
  std::set<std::string> ids, emails;
  for (const auto& row : *rows) {
    Student student{row.get("id"), row.get("name"), row.get("email"), row.get("language")};
    if (!student.id.empty() && !ids.insert(student.id).second) return fail("grade.twice", row.where, {student.id});
    if (!student.email.empty() && !emails.insert(student.email).second)
      return fail("grade.twice", row.where, {student.email});
    roster.push_back(std::move(student));
  }
  return roster;
}

std::optional<std::size_t> whose(const Submission& submission, const std::vector<Student>& roster) {
  const auto name_words = words_of(submission.name);
  const auto letters = joined(words_of(submission.student.empty() ? submission.name : submission.student));
  const std::function<bool(const Student&)> rules[] = {
      [&](const Student& s) { return !submission.id.empty() && s.id == submission.id; },
      [&](const Student& s) {
        return s.id == submission.name || (!s.email.empty() && words_of(s.email) == name_words);
      },
      [&](const Student& s) {
        const auto id = words_of(s.id);
        return submission.id.empty() && id.size() == 1 &&
               std::find(name_words.begin(), name_words.end(), id[0]) != name_words.end();
      },
      [&](const Student& s) { return !letters.empty() && is_name(letters, s.name); },
  };
  for (const auto& rule : rules) {
    const auto found = std::find_if(roster.begin(), roster.end(), rule);
    if (found == roster.end()) continue;
    if (std::find_if(found + 1, roster.end(), rule) != roster.end())
      return std::nullopt;  // of two: a person has to say
    return static_cast<std::size_t>(found - roster.begin());
  }
  return std::nullopt;
}

}  // namespace tb::exercise
