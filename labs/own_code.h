// The switch "the model in this reader runs on your function". It compiles the learner's file in the background, when it
// is turned on and whenever the file is saved; the labs run on what compiled last. Nothing of it is remembered: a new
// process runs on the model's own functions. No torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "labs/function.h"

namespace tb {

class OwnCode {
 public:
  struct View {
    std::string exercise;
    bool compiling = false;
    // Of the newest text of the file; what compiled before it still serves.
    std::optional<Error> error;
    // Of what serves or was ended (`reason`); none: nothing has compiled yet, and the model's own serves.
    std::optional<Function::Report> report;
  };

  // `open` is asked once, on the thread of this switch. `changed` is called there after each change to look at.
  OwnCode(std::function<Result<FunctionEngine*>()> open, std::function<void()> changed);
  ~OwnCode();                                  // off
  OwnCode(const OwnCode&) = delete;

  // None of these waits; every one may be called on any thread.
  void turn_on(const std::string& exercise, std::filesystem::path file);
  void turn_off(const std::string& exercise);
  void turn_off();                             // all of them
  bool is_on(const std::string& exercise) const;
  std::vector<View> view() const;              // of those that are on, in the order of turning on
  // Grows whenever the labs run on other functions than before: what they show is to be computed again.
  std::uint64_t version() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb
