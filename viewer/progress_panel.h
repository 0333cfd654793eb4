// What the learner has read, tried, answered and solved, over the whole book; exporting it, and starting over.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "book/catalogue.h"
#include "book/learner.h"
#include "book/progress.h"
#include "viewer/theme.h"

namespace tb::viewer {

class ProgressPanel {
 public:
  ProgressPanel(book::Learner& learner, const std::vector<book::Chapter>& chapters, const Theme& theme)
      : learner_(learner), chapters_(chapters), theme_(theme) {}

  // `outlines`: of each chapter, in the reader's language; empty for one that is not read yet.
  void open(std::vector<std::vector<book::SectionOutline>> outlines, std::size_t chapter);
  void close() { open_ = false; }
  bool is_open() const { return open_; }

  struct Choice { std::size_t chapter; std::string anchor; };
  // Over the window. Widgets in the window "progress": section-CHAPTER-ANCHOR, ###export, ###reset, ###reset-chapter,
  // ###reset-book, ###keep-all, ###undo. Returns the section that the learner wants to go to.
  std::optional<Choice> draw();

 private:
  void draw_chapter(std::size_t index, float width, std::optional<Choice>& choice);
  bool draw_line(const std::string& id, const std::string& title, const book::Standing& standing, bool is_chapter,
                 float indent, float width) const;
  void draw_foot(float width);
  void export_files();
  void reset(const std::string& chapter);

  book::Learner& learner_;
  const std::vector<book::Chapter>& chapters_;
  const Theme& theme_;
  std::vector<std::vector<book::SectionOutline>> outlines_;
  std::vector<std::vector<book::Standing>> standings_;
  std::uint64_t standings_of_ = 0;
  std::size_t chapter_ = 0;                                // the one at hand
  bool open_ = false, asking_ = false;
  std::optional<book::Traces> forgotten_;                  // by the last reset, until the program closes
  std::string said_;                                       // what an action came to
  std::optional<Error> error_;
};

// Writes both files into the desktop's folder for documents: NAME.json to be taken in again, and NAME.md to be read.
// Returns the first one's path. Errors: file.write.
Result<std::filesystem::path> export_progress(const book::Traces& traces, const std::vector<book::Chapter>& chapters,
                                              const Strings& strings);

}  // namespace tb::viewer
