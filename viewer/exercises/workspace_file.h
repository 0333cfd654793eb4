// The learner's file of one exercise, while it is edited: what is typed is kept beside it at once, so that a kill loses
// nothing, and what another program writes to it is noticed, never overwritten.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb::viewer {

class WorkspaceFile {
 public:
  explicit WorkspaceFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  bool exists() const;
  // Writes the text where there is no file yet. Errors: file.write.
  Result<void> start(std::string_view text);
  // What to go on with: what was typed last and not saved, else the file. Errors: file.open, file.read, exercise.no-text.
  Result<std::string> open();
  bool is_saved(std::string_view text) const { return text == known_; }
  // Beside the file, without waiting for the disk: it outlives the process, not the power.
  void keep(std::string_view text);
  // Errors: file.write; exercise.changed where another program has written the file since (see other()).
  Result<void> save(std::string_view text);

  // Looks whether another program has written the file; to be asked now and then, not in each frame.
  void look();
  // What it wrote, until one of the two is chosen.
  const std::optional<std::string>& other() const { return other_; }
  std::string take_other();                   // the editor shows it now; what was kept is forgotten
  void overrule();                            // the next save may overwrite it

 private:
  struct Stamp {
    std::filesystem::file_time_type time{};
    std::uintmax_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const;
  void know(std::string text);

  std::filesystem::path path_, draft_;
  std::string known_;                         // what the file held when it was last read or written
  Stamp stamp_;
  std::optional<std::string> other_;
};

}  // namespace tb::viewer
