// A learner's function, compiled, that can stand in for one of the model's own (labs/model/slots.h), and what the library
// of labs does with it. No torch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

// The exercises whose function has a place in the model.
inline constexpr std::string_view exercises_in_model[] = {"softmax", "rms_norm", "rope", "attention",
                                                          "grouped_query_attention", "bias_attention"};
constexpr bool has_place(std::string_view exercise) {
  for (const std::string_view each : exercises_in_model)
    if (each == exercise) return true;
  return false;
}

struct Function {
  // How it has fared so far.
  struct Report {
    std::string exercise;                  // "softmax"
    std::int64_t calls = 0;
    double seconds = 0;                    // of all calls together
    std::string reason, detail;            // why it was ended: "crash", "SIGSEGV"; "" while it serves
    std::int64_t layer = -1;               // where that was; n_layers: the final norm
  };
  virtual ~Function() = default;
  virtual Report report() const = 0;       // may be asked for on any thread
};
using Functions = std::vector<std::shared_ptr<Function>>;

// Every member may be called on any thread.
struct FunctionEngine {
  virtual ~FunctionEngine() = default;
  // Compiles a solution of an exercise: about a second. Errors: own-code.place (it stands for no part of the forward
  // pass), own-code.compile, and those of exercise::compile.
  virtual Result<std::shared_ptr<Function>> compile(const std::string& exercise, const std::string& source) = 0;
  // From the next run on, the labs of this process run on a model that calls these in the place of its own; none: on its
  // own. One that fails is ended, and the model's own finishes that run and serves the later ones. Labs that train keep
  // the model's own: no gradient flows through another process.
  virtual void use(Functions functions) = 0;
};

// Of the shared library that open_engine opens. Errors: engine.open.
Result<FunctionEngine*> open_function_engine();

}  // namespace tb
