// The lesson beside the page: its steps with their notes, in their order; which lesson it is; from where to present it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "viewer/lesson_file.h"
#include "viewer/theme.h"

namespace tb::viewer {

class LessonPanel {
 public:
  explicit LessonPanel(std::filesystem::path folder) : file_(std::move(folder)) {}

  LessonFile& file() { return file_; }
  const LessonFile& file() const { return file_; }
  bool is_open() const { return open_; }
  void open();
  void close();
  // Where no lesson is worked on, the panel asks for one and adds the step then.
  void add(book::LessonStep step, const std::string& language);
  void keep();                                             // notes that are being written, into the file

  using TitleOf = std::function<std::string(const book::Place&)>;
  // In a region of the window. The step to present from, in the frame in which that was asked for.
  std::optional<std::size_t> draw(const Theme& theme, ImVec2 corner, ImVec2 size, const TitleOf& title_of);
  void refuse(Error error) { refused_ = std::move(error); }   // why it cannot be presented

 private:
  void draw_choice(const Theme& theme, float width);
  std::optional<std::size_t> draw_lesson(const Theme& theme, float width, const TitleOf& title_of);
  std::optional<std::size_t> draw_step(const Theme& theme, std::size_t step, float width, const std::string& title);
  void draw_notes_field(const Theme& theme, float width);
  void select(std::optional<std::size_t> step);
  void chosen();                                           // a lesson is worked on now

  LessonFile file_;
  bool open_ = false, take_focus_ = false, show_selected_ = false;
  std::vector<std::filesystem::path> known_;               // lessons to choose from
  std::string name_;                                       // of a lesson to begin
  std::optional<book::LessonStep> waiting_;                // to be added when there is a lesson
  std::string language_ = "en";
  std::optional<std::size_t> selected_;
  std::string notes_;                                      // of the selected step, as they are being written
  std::optional<Error> refused_;
};

}  // namespace tb::viewer
