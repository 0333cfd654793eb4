// A learner's function in the place of one of the model's own: compiled, in a process of its own, which is started at the
// first call and then waits for the next. One that fails is ended at once and never called again. No torch.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "labs/exercise/exercise.h"
#include "labs/exercise/learner.h"
#include "labs/function.h"

namespace tb {

class StandIn : public Function {
 public:
  static constexpr double kSeconds = 3;   // that a call may take, besides what it has to compute

  // Errors: own-code.place (an exercise that stands for no part of the forward pass), own-code.compile (the first thing
  // the compiler says), and those of exercise::compile.
  static Result<std::shared_ptr<StandIn>> compile(const std::string& exercise, const std::string& source);

  StandIn(std::string exercise, exercise::FileDescriptor program);

  // Starts the process, which the first call does otherwise: for one whose calls are to be timed. False where it failed.
  bool start(std::int64_t layer = 0);
  // Fills the results; false where it failed, now or before. `layer` is the model's. `operations`: about so many
  // additions and multiplications are asked for, which is what a large call is given more time for.
  // Called by one thread at a time, and the thread of the first of these must outlive the process.
  bool call(const std::vector<exercise::Argument>& arguments, std::int64_t layer, double operations);
  // What came back is of no use: `reason` is one of the common reasons of exercises, or "not-finite".
  void end(std::string reason, std::string detail, std::int64_t layer);

  // The same program, not yet started: for one that has failed and is to be tried again. Errors: exercise.memory.
  Result<std::shared_ptr<StandIn>> again() const;

  bool serves() const;
  std::uint64_t version() const { return version_; }   // no two are alike
  const std::string& exercise() const { return exercise_; }
  Report report() const override;

 private:
  std::string exercise_;
  std::uint64_t version_;
  exercise::FileDescriptor program_;
  std::optional<exercise::Learner> process_;
  mutable std::mutex mutex_;                            // of what follows
  Report report_;
};

}  // namespace tb
