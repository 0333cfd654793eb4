#include "viewer/exercises/workspace_file.h"

#include <fstream>
#include <utility>

#include "base/files.h"
#include "base/text.h"

namespace tb::viewer {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargest = 1 << 20;                 // the compiler's limit, too

Result<std::string> read_text(const fs::path& path) {
  auto text = read_file(path);
  if (!text) return text;
  if (text->size() > kLargest || !is_utf8(*text) || text->find('\0') != std::string::npos)
    return fail("exercise.no-text", path.string());
  return text;
}

}  // namespace

WorkspaceFile::WorkspaceFile(fs::path path)
    : path_(std::move(path)), draft_(path_.parent_path() / ("." + path_.filename().string() + ".draft")) {}

bool WorkspaceFile::exists() const {
  std::error_code none;
  return fs::exists(path_, none);
}

WorkspaceFile::Stamp WorkspaceFile::stamp() const {
  std::error_code none;
  Stamp now;
  now.time = fs::last_write_time(path_, none);
  now.size = fs::file_size(path_, none);
  return now;
}

void WorkspaceFile::know(std::string text) {
  known_ = std::move(text);
  stamp_ = stamp();
  other_.reset();
}

Result<void> WorkspaceFile::start(std::string_view text) {
  if (exists()) return {};
  std::error_code none;
  fs::create_directories(path_.parent_path(), none);      // if it fails, so does what follows, and says why
  return write_file(path_, text);
}

Result<std::string> WorkspaceFile::open() {
  auto file = read_text(path_);
  if (!file) return file;
  know(*file);
  std::error_code none;
  if (!fs::exists(draft_, none)) return file;
  const auto draft = read_text(draft_);
  if (!draft || *draft == *file) {
    fs::remove(draft_, none);
    return file;
  }
  if (fs::last_write_time(draft_, none) < stamp_.time) other_ = *file;   // written after the draft, by someone else
  return *draft;
}

void WorkspaceFile::keep(std::string_view text) {
  const fs::path half = draft_.string() + "~";
  {
    std::ofstream out(half, std::ios::binary);
    if (!out.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) return;   // saving will say why
  }
  std::error_code none;
  fs::rename(half, draft_, none);
}

Result<void> WorkspaceFile::save(std::string_view text) {
  look();
  if (other_) return fail("exercise.changed", path_.string());
  if (const auto written = write_file(path_, text); !written) return written;
  know(std::string(text));
  std::error_code none;
  fs::remove(draft_, none);
  return {};
}

void WorkspaceFile::look() {
  const Stamp now = stamp();
  if (now == stamp_) return;
  const auto file = read_text(path_);
  if (!file) return;                                       // gone, or half written: the next look sees
  stamp_ = now;
  if (*file == known_) other_.reset();
  else other_ = *file;
}

std::string WorkspaceFile::take_other() {
  std::string text = std::move(*other_);
  know(text);
  std::error_code none;
  fs::remove(draft_, none);
  return text;
}

void WorkspaceFile::overrule() { know(std::move(*other_)); }

}  // namespace tb::viewer
