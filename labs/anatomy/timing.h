// Where the time of a forward pass goes, measured: the clock is read at every point of labs/model/probes.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "labs/lab.h"

namespace tb {

struct PartTime { std::string name; double seconds = 0; };

struct Timing {
  std::vector<PartTime> parts;   // in the order of the computation, each over all layers
  std::int64_t passes = 0;       // of which the medians are taken; 0: stopped before the first was done
  double seconds() const;        // of all parts together
};

// Reads `ids` again and again without a cache, at most `most_passes` times and for about `budget` seconds; the head for
// the last token alone, as when a model writes. Parts that are one product are one part here: attn.qkv, mlp.gate_up.
Timing time_parts(const Model& model, std::span<const std::int64_t> ids, std::int64_t most_passes, double budget,
                  const Progress& progress);

// The row of `parts` that a part of the model is measured in; "" for one that holds others.
std::string timed_with(const std::string& part);

}  // namespace tb
