#include "book/lesson_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <toml++/toml.h>

#include "base/text.h"

namespace tb::book {

namespace {

// A TOML string; of several lines where the text has several, so that it is read as it was written.
std::string toml_string(std::string_view text) {
  const bool lines = text.find('\n') != std::string_view::npos;
  std::string out = lines ? "\"\"\"\n" : "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    // Three quotes would end the lines; one alone says what it says.
    const bool alone = lines && i + 1 < text.size() && text[i + 1] != '"' && (i == 0 || text[i - 1] != '"');
    if (c == '\\' || (c == '"' && !alone)) out += '\\', out += c;
    else if (c == '\n' || c == '\t') out += c;
    else if (byte < 0x20 || byte == 0x7F) out += "\\u00" + to_hex({&c, 1});
    else out += c;
  }
  return out + (lines ? "\"\"\"" : "\"");
}

std::string number(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

std::string block_of(const LessonStep& step) {
  std::string out = "[[step]]\nplace = " + toml_string(to_readable(step.place)) + "\n";
  if (!step.notes.empty()) out += "notes = " + toml_string(step.notes) + "\n";
  if (step.minutes > 0) out += "minutes = " + number(step.minutes) + "\n";
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1);
    lines.push_back(text.substr(begin, end - begin + 1));
    begin = end + 1;
  }
  if (!lines.empty() && lines.back().back() != '\n') lines.back() += '\n';
  return lines;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? "" : line.substr(begin, line.find_last_not_of(" \t\r\n") - begin + 1);
}

// What stands before the first step, then each step with the comment lines right above it.
struct Pieces {
  std::string head;
  std::vector<std::string> steps;
};

std::optional<Pieces> pieces_of(const std::string& text, const Lesson& lesson) {
  const std::vector<std::string> lines = lines_of(text);
  std::vector<std::size_t> begins;
  for (const LessonStep& step : lesson.steps) {
    std::size_t line = static_cast<std::size_t>(step.line) - 1;
    if (line >= lines.size() || !trimmed(lines[line]).starts_with("[[")) return std::nullopt;
    while (line > 0 && trimmed(lines[line - 1]).starts_with("#")) --line;
    begins.push_back(line);
  }
  if (!std::is_sorted(begins.begin(), begins.end())) return std::nullopt;
  Pieces pieces;
  for (std::size_t line = 0, step = 0; line < lines.size(); ++line) {
    while (step < begins.size() && begins[step] == line) pieces.steps.emplace_back(), ++step;
    (step == 0 ? pieces.head : pieces.steps.back()) += lines[line];
  }
  return pieces;
}

// Steps that come to stand under one another have a line between them, wherever they came from.
std::string text_of(const Pieces& pieces) {
  std::string out = pieces.head;
  for (const std::string& step : pieces.steps) {
    if (!out.empty() && !out.ends_with("\n\n")) out += "\n";
    out += step;
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

bool same(const Lesson& a, const Lesson& b) {
  return a.title == b.title && a.language == b.language &&
         std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                    [](const LessonStep& x, const LessonStep& y) { return x.says_the_same(y); });
}

Result<std::string> proven(std::string text, const Lesson& wanted, const std::string& path) {
  const auto read = parse_lesson(text, path);
  if (!read || !same(*read, wanted)) return fail("lesson.shape", path);
  return text;
}

// The offset of a place that toml++ counts in lines and columns of code points, both from 1.
std::size_t offset_of(std::string_view text, const toml::source_position& place) {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < place.line && at < text.size(); ++line)
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  for (toml::source_index column = 1; column < place.column && at < text.size(); ++column) next_code_point(text, at);
  return at;
}

}  // namespace

std::string new_lesson(std::string_view title, std::string_view language) {
  return "[lesson]\ntitle = " + toml_string(title) + "\nlanguage = " + toml_string(language) + "\n";
}

Result<std::string> append_step(const std::string& text, const LessonStep& step, const std::string& path) {
  auto lesson = parse_lesson(text, path);
  if (!lesson) return tl::unexpected(lesson.error());
  lesson->steps.push_back(step);
  return proven(joined(lines_of(text)) + "\n" + block_of(step), *lesson, path);
}

Result<std::string> remove_step(const std::string& text, std::size_t step, const std::string& path) {
  auto lesson = parse_lesson(text, path);
  if (!lesson) return tl::unexpected(lesson.error());
  auto pieces = pieces_of(text, *lesson);
  if (!pieces || step >= pieces->steps.size()) return fail("lesson.shape", path);
  const auto at = static_cast<std::ptrdiff_t>(step);
  pieces->steps.erase(pieces->steps.begin() + at);
  lesson->steps.erase(lesson->steps.begin() + at);
  return proven(text_of(*pieces), *lesson, path);
}

Result<std::string> move_step(const std::string& text, std::size_t from, std::size_t to, const std::string& path) {
  auto lesson = parse_lesson(text, path);
  if (!lesson) return tl::unexpected(lesson.error());
  auto pieces = pieces_of(text, *lesson);
  if (!pieces || std::max(from, to) >= pieces->steps.size()) return fail("lesson.shape", path);
  const auto move = [&](auto& list) {
    auto moved = std::move(list[from]);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(from));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(to), std::move(moved));
  };
  move(pieces->steps);
  move(lesson->steps);
  return proven(text_of(*pieces), *lesson, path);
}

Result<std::string> set_notes(const std::string& text, std::size_t step, const std::string& notes,
                              const std::string& path) {
  auto lesson = parse_lesson(text, path);
  if (!lesson) return tl::unexpected(lesson.error());
  if (step >= lesson->steps.size()) return fail("lesson.shape", path);
  if (lesson->steps[step].notes == notes) return text;
  lesson->steps[step].notes = notes;
  const toml::table file = toml::parse(text);
  const toml::table& table = *file["step"][step].as_table();
  std::string changed = text;
  if (const toml::node* old = table.get("notes")) {
    const std::size_t begin = offset_of(text, old->source().begin), end = offset_of(text, old->source().end);
    changed.replace(begin, end - begin, toml_string(notes));
  } else {                                      // behind the line of the place
    const std::size_t end = std::min(text.find('\n', offset_of(text, table.get("place")->source().end)), text.size());
    changed.insert(end, "\nnotes = " + toml_string(notes));
  }
  return proven(std::move(changed), *lesson, path);
}

}  // namespace tb::book
