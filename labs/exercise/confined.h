// A process that cannot do more than it is allowed to, from its first instruction on: user, limits, Landlock rules and
// system call filters are set between fork and exec, so that not even a static initialiser runs outside of them.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "labs/exercise/file_descriptor.h"
#include "labs/exercise/seccomp.h"

namespace tb::exercise {

struct Limits {
  double cpu_seconds = 2;                       // of each process; whole seconds are the kernel's, the rest is ours
  double wall_seconds = 20;
  std::int64_t memory = 512 << 20;              // of each process's addresses
  std::int64_t file_size = 0;                   // a file it writes
  std::int64_t output = 64 << 10;               // bytes on stdout and stderr together; what is beyond ends it
  int processes = 0;                            // 0: no limit of ours (the filter lets it start none)
  std::stop_token stop{};                       // ends it, a tenth of a second after it was asked at most
};

struct Confinement {
  Limits limits;
  std::optional<uid_t> user;                    // who it runs as; only root can choose
  int landlock = -1;                            // a rule set, -1: none
  std::vector<Filter> filters;                  // the first may be one that notifies
  bool notify = false;
};
// Root's processes run as this user: an id that no account has, another one for each process, since the kernel counts
// processes by user. nullopt where we are not root.
std::optional<uid_t> unprivileged_user();

struct Command {
  std::vector<std::string> words;               // a path and its arguments
  int executable = -1;                          // this open file instead of the path
  std::vector<int> descriptors;                 // become 3, 4, ... ; the executable's comes after them
  std::vector<std::string> environment;
};

// How a process ended.
struct Ending {
  enum class Kind { exited, signalled, forbidden, cpu, wall, output, stopped } kind = Kind::exited;
  int code = 0;                                 // exit code or signal
  std::string syscall;                          // forbidden: its name, where the kernel tells
  double cpu_seconds = 0;
};

class Confined {
 public:
  // Errors: exercise.confine (which step, and the system's reason).
  static Result<Confined> start(const Command& command, const Confinement& confinement);
  Confined(Confined&&) noexcept = default;
  Confined& operator=(Confined&&) = delete;
  ~Confined();                                  // ends it

  // Waits until `readable` has something to read (nullopt), or the process has ended. `readable` may be -1. `seconds`
  // is the time on the clock, and the process's limit of CPU time counts from `begin_cpu`.
  std::optional<Ending> wait(int readable, double seconds);
  const std::optional<Ending>& ending() const { return ending_; }
  const std::string& output() const { return output_; }
  void restart_cpu_time();                      // the limit counts from here

 private:
  Confined() = default;
  double cpu_time() const;
  void drain();
  Ending finish(Ending::Kind kind, std::string syscall = "");

  struct Pid {                                  // of a process that is ours to end; a move leaves none behind
    pid_t number = -1;
    Pid() = default;
    Pid(Pid&& other) noexcept : number(std::exchange(other.number, -1)) {}
  };
  Pid pid_;
  Limits limits_;
  FileDescriptor listener_, output_pipe_;
  std::string output_;
  std::int64_t output_bytes_ = 0;
  double cpu_begin_ = 0;
  std::optional<Ending> ending_;
};

}  // namespace tb::exercise
