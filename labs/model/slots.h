// Slots: the places of the forward pass where a learner's function can stand in for ours. They are in use within a scope,
// and a model knows nothing of them:
//
//   Slots slots({StandIn::compile("softmax", source)...});
//   const Slots::Scope scope(&slots);
//   context.run(...);                 // every block calls the learner's softmax, once, for all its heads and rows
//
// Outside of a scope nothing is asked and every bit is as it was. Where a function fails, ours goes on (StandIn).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "labs/model/intervention.h"
#include "labs/model/stand_in.h"

namespace tb {

// A place, and the exercises whose function fits there.
enum class Slot {
  rms_norm,    // rms_norm: x [..., d], its gain [d]; the model's epsilon
  rope,        // rope: x [pos, head, d_head]; the first position, theta
  softmax,     // softmax: the scores [head, query, key], the future at -inf; bias_attention, with a bias of 0: without
               // the mask, which is its own to make
  attention    // attention, grouped_query_attention: q [query, head, d_head], k and v [kv_head, key, d_head]
};
std::optional<Slot> slot_of(std::string_view exercise);   // none: not one of exercises_in_model

struct SlotInput {
  std::vector<at::Tensor> arrays;
  std::vector<double> numbers;
};

class Slots {
 public:
  explicit Slots(std::vector<std::shared_ptr<StandIn>> functions) : functions_(std::move(functions)) {}

  // What stands in for `ours`, which is what our own function makes of the same input; `ours` itself where nothing does.
  at::Tensor call(Slot slot, std::int64_t layer, const SlotInput& input, const at::Tensor& ours);
  // For the run that begins now: where an intervention changes what a function would compute for itself (a norm's scale;
  // scores and pattern, where it goes from q, k and v straight to z), ours is used, and the change shows.
  void begin(std::span<const Intervention> interventions, std::int64_t n_layers);

  // The exercises of the functions that were called, also of those that were ended then.
  std::vector<std::string> names() const;
  // The largest difference from ours at a layer (n_layers: the final norm), given the same input; 0 where not called.
  double difference(std::int64_t layer) const;

  class Scope {
   public:
    explicit Scope(Slots* slots) : outer_(in_use_) { in_use_ = slots; }   // null: ours
    ~Scope() { in_use_ = outer_; }
    Scope(const Scope&) = delete;

   private:
    Slots* outer_;
  };
  static Slots* in_use() { return in_use_; }
  // The versions of the functions that stand in now: rows that others have computed are not theirs.
  static std::vector<std::uint64_t> serving();

 private:
  StandIn* find(Slot slot) const;

  std::vector<std::shared_ptr<StandIn>> functions_;
  std::vector<double> differences_;                     // by layer
  std::set<std::string> called_;
  std::set<std::pair<Slot, std::int64_t>> changed_;     // by interventions: ours is used
  static thread_local Slots* in_use_;
};

}  // namespace tb
