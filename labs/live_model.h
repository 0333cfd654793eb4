// The running model as exercises are judged by it (labs/exercise/live_model.h), of the library of labs. No torch.
#pragma once

#include <memory>
#include <string>

#include "labs/exercise/live_model.h"

namespace tb {

struct LiveModels {
  virtual ~LiveModels() = default;
  // The model in this file or folder, on the CPU in float32, so that all machines measure the same. One that somebody
  // still has is handed out again. May be called on any thread. Errors: those of Model::load.
  virtual Result<std::shared_ptr<exercise::LiveModel>> open(const std::string& path) = 0;
};

LiveModels& live_models();                     // for those who link torch: the library's export, and the tests
// The same of the shared library that open_engine opens. Errors: engine.open.
Result<LiveModels*> open_live_models();

}  // namespace tb
