// A context: the tokens a model has read, with their KV cache and the rows of the trace that were asked for.
// Compute thread only.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/lab.h"

namespace tb {

class Intervention;   // labs/model/intervention.h

// The points to capture, resolved against one model. A name that matches nothing is an error that lists near names
// (probe.unknown). Names and shapes are in labs/model/probes.h.
class Probes {
 public:
  static Result<Probes> of(const Model& model, std::span<const std::string> names_or_globs);
  bool wants(std::string_view point) const { return points_.count(std::string(point)) != 0; }
  const std::map<std::string, int>& points() const { return points_; }
  bool operator==(const Probes&) const = default;

 private:
  std::map<std::string, int> points_;   // name -> layer (-1: outside the blocks)
};

struct RunReport {
  std::int64_t computed = 0, reused = 0;   // tokens
};

class Context : public Session {
 public:
  explicit Context(Model& model);
  ~Context() override;

  // Makes this context hold `ids` (at least one). Tokens before the first difference keep their KV cache and their
  // rows of the trace: an append computes the appended tokens, an edit those from its position on, and the same ids
  // with the same probes and interventions compute none. Different probes or interventions start afresh.
  // A stopped run ("job.stopped") rolls back to the common prefix; the context stays valid.
  // Errors: run.empty, run.id (outside the vocabulary), run.too_long (context length), job.stopped, torch.failed.
  Result<RunReport> run(std::span<const std::int64_t> ids, const Probes& probes,
                        std::span<const Intervention> interventions, const Progress& progress);

  std::span<const std::int64_t> ids() const;
  // float32 [vocab] on the CPU: the logits after the last token. They are always there after a run.
  at::Tensor last_logits() const;
  // A captured point of all rows, float32 on the CPU, shaped as in the contract ("blocks.3.attn.pattern"
  // is [head, query, key]). Undefined where it was not captured. A view: valid until the next run.
  at::Tensor point(std::string_view name) const;
  std::int64_t cache_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb
