#include "labs/exercise/grade/archive.h"

#include <algorithm>
#include <array>
#include <memory>

#include <archive.h>
#include <archive_entry.h>

namespace tb::exercise {
namespace {

constexpr std::array<std::string_view, 9> kEndings{".zip", ".tar",     ".tar.gz", ".tgz", ".tar.xz",
                                                   ".txz", ".tar.bz2", ".tbz2",   ".7z"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

Reader open_archive(std::string_view bytes) {
  Reader reader(archive_read_new(), &archive_read_free);
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_7zip(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) reader.reset();
  return reader;
}

// As the archive says it, in UTF-8 where it says so; Windows' separators as everyone else's.
std::string path_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (!name) name = archive_entry_pathname(entry);
  std::string path = name ? name : "";
  std::replace(path.begin(), path.end(), '\\', '/');
  while (path.starts_with("./")) path.erase(0, 2);
  return path;
}

bool leads_out(std::string_view path) {
  if (path.starts_with("/") || (path.size() > 1 && path[1] == ':')) return true;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

bool of_macos(std::string_view path) {
  return path.starts_with("__MACOSX/") || path.find("/__MACOSX/") != std::string_view::npos;
}

}  // namespace

bool is_archive(std::string_view name) {
  const auto small = lower(name);
  return std::any_of(kEndings.begin(), kEndings.end(), [&](auto ending) { return small.ends_with(ending); });
}

ArchiveContent read_archive(std::string_view bytes, const ArchiveLimits& limits,
                            const std::function<bool(std::string_view path)>& keep) {
  ArchiveContent content;
  const auto failed = [&](std::string problem, std::string detail) {
    content.files.clear();
    content.problem = std::move(problem);
    content.detail = std::move(detail);
    return content;
  };
  const auto reader = open_archive(bytes);
  const auto said = [&] {
    const char* words = reader ? archive_error_string(reader.get()) : nullptr;
    return std::string(words ? words : "");
  };
  if (!reader) return failed("archive-broken", said());
  std::int64_t unpacked = 0;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return content;
    if (status < ARCHIVE_WARN || !entry) return failed("archive-broken", said());
    HandedFile file{path_of(entry), "", ""};
    if (leads_out(file.path)) return failed("archive-path", file.path);
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFDIR || of_macos(file.path) || file.path.ends_with("/")) continue;
    if (content.files.size() == limits.files) return failed("too-many-files", std::to_string(limits.files));
    if (type != AE_IFREG || archive_entry_hardlink(entry)) {
      file.problem = "file-link";
      content.files.push_back(std::move(file));
      continue;
    }
    // All of it is read, also what is not kept: only so is it known how much there is.
    const bool wanted = keep(file.path);
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int read = archive_read_data_block(reader.get(), &block, &size, &offset);
      if (read == ARCHIVE_EOF) break;
      if (read < ARCHIVE_WARN) return failed("archive-broken", said());
      unpacked += static_cast<std::int64_t>(size);
      // A hole in a sparse file is not in the blocks: the offset tells of it.
      if (unpacked > limits.all_bytes || offset > limits.all_bytes)
        return failed("archive-too-large", std::to_string(limits.all_bytes >> 20));
      if (!wanted || !file.problem.empty()) continue;
      if (offset + static_cast<std::int64_t>(size) > limits.file_bytes) {
        file.problem = "file-too-large";
        file.bytes.clear();
        continue;
      }
      file.bytes.resize(static_cast<std::size_t>(offset), '\0');
      file.bytes.append(static_cast<const char*>(block), size);
    }
    content.files.push_back(std::move(file));
  }
}

}  // namespace tb::exercise
