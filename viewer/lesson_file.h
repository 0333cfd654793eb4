// The lesson that the lecturer works on: its file, changed a step at a time. Every change is written at once, beside the
// old file and over it only when it is whole; one that the file does not understand leaves it alone. No ImGui.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "book/lesson.h"

namespace tb::viewer {

class LessonFile {
 public:
  // `folder`: where new lessons go; made when the first one is.
  explicit LessonFile(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& path() const { return path_; }               // "" while there is none
  const book::Lesson& lesson() const { return lesson_; }
  const std::optional<Error>& error() const { return error_; }              // of what was last tried

  std::vector<std::filesystem::path> all() const;                           // of the folder, by name
  bool open(const std::filesystem::path& path);                             // false: error() says why
  // A new one under a file name made of its title, or the one that has this name already.
  bool create(const std::string& title, const std::string& language);
  void leave();                                                             // none is worked on

  // Each true where it is done. Where the file was changed by another program since, the change is not made but the
  // file read again (lesson.changed); a step is added in any case.
  bool add(const book::LessonStep& step);
  bool remove(std::size_t step);
  bool move(std::size_t from, std::size_t to);
  bool set_notes(std::size_t step, const std::string& notes);
  bool can_undo() const { return undo_.has_value(); }
  bool undo();                                                              // the last change

 private:
  bool is_ours();
  bool write(const Result<std::string>& text);
  bool fails(Error error);

  std::filesystem::path folder_, path_;
  std::string text_;
  book::Lesson lesson_;
  std::optional<std::string> undo_;                                         // the text before the last change
  std::optional<Error> error_;
};

// A file name that every system takes, from a title: "Softmax by hand" -> "Softmax-by-hand.toml".
std::string file_name_of(const std::string& title);

}  // namespace tb::viewer
