// A submission's verdict: compiled, run case by case in processes of its own, compared in ours.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/exercise/check.h"
#include "labs/exercise/compile.h"
#include "labs/exercise/exercise.h"

namespace tb::exercise {

struct CaseVerdict {
  std::string id;
  double points = 0;                       // that can be had
  Outcome outcome;
  std::string printed;                     // what the submission wrote to its output in this case
  bool passed() const { return outcome.reason.empty(); }
};

struct Verdict {
  std::string exercise, file;
  std::string compile_failure;             // as in Compiled; or why there is nothing to compile
  std::vector<std::string> details;        // what that is told with
  std::vector<Diagnostic> diagnostics;     // warnings where it compiled
  std::vector<CaseVerdict> cases;          // none where it did not compile

  bool compiled = false;
  bool sanitized = false;                  // judged with CompileOptions::sanitize
  bool passed() const;
  double points = 0, most = 0;
  // Why it failed, in one word: the first failing case's reason, "compile" or the compiler's failure; "" where it passed.
  std::string reason() const;
};

// `so_far` is told before each case. `model` opens the running model where the exercise names one. Errors:
// exercise.stopped (options.stop), exercise.check (its cases differ from exercise.toml), exercise.model (it names a model
// and nobody can open one), those of Toolchain::check_of, of compile, of starting a process and of the model. Whatever a
// submission does is in the verdict. With options.sanitize a case runs twice: with a fence behind each array, and before.
Result<Verdict> judge(Toolchain& toolchain, const Exercise& exercise, std::string_view source, const std::string& name,
                      const CompileOptions& options = {}, const std::function<void(const Verdict&)>& so_far = nullptr,
                      const OpenLiveModel& model = nullptr);

// The running model that this exercise names; null where it names none. Errors: exercise.model, those of `open`.
Result<std::shared_ptr<LiveModel>> live_model_of(const Exercise& exercise, const OpenLiveModel& open);

}  // namespace tb::exercise
