// How long a run will still take, from how far it has come since it was begun. No ImGui.
#pragma once

#include <chrono>
#include <optional>

namespace tb::viewer {

class TimeLeft {
 public:
  using Clock = std::chrono::steady_clock;

  // `done`, 0 to 1, of the run that was begun at `since`. A run that goes on begins where the one before it stopped, so
  // only what it has done itself counts.
  void see(Clock::time_point now, Clock::time_point since, double done) {
    if (!begun_ || since != since_) {
      begun_ = Seen{now, done};
      since_ = since;
    }
    last_ = {now, done};
  }
  void forget() { begun_.reset(); }

  // Seconds at the pace so far; none while there is too little to tell it from.
  std::optional<double> seconds() const {
    if (!begun_) return std::nullopt;
    const double passed = std::chrono::duration<double>(last_.at - begun_->at).count(), made = last_.done - begun_->done;
    if (passed < 2 || made < 0.005) return std::nullopt;
    return (1 - last_.done) * passed / made;
  }

 private:
  struct Seen {
    Clock::time_point at;
    double done = 0;
  };
  std::optional<Seen> begun_;
  Seen last_;
  Clock::time_point since_;
};

}  // namespace tb::viewer
