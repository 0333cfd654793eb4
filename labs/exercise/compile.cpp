#include "labs/exercise/compile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "labs/exercise/learner.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestSource = 1 << 20;

std::vector<std::string> compiler_words(const Room& room, Build build, const std::string& name) {
  std::vector<std::string> words{compiler()};
  for (auto& option : compile_options(build)) words.push_back(std::move(option));
  // Our header comes first, whatever the file begins with, so that no macro of its own reaches it.
  words.insert(words.end(), {"-I", room.headers(), "-include", "exercise.h", "-static-pie", room.file(name),
                             room.headers() / "glue.o", "-o", room.file("program")});
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

Result<Compiled> compile_as(Build build, Toolchain& toolchain, const Exercise& exercise, std::string_view source,
                            const std::string& name, const CompileOptions& options) {
  Compiled compiled;
  const auto headers = toolchain.prepare(exercise, build);
  if (!headers) return tl::unexpected(headers.error());
  auto room = Room::make(*headers, exercise.id, options);
  if (!room) return tl::unexpected(room.error());
  if (const auto written = room->put(name, source); !written) return tl::unexpected(written.error());
  const auto worked = room->run(compiler_words(*room, build, name));
  if (!worked) return tl::unexpected(worked.error());
  compiled.diagnostics = read_diagnostics(worked->output, name, exercise.function);
  if (worked->done()) {
    const auto bytes = room->take("program");
    if (!bytes) return tl::unexpected(bytes.error());
    auto program = program_in_memory(*bytes);
    if (!program) return tl::unexpected(program.error());
    compiled.program = std::move(*program);
    return compiled;
  }
  const bool told = std::any_of(compiled.diagnostics.begin(), compiled.diagnostics.end(), [](const auto& d) { return d.error; });
  if (!told || worked->ending.kind != Ending::Kind::exited) compiled.failure = failure_of(worked->ending, worked->output);
  return compiled;
}

}  // namespace

Result<Compiled> compile(Toolchain& toolchain, const Exercise& exercise, std::string_view source, const std::string& name,
                         const CompileOptions& options) {
  if (source.size() > kLargestSource) return Compiled{FileDescriptor(), "compile-size", {}};
  if (!options.sanitize) return compile_as(Build::ordinary, toolchain, exercise, source, name, options);
  // What the compiler warns of is told of a build that nothing is woven into.
  auto analysed = compile_as(Build::analysed, toolchain, exercise, source, name, options);
  if (!analysed || !analysed->program) return analysed;
  auto sanitized = compile_as(Build::sanitized, toolchain, exercise, source, name, options);
  if (sanitized && sanitized->program) sanitized->diagnostics = std::move(analysed->diagnostics);
  return sanitized;
}

Result<int> line_of(int program, const std::vector<std::uint64_t>& trace, const Exercise& exercise, const std::string& name,
                    const CompileOptions& options) {
  struct stat status {};
  if (::fstat(program, &status) < 0) return fail("exercise.memory", "fstat", {std::strerror(errno)});
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(program, bytes.data(), bytes.size(), 0) != status.st_size) return fail("exercise.memory", "read", {std::strerror(errno)});
  const auto nothing = TemporaryFolder::create();
  if (!nothing) return tl::unexpected(nothing.error());
  auto room = Room::make(nothing->path(), exercise.id, options);
  if (!room) return tl::unexpected(room.error());
  if (const auto written = room->put("program", bytes); !written) return tl::unexpected(written.error());
  std::vector<std::string> words{"/usr/bin/addr2line", "--inlines", "--exe", room->file("program")};
  for (const auto address : trace) words.push_back(fmt::format("{:#x}", address));
  const auto worked = room->run(words);
  if (!worked) return tl::unexpected(worked.error());
  // "…/softmax.cpp:12 (discriminator 3)", a line for each frame, what was inlined into another before it.
  std::istringstream lines(worked->output);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.rfind(':', line.find(' '));
    if (colon == std::string::npos || fs::path(line.substr(0, colon)).filename() != name) continue;
    if (const int number = std::atoi(line.c_str() + colon + 1); number > 0) return number;
  }
  return 0;
}

}  // namespace tb::exercise
