#include "labs/exercise/confined.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/close_range.h>
#include <linux/seccomp.h>

namespace tb::exercise {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kStopLooked = 0.1;            // seconds between two looks at Limits::stop

// ---- between fork and exec: system calls only, since other threads' locks are frozen in the copy ----

// What the child says over the control socket before exec closes it: the listener (with a descriptor), or a failure.
struct Report {
  char step[16];
  int error;
};

struct Plan {
  const Command& command;
  const Confinement& confinement;
  char* const* words;
  char* const* environment;
  int output, control;
};

[[noreturn]] void give_up(int control, const char* step) {
  Report report{{}, errno};
  std::strncpy(report.step, step, sizeof report.step - 1);
  [[maybe_unused]] const auto written = ::write(control, &report, sizeof report);
  ::_exit(127);
}

void send_descriptor(int control, int descriptor) {
  Report report{{}, 0};
  iovec part{&report, sizeof report};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
  if (::sendmsg(control, &message, 0) < 0) give_up(control, "sendmsg");
}

// Puts 0, 1, 2, the command's descriptors, its executable and the control socket at their places; closes all others.
int place_descriptors(const Plan& plan, int& executable) {
  constexpr int kMoved = 100, kMost = 16;
  int from[kMost], count = 0;
  from[count++] = ::open("/dev/null", O_RDONLY);
  from[count++] = plan.output;
  from[count++] = plan.output;
  for (const int descriptor : plan.command.descriptors) from[count++] = descriptor;
  const bool has_executable = plan.command.executable >= 0;
  if (has_executable) from[count++] = plan.command.executable;
  from[count++] = plan.control;
  for (int i = 0; i < count; ++i) from[i] = ::fcntl(from[i], F_DUPFD, kMoved);
  for (int i = 0; i < count; ++i)
    if (::dup2(from[i], i) < 0) give_up(plan.control, "dup2");
  const int control = count - 1;
  if (has_executable) executable = count - 2;
  for (int i = control - (has_executable ? 1 : 0); i <= control; ++i) ::fcntl(i, F_SETFD, FD_CLOEXEC);
  if (::syscall(SYS_close_range, static_cast<unsigned>(count), ~0u, 0) < 0) give_up(control, "close_range");
  return control;
}

void set_limit(int control, __rlimit_resource what, std::int64_t soft, std::int64_t hard) {
  const rlimit limit{static_cast<rlim_t>(soft), static_cast<rlim_t>(hard)};
  if (::setrlimit(what, &limit) < 0) give_up(control, "setrlimit");
}

void set_limits(int control, const Limits& limits, bool own_user) {
  const auto cpu = static_cast<std::int64_t>(std::ceil(limits.cpu_seconds)) + 1;
  set_limit(control, RLIMIT_CPU, cpu, cpu + 1);
  set_limit(control, RLIMIT_AS, limits.memory, limits.memory);
  set_limit(control, RLIMIT_FSIZE, limits.file_size, limits.file_size);
  set_limit(control, RLIMIT_CORE, 0, 0);
  set_limit(control, RLIMIT_NOFILE, 256, 256);
  set_limit(control, RLIMIT_STACK, 8 << 20, 8 << 20);
  if (own_user && limits.processes > 0) set_limit(control, RLIMIT_NPROC, limits.processes, limits.processes);
}

// The raw calls: the C library's would wait for the other threads, which the copy does not have.
void become(int control, uid_t user) {
  if (::syscall(SYS_setgroups, 0, nullptr) < 0) give_up(control, "setgroups");
  if (::syscall(SYS_setresgid, user, user, user) < 0) give_up(control, "setresgid");
  if (::syscall(SYS_setresuid, user, user, user) < 0) give_up(control, "setresuid");
}

void set_filters(int control, const Confinement& confinement) {
  bool first = true;
  for (const Filter& filter : confinement.filters) {
    const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
    const bool listen = first && confinement.notify;
    const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                  listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program);
    if (result < 0) give_up(control, "seccomp");
    if (listen) send_descriptor(control, static_cast<int>(result));
    first = false;
  }
}

[[noreturn]] void become_command(const Plan& plan) {
  ::setsid();
  int executable = -1;
  const int control = place_descriptors(plan, executable);
  set_limits(control, plan.confinement.limits, plan.confinement.user.has_value());
  if (plan.confinement.user) become(control, *plan.confinement.user);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::personality(ADDR_NO_RANDOMIZE);   // the same places in memory every time: what reads wild fails every time alike
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) give_up(control, "no_new_privs");
  // The rule set's descriptor was closed with all others; hence it comes as the last of the command's.
  if (plan.confinement.landlock >= 0) {
    const int rules = 2 + static_cast<int>(plan.command.descriptors.size());
    if (::syscall(SYS_landlock_restrict_self, rules, 0) < 0) give_up(control, "landlock");
    ::close(rules);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  set_filters(control, plan.confinement);
  if (executable >= 0) {
    ::syscall(SYS_execveat, executable, "", plan.words, plan.environment, AT_EMPTY_PATH);
  } else {
    ::execve(plan.words[0], plan.words, plan.environment);
  }
  give_up(control, "exec");
}

// ---- the supervisor ----

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> list;
  for (const auto& word : words) list.push_back(const_cast<char*>(word.c_str()));
  list.push_back(nullptr);
  return list;
}

// Reads what the child says until exec closes its end: nothing, a listener, or a failure.
std::optional<Report> hear(int control, FileDescriptor& listener) {
  for (;;) {
    Report report{};
    iovec part{&report, sizeof report};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    const auto size = ::recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size < static_cast<ssize_t>(sizeof report)) return std::nullopt;
    if (const cmsghdr* head = CMSG_FIRSTHDR(&message); head && head->cmsg_type == SCM_RIGHTS) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(head), sizeof(int));
      listener = FileDescriptor(descriptor);
    } else {
      report.step[sizeof report.step - 1] = '\0';
      return report;
    }
  }
}

}  // namespace

std::optional<uid_t> unprivileged_user() {
  if (::geteuid() != 0) return std::nullopt;
  static std::atomic<unsigned> next{static_cast<unsigned>(::getpid())};
  return 65000 + next++ % 500;   // 65000 to 65533 are reserved in Debian: no account has one
}

Result<Confined> Confined::start(const Command& command, const Confinement& confinement) {
  int pipe_ends[2], control_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) < 0) return fail("exercise.confine", "pipe", {std::strerror(errno)});
  FileDescriptor read_end(pipe_ends[0]), write_end(pipe_ends[1]);
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control_ends) < 0)
    return fail("exercise.confine", "socketpair", {std::strerror(errno)});
  FileDescriptor ours(control_ends[0]), theirs(control_ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);

  Command placed = command;
  if (confinement.landlock >= 0) placed.descriptors.push_back(confinement.landlock);
  const auto words = pointers(placed.words), environment = pointers(placed.environment);
  const Plan plan{placed, confinement, words.data(), environment.data(), write_end.get(), theirs.get()};
  const pid_t pid = ::fork();
  if (pid < 0) return fail("exercise.confine", "fork", {std::strerror(errno)});
  if (pid == 0) become_command(plan);
  write_end.close();
  theirs.close();

  Confined process;
  process.pid_.number = pid;
  process.limits_ = confinement.limits;
  process.output_pipe_ = std::move(read_end);
  if (const auto report = hear(ours.get(), process.listener_)) {
    process.finish(Ending::Kind::exited);
    return fail("exercise.confine", report->step, {std::strerror(report->error)});
  }
  return process;
}

Confined::~Confined() {
  if (pid_.number > 0 && !ending_) finish(Ending::Kind::exited);
}

double Confined::cpu_time() const {
  clockid_t clock;
  timespec time{};
  if (::clock_getcpuclockid(pid_.number, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void Confined::restart_cpu_time() { cpu_begin_ = cpu_time(); }

// Takes what was printed; what is beyond the limit is counted and dropped.
void Confined::drain() {
  char buffer[16384];
  for (;;) {
    const auto size = ::read(output_pipe_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size == 0) output_pipe_.close();
    if (size <= 0) return;
    const auto room = std::max<std::int64_t>(0, limits_.output - static_cast<std::int64_t>(output_.size()));
    output_.append(buffer, static_cast<std::size_t>(std::min<std::int64_t>(size, room)));
    output_bytes_ += size;
    if (output_bytes_ > limits_.output) return;
  }
}

// Ends the process, unless it has ended by itself, and says how.
Ending Confined::finish(Ending::Kind kind, std::string syscall) {
  ::kill(-pid_.number, SIGKILL);   // what has ended by itself keeps its status until it is waited for
  ::kill(pid_.number, SIGKILL);    // and this reaches one that is not yet the head of its group
  int status = 0;
  rusage usage{};
  while (::wait4(pid_.number, &status, 0, &usage) < 0 && errno == EINTR) {}
  Ending ending{kind, 0, std::move(syscall), 0};
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  ending.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  if (kind == Ending::Kind::exited) {
    ending.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    if (WIFSIGNALED(status)) ending.kind = Ending::Kind::signalled;
    if (WIFSIGNALED(status) && ending.code == SIGXCPU) ending.kind = Ending::Kind::cpu;
    if (WIFSIGNALED(status) && ending.code == SIGSYS) ending.kind = Ending::Kind::forbidden;
  }
  if (output_pipe_) drain();
  ending_ = ending;
  return ending;
}

std::optional<Ending> Confined::wait(int readable, double seconds) {
  if (ending_) return ending_;
  const auto begin = Clock::now();
  for (;;) {
    const double wall_left = seconds - std::chrono::duration<double>(Clock::now() - begin).count();
    if (wall_left <= 0) return finish(Ending::Kind::wall);
    // One thread cannot use more processor time than passes, so it may be left alone for as long as it has left.
    const double cpu_left = limits_.cpu_seconds - (cpu_time() - cpu_begin_);
    if (cpu_left <= 0) return finish(Ending::Kind::cpu);
    if (limits_.stop.stop_requested()) return finish(Ending::Kind::stopped);
    const double alone = std::min({wall_left, cpu_left, limits_.stop.stop_possible() ? kStopLooked : wall_left});
    pollfd polled[3] = {{listener_.get(), POLLIN, 0}, {readable, POLLIN, 0}, {output_pipe_.get(), POLLIN, 0}};
    const auto milliseconds = output_pipe_ ? static_cast<int>(std::ceil(1000 * alone)) : 1;
    if (::poll(polled, 3, milliseconds) < 0 && errno != EINTR) return finish(Ending::Kind::wall);
    if (polled[0].revents & POLLIN) {
      seccomp_notif notification{};
      if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &notification) == 0) {
        const int number = notification.data.nr;
        const auto* arguments = reinterpret_cast<const std::uint64_t*>(notification.data.args);
        if (!is_abort(number, arguments)) return finish(Ending::Kind::forbidden, syscall_name(number));
        auto ending = finish(Ending::Kind::signalled);
        ending.code = SIGABRT;
        ending_ = ending;
        return ending_;
      }
    } else if (polled[0].revents) {
      listener_.close();   // the process is gone; what it left is read below
    }
    if (polled[2].revents) drain();
    if (output_bytes_ > limits_.output) return finish(Ending::Kind::output);
    if (polled[1].revents & POLLIN) return std::nullopt;
    if (output_pipe_) continue;
    // Its last descriptor is closed: it is ending. One that has only closed them is looked after every millisecond.
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_.number), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_.number)
      return finish(Ending::Kind::exited);
  }
}

}  // namespace tb::exercise
