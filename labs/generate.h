// From a prompt to its continuation, token by token. Compute thread only.
#pragma once

#include <memory>
#include <span>

#include "labs/lab.h"
#include "labs/model/intervention.h"

namespace tb {

class Lora;   // labs/model/lora.h

// The interventions act in every row that is read, the adapter (null: none) as well.
// Errors: generate.range, run.*, those of Edits::of, job.stopped.
Result<Generated> write_on(Model& model, const GenerateRequest& request, std::span<const Intervention> interventions,
                           std::shared_ptr<const Lora> adapter, const Progress& progress);

}  // namespace tb
