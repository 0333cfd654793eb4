#include "labs/model/slots.h"

#include <algorithm>
#include <iterator>

#include <ATen/ATen.h>

namespace tb {

namespace {

using exercise::Argument;
using exercise::Role;

// Of exercises_in_model, in that order.
constexpr Slot places[] = {Slot::softmax, Slot::rms_norm, Slot::rope, Slot::attention, Slot::attention, Slot::softmax};
static_assert(std::size(places) == std::size(exercises_in_model));

// One call: arrays of float32, then numbers, then the result. Where arrays have more axes than the parameters, the
// learner's function is called for each of the leading ones, inside of its process.
class Call {
 public:
  Call(StandIn& function, std::int64_t layer) : function_(function), layer_(layer) {}

  void in(const char* name, const at::Tensor& x, std::size_t leading = 0) { add(name, Role::in, x, leading); }
  void number(const char* name, double value) { arguments_.push_back(exercise::scalar(name, value)); }
  // The result; undefined where the function failed.
  at::Tensor out(const char* name, at::IntArrayRef shape, std::size_t leading, double operations) {
    at::Tensor result = at::full(shape, exercise::unwritten<float>(), at::kFloat);
    add(name, Role::out, result, leading);
    return function_.call(arguments_, layer_, operations) ? result : at::Tensor();
  }

 private:
  void add(const char* name, Role role, const at::Tensor& x, std::size_t leading) {
    const at::Tensor& kept = kept_.emplace_back(x.to(at::kCPU, at::kFloat).contiguous());
    arguments_.push_back({.name = name, .role = role, .type = TB_F32, .shape = kept.sizes().vec(),
                          .data = kept.data_ptr(), .leading = leading});
  }
  StandIn& function_;
  std::int64_t layer_;
  std::vector<at::Tensor> kept_;       // what the arguments point to
  std::vector<Argument> arguments_;
};

// Rows that do not fit into the shared memory together go in several calls.
template <class OneCall>
at::Tensor in_parts(const at::Tensor& rows, const OneCall& one) {
  const std::int64_t row_bytes = rows.size(1) * 2 * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t most = std::max<std::int64_t>(1, exercise::Learner::kMemory / 2 / std::max<std::int64_t>(1, row_bytes));
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : rows.split(most)) {
    parts.push_back(one(part));
    if (!parts.back().defined()) return {};
  }
  return parts.size() == 1 ? parts[0] : at::cat(parts);
}

at::Tensor norm(StandIn& function, std::int64_t layer, const SlotInput& input) {
  const at::Tensor &x = input.arrays[0], &gain = input.arrays[1];
  const at::Tensor y = in_parts(x.reshape({-1, x.size(-1)}), [&](const at::Tensor& rows) {
    Call call(function, layer);
    call.in("x", rows, 1);
    call.in("weight", gain);
    call.number("epsilon", input.numbers[0]);
    return call.out("y", rows.sizes(), 1, 4.0 * static_cast<double>(rows.numel()));
  });
  return y.defined() ? y.view(x.sizes()) : y;
}

at::Tensor softmax(StandIn& function, std::int64_t layer, const SlotInput& input) {
  const at::Tensor& scores = input.arrays[0];
  const at::Tensor pattern = in_parts(scores.reshape({-1, scores.size(-1)}), [&](const at::Tensor& rows) {
    Call call(function, layer);
    call.in("logits", rows, 1);
    return call.out("probabilities", rows.sizes(), 1, 20.0 * static_cast<double>(rows.numel()));
  });
  return pattern.defined() ? pattern.view(scores.sizes()) : pattern;
}

at::Tensor rotation(StandIn& function, std::int64_t layer, const SlotInput& input) {
  const at::Tensor& x = input.arrays[0];
  Call call(function, layer);
  call.in("x", x);
  call.number("first", input.numbers[0]);
  call.number("theta", input.numbers[1]);
  return call.out("y", x.sizes(), 0, 100.0 * static_cast<double>(x.numel()));
}

// These two exercises know no cache: their first query is the text's first token. For the tokens that are not computed
// again rows of zeros stand in front, and what comes of them is dropped.
at::Tensor with_earlier_rows(const at::Tensor& x, std::int64_t keys) {
  if (x.size(1) == keys) return x;
  return at::cat({x.new_zeros({x.size(0), keys - x.size(1), x.size(2)}), x}, 1);
}

at::Tensor biased(StandIn& function, std::int64_t layer, const SlotInput& input) {
  const at::Tensor& scores = input.arrays[1];   // [head, query, key], without the mask
  const at::Tensor all = with_earlier_rows(scores, scores.size(2));
  Call call(function, layer);
  call.in("scores", all, 1);
  call.number("key", 0);
  call.number("bias", 0);
  const at::Tensor pattern = call.out("pattern", all.sizes(), 1, 20.0 * static_cast<double>(all.numel()));
  return pattern.defined() ? pattern.slice(1, all.size(1) - scores.size(1)) : pattern;
}

at::Tensor one_head_each(StandIn& function, std::int64_t layer, const SlotInput& input) {
  const at::Tensor &q = input.arrays[0], &k = input.arrays[1], &v = input.arrays[2];
  const std::int64_t group = q.size(1) / k.size(0), keys = k.size(1);
  const at::Tensor queries = with_earlier_rows(q.transpose(0, 1), keys);   // [head, key, d_head]
  Call call(function, layer);
  call.in("queries", queries, 1);
  call.in("keys", k.repeat_interleave(group, 0), 1);
  call.in("values", v.repeat_interleave(group, 0), 1);
  const at::Tensor z = call.out("z", queries.sizes(), 1, 4.0 * static_cast<double>(queries.numel() * keys));
  return z.defined() ? z.slice(1, keys - q.size(0)).transpose(0, 1) : z;   // [query, head, d_head]
}

at::Tensor grouped(StandIn& function, std::int64_t layer, const SlotInput& input) {
  const at::Tensor &q = input.arrays[0], &k = input.arrays[1], &v = input.arrays[2];
  Call call(function, layer);
  call.in("queries", q);
  call.in("keys", k.transpose(0, 1));      // [key, kv_head, d_head]
  call.in("values", v.transpose(0, 1));
  return call.out("z", q.sizes(), 0, 4.0 * static_cast<double>(q.numel() * k.size(1)));
}

at::Tensor theirs_of(StandIn& function, Slot slot, std::int64_t layer, const SlotInput& input) {
  switch (slot) {
    case Slot::rms_norm: return norm(function, layer, input);
    case Slot::rope: return rotation(function, layer, input);
    case Slot::softmax:
      return function.exercise() == "softmax" ? softmax(function, layer, input) : biased(function, layer, input);
    case Slot::attention:
      return function.exercise() == "attention" ? one_head_each(function, layer, input)
                                                : grouped(function, layer, input);
  }
  return {};
}

// The place of the first number that is none, "[3, 0, 5]".
std::string place_of(const at::Tensor& wrong) {
  const std::int64_t at = wrong.flatten().to(at::kInt).argmax().item<std::int64_t>();
  std::string place;
  std::int64_t left = wrong.numel(), rest = at;
  for (const std::int64_t extent : wrong.sizes()) {
    left /= extent;
    place += (place.empty() ? "[" : ", ") + std::to_string(rest / left);
    rest %= left;
  }
  return place + "]";
}

}  // namespace

thread_local Slots* Slots::in_use_ = nullptr;

std::optional<Slot> slot_of(std::string_view exercise) {
  const auto* const found = std::ranges::find(exercises_in_model, exercise);
  if (found == std::end(exercises_in_model)) return std::nullopt;
  return places[found - std::begin(exercises_in_model)];
}

StandIn* Slots::find(Slot slot) const {
  for (const auto& function : functions_)
    if (slot_of(function->exercise()) == slot && function->serves()) return function.get();
  return nullptr;
}

at::Tensor Slots::call(Slot slot, std::int64_t layer, const SlotInput& input, const at::Tensor& ours) {
  StandIn* function = find(slot);
  if (!function || changed_.contains({slot, layer})) return ours;
  called_.insert(function->exercise());
  const at::Tensor theirs = theirs_of(*function, slot, layer, input);
  if (!theirs.defined()) return ours;
  const at::Tensor expected = ours.to(at::kCPU, at::kFloat), wrong = theirs.isfinite().logical_not();
  if (const at::Tensor bad = wrong.logical_and(expected.isfinite()); bad.any().item<bool>()) {
    const bool none = (theirs.contiguous().view(at::kInt) == 0x7fe5a5a5).any().item<bool>();
    function->end(none ? "unwritten" : "not-finite", place_of(bad), layer);
    return ours;
  }
  const auto at = static_cast<std::size_t>(layer);
  if (differences_.size() <= at) differences_.resize(at + 1);
  differences_[at] = std::max(differences_[at], (theirs - expected).abs().max().item<double>());
  return theirs.to(ours.options());
}

void Slots::begin(std::span<const Intervention> interventions, std::int64_t n_layers) {
  changed_.clear();
  for (const Intervention& intervention : interventions)
    for (const Point point : intervention.points) {
      if (point == Point::final_scale) changed_.emplace(Slot::rms_norm, n_layers);
      if (point == Point::norm1_scale || point == Point::norm2_scale)
        for (const std::int64_t layer : intervention.layers) changed_.emplace(Slot::rms_norm, layer);
      if (point == Point::scores || point == Point::pattern)
        for (const std::int64_t layer : intervention.layers) changed_.emplace(Slot::attention, layer);
    }
}

std::vector<std::string> Slots::names() const { return {called_.begin(), called_.end()}; }

double Slots::difference(std::int64_t layer) const {
  const auto at = static_cast<std::size_t>(layer);
  return at < differences_.size() ? differences_[at] : 0;
}

std::vector<std::uint64_t> Slots::serving() {
  std::vector<std::uint64_t> versions;
  if (in_use_)
    for (const auto& function : in_use_->functions_)
      if (function->serves()) versions.push_back(function->version());
  return versions;
}

}  // namespace tb
