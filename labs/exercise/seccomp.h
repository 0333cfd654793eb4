// Which system calls a confined process may make: programs for the kernel's filter, made by libseccomp before the fork,
// since nothing may allocate between fork and exec.
#pragma once

#include <string>
#include <vector>

#include <linux/filter.h>

#include "base/error.h"

namespace tb::exercise {

using Filter = std::vector<sock_filter>;

// What happens at a call that is not allowed: the supervisor is told its name and ends the process; or, on kernels and
// containers that cannot tell, the kernel ends it.
enum class Violation { notify, kill };

// For the learner's function: computing, memory, and the descriptors that are open already. Nothing can be opened,
// started, connected or signalled. The one execveat that starts the program is that of `executable`, a descriptor that
// closes by starting it, so that no second one can follow. A sanitizer's library asks for files of /proc by the old call
// open: `sanitized` programs are answered that they may not. Errors: exercise.seccomp.
Result<Filter> computing_filter(Violation violation, int executable, bool sanitized = false);
// Laid over the first, for what starting needed beyond it: sending the listener and setting filters.
Result<Filter> started_filter();
// For the compiler, which starts programs and opens files: no network, no tracing, no keys, no namespaces, no mounts.
Result<Filter> compiler_filter();

// "openat"; a number where the kernel has a call that libseccomp does not know.
std::string syscall_name(int number);
bool is_abort(int number, const std::uint64_t arguments[6]);   // the signal that std::abort sends to itself

}  // namespace tb::exercise
