// A context: the tokens a model has read, with their KV cache and the rows of the trace that were asked for. It is what
// a conversation, a text being typed and a lab's experiment are to the model. Compute thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/lab.h"
#include "labs/model/intervention.h"
#include "labs/model/probes.h"

namespace tb {

class Lora;   // labs/model/lora.h

struct RunReport {
  std::int64_t computed = 0, reused = 0;   // tokens
};

class Context : public Session {
 public:
  explicit Context(Model& model);          // the model must outlive it
  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;
  ~Context() override;

  // The runs to come add this adapter (null: none). Another one than before, or one that training has changed since,
  // starts afresh. `head_out` shows what the matrix alone makes of a head.
  void use(std::shared_ptr<const Lora> adapter);

  // Makes this context hold `ids` (at least one). Tokens before the first difference keep their KV cache and their
  // rows of the trace: an append computes the appended tokens, an edit those from its position on, and the same ids
  // with the same probes and interventions compute none; nor does taking tokens off the end. Where an intervention
  // counts from the end, the rows it was on are computed again. Different probes or interventions start afresh.
  // A stopped run ("job.stopped") rolls back to the common prefix; the context stays valid.
  // Errors: run.empty, run.id (outside the vocabulary), run.too_long (context length), those of Edits::of (a position
  // outside the text, a source that does not fit), job.stopped, torch.failed, torch.memory.
  Result<RunReport> run(std::span<const std::int64_t> ids, const Probes& probes,
                        std::span<const Intervention> interventions, const Progress& progress);

  // The same for a change to the tokens held, with the probes and interventions of the last run. Wrong input changes
  // nothing.
  Result<RunReport> append(std::span<const std::int64_t> ids, const Progress& progress);
  // Back to the first `count` tokens; 0 leaves an empty context. Errors: run.place (more than are held).
  Result<RunReport> rewind(std::int64_t count, const Progress& progress);
  // `ids` in the place of the `removed` tokens at `first`; either may be none. Errors: run.place (outside what is
  // held).
  Result<RunReport> edit(std::int64_t first, std::int64_t removed, std::span<const std::int64_t> ids,
                         const Progress& progress);
  // Another context that holds the same and goes its own way: only the rows in use are copied. Errors: torch.memory.
  Result<Context> fork() const;

  std::span<const std::int64_t> ids() const;
  const Probes& probes() const;
  // float32 [vocab] on the CPU: the logits after the last token, with any logit bias. Undefined before the first
  // finished run and after a stopped one.
  at::Tensor last_logits() const;
  // A captured point of all rows, float32 on the CPU, shaped as in labs/model/probes.h ("blocks.3.attn.pattern" is
  // [head, query, key]). Undefined where it was not captured. A view, not always contiguous: valid until the next run.
  // scores and head_out are computed here, from q, k and z: scores so for all pairs, keys after the query included.
  at::Tensor point(std::string_view name) const;

  // Memory taken, in bytes. Room is made for 64 tokens at a time and by half as much again, so that typing on allocates
  // rarely: a layer's cache is 2 (k and v) * n_kv_heads * capacity * d_head * 4.
  std::int64_t capacity() const;                // tokens there is room for in the KV cache
  std::int64_t cache_bytes_per_layer() const;   // all layers are equal
  std::int64_t cache_bytes() const;             // KV cache of all layers
  std::int64_t trace_bytes() const;             // captured points; those that the cache holds or that are computed on
                                                // demand take none here

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb
