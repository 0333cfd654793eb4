#include "labs/exercise/toolchain.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files.h"
#include "labs/exercise/confined.h"
#include "labs/exercise/file_descriptor.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHeaders[] = {"exercise.h", "bounds.h"};   // the learner's file includes the first, and that the second

fs::path sources() { return textbook_root() / "labs/exercise/child"; }

std::string name_for(const std::string& text) { return fmt::format("{:016x}", std::hash<std::string>{}(text)); }

// Runs the compiler over sources that are trusted: ours, or a course's check.
Result<void> compile_ours(std::vector<std::string> words, const char* error = "exercise.toolchain", const std::string& where = compiler()) {
  words.insert(words.begin(), compiler());
  const auto options = compile_options();
  words.insert(words.begin() + 1, options.begin(), options.end());
  Confinement none;
  none.limits = {.cpu_seconds = 120, .wall_seconds = 300, .memory = std::int64_t{4} << 30, .file_size = std::int64_t{1} << 30};
  auto process = Confined::start({.words = words, .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"}}, none);
  if (!process) return tl::unexpected(process.error());
  const auto ending = process->wait(-1, none.limits.wall_seconds);
  if (ending && ending->kind == Ending::Kind::exited && ending->code == 0) return {};
  return fail(error, where, {process->output()});
}

// Everything that decides what the compiler makes of our sources.
Result<std::string> key() {
  std::string text = fmt::format("{} {}\n", compiler(), fmt::join(compile_options(), " "));
  std::error_code none;
  text += fmt::format("{} {}\n", fs::file_size(compiler(), none),
                      fs::last_write_time(compiler(), none).time_since_epoch().count());
  for (const char* file : {"exercise.h", "bounds.h", "plugin.h", "wire.h", "glue.h", "sanitized.h"}) {
    const auto source = read_file(sources() / file);
    if (!source) return tl::unexpected(source.error());
    text += *source;
  }
  return text;
}

// Held while something is made: others, of this process or another, wait and then find it. Closing ends it.
Result<FileDescriptor> lock(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  FileDescriptor file(::open((folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
  if (!file || ::flock(file.get(), LOCK_EX) < 0) return fail("exercise.folder", folder.generic_string(), {std::strerror(errno)});
  return file;
}

// Beside the target first, so that what is interrupted leaves no half of it.
Result<void> publish(const fs::path& made, const fs::path& target) {
  std::error_code failed;
  fs::rename(made, target, failed);
  if (failed) return fail("exercise.folder", target.generic_string(), {failed.message()});
  return {};
}

Result<void> make_header(const fs::path& folder) {
  const auto held = lock(folder);
  if (!held) return tl::unexpected(held.error());
  if (fs::exists(folder / "exercise.h.gch")) return {};
  for (const char* name : kHeaders) {
    const auto header = read_file(sources() / name);
    if (!header) return tl::unexpected(header.error());
    if (const auto written = write_file(folder / name, *header); !written) return written;
  }
  const fs::path made = folder / "unfinished.gch";
  if (const auto compiled = compile_ours({"-x", "c++-header", (folder / "exercise.h").string(), "-o", made.string()}); !compiled)
    return compiled;
  return publish(made, folder / "exercise.h.gch");
}

Result<void> make_glue(const Exercise& exercise, Build build, const fs::path& folder, const fs::path& target) {
  const auto held = lock(folder);
  if (!held) return tl::unexpected(held.error());
  if (fs::exists(target)) return {};
  const fs::path source = folder / "unfinished.cpp", made = folder / "unfinished.o";
  const auto text = fmt::format("#include \"exercise.h\"\n#include \"glue.h\"\n{};\nTB_PLUGIN({})\n", exercise.function, exercise.id);
  if (const auto written = write_file(source, text); !written) return written;
  const auto compiled = compile_ours({build == Build::sanitized ? "-DTB_SANITIZED" : "-UTB_SANITIZED", "-I", folder.string(), "-I", sources().string(), "-c", source.string(), "-o", made.string()});
  fs::remove(source);
  if (!compiled) return compiled;
  return publish(made, target);
}

bool is_ours(const Exercise& exercise) {
  std::error_code none;
  const auto chapters = fs::weakly_canonical(exercise.folder, none).parent_path().parent_path().parent_path();
  return chapters == fs::weakly_canonical(textbook_root() / "chapters", none);
}

// check.cpp of a course's own exercise as a library, with its own copy of what a check calls.
Result<void> make_check(const Exercise& exercise, const std::string& text, const fs::path& folder, const fs::path& target) {
  const auto held = lock(folder);
  if (!held) return tl::unexpected(held.error());
  if (fs::exists(target)) return {};
  const fs::path source = folder / "unfinished.cpp", made = folder / "unfinished.so";
  const auto wrapped = fmt::format("#include \"labs/exercise/check.cpp\"\n#line 1 \"{}\"\n{}\n"
                                   "extern \"C\" tb::exercise::CheckFunction textbook_check() {{ return &textbook_check_{}; }}\n",
                                   exercise.file("check.cpp").generic_string(), text, exercise.id);
  if (const auto written = write_file(source, wrapped); !written) return written;
  const auto compiled = compile_ours({"-fPIC", "-shared", "-I", textbook_root().string(), source.string(), "-o", made.string()},
                                     "exercise.own-check", exercise.file("check.cpp").generic_string());
  fs::remove(source);
  if (!compiled) return compiled;
  return publish(made, target);
}

}  // namespace

const std::string& compiler() {
  static const std::string path = [] {
    std::error_code none;
    const auto real = fs::canonical(TEXTBOOK_COMPILER, none);   // past the alternatives, which need not be visible
    return none ? std::string("/usr/bin/g++") : real.string();
  }();
  return path;
}

std::vector<std::string> compile_options(Build build) {
  std::vector<std::string> options{"-std=c++20", "-O2", "-fPIE", "-D_GLIBCXX_ASSERTIONS", "-Wall", "-Wextra", "-Wno-unused-parameter",
                                   "-Werror=return-type", "-fdiagnostics-color=never", "-fno-diagnostics-show-caret", "-fmax-errors=10"};
  const auto add = [&](std::initializer_list<const char*> more) { options.insert(options.end(), more.begin(), more.end()); };
  // GCC's analyzer follows arrays through loops, which its warnings do not. Of C++ it understands so much; its other
  // findings are left out.
  if (build == Build::analysed) add({"-fanalyzer", "-fdiagnostics-path-format=none"});
  if (build == Build::sanitized)
    add({"-O1", "-gdwarf-4", "-fsanitize=undefined,float-cast-overflow", "-fno-sanitize=vptr", "-ftrivial-auto-var-init=pattern",
         "-fstack-protector-strong", "-fno-optimize-sibling-calls"});
  return options;
}

Result<TemporaryFolder> TemporaryFolder::create() {
  std::error_code none;
  auto pattern = (fs::temp_directory_path(none) / "textbook-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) return fail("exercise.folder", pattern, {std::strerror(errno)});
  return TemporaryFolder(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code none;
  if (!path_.empty()) fs::remove_all(path_, none);
}

Result<Toolchain> Toolchain::open() {
  const auto everything = key();
  if (!everything) return tl::unexpected(everything.error());
  const fs::path all = cache_folder() / "exercises", folder = all / name_for(*everything);
  if (!fs::exists(folder / "exercise.h.gch")) {
    // What older sources left would only fill the disk: 40 MB each.
    std::error_code none;
    for (const auto& old : fs::directory_iterator(all, none))
      if (fs::file_time_type::clock::now() - old.last_write_time(none) > std::chrono::hours(24)) fs::remove_all(old, none);
    if (const auto made = make_header(folder); !made) return tl::unexpected(made.error());
  }
  return Toolchain(folder);
}

Result<CheckFunction> Toolchain::check_of(const Exercise& exercise) {
  if (is_ours(exercise)) {
    if (const auto built_in = find_check(exercise.id)) return built_in;
    return fail("exercise.check", exercise.file("check.cpp").generic_string());
  }
  const auto text = read_file(exercise.file("check.cpp"));
  if (!text) return tl::unexpected(text.error());
  std::string interface;
  for (const char* header : {"check.h", "live_model.h"}) {
    const auto part = read_file(textbook_root() / "labs/exercise" / header);
    if (!part) return tl::unexpected(part.error());
    interface += *part;
  }
  const fs::path library = cache_ / fmt::format("{}-{}.so", exercise.id, name_for(*text + interface));
  if (!fs::exists(library))
    if (const auto made = make_check(exercise, *text, cache_, library); !made) return tl::unexpected(made.error());
  // Opened for good: verdicts hold nothing of it, but other threads may be in it.
  void* opened = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto* entry = opened ? ::dlsym(opened, "textbook_check") : nullptr;
  if (!entry) return fail("exercise.own-check", exercise.file("check.cpp").generic_string(), {::dlerror()});
  return reinterpret_cast<CheckFunction (*)()>(entry)();
}

Result<fs::path> Toolchain::prepare(const Exercise& exercise, Build build) {
  const auto kind = build == Build::sanitized ? "-sanitized" : "";
  const fs::path glue = cache_ / fmt::format("{}-{}{}.o", exercise.id, name_for(exercise.function), kind);
  if (!fs::exists(glue))
    if (const auto made = make_glue(exercise, build, cache_, glue); !made) return tl::unexpected(made.error());
  if (!shown_) {
    auto created = TemporaryFolder::create();
    if (!created) return tl::unexpected(created.error());
    shown_ = std::move(*created);
  }
  // Links where the file system can, since the header is large; the owner and the rights go with them.
  std::error_code failed;
  fs::permissions(shown_->path(), fs::perms{0755}, failed);
  const auto show = [&](const fs::path& file, const char* name) {
    const fs::path target = shown_->path() / name;
    fs::remove(target, failed);
    fs::create_hard_link(file, target, failed);
    if (failed) fs::copy_file(file, target, failed);
    if (!failed) fs::permissions(target, fs::perms{0644}, failed);
    return !failed;
  };
  bool shown = show(cache_ / "exercise.h.gch", "exercise.h.gch") && show(glue, "glue.o");
  for (const char* name : kHeaders) shown = shown && show(cache_ / name, name);
  if (shown) return shown_->path();
  return fail("exercise.folder", shown_->path().generic_string(), {failed.message()});
}

}  // namespace tb::exercise
