#include "app/last_run.h"

#include <execinfo.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>

namespace tb::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view mark_name = "running-";
constexpr std::array bad_signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::array good_signals = {SIGTERM, SIGHUP, SIGINT};

// A signal may come while anything is locked: its handler uses what stands here and asks for no memory.
std::array<char, 4096> mark_path, log_path;
std::array<char, 512> last_words;

template <std::size_t size>
void keep(std::array<char, size>& place, std::string_view text) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(place.data(), text.data(), length);
  place[length] = '\0';
}

void take_mark_away() { ::unlink(mark_path.data()); }

void put(int file, const char* text) {
  [[maybe_unused]] const auto written = ::write(file, text, std::strlen(text));
}

void on_bad_signal(int signal) {
  if (const int file = ::open(log_path.data(), O_WRONLY | O_CREAT | O_TRUNC, 0644); file >= 0) {
    put(file, "The textbook ended: ");
    put(file, sigdescr_np(signal));
    if (last_words[0]) put(file, ": ");
    put(file, last_words.data());
    put(file, "\n");
    std::array<void*, 64> calls{};
    ::backtrace_symbols_fd(calls.data(), ::backtrace(calls.data(), static_cast<int>(calls.size())), file);
    ::close(file);
  }
  ::raise(signal);   // to the end that it would have had: the handler has been taken away
}

void on_good_signal(int signal) {
  take_mark_away();
  ::raise(signal);
}

[[noreturn]] void on_terminate() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    keep(last_words, error.what());
  } catch (...) {
  }
  std::abort();
}

template <std::size_t size>
void handle(const std::array<int, size>& signals, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

// Whether a reader with this number runs; another program may have the number now.
bool runs(pid_t process) {
  std::ifstream name("/proc/" + std::to_string(process) + "/comm");
  std::ifstream own("/proc/self/comm");
  std::string theirs, ours;
  return std::getline(name, theirs) && std::getline(own, ours) && theirs == ours;
}

}  // namespace

LastRun::LastRun(const fs::path& data_folder) {
  const fs::path logs = data_folder / "logs";
  const auto log_of = [&](pid_t process) { return logs / ("crash-" + std::to_string(process) + ".txt"); };
  std::error_code ignored;
  fs::create_directories(logs, ignored);
  for (const auto& entry : fs::directory_iterator(data_folder, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(mark_name)) continue;
    pid_t process = 0;
    const auto [end, wrong] = std::from_chars(name.data() + mark_name.size(), name.data() + name.size(), process);
    if (wrong != std::errc() || end != name.data() + name.size()) continue;
    if (process != ::getpid() && runs(process)) continue;
    ended_badly_ = true;
    if (fs::exists(log_of(process), ignored)) log_ = log_of(process);
    fs::remove(entry.path(), ignored);
  }

  keep(mark_path, (data_folder / (std::string(mark_name) + std::to_string(::getpid()))).string());
  keep(log_path, log_of(::getpid()).string());
  std::ofstream(mark_path.data()).flush();
  std::atexit(take_mark_away);

  // The first call loads a library; in the handler that would be too late. A stack of its own: ours may be what is full.
  std::array<void*, 1> call{};
  ::backtrace(call.data(), 1);
  static std::array<char, 65536> stack;
  stack_t its{};
  its.ss_sp = stack.data();
  its.ss_size = stack.size();
  ::sigaltstack(&its, nullptr);
  handle(bad_signals, on_bad_signal);
  handle(good_signals, on_good_signal);
  std::set_terminate(on_terminate);
}

LastRun::~LastRun() { take_mark_away(); }

}  // namespace tb::app
