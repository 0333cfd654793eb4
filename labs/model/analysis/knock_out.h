// What an answer owes to one head: the run once more with nothing gathered by it, later parts' reactions included.
// Direct attribution counts only what a head writes straight to the output; the two differ where later heads read it,
// or make up for it (McGrath et al. 2023, "The Hydra effect").
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "labs/model/analysis/question.h"

namespace tb {

// What `knock_out` reads: names and globs for Probes::of.
std::vector<std::string> knock_out_points();

// The answer at the last row, in logits, without the head: its z is zero in every row. `direction` [d_model] is
// unembedding_direction of the question. The run starts at the head's layer; what lies below stays as it was.
// Errors: analysis.layer, analysis.head, analysis.point, job.stopped.
Result<double> knock_out(const Transformer& transformer, const Context& context, const at::Tensor& direction,
                         std::int64_t layer, std::int64_t head, const std::stop_token& stop);

}  // namespace tb
