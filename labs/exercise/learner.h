// A running process of the learner's: a compiled function that is called, with arguments and results in memory that
// both share. It is ended by the destructor, by a call that takes too long, and by whatever it does that it must not.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "labs/exercise/check.h"
#include "labs/exercise/confined.h"

namespace tb::exercise {

// What of the system's means there are here; looked for once in a process.
struct Isolation {
  bool notify = false;        // the kernel tells which call was forbidden
  bool bubblewrap = false;    // the compiler sees its own small file system
  bool landlock = false;      // it sees the whole one, and can open nothing else of it
};
// Errors: exercise.seccomp, exercise.confine: nothing can be run safely here.
Result<Isolation> isolation();

// The compiled program, as bytes in memory: what is started cannot change afterwards, and no folder has to allow it.
Result<FileDescriptor> program_in_memory(const std::string& bytes);

// Of a sanitizer build: on which side its arrays, and what it asks for by `new`, end to the byte.
enum class Fence { none, behind, before };

class Learner {
 public:
  static constexpr std::size_t kMemory = 64 << 20;   // shared with the process; filled only as far as it is used

  // Starts the program and refuses one that speaks another version of the interface, or for another exercise: `failure`
  // is then "abi" with both versions. It also says how the process ended where it ended before it was ready. Errors:
  // exercise.confine, exercise.memory.
  static Result<Learner> start(int program, const std::string& exercise, const Limits& limits, CallFailure& failure,
                               Fence fence = Fence::none);
  Learner(Learner&&) noexcept = default;
  ~Learner();

  // One call; fills the results. After a failure every further call fails alike. `layer` is the model's, -1 for checks;
  // `seconds` is the time on the clock that it may take, 0: that of the limits.
  CallFailure call(const std::vector<Argument>& arguments, int layer = -1, double seconds = 0);
  // Of a sanitizer build that failed: where it was in the code, innermost first, in bytes from the program's start. The
  // process says so: any numbers.
  const std::vector<std::uint64_t>& trace() const { return trace_; }
  const std::string& output() const { return process_.output(); }
  double cpu_seconds() const { return process_.ending() ? process_.ending()->cpu_seconds : 0; }

 private:
  Learner(std::string exercise, Confined process, FileDescriptor socket, std::byte* memory, Limits limits)
      : exercise_(std::move(exercise)), process_(std::move(process)), socket_(std::move(socket)), memory_(memory, &unmap), limits_(limits) {}
  static void unmap(std::byte* memory);
  CallFailure answer(std::uint64_t call, double seconds);

  std::string exercise_;
  Confined process_;
  FileDescriptor socket_;
  std::unique_ptr<std::byte, void (*)(std::byte*)> memory_;
  Limits limits_;
  std::string signature_;                            // what the process says its function takes
  std::uint64_t calls_ = 0;
  CallFailure failure_;
  std::vector<std::uint64_t> trace_;
};

}  // namespace tb::exercise
