// Gradients with respect to points inside a run: tied to PyTorch's gradients of the weights by what a product's
// derivative is, and to small steps.
#include "tests/labs/training_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

struct Recorded {
  std::string name;
  Record record{"tests/reference/tiny/" + name + "/record.safetensors"};
  std::vector<std::int64_t> ids = record.integers("ids");
  Gradients all = must(gradients(tiny(name), ids, text_loss(ids),
                                 must(Probes::of(tiny(name).config(), std::vector<std::string>{"*"}))));

  const PointGradient& point(const std::string& wanted) const {
    for (const PointGradient& p : all.points)
      if (p.probe.name == wanted) return p;
    throw std::runtime_error("no " + wanted);
  }
  at::Tensor weight(const std::string& parameter) const { return record["gradient." + parameter + ".weight"]; }
};

// dL/dW of y = x W^T, from x [pos, in] and dL/dy [pos, out].
at::Tensor product(const at::Tensor& gradient, const at::Tensor& x) {
  return gradient.flatten(1).t().mm(x.flatten(1));
}

}  // namespace

TEST_CASE("Gradients of points add up to PyTorch's gradients of weights", "[gradients]") {
  for (const std::string name : {"qwen3", "llama"}) {
    const Recorded r{name};
    CHECK(r.all.metric == Approx(r.record["loss"].item<double>()).epsilon(1e-5));
    for (const std::string layer : {"0", "1"}) {
      const std::string block = "blocks." + layer + ".", theirs = "model.layers." + layer + ".";
      const auto compare = [&](const std::string& output, const std::string& input, const std::string& weight) {
        INFO(name << " " << block << output);
        const at::Tensor ours = product(r.point(block + output).gradient, r.point(block + input).value);
        CHECK(relative_difference(ours, r.weight(theirs + weight)) < 1e-4);
      };
      compare("attn.q_raw", "norm1", "self_attn.q_proj");
      compare("attn.k_raw", "norm1", "self_attn.k_proj");
      compare("attn.v", "norm1", "self_attn.v_proj");
      compare("attn_out", "attn.z", "self_attn.o_proj");
      compare("mlp.gate", "norm2", "mlp.gate_proj");
      compare("mlp.up", "norm2", "mlp.up_proj");
      compare("mlp_out", "mlp.act", "mlp.down_proj");
    }
    // Each token's vector has the gradients of all places where it stands; every logit is a product of final_norm.
    const at::Tensor embedding =
        at::zeros_like(r.weight("model.embed_tokens")).index_add(0, ids_tensor(r.ids), r.point("embed").gradient);
    CHECK(relative_difference(embedding, r.weight("model.embed_tokens")) < 1e-4);
    CHECK(relative_difference(product(r.point("logits").gradient, r.point("final_norm").value),
                              r.weight("lm_head")) < 1e-4);
  }
}

TEST_CASE("Gradients pass through softmax, sums and norms as they must", "[gradients]") {
  const Recorded r{"qwen3"};
  for (const std::string block : {"blocks.0.", "blocks.1."}) {
    // pattern = softmax(scores): dL/ds = p * (dL/dp - sum(p * dL/dp)).
    const PointGradient& pattern = r.point(block + "attn.pattern");
    const at::Tensor weighted = (pattern.value * pattern.gradient).sum(-1, true);
    CHECK(relative_difference(r.point(block + "attn.scores").gradient, pattern.value * (pattern.gradient - weighted)) <
          1e-4);
    // A sum hands its gradient to each part: the stream, the layer, and each head of it.
    const at::Tensor mid = r.point(block + "resid_mid").gradient;
    CHECK(relative_difference(r.point(block + "attn_out").gradient, mid) < 1e-6);
    const PointGradient& heads = r.point(block + "attn.head_out");
    CHECK(relative_difference(heads.gradient, mid.unsqueeze(1).expand_as(heads.gradient)) < 1e-6);
    CHECK(relative_difference(heads.value.sum(1), r.point(block + "attn_out").value) < 1e-5);
    CHECK(relative_difference(r.point(block + "mlp_out").gradient, r.point(block + "resid_post").gradient) < 1e-6);
    // norm1 = x / scale * gain, and everything else reads norm1: dL/dscale = -sum(dL/dnorm1 * norm1) / scale.
    const PointGradient& norm = r.point(block + "norm1");
    const PointGradient& scale = r.point(block + "norm1.scale");
    CHECK(relative_difference(scale.gradient, -(norm.gradient * norm.value).sum(-1) / scale.value) < 1e-4);
  }
}

TEST_CASE("Gradients of points are what small steps show", "[gradients]") {
  const Transformer& model = tiny("llama");
  const auto ids = random_ids(10, 259, 3);
  const std::vector<std::string> names = {"blocks.0.attn.q", "blocks.0.attn.k", "blocks.1.attn.scores",
                                          "blocks.1.norm2.scale", "blocks.0.resid_mid"};
  const Probes probes = must(Probes::of(tiny("qwen3").config(), names));
  for (const Metric& metric : {logit_of(5), logit_difference(5, 9, 3)}) {
    const Gradients all = must(gradients(model, ids, metric, probes));
    for (const PointGradient& point : all.points) {
      Random random(2);
      at::Tensor direction = at::empty(point.value.sizes());
      for (std::int64_t i = 0; i < direction.numel(); ++i)
        direction.data_ptr<float>()[i] = static_cast<float>(random.uniform() - 0.5);
      direction /= direction.norm();
      const auto at_step = [&](double step) {
        Run run;
        run.watch = [&](Point p, std::int64_t layer, at::Tensor x) {
          return p == point.probe.point && layer == point.probe.layer ? x + step * direction : x;
        };
        return must(metric(model.logits(model.forward(ids_tensor(ids), run)))).item<double>();
      };
      const double h = 2e-2;
      const double slope = (8 * (at_step(h) - at_step(-h)) - (at_step(2 * h) - at_step(-2 * h))) / (12 * h);
      const double ours = (point.gradient * direction).sum().item<double>();
      INFO(point.probe.name << ": " << ours << " and " << slope);
      CHECK(std::abs(ours - slope) < 1e-3 + 5e-3 * std::abs(slope));
    }
  }
}

TEST_CASE("What comes later has no influence", "[gradients]") {
  const auto ids = random_ids(8, 259, 4);
  const Probes ends = must(Probes::of(tiny("qwen3").config(), std::vector<std::string>{"embed", "logits"}));
  const Gradients early = must(gradients(tiny("qwen3"), ids, logit_of(7, 2), ends));
  const at::Tensor embed = early.points.at(0).gradient;
  CHECK(embed.slice(0, 3).abs().max().item<double>() == 0);
  CHECK(embed.slice(0, 0, 3).abs().max().item<double>() > 0);
  const at::Tensor logits = early.points.at(1).gradient;   // of one logit with respect to all: a single 1
  CHECK(logits[2][7].item<double>() == 1);
  CHECK(logits.abs().sum().item<double>() == 1);
}

TEST_CASE("Attribution is exact where the metric is linear", "[gradients]") {
  const Transformer& model = tiny("qwen3");
  const auto clean = random_ids(8, 259, 5), corrupt = random_ids(8, 259, 6);
  const Probes probes = must(Probes::of(tiny("qwen3").config(), std::vector<std::string>{"final_norm"}));
  const Metric metric = logit_difference(11, 12);
  const Gradients here = must(gradients(model, clean, metric, probes));
  const Gradients there = must(gradients(model, corrupt, metric, probes));
  const at::Tensor effect = attribution(here.points[0], there.points[0].value);   // [pos]
  CHECK(effect.sum().item<double>() == Approx(there.metric - here.metric).epsilon(1e-4));
  CHECK(effect.slice(0, 0, 7).abs().max().item<double>() == 0);
}

TEST_CASE("Interventions and adapters are part of what is differentiated", "[gradients]") {
  const Transformer& model = tiny("qwen3");
  const auto ids = random_ids(8, 259, 5);
  const Probes probes = must(Probes::of(tiny("qwen3").config(), std::vector<std::string>{"embed"}));
  LoraOptions options;
  Lora lora = must(Lora::create(model.config(), options, 3, at::kCPU));
  const at::Tensor plain = must(gradients(model, ids, logit_of(3), probes)).points[0].gradient;
  const at::Tensor same = must(gradients(model, ids, logit_of(3), probes, {.lora = &lora})).points[0].gradient;
  CHECK(relative_difference(same, plain) < 1e-6);
  for (const NamedTensor& t : named(lora.parameters())) t.value.fill_(0.1);
  const at::Tensor other = must(gradients(model, ids, logit_of(3), probes, {.lora = &lora})).points[0].gradient;
  CHECK(relative_difference(other, plain) > 1e-3);
  // Stopped, it says so.
  const auto stopped = gradients(model, ids, logit_of(3), probes, {.stopped = [] { return true; }});
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == "job.stopped");
}

TEST_CASE("Metrics that cannot be asked for are refused", "[gradients]") {
  const Transformer& model = tiny("qwen3");
  const Probes none = must(Probes::of(tiny("qwen3").config(), std::vector<std::string>{}));
  const std::vector<std::int64_t> ids = {1, 2, 3};
  const auto error = [&](std::vector<std::int64_t> text, const Metric& metric) {
    const auto result = gradients(model, text, metric, none);
    return result ? "" : result.error().code;
  };
  CHECK(error(ids, logit_of(258)) == "");
  CHECK(error(ids, logit_of(259)) == "metric.id");
  CHECK(error(ids, logit_of(-1)) == "metric.id");
  CHECK(error(ids, logit_of(1, 3)) == "metric.position");
  CHECK(error(ids, logit_of(1, -4)) == "metric.position");
  CHECK(error(ids, logit_difference(1, 300)) == "metric.id");
  CHECK(error(ids, text_loss({1, 2})) == "metric.position");
  CHECK(error({5}, text_loss({5})) == "metric.position");
  CHECK(error({}, logit_of(1)) == "run.empty");
  CHECK(error({259}, logit_of(1)) == "run.id");
  CHECK(error(std::vector<std::int64_t>(200, 1), logit_of(1)) == "run.too_long");
}
