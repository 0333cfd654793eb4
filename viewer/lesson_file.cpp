#include "viewer/lesson_file.h"

#include <algorithm>
#include <string_view>

#include "base/files.h"
#include "base/text.h"
#include "book/lesson_text.h"

namespace tb::viewer {

namespace fs = std::filesystem;

std::string file_name_of(const std::string& title) {
  constexpr std::size_t longest = 120;                    // bytes; file systems take 255
  std::string name;
  for (std::size_t at = 0; at < title.size() && name.size() < longest;) {
    const auto letter = next_code_point(title, at);
    if (!letter || *letter < 0x20) continue;
    const bool odd = *letter < 0x80 && std::string_view("/\\:*?\"<>|'. ").find(static_cast<char>(*letter)) !=
                                           std::string_view::npos;
    if (!odd) append_utf8(name, *letter);
    else if (!name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return (name.empty() ? "lesson" : name) + ".toml";
}

std::vector<fs::path> LessonFile::all() const {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none))
    if (entry.path().extension() == ".toml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

bool LessonFile::fails(Error error) {
  error_ = std::move(error);
  return false;
}

bool LessonFile::open(const fs::path& path) {
  const auto text = read_file(path);
  if (!text) return fails(text.error());
  auto lesson = book::parse_lesson(*text, path.string());
  if (!lesson) return fails(lesson.error());
  path_ = path;
  text_ = *text;
  lesson_ = std::move(*lesson);
  undo_.reset();
  error_.reset();
  return true;
}

bool LessonFile::create(const std::string& title, const std::string& language) {
  const fs::path path = folder_ / file_name_of(title);
  std::error_code none;
  if (fs::exists(path, none)) return open(path);
  fs::create_directories(folder_, none);
  if (const auto written = write_file(path, book::new_lesson(title, language)); !written) return fails(written.error());
  return open(path);
}

void LessonFile::leave() {
  path_.clear();
  text_.clear();
  lesson_ = {};
  undo_.reset();
  error_.reset();
}

bool LessonFile::is_ours() {
  const auto text = read_file(path_);
  if (!text) return fails(text.error());
  if (*text == text_) return true;
  return open(path_) && fails(Error{"lesson.changed", path_.string(), {}});
}

bool LessonFile::write(const Result<std::string>& text) {
  if (!text) return fails(text.error());
  if (*text == text_) return true;
  if (const auto written = write_file(path_, *text); !written) return fails(written.error());
  std::string before = std::move(text_);
  if (!open(path_)) return false;
  undo_ = std::move(before);
  return true;
}

bool LessonFile::add(const book::LessonStep& step) {
  return open(path_) && write(book::append_step(text_, step, path_.string()));
}

bool LessonFile::remove(std::size_t step) {
  return is_ours() && write(book::remove_step(text_, step, path_.string()));
}

bool LessonFile::move(std::size_t from, std::size_t to) {
  return is_ours() && write(book::move_step(text_, from, to, path_.string()));
}

bool LessonFile::set_notes(std::size_t step, const std::string& notes) {
  return is_ours() && write(book::set_notes(text_, step, notes, path_.string()));
}

bool LessonFile::undo() {
  if (!undo_ || !is_ours()) return false;
  const bool done = write(*undo_);
  undo_.reset();
  return done;
}

}  // namespace tb::viewer
