#include "labs/exercise/compile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/files.h"
#include "labs/exercise/confined.h"
#include "labs/exercise/landlock.h"
#include "labs/exercise/learner.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

const Limits kCompiler{.wall_seconds = 60, .memory = std::int64_t{2} << 30,
                       .file_size = 64 << 20, .output = 256 << 10, .processes = 64};
constexpr std::size_t kLargestSource = 1 << 20;

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

std::vector<std::string> compiler_words(const fs::path& headers, const fs::path& work, const std::string& name) {
  std::vector<std::string> words{compiler()};
  for (auto& option : compile_options()) words.push_back(std::move(option));
  words.insert(words.end(), {"-I", headers, "-static-pie", work / name, headers / "glue.o", "-o", work / "program"});
  return words;
}

std::vector<std::string> in_bubblewrap(const fs::path& headers, const fs::path& work, const std::string& name) {
  std::vector<std::string> words{"/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--seccomp", "3"};
  for (const auto& folder : kSystem) words.insert(words.end(), {"--ro-bind-try", folder, folder});
  for (const auto& link : kSystemLinks) words.insert(words.end(), {"--ro-bind-try", link, link});
  words.insert(words.end(), {"--ro-bind", headers, "/headers", "--bind", work, "/work", "--chdir", "/work"});
  const auto inside = compiler_words("/headers", "/work", name);
  words.insert(words.end(), inside.begin(), inside.end());
  return words;
}

// Why the compiler ended without a program and without a message for the learner.
std::string failure_of(const Ending& ending, const std::string& output) {
  const auto says = [&](const char* words) { return output.find(words) != std::string::npos; };
  if (ending.kind == Ending::Kind::output) return "compile-output";
  if (ending.kind == Ending::Kind::cpu || ending.kind == Ending::Kind::wall || says("CPU time limit exceeded")) return "compile-time";
  if (says("File size limit exceeded") || says("file too large") || says("File too large")) return "compile-size";
  if (says("out of memory") || says("virtual memory exhausted") || says("memory exhausted") || says("Cannot allocate memory"))
    return "compile-memory";
  return "compile-crash";
}

}  // namespace

Result<Compiled> compile(Toolchain& toolchain, const Exercise& exercise, std::string_view source, const std::string& name,
                         const CompileOptions& options) {
  Compiled compiled;
  if (source.size() > kLargestSource) {
    compiled.failure = "compile-size";
    return compiled;
  }
  const auto means = isolation();
  if (!means) return tl::unexpected(means.error());
  const bool bubblewrap = means->bubblewrap && !options.without_bubblewrap;
  const bool landlock = means->landlock && !options.without_landlock;
  if (!bubblewrap && !landlock && !options.allow_unconfined) return fail("exercise.isolation", exercise.id);
  const auto headers = toolchain.prepare(exercise);
  if (!headers) return tl::unexpected(headers.error());
  const auto work = TemporaryFolder::create();
  if (!work) return tl::unexpected(work.error());
  if (const auto written = write_file(work->path() / name, source); !written) return tl::unexpected(written.error());

  auto filter = compiler_filter();
  if (!filter) return tl::unexpected(filter.error());
  Confinement confinement;
  confinement.limits = kCompiler;
  confinement.limits.cpu_seconds = options.cpu_seconds;
  confinement.limits.stop = options.stop;
  confinement.user = unprivileged_user();
  if (confinement.user && ::chown(work->path().c_str(), *confinement.user, *confinement.user) < 0)
    return fail("exercise.folder", work->path().generic_string(), {std::strerror(errno)});
  ::chmod((work->path() / name).c_str(), 0644);

  Command command;
  FileDescriptor filter_program, rules;
  command.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TMPDIR=" + (bubblewrap ? "/work" : work->path().string())};
  if (bubblewrap) {
    command.words = in_bubblewrap(*headers, work->path(), name);
    auto file = filter_file(*filter);
    if (!file) return tl::unexpected(file.error());
    filter_program = std::move(*file);
    command.descriptors = {filter_program.get()};
  } else {
    command.words = compiler_words(*headers, work->path(), name);
    confinement.filters = {std::move(*filter)};
    if (landlock) {
      auto readable = kSystem;
      readable.insert(readable.end(), kSystemLinks.begin(), kSystemLinks.end());
      readable.insert(readable.end(), {"/etc/ld.so.cache", *headers});
      const auto made = landlock_rules(readable, {work->path()});
      if (!made) return tl::unexpected(made.error());
      rules = FileDescriptor(*made);
      confinement.landlock = rules.get();
    }
  }
  auto process = Confined::start(command, confinement);
  if (!process) return tl::unexpected(process.error());
  const auto ending = process->wait(-1, kCompiler.wall_seconds);
  if (ending->kind == Ending::Kind::stopped) return fail("exercise.stopped", name);
  compiled.diagnostics = read_diagnostics(process->output(), name, exercise.function);
  if (ending->kind == Ending::Kind::exited && ending->code == 0) {
    const auto bytes = read_file(work->path() / "program");
    if (!bytes) return tl::unexpected(bytes.error());
    auto program = program_in_memory(*bytes);
    if (!program) return tl::unexpected(program.error());
    compiled.program = std::move(*program);
    return compiled;
  }
  const bool told = std::any_of(compiled.diagnostics.begin(), compiled.diagnostics.end(), [](const auto& d) { return d.error; });
  if (!told || ending->kind != Ending::Kind::exited) compiled.failure = failure_of(*ending, process->output());
  return compiled;
}

}  // namespace tb::exercise
