// The model on an NVIDIA GPU against the same model on the CPU. Without a GPU each test says so and ends.
#include <cmath>
#include <new>

#include "labs/engine.h"
#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// nullptr where there is no GPU. Any other failure to load is one of the test.
std::shared_ptr<Model> gpu_model(const std::string& dtype = "float32") {
  static std::map<std::string, std::shared_ptr<Model>> loaded;
  if (!loaded.contains(dtype)) {
    LoadOptions options;
    options.path = model_path();
    options.device = "cuda";
    options.dtype = dtype;
    const auto model = torch_engine().load(options, {});
    if (!model && model.error().code != "device.missing")
      throw std::runtime_error(model.error().code + " at " + model.error().where);
    loaded[dtype] = model ? *model : nullptr;
  }
  return loaded[dtype];
}

#ifdef SKIP
#define NEEDS_GPU(model) \
  if (!(model)) SKIP("not run: there is no NVIDIA GPU here, or no CUDA library of torch")
#else
#define NEEDS_GPU(model)                                                                  \
  if (!(model)) {                                                                         \
    WARN("not run: there is no NVIDIA GPU here, or no CUDA library of torch");            \
    return;                                                                               \
  }
#endif

// The logits of all positions, and every other point by name.
std::map<std::string, at::Tensor> everything(Model& model, const std::vector<std::int64_t>& ids,
                                             const std::vector<std::string>& specs = {}) {
  const auto probes = Probes::of(model, std::vector<std::string>{"*"});
  std::vector<Intervention> interventions;
  for (const std::string& spec : specs)
    interventions.push_back(Intervention::parse(spec, model.transformer().config()).value());
  Context context(model);
  REQUIRE(context.run(ids, *probes, interventions, {}));
  std::map<std::string, at::Tensor> points;
  for (const Probe& probe : probes->points()) points[probe.name] = context.point(probe.name).clone();
  return points;
}

// Relative to the largest number of the point: the residual stream has some of several thousands.
void compare(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b, double relative) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, tensor] : a) {
    INFO(name);
    REQUIRE(b.contains(name));
    const double largest = std::max(1.0, tensor.abs().max().item<double>());
    CHECK(largest_difference(tensor, b.at(name)) <= relative * largest);
  }
}

std::vector<std::int64_t> long_text(std::int64_t tokens) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < tokens; ++i) ids.push_back(100 + i * 7919 % 40000);
  return ids;
}

}  // namespace

TEST_CASE("Every point on the GPU is that of the CPU, in float32", "[cuda]") {
  const auto gpu = gpu_model();
  NEEDS_GPU(gpu);
  CHECK(gpu->info().device.starts_with("cuda"));
  const auto here = everything(bundled_model(), store), there = everything(*gpu, store);
  compare(here, there, 2e-4);
  CHECK(largest_difference(here.at("logits"), there.at("logits")) < tolerance);
}

TEST_CASE("Bfloat16 on the GPU is as near to float32 as on the CPU", "[cuda]") {
  const auto gpu = gpu_model("bfloat16");
  NEEDS_GPU(gpu);
  const auto exact = everything(bundled_model(), store), here = everything(bundled_model("bfloat16"), store);
  const auto there = everything(*gpu, store);
  const auto distance = [&](const auto& points) {
    return (points.at("logits") - exact.at("logits")).abs().mean().template item<double>();
  };
  INFO("mean distance of the logits: CPU " << distance(here) << ", GPU " << distance(there));
  CHECK(distance(there) < 2 * distance(here) + 0.05);
  for (const auto& [name, tensor] : there) {
    if (!name.ends_with("pattern")) continue;
    CHECK(largest_difference(tensor.sum(-1), at::ones_like(tensor.sum(-1))) < 1e-5);
  }
}

TEST_CASE("Interventions do on the GPU what they do on the CPU", "[cuda]") {
  const auto gpu = gpu_model();
  NEEDS_GPU(gpu);
  for (const char* spec : {"bias-key:layer=3..7,head=*,query=-1,key=2,value=3.0", "scale-head:layer=5,head=1+2,value=0",
                           "knock-out:layer=4,head=0..2,query=*,key=0"}) {
    INFO(spec);
    const auto parsed = Intervention::parse(spec, gpu->transformer().config());
    REQUIRE(parsed);
    compare(everything(bundled_model(), store, {spec}), everything(*gpu, store, {spec}), 2e-4);
  }
  // A biased key's odds against any other key move by e^b, whatever computed them.
  const auto plain = everything(*gpu, store);
  const auto biased = everything(*gpu, store, {"bias-key:layer=3,head=4,query=-1,key=2,value=1.5"});
  const auto odds = [](const std::map<std::string, at::Tensor>& points) {
    const at::Tensor row = points.at("blocks.3.attn.pattern")[4][-1].to(at::kDouble);
    return (row[2].log() - row[0].log()).item<double>();
  };
  CHECK(odds(biased) - odds(plain) == Approx(1.5).margin(1e-4));
}

TEST_CASE("Typing on a GPU computes what a fresh run computes", "[cuda]") {
  const auto gpu = gpu_model();
  NEEDS_GPU(gpu);
  const auto probes = Probes::of(*gpu, std::vector<std::string>{"logits", "blocks.*.attn.pattern"});
  REQUIRE(probes);
  Context typed(*gpu), fresh(*gpu);
  REQUIRE(typed.run(std::span(store).first(9), *probes, {}, {}));
  REQUIRE(typed.run(store, *probes, {}, {}));
  std::vector<std::int64_t> edited = store;
  edited[4] = 28;
  REQUIRE(typed.run(edited, *probes, {}, {}));
  REQUIRE(fresh.run(edited, *probes, {}, {}));
  CHECK(largest_difference(typed.point("logits"), fresh.point("logits")) < tolerance);
  CHECK(largest_difference(typed.point("blocks.29.attn.pattern"), fresh.point("blocks.29.attn.pattern")) < 1e-5);
}

TEST_CASE("A GPU writes the tokens that the CPU writes", "[cuda]") {
  const auto gpu = gpu_model();
  NEEDS_GPU(gpu);
  const GenerateRequest request{.ids = store, .max_tokens = 24};
  const auto here = torch_engine().generate(bundled_model(), request, {});
  const auto there = torch_engine().generate(*gpu, request, {});
  REQUIRE(here);
  REQUIRE(there);
  CHECK(here->ids == there->ids);
}

TEST_CASE("When the GPU's memory is full the job fails, and the model goes on", "[cuda]") {
  const auto gpu = gpu_model();
  NEEDS_GPU(gpu);
  const auto probes = Probes::of(*gpu, std::vector<std::string>{"*"});
  REQUIRE(probes);
  Context context(*gpu);
  REQUIRE(context.run(store, *probes, {}, {}));
  const at::Tensor before = context.last_logits().clone();
  {
    // Take all that is left but one piece.
    constexpr std::int64_t piece = std::int64_t{256} << 20;
    std::vector<at::Tensor> taken;
    try {
      for (;;) taken.push_back(at::empty({piece}, at::TensorOptions().dtype(at::kByte).device(at::kCUDA)));
    } catch (const c10::OutOfMemoryError&) {
    }
    REQUIRE_FALSE(taken.empty());
    taken.pop_back();
    const auto failed = context.run(long_text(2048), *probes, {}, {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == "torch.memory");
  }
  REQUIRE(context.run(store, *probes, {}, {}));
  CHECK(largest_difference(context.last_logits(), before) < tolerance);
}
