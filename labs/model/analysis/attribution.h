// Direct logit attribution: the residual stream is a sum, and with the final norm's scale frozen the logit is linear in
// it; so the logit is a sum too, with one term for the embedding, each head and each MLP (Elhage et al. 2021, "A
// mathematical framework for transformer circuits"; nostalgebraist 2020). What a part does to the logit through later
// parts is not counted: only what it writes straight to the output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "labs/model/analysis/question.h"

namespace tb {

// What `attribute`, `attribute_sources` and `flow_graph` read: names and globs for Probes::of.
std::vector<std::string> attribution_points(const Config& config);

// Terms of the answer at every position, in logits, double. MLPs are empty [0, pos] in a model without them.
struct Attribution {
  at::Tensor embedding;   // [pos]
  at::Tensor heads;       // [layer, head, pos]
  at::Tensor biases;      // [layer, pos]   the bias of attention's output projection; zero in most models
  at::Tensor mlps;        // [layer, pos]
  at::Tensor answer;      // [pos]          what the model itself computes: the logit, or the difference of two

  at::Tensor sum() const;       // [pos] of all terms
  // The largest |sum - answer|, divided by |answer| where that is above 1. About 1e-6, unless an intervention added to
  // the stream: then what is missing is what it added.
  double error() const;
};

// Errors: run.id, analysis.point.
Result<Attribution> attribute(const Transformer& transformer, const Context& context, const Question& question);

// The same for one layer's heads, divided further by the tokens they read from: A_ij <direction, W_O^h v_j> / rms_i as
// [head, query, key], double. The sum over keys is the head's term, unless an intervention changed z.
// Errors: run.id, analysis.point, analysis.layer.
Result<at::Tensor> attribute_sources(const Transformer& transformer, const Context& context, std::int64_t layer,
                                     const Question& question);

}  // namespace tb
