// How the reader ended last time, and what is written down when it ends badly: a mark in the data folder that a good end
// takes away, and a crash log. Nothing is sent anywhere.
#pragma once

#include <filesystem>
#include <optional>

namespace tb::app {

// One for each program, and only where a learner's state is at stake: `textbook` and `textbook open`.
class LastRun {
 public:
  // Looks for marks of readers that are gone, puts our own, and has crashes written to logs/crash-PID.txt there: the
  // signal, and the calls that led to it as places in the program's files (addr2line names their lines). A folder that
  // cannot be written only means that nothing is known the next time.
  explicit LastRun(const std::filesystem::path& data_folder);
  ~LastRun();   // a good end; so are exit() and a signal that asks to end, as a session's end sends
  LastRun(const LastRun&) = delete;

  bool ended_badly() const { return ended_badly_; }                         // killed, crashed, or the power went
  const std::filesystem::path& log() const { return log_; }                 // of that end; "" where none was written

 private:
  bool ended_badly_ = false;
  std::filesystem::path log_;
};

}  // namespace tb::app
