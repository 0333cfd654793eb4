// From the file's quantised blocks to the transformer's matrices.
#pragma once

#include <ATen/core/Tensor.h>

#include "labs/lab.h"
#include "labs/model/config.h"
#include "labs/model/gguf.h"
#include "labs/model/transformer.h"

namespace tb {

// All weights lie in one piece of memory. `dtype` (float32 or bfloat16) is the type of the matrices inside the blocks;
// gains, embedding and head are float32 always: rounding the head would move every logit by up to 1/256 of itself.
// With `threads` workers; asked to stop, they do so within a few milliseconds.
// Errors: model.tensor (missing, or of another shape), device.memory, job.stopped.
Result<Weights> load_weights(const Gguf& file, const Config& config, at::Device device, at::ScalarType dtype,
                             int threads, const Progress& progress);

// Bytes of all weights, shared ones counted once.
std::int64_t bytes_of(const Weights& weights);

}  // namespace tb
