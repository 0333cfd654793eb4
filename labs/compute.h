// The one compute thread. It owns models, sessions and tensors; panels post Inputs and read the newest Snapshot.
// One slot for each lab instance: the newest inputs win, and a job whose inputs are stale is stopped between layers.
// Every function may be called from the frame's thread and none of them waits.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "labs/lab.h"

namespace tb {

struct LabView {
  std::shared_ptr<const Snapshot> snapshot;   // the newest; stays while the next is computed
  std::optional<Error> error;                 // of the newest inputs
  bool waiting = false;                       // posted, not finished
  double done = 0;                            // of the running job, 0..1
  std::string stage;
  std::chrono::steady_clock::time_point since;  // when the waiting inputs were posted
};

struct ModelView {
  enum class State { none, loading, ready, failed } state = State::none;
  double done = 0;
  std::string stage;
  std::optional<ModelInfo> info;
  std::optional<Error> error;
};

class Compute {
 public:
  // `open` gives the engine (called on the compute thread); `wake` is called there after every change to look at.
  // `folder`: where long runs keep themselves between processes; empty: nowhere.
  Compute(std::function<Result<Engine*>()> open, std::function<void()> wake, std::filesystem::path folder = {});
  ~Compute();                                 // stops the running job and joins
  Compute(const Compute&) = delete;

  // Replaces the model. What was posted runs again on the new one; of the long labs only those that were running, and
  // what the others had to show, of another model, is gone.
  void load(LoadOptions options);
  ModelView model() const;

  void post(std::string_view instance, std::string_view lab, Inputs inputs);
  LabView view(std::string_view instance) const;
  void retry(std::string_view instance);      // posts the last inputs again; loads the model again if that failed
  void stop(std::string_view instance);
  // Everything that was posted is computed again, but for long labs: the model runs on other functions than before.
  void run_again();

  // The fields of a lab type for the model at hand; empty while the engine is not open.
  std::vector<Field> fields(std::string_view lab) const;
  bool long_running(std::string_view lab) const;   // as the lab says; false while the engine is not open

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb
