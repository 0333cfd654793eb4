// Files, and the three places the textbook uses: its assets, the cache, the learner's data.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb {

// The folder that holds assets/ and chapters/: TEXTBOOK_ROOT where it is set, else the source tree this was built from.
std::filesystem::path textbook_root();
std::filesystem::path cache_folder();   // TEXTBOOK_CACHE, else the user's cache folder
std::filesystem::path data_folder();    // TEXTBOOK_DATA, else the user's data folder

// Errors: file.open, file.read.
Result<std::string> read_file(const std::filesystem::path& path);
// Writes beside the target, flushes, and renames: the old file or the new one is there, never half of one.
// Errors: file.write (with the system's reason: disk full, no permission).
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);

// A file mapped for reading; moved, not copied. Errors: file.open, file.map.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tb
