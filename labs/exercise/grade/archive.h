// The files in an archive (zip, tar, tar.gz and the like), read into memory: nothing is ever unpacked onto the disk, so
// that no path in it leads anywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tb::exercise {

// A file of a submission. Its bytes are kept where it can hold a solution or is an archive itself.
struct HandedFile {
  std::string path;                       // as it is called in the submission, with '/' between folders
  std::string bytes;
  std::string problem;                    // "": read; else a reason, such as "file-link"
};

struct ArchiveLimits {
  std::size_t files = 2000;
  std::int64_t file_bytes = 1 << 20;      // of one that is kept
  std::int64_t all_bytes = 256 << 20;     // unpacked, those that are not kept too
};

// Whether a name is that of an archive that can be read.
bool is_archive(std::string_view name);

struct ArchiveContent {
  std::vector<HandedFile> files;
  std::string problem, detail;            // a reason, "archive-broken" and others, and what goes with it
};
// `keep` says of which files the bytes are wanted. Folders, and what macOS adds, are left out.
ArchiveContent read_archive(std::string_view bytes, const ArchiveLimits& limits,
                            const std::function<bool(std::string_view path)>& keep);

}  // namespace tb::exercise
