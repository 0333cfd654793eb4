#include "labs/exercise/room.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/files.h"
#include "labs/exercise/landlock.h"
#include "labs/exercise/learner.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

const Limits kTool{.wall_seconds = 60, .memory = std::int64_t{2} << 30,
                   .file_size = 64 << 20, .output = 256 << 10, .processes = 64};

// The system, without anything that people keep: compiler, headers, libraries.
const std::vector<fs::path> kSystem{"/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/include",
                                    "/usr/x86_64-linux-gnu"};
const std::vector<fs::path> kSystemLinks{"/bin", "/lib", "/lib32", "/lib64"};   // to the above

// The filter as a file that bubblewrap applies after it has built its file system, which the filter forbids.
Result<FileDescriptor> filter_file(const Filter& filter) {
  FileDescriptor file(::memfd_create("filter", MFD_CLOEXEC));
  const auto size = filter.size() * sizeof(sock_filter);
  if (!file || ::write(file.get(), filter.data(), size) != static_cast<ssize_t>(size) || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return fail("exercise.memory", "memfd_create", {std::strerror(errno)});
  return file;
}

std::vector<std::string> in_bubblewrap(const fs::path& headers, const fs::path& work, const std::vector<std::string>& inside) {
  std::vector<std::string> words{"/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--seccomp", "3"};
  for (const auto& folder : kSystem) words.insert(words.end(), {"--ro-bind-try", folder, folder});
  for (const auto& link : kSystemLinks) words.insert(words.end(), {"--ro-bind-try", link, link});
  words.insert(words.end(), {"--ro-bind", headers, "/headers", "--bind", work, "/work", "--chdir", "/work"});
  words.insert(words.end(), inside.begin(), inside.end());
  return words;
}

}  // namespace

Result<Room> Room::make(const fs::path& headers, const std::string& exercise, const CompileOptions& options) {
  const auto means = isolation();
  if (!means) return tl::unexpected(means.error());
  const bool bubblewrap = means->bubblewrap && !options.without_bubblewrap;
  const bool landlock = means->landlock && !options.without_landlock;
  if (!bubblewrap && !landlock && !options.allow_unconfined) return fail("exercise.isolation", exercise);
  auto folder = TemporaryFolder::create();
  if (!folder) return tl::unexpected(folder.error());
  Room room(headers, std::move(*folder), options, bubblewrap, landlock);
  if (room.user_ && ::chown(room.folder_.path().c_str(), *room.user_, *room.user_) < 0)
    return fail("exercise.folder", room.folder_.path().generic_string(), {std::strerror(errno)});
  return room;
}

Result<void> Room::put(const std::string& name, std::string_view bytes) {
  if (const auto written = write_file(folder_.path() / name, bytes); !written) return written;
  ::chmod((folder_.path() / name).c_str(), 0644);
  return {};
}

Result<std::string> Room::take(const std::string& name) const { return read_file(folder_.path() / name); }

Result<Worked> Room::run(const std::vector<std::string>& words) {
  auto filter = compiler_filter();
  if (!filter) return tl::unexpected(filter.error());
  Confinement confinement;
  confinement.limits = kTool;
  confinement.limits.cpu_seconds = options_.cpu_seconds;
  confinement.limits.stop = options_.stop;
  confinement.user = user_;

  Command command;
  FileDescriptor filter_program, rules;
  command.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TMPDIR=" + file("").string()};
  if (bubblewrap_) {
    command.words = in_bubblewrap(headers_, folder_.path(), words);
    auto made = filter_file(*filter);
    if (!made) return tl::unexpected(made.error());
    filter_program = std::move(*made);
    command.descriptors = {filter_program.get()};
  } else {
    command.words = words;
    confinement.filters = {std::move(*filter)};
    if (landlock_) {
      auto readable = kSystem;
      readable.insert(readable.end(), kSystemLinks.begin(), kSystemLinks.end());
      readable.insert(readable.end(), {"/etc/ld.so.cache", headers_});
      const auto made = landlock_rules(readable, {folder_.path()});
      if (!made) return tl::unexpected(made.error());
      rules = FileDescriptor(*made);
      confinement.landlock = rules.get();
    }
  }
  auto process = Confined::start(command, confinement);
  if (!process) return tl::unexpected(process.error());
  const auto ending = process->wait(-1, kTool.wall_seconds);
  if (ending->kind == Ending::Kind::stopped) return fail("exercise.stopped", words.front());
  return Worked{*ending, process->output()};
}

}  // namespace tb::exercise
