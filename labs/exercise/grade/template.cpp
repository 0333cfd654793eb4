#include "labs/exercise/grade/template.h"

#include "base/files.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

Result<void> copy_over(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_directories(to.parent_path(), failed);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, failed);
  if (failed) return fail("file.write", to.string(), {failed.message()});
  return {};
}

// The sources, without what is built of them and without their history.
Result<void> copy_sources(const fs::path& to) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(textbook_root(), none)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("build") || name == ".git" || name == "offline" || name.starts_with(".venv")) continue;
    if (const auto copied = copy_over(entry.path(), to / name); !copied) return copied;
  }
  return {};
}

}  // namespace

Result<void> write_template(const std::string& name, const fs::path& to, const Course& course) {
  std::error_code failed;
  if (fs::exists(to) && !fs::is_empty(to, failed)) return fail("grade.template-there", to.string());
  std::string exercises;
  for (const auto& [exercise, weight] : course.exercises) {
    const bool ours = exercise.folder.parent_path().parent_path().parent_path() == textbook_root() / "chapters";
    exercises += (exercises.empty() ? "" : " ") + (ours ? exercise.id : "exercises/" + exercise.id);
    if (ours) continue;
    if (const auto copied = copy_over(exercise.folder, to / "exercises" / exercise.id); !copied) return copied;
  }
  const fs::path source = textbook_root() / "assets" / "grading" / name;
  for (const auto& entry : fs::recursive_directory_iterator(source, failed)) {
    if (!entry.is_regular_file()) continue;
    auto text = read_file(entry.path());
    if (!text) return tl::unexpected(text.error());
    replace_all(*text, "@EXERCISES@", exercises);
    replace_all(*text, "@LANG@", course.language);
    const auto file = to / entry.path().lexically_relative(source);
    fs::create_directories(file.parent_path(), failed);
    if (const auto written = write_file(file, *text); !written) return written;
    if (text->starts_with("#!")) fs::permissions(file, fs::perms{0755}, failed);
  }
  return name == "gradescope" ? copy_sources(to / "textbook") : Result<void>{};
}

}  // namespace tb::exercise
