// A class of students made by hand: what they hand in, and the archives they do it with.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "tests/exercise/rig.h"
#include "tests/temporary_folder.h"

namespace tb::exercise {

using Folder = ::TemporaryFolder;   // the tests', not the sandbox's

inline void put(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

// An archive, in memory: names and bytes; with "-> target" as bytes a symbolic link.
inline std::string packed(const std::vector<std::pair<std::string, std::string>>& files, bool zip = true) {
  std::string buffer(std::size_t{1} << 20, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  if (zip) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_pax_restricted(writer);
  }
  REQUIRE(archive_write_open_memory(writer, buffer.data(), buffer.size(), &used) == ARCHIVE_OK);
  for (const auto& [name, bytes] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_perm(entry, 0644);
    const bool link = bytes.starts_with("-> ");
    archive_entry_set_filetype(entry, link ? AE_IFLNK : AE_IFREG);
    if (link) archive_entry_set_symlink(entry, bytes.c_str() + 3);
    archive_entry_set_size(entry, link ? 0 : static_cast<la_int64_t>(bytes.size()));
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    if (!link) archive_write_data(writer, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
  archive_write_free(writer);
  return buffer.substr(0, used);
}

inline std::string softmax_file(const std::string& name) {
  return need(read_file(need(find_exercise(textbook_root() / "chapters", "softmax")).file(name)));
}

}  // namespace tb::exercise
