// A folder under the system's temporary one that is removed with everything in it.
#pragma once

#include <filesystem>
#include <utility>

#include "base/error.h"

namespace tb::exercise {

class TemporaryFolder {
 public:
  // Errors: exercise.folder.
  static Result<TemporaryFolder> create();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tb::exercise
