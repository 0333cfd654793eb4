#include "labs/anatomy/timing.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/model.h"
#include "labs/model/transformer.h"

namespace tb {
namespace {

using Clock = std::chrono::steady_clock;

// What was being computed when the forward pass arrives at a point.
const char* work_before(Point point) {
  switch (point) {
    case Point::embed: return "embedding";
    case Point::norm1_scale: case Point::norm1: return "norm1";
    case Point::q_raw: case Point::k_raw: case Point::v: return "attn.qkv";
    case Point::q: case Point::k: return "attn.rotate";
    case Point::scores: return "attn.scores";
    case Point::pattern: return "attn.pattern";
    case Point::z: return "attn.z";
    case Point::attn_out: return "attn.out";
    case Point::norm2_scale: case Point::norm2: return "norm2";
    case Point::gate: case Point::up: return "mlp.gate_up";
    case Point::act: return "mlp.act";
    case Point::mlp_out: return "mlp.down";
    case Point::final_scale: case Point::final_norm: return "final_norm";
    case Point::logits: return "head";
    default: return "adding";   // to the stream; at its start, the angles of the rotation
  }
}

constexpr const char* in_order[] = {"embedding", "norm1", "attn.qkv", "attn.rotate", "attn.scores", "attn.pattern",
                                    "attn.z", "attn.out", "norm2", "mlp.gate_up", "mlp.act", "mlp.down", "adding",
                                    "final_norm", "head"};

}  // namespace

double Timing::seconds() const {
  double sum = 0;
  for (const PartTime& part : parts) sum += part.seconds;
  return sum;
}

std::string timed_with(const std::string& part) {
  if (part == "attn.q" || part == "attn.k" || part == "attn.v") return "attn.qkv";
  if (part == "mlp.gate" || part == "mlp.up") return "mlp.gate_up";
  return std::find(std::begin(in_order), std::end(in_order), part) == std::end(in_order) ? std::string() : part;
}

Timing time_parts(const Model& model, std::span<const std::int64_t> ids, std::int64_t most_passes, double budget,
                  const Progress& progress) {
  const Transformer& transformer = model.transformer();
  const c10::InferenceMode no_gradients;
  const auto longs = at::TensorOptions().dtype(at::kLong);
  const at::Tensor tokens = at::tensor(at::IntArrayRef(ids.data(), ids.size()), longs).to(transformer.device());
  std::map<std::string, std::vector<double>> seconds;   // of each pass
  Timing timing;
  const Clock::time_point begin = Clock::now();
  while (timing.passes < most_passes) {
    std::map<std::string, double> pass;
    Clock::time_point last = Clock::now();
    const auto note = [&](Point point, const at::Tensor& x) {
      if (x.is_cuda()) static_cast<void>(x.flatten()[0].item<float>());   // wait until it is computed
      const Clock::time_point now = Clock::now();
      pass[work_before(point)] += std::chrono::duration<double>(now - last).count();
      last = now;
    };
    Run run;
    run.watch = [&](Point point, std::int64_t, at::Tensor x) {
      note(point, x);
      return x;
    };
    run.stopped = [&] { return progress.stop.stop_requested(); };
    const at::Tensor normed = transformer.forward(tokens, run);
    if (!normed.defined()) break;
    note(Point::logits, transformer.logits(normed.slice(0, normed.size(0) - 1)));
    for (const char* part : in_order) seconds[part].push_back(pass[part]);
    ++timing.passes;
    if (std::chrono::duration<double>(Clock::now() - begin).count() > budget) break;
  }
  if (timing.passes == 0) return timing;
  for (const char* part : in_order) {
    std::vector<double>& all = seconds[part];
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    timing.parts.push_back({part, all[all.size() / 2]});
  }
  return timing;
}

}  // namespace tb
