#include "labs/exercise/seccomp.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

#include <seccomp.h>

namespace tb::exercise {
namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

tl::unexpected<Error> failed(int code) { return fail("exercise.seccomp", "seccomp", {std::strerror(std::abs(code))}); }

Context make(std::uint32_t otherwise) { return {seccomp_init(otherwise), &seccomp_release}; }

int allow(const Context& context, std::initializer_list<const char*> names, std::uint32_t action = SCMP_ACT_ALLOW) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;   // a kernel's call that this libseccomp does not know is not allowed
    if (const int code = seccomp_rule_add_array(context.get(), action, number, 0, nullptr)) return code;
  }
  return 0;
}

// The program as the kernel takes it. libseccomp 2.5 writes it to a file only.
Result<Filter> program(const Context& context) {
  const int file = ::memfd_create("filter", MFD_CLOEXEC);
  if (file < 0) return failed(errno);
  const int code = seccomp_export_bpf(context.get(), file);
  const off_t size = ::lseek(file, 0, SEEK_END);
  Filter filter(static_cast<std::size_t>(size) / sizeof(sock_filter));
  const bool read = ::pread(file, filter.data(), static_cast<std::size_t>(size), 0) == size;
  ::close(file);
  if (code || !read || filter.empty()) return failed(code ? code : EIO);
  return filter;
}

}  // namespace

Result<Filter> computing_filter(Violation violation, int executable, bool sanitized) {
  const Context context = make(violation == Violation::notify ? SCMP_ACT_NOTIFY : SCMP_ACT_KILL_PROCESS);
  if (!context) return failed(ENOMEM);
  const auto rule = [&](int number, auto... conditions) {
    const scmp_arg_cmp list[] = {conditions...};
    return seccomp_rule_add_array(context.get(), SCMP_ACT_ALLOW, number, sizeof...(conditions), list);
  };
  int code = allow(context, {"read", "write", "writev", "brk", "munmap", "mremap", "madvise", "futex", "getrandom",
                             "clock_gettime", "gettimeofday", "clock_getres", "time", "rt_sigprocmask", "rt_sigaction",
                             "rt_sigreturn", "sigaltstack", "getpid", "gettid", "sched_yield", "exit", "exit_group",
                             "restart_syscall",
                             // the start of a static program
                             "arch_prctl", "set_tid_address", "set_robust_list", "rseq",
                             // starting: taken back by started_filter
                             "sendmsg", "seccomp"});
  // Memory that holds code does not become writable, nor the other way round.
  for (const int number : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    code = code ? code : rule(number, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  // Reading its own limits, as the C library does at its start.
  code = code ? code : rule(SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
  code = code ? code : rule(SCMP_SYS(execveat), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(executable)),
                            SCMP_A4(SCMP_CMP_EQ, AT_EMPTY_PATH));
  // What printing asks about its output, and the C library about its own path: no answer does.
  if (!code) code = allow(context, {"fstat", "newfstatat", "ioctl", "lseek", "readlink", "readlinkat"}, SCMP_ACT_ERRNO(EPERM));
  if (!code && sanitized) code = allow(context, {"open"}, SCMP_ACT_ERRNO(EPERM));
  if (code) return failed(code);
  return program(context);
}

Result<Filter> started_filter() {
  const Context context = make(SCMP_ACT_ALLOW);
  if (!context) return failed(ENOMEM);
  if (const int code = allow(context, {"sendmsg", "seccomp"}, SCMP_ACT_KILL_PROCESS)) return failed(code);
  return program(context);
}

Result<Filter> compiler_filter() {
  const Context context = make(SCMP_ACT_ALLOW);
  if (!context) return failed(ENOMEM);
  const int code = allow(context, {"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "ptrace",
                                   "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf", "userfaultfd",
                                   "perf_event_open", "keyctl", "add_key", "request_key", "io_uring_setup", "mount",
                                   "umount2", "pivot_root", "chroot", "unshare", "setns", "open_by_handle_at",
                                   "init_module", "finit_module", "kexec_load", "reboot", "swapon", "swapoff"},
                         SCMP_ACT_ERRNO(EPERM));
  if (code) return failed(code);
  return program(context);
}

std::string syscall_name(int number) {
  const std::unique_ptr<char, decltype(&std::free)> name(seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
  return name ? name.get() : std::to_string(number);
}

bool is_abort(int number, const std::uint64_t arguments[6]) {
  return number == SCMP_SYS(tgkill) && arguments[2] == SIGABRT;
}

}  // namespace tb::exercise
