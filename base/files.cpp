#include "base/files.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tb {

namespace fs = std::filesystem;

namespace {

fs::path environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? fs::path(value) : fs::path();
}

fs::path user_folder(const char* own, const char* xdg, const char* below_home) {
  if (const fs::path path = environment(own); !path.empty()) return path;
  if (const fs::path path = environment(xdg); !path.empty()) return path / "textbook";
  return environment("HOME") / below_home / "textbook";
}

std::string reason() { return std::strerror(errno); }

// A descriptor that closes itself.
struct Descriptor {
  int fd = -1;
  ~Descriptor() { if (fd >= 0) ::close(fd); }
};

}  // namespace

fs::path textbook_root() {
  const fs::path root = environment("TEXTBOOK_ROOT");
  return root.empty() ? fs::path(TEXTBOOK_SOURCE_DIR) : root;
}

fs::path cache_folder() { return user_folder("TEXTBOOK_CACHE", "XDG_CACHE_HOME", ".cache"); }
fs::path data_folder() { return user_folder("TEXTBOOK_DATA", "XDG_DATA_HOME", ".local/share"); }

Result<std::string> read_file(const fs::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return fail("file.open", path.string(), {reason()});
  std::string bytes;
  char buffer[1 << 16];
  std::size_t n;
  while ((n = std::fread(buffer, 1, sizeof buffer, file)) > 0) bytes.append(buffer, n);
  const bool broken = std::ferror(file);
  const std::string why = broken ? reason() : "";
  std::fclose(file);
  if (broken) return fail("file.read", path.string(), {why});
  return bytes;
}

Result<void> write_file(const fs::path& path, std::string_view bytes) {
  std::string temporary = path.string() + ".XXXXXX";
  Descriptor file{::mkstemp(temporary.data())};
  if (file.fd < 0) return fail("file.write", path.string(), {reason()});
  const auto give_up = [&] {
    const std::string why = reason();
    ::unlink(temporary.c_str());
    return fail("file.write", path.string(), {why});
  };
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(file.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up();
    done += static_cast<std::size_t>(n);
  }
  // mkstemp makes the file private; a result is as readable as any other new file.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(file.fd, 0666 & ~mask) != 0 || ::fsync(file.fd) != 0) return give_up();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up();
  return {};
}

Result<MappedFile> MappedFile::open(const fs::path& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};   // a pipe would wait for a writer
  if (file.fd < 0) return fail("file.open", path.string(), {reason()});
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return fail("file.open", path.string(), {reason()});
  if (!S_ISREG(status.st_mode)) return fail("file.open", path.string(), {std::strerror(S_ISDIR(status.st_mode) ? EISDIR : EINVAL)});
  MappedFile mapped;
  if (status.st_size == 0) return mapped;
  mapped.size_ = static_cast<std::size_t>(status.st_size);
  void* data = ::mmap(nullptr, mapped.size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) {
    mapped.size_ = 0;
    return fail("file.map", path.string(), {reason()});
  }
  mapped.data_ = static_cast<const std::byte*>(data);
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace tb
