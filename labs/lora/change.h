// How far an adapter moves the matrices it stands beside, and what it leaves in them when it is merged and taken out.
#pragma once

#include <c10/core/ScalarType.h>

#include "labs/model/lora.h"
#include "labs/model/transformer.h"

namespace tb {

// The length of a layer's adapted matrices, taken as one long vector.
double length_of(const Lora& lora, const Weights& weights, const Config& config, std::int64_t layer);
// The length of alpha / r * B A over the same.
double change_of(const Lora& lora, std::int64_t layer);

// Adds alpha / r * B A to every adapted matrix and takes it away again, rounded to `type` each time: the length of what
// is left of it, as a share of the matrices' own.
double left_behind(const Lora& lora, const Weights& weights, const Config& config, at::ScalarType type);

}  // namespace tb
