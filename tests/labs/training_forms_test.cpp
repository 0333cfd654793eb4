// Training beside and on top of weights that are kept as the file's blocks, or in bfloat16: gradients against
// PyTorch's, and against those of the dense float32 form, which other tests hold to PyTorch.
#include "tests/labs/training_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// One of the tiny models, or "smollm2".
Transformer kept_as(const std::string& name, WeightForm form, at::ScalarType dtype) {
  std::filesystem::path path = "tests/reference/tiny/" + name;
  if (name == "quantised") path /= "model.gguf";
  if (name == "smollm2") path = cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf";
  const Checkpoint file = must(Checkpoint::open(path));
  return Transformer(file.config(), must(load_weights(file, at::kCPU, dtype, form, 1, {})));
}

at::Tensor loss_of(const Transformer& model, const std::vector<std::int64_t>& ids, const Lora* lora = nullptr) {
  const Batch batch = batch_of(std::vector<Example>{{ids, {}}});
  Run run{.lora = lora};
  return next_token_loss(model.logits(model.forward(ids_tensor(batch.ids), run)), ids_tensor(batch.targets));
}

std::vector<std::int64_t> recorded_ids(const std::string& name) {
  return Record("tests/reference/tiny/" + name + "/record.safetensors").integers("ids");
}

// An adapter on every projection of every layer, B random too: else A would have no gradient.
Lora adapter_of(const Config& config) {
  const LoraOptions options{.projections = {Projection::q, Projection::k, Projection::v, Projection::out,
                                            Projection::gate, Projection::up, Projection::down},
                            .rank = 4, .alpha = 8};
  const Lora lora = must(Lora::create(config, options, 3, at::kCPU));
  Random random(8);
  for (const Parameter& p : lora.parameters()) {
    float* numbers = p.tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < p.tensor.numel(); ++i) numbers[i] = static_cast<float>(random.uniform() - 0.5) / 5;
    p.tensor.requires_grad_(true);
  }
  return lora;
}

// The adapter's gradients over one base against those over another.
double adapter_difference(const Transformer& a, const Transformer& b, const std::vector<std::int64_t>& ids) {
  const Lora first = adapter_of(a.config()), second = adapter_of(b.config());
  loss_of(a, ids, &first).backward();
  loss_of(b, ids, &second).backward();
  const auto x = named(first.parameters()), y = named(second.parameters());
  REQUIRE(x.size() == y.size());
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    REQUIRE(y[i].gradient.abs().max().item<double>() > 0);
    largest = std::max(largest, relative_difference(x[i].gradient, y[i].gradient));
  }
  return largest;
}

// A run on the last layer and all that follows it, or of an adapter, over ten steps of the same text.
struct Training {
  Transformer model;
  std::shared_ptr<Lora> lora;
  Trainer trainer;

  Training(Transformer base, bool adapter, const std::vector<std::int64_t>& ids)
      : model(adapter ? std::move(base) : upper_layers(base)),
        lora(adapter ? std::make_shared<Lora>(must(Lora::create(model.config(), {.rank = 4}, 5, at::kCPU))) : nullptr),
        trainer(must(Trainer::create(
            model, lora, [ids](std::int64_t) { return batch_of(std::vector<Example>{{ids, {}}}); },
            {.steps = 10, .schedule = {.peak = 1e-2}}))) {
    must(trainer.run({}, {}, {}));
  }
  static Transformer upper_layers(const Transformer& base) {
    const TrainedPart part{.first_layer = base.config().n_layers - 1, .embedding = false};
    return Transformer(base.config(), trainable(base.config(), base.weights(), part));
  }
  double loss(std::size_t step) const { return trainer.records()[step].loss; }
};

}  // namespace

TEST_CASE("An adapter learns beside blocks what it learns beside the numbers in them", "[training][forms]") {
  for (const std::string name : {"quantised", "llama", "qwen3-sharded"}) {
    INFO(name);
    const Transformer blocks = kept_as(name, WeightForm::blocks, at::kFloat);
    REQUIRE_FALSE(blocks.weights().blocks[0].qkv.dense.defined());
    REQUIRE_FALSE(blocks.weights().embedding.dense.defined());
    const auto ids = recorded_ids(name);
    CHECK(adapter_difference(blocks, kept_as(name, WeightForm::dense, at::kFloat), ids) < 1e-5);
    CHECK(adapter_difference(kept_as(name, WeightForm::both, at::kFloat), blocks, ids) < 1e-5);

    const Training over_blocks(kept_as(name, WeightForm::blocks, at::kFloat), true, ids);
    const Training over_numbers(kept_as(name, WeightForm::dense, at::kFloat), true, ids);
    for (std::size_t step = 0; step < 10; ++step)
      CHECK(over_blocks.loss(step) == Approx(over_numbers.loss(step)).epsilon(1e-4));
    CHECK(over_blocks.loss(9) < over_blocks.loss(0) - 0.05);

    // Merged, the matrices are numbers again, and compute the same.
    const Transformer merged(blocks.config(), over_blocks.lora->merged(over_blocks.model.weights()));
    CHECK(largest_difference(logits_of(merged, ids), logits_of(over_blocks.model, ids, over_blocks.lora.get())) < 1e-4);
  }
}

TEST_CASE("Gradients of an adapter come back through matrices of many tiles", "[training][forms]") {
  const Transformer blocks = kept_as("smollm2", WeightForm::blocks, at::kFloat);
  const Transformer dense = kept_as("smollm2", WeightForm::dense, at::kFloat);
  REQUIRE(blocks.weights().blocks[0].gate_up.out() * blocks.weights().blocks[0].gate_up.in() > 1 << 20);
  CHECK(adapter_difference(blocks, dense, {504, 3575, 282, 4649, 314, 7042, 30, 504, 3575, 282, 7407, 314, 4649, 17,
                                           18, 19, 20, 21, 22, 23}) < 1e-4);
}

TEST_CASE("Upper layers above blocks are trained as PyTorch trains them", "[training][forms]") {
  for (const std::string name : {"llama", "qwen3-sharded", "llama-bias", "qwen2"}) {
    INFO(name);
    const Record record("tests/reference/tiny/" + name + "/record.safetensors");
    const Transformer model = Training::upper_layers(kept_as(name, WeightForm::blocks, at::kFloat));
    REQUIRE_FALSE(model.weights().blocks[0].qkv.dense.defined());
    const at::Tensor loss = loss_of(model, record.integers("ids"));
    CHECK(largest_difference(loss, record["loss"]) < 1e-5);
    loss.backward();
    const auto trained = named(parameters_of(model.config(), model.weights(), true));
    CHECK(trained.size() >= 10);
    for (const NamedTensor& t : trained) {
      INFO(t.name);
      CHECK(relative_difference(t.gradient, record["gradient." + t.name]) < 1e-4);
    }
  }
}

TEST_CASE("What is trained on a bfloat16 base is float32, and its gradients are PyTorch's up to the base's rounding",
          "[training][forms]") {
  // The files' own numbers are bfloat16: only x is rounded, to 1 part in 256.
  for (const std::string name : {"llama3", "qwen3-sharded"}) {
    INFO(name);
    const Record record("tests/reference/tiny/" + name + "/record.safetensors");
    const auto ids = record.integers("ids");
    const Transformer base = kept_as(name, WeightForm::dense, at::kBFloat16);
    REQUIRE(base.weights().blocks[0].qkv.dense.scalar_type() == at::kBFloat16);
    CHECK(adapter_difference(base, kept_as(name, WeightForm::dense, at::kFloat), ids) < 0.1);

    const Transformer model = Training::upper_layers(base);
    loss_of(model, ids).backward();
    for (const NamedTensor& t : named(parameters_of(model.config(), model.weights(), true))) {
      INFO(t.name);
      CHECK(t.value.scalar_type() == at::kFloat);
      CHECK(t.gradient.scalar_type() == at::kFloat);
      CHECK(relative_difference(t.gradient, record["gradient." + t.name]) < 0.1);
    }
    for (const bool adapter : {false, true}) {
      const Training half(kept_as(name, WeightForm::dense, at::kBFloat16), adapter, ids);
      const Training full(kept_as(name, WeightForm::dense, at::kFloat), adapter, ids);
      CHECK(half.loss(0) == Approx(full.loss(0)).epsilon(0.02));
      CHECK(half.loss(9) < half.loss(0) - 0.05);
      for (const Parameter& p : half.trainer.parameters()) CHECK(p.tensor.scalar_type() == at::kFloat);
    }
  }
}

TEST_CASE("Gradients of points are the same over blocks", "[gradients][forms]") {
  const std::string name = "quantised";
  const Transformer blocks = kept_as(name, WeightForm::blocks, at::kFloat);
  const Transformer dense = kept_as(name, WeightForm::dense, at::kFloat);
  const auto ids = recorded_ids(name);
  const std::vector<std::string> points = {"embed", "blocks.*.attn.q", "blocks.*.mlp.act", "blocks.*.resid_post"};
  const auto of = [&](const Transformer& model) {
    return must(gradients(model, ids, logit_of(7, 2), must(Probes::of(model.config(), points))));
  };
  const Gradients ours = of(blocks), theirs = of(dense);
  REQUIRE(ours.points.size() == 4);
  REQUIRE(theirs.points.size() == 4);
  for (std::size_t i = 0; i < ours.points.size(); ++i)
    CHECK(relative_difference(ours.points[i].gradient, theirs.points[i].gradient) < 1e-5);
}
