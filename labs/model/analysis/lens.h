// The logit lens: reading the residual stream before it is finished as if it were (nostalgebraist 2020, "Interpreting
// GPT: the logit lens"). After the last layer it is the model's own answer. What the lens shows can be read there;
// whether it is used is another question, for patching.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "labs/model/analysis/question.h"

namespace tb {

class Translator;   // labs/model/analysis/translator.h

// What the lens reads: names and globs for Probes::of.
std::vector<std::string> lens_points(const Config& config);

// The residual stream of one row, [n_layers + 1, d_model], float32: before each block, then after the last.
// position: negative ones count from the end. Errors: analysis.point, analysis.position.
Result<at::Tensor> stream_of_row(const Config& config, const Context& context, std::int64_t position);

// W_U norm(h): rows [row, d_model] of the stream, wherever they come from -> logits [row, vocab], float32 on the CPU.
at::Tensor lens_logits(const Transformer& transformer, const at::Tensor& rows);

struct LensStep {                  // after so many blocks
  std::vector<std::int64_t> ids;   // the most probable tokens, ties to the lower id
  std::vector<double> p;           // their probabilities
  double entropy = 0;              // of the whole distribution, in bits
  double kl = 0;                   // KL(final || this) in bits: what is missing of the model's answer
};
struct Lens {
  std::vector<LensStep> steps;     // [n_layers + 1]
  std::int64_t depth = 0;          // see decision_depth, of steps[i].ids[0]
};

// All steps of one row, with the `top` most probable tokens each (at least one, at most the vocabulary). With a
// translator each step but the last is translated first.
// Errors: analysis.point, analysis.position.
Result<Lens> logit_lens(const Transformer& transformer, const Context& context, std::int64_t position, std::int64_t top,
                        const Translator* translator = nullptr);

// Many rows at once, of which each cell has its one most probable token.
struct LensGrid {
  std::int64_t first = 0, rows = 0;  // positions first .. first + rows - 1
  // [step, row]: that token, its probability, and how many tokens are ahead of what the row says after the last block.
  std::vector<std::int64_t> ids, rank;
  std::vector<double> p;
};
// Errors: analysis.point; job.stopped.
Result<LensGrid> logit_lens_grid(const Transformer& transformer, const Context& context, std::int64_t first,
                                 std::int64_t rows, const Translator* translator, const Progress& progress);

// Of the most probable token after 0, 1, ..., n blocks: the first step from which on it is the final one. 0: the
// embedding alone says it; n: only the last block does.
std::int64_t decision_depth(std::span<const std::int64_t> top1);

}  // namespace tb
