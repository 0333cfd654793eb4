// From the file's quantised blocks to the transformer's matrices.
#pragma once

#include <ATen/core/Tensor.h>

#include "labs/lab.h"
#include "labs/model/checkpoint.h"
#include "labs/model/transformer.h"

namespace tb {

// What is kept of each matrix: numbers that are multiplied as they are, the file's own blocks (packed.h), or both,
// since many rows go faster through the one and few rows through the other. Where memory is short, blocks alone do.
enum class WeightForm { dense, both, blocks };

struct WeightBytes {
  std::int64_t dense = 0, blocks = 0;
  std::int64_t all() const { return dense + blocks; }
};

// `dtype` (float32 or bfloat16) is the type of the dense matrices inside the blocks of the model; gains, embedding and
// head are float32 always: rounding the head would move every logit by up to 1/256 of itself. Blocks are those of
// float32 matrices. With `threads` workers; asked to stop, they do so within a few milliseconds.
// Errors: device.memory, job.stopped.
Result<Weights> load_weights(const Checkpoint& checkpoint, at::Device device, at::ScalarType dtype, WeightForm form,
                             int threads, const Progress& progress);

// What that would take.
WeightBytes weight_bytes(const Checkpoint& checkpoint, at::ScalarType dtype, WeightForm form);

// Bytes of all weights, shared ones counted once.
WeightBytes bytes_of(const Weights& weights);

}  // namespace tb
