// What the reader remembers: one SQLite file in the data folder, with a schema version. It survives a kill at any
// moment (write-ahead log); a damaged file is set aside, reported, and a new one begun.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb::book {

class State {
 public:
  // Errors: state.open (with SQLite's reason), state.newer (written by a newer version of the program). A damaged file
  // is renamed to *.damaged-N.
  static Result<State> open(const std::filesystem::path& file);
  State(State&&) noexcept;
  ~State();

  // Settings by key: "language", "theme", "text-size", "place", "window", "lab/<chapter>/<instance>", and which
  // labs stand elsewhere than in the text: "pinned/<chapter>", "enlarged/<chapter>".
  std::optional<std::string> get(std::string_view key) const;
  // Either the value is stored or the old one stays. Errors: state.write (disk full, no permission).
  Result<void> set(std::string_view key, std::string_view value);
  // Removes all settings whose keys begin so; all of them or, on an error, none. Errors: state.write.
  Result<void> forget(std::string_view prefix);
  std::optional<std::filesystem::path> set_aside() const;   // where a damaged file went

 private:
  friend class Learner;                                     // keeps its tables in the same file (book/learner.h)
  State();
  struct Handle;                                            // book/state_handle.h
  std::unique_ptr<Handle> handle_;
};

}  // namespace tb::book
