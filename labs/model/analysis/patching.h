// Activation patching: which number inside the model carries the difference between two texts? Run the corrupted text,
// put one activation of the clean run in the place of its own, and see how much of the clean answer comes back (Vig et
// al. 2020; Meng et al. 2022, "Locating and editing factual associations in GPT"; Wang et al. 2022 for heads):
//
//   recovery = (patched - corrupted) / (clean - corrupted)        each an answer in logits; 0: nothing, 1: all of it
//
// A patched run starts at its layer, from the stream of the corrupted run, and at its first row: what lies below and
// before is the corrupted run's, and stays as it was.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "labs/lab.h"
#include "labs/model/analysis/question.h"
#include "labs/model/model.h"
#include "labs/model/trace.h"

namespace tb {

struct PatchTask {
  std::vector<std::int64_t> clean, corrupted;   // token ids, equally many
  Question question;
  std::int64_t position = -1;                   // the row that is read for the answer; negative ones count from the end
  bool operator==(const PatchTask&) const = default;
};

class Patching {
 public:
  // Runs both texts. The model must outlive the result.
  // Errors: patching.length (not equally many tokens), patching.same (no difference of answers to recover), run.empty,
  // run.too_long, run.id, analysis.position, job.stopped.
  static Result<Patching> of(const Model& model, const PatchTask& task, const Progress& progress);

  std::int64_t layers() const { return transformer_->config().n_layers; }
  std::int64_t heads() const { return transformer_->config().n_heads; }
  std::int64_t tokens() const { return n_; }               // up to the row that is read: later ones cannot matter
  std::int64_t first_difference() const { return first_; } // the first token that is not the same
  double clean() const { return clean_answer_; }           // logits
  double corrupted() const { return corrupted_answer_; }
  double recovery(double answer) const { return (answer - corrupted_answer_) / (clean_answer_ - corrupted_answer_); }

  // The answer, in logits, when these rows of one point come from the clean run: resid_pre, attn_out, mlp_out, or z
  // (then of these heads only, unless none are named). Errors: analysis.layer, analysis.position, patching.point,
  // patching.head, job.stopped.
  Result<double> patched(Point point, std::int64_t layer, std::span<const std::int64_t> rows,
                         std::span<const std::int64_t> heads, const std::stop_token& stop);

 private:
  Patching(const Transformer& transformer, const Probes& probes);

  const Transformer* transformer_;
  std::int64_t n_ = 0, first_ = 0;
  at::Tensor direction_;                                    // [d_model], of the unembedding
  Trace clean_, corrupted_;
  KvCache cache_;                                           // of the corrupted run
  std::vector<std::pair<at::Tensor, at::Tensor>> own_;      // its keys and values once more, [kv_head, key, d_head]
  double clean_answer_ = 0, corrupted_answer_ = 0;
};

// Recovery for every layer and position, or every layer and head.
struct PatchMap {
  std::int64_t layers = 0, columns = 0;
  std::vector<double> recovery;   // [layer, column]; NaN where it is not yet computed
};

// What a long map needs of its caller; all may be empty. `yield` and `partial` are called after each layer.
struct PatchWatch {
  Progress progress;
  std::function<void(const PatchMap&)> partial;
  std::function<void()> yield;
  const PatchMap* begun = nullptr;   // of a map that was stopped: the layers it holds are not computed again
};

// Patches resid_pre, attn_out or mlp_out at each layer and position. Errors: those of Patching::patched.
Result<PatchMap> patch_positions(Patching& patching, Point point, const PatchWatch& watch);
// Patches what each head gathered (z), at the rows given or, where none are, at all of them.
Result<PatchMap> patch_heads(Patching& patching, std::span<const std::int64_t> rows, const PatchWatch& watch);

}  // namespace tb
