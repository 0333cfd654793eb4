// The running model for exercises that are judged by it: the name in exercise.toml meets the models that are known here.
#pragma once

#include "labs/exercise/live_model.h"

namespace tb::app {

// Opens the library of labs and the model. Errors: those of resolve_model, open_live_models and LiveModels::open.
Result<std::shared_ptr<exercise::LiveModel>> open_live_model(const std::string& name);

}  // namespace tb::app
