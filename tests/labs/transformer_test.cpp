// What must hold inside one forward pass, whatever the weights: closed forms and sums. Parity with another
// implementation is in parity_test.cpp.
#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// One run with every point of two blocks captured.
Context& traced() {
  static Context context(bundled_model());
  static const bool done = [] {
    const Probes probes = probes_of({"embed", "blocks.0.*", "blocks.11.*", "final_norm", "logits"});
    const auto report = context.run(store, probes, {}, {});
    if (!report) throw std::runtime_error(report.error().code);
    return true;
  }();
  (void)done;
  return context;
}

at::Tensor point(const std::string& name, int layer = 11) {
  const std::string whole = "blocks." + std::to_string(layer) + "." + name;
  return traced().point(whole).to(at::kDouble);
}

}  // namespace

TEST_CASE("Every point has the shape of the contract", "[transformer]") {
  const std::int64_t n = 14;
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> shapes = {
      {"resid_pre", {n, 576}}, {"resid_mid", {n, 576}}, {"resid_post", {n, 576}}, {"norm1", {n, 576}},
      {"norm2", {n, 576}}, {"norm1.scale", {n}}, {"norm2.scale", {n}}, {"attn.q_raw", {n, 9, 64}},
      {"attn.k_raw", {n, 3, 64}}, {"attn.q", {n, 9, 64}}, {"attn.k", {n, 3, 64}}, {"attn.v", {n, 3, 64}}, {"attn.scores", {9, n, n}},
      {"attn.pattern", {9, n, n}}, {"attn.z", {n, 9, 64}}, {"attn.head_out", {n, 9, 576}}, {"attn_out", {n, 576}},
      {"mlp_out", {n, 576}}, {"mlp.gate", {n, 1536}}, {"mlp.up", {n, 1536}}, {"mlp.act", {n, 1536}}};
  for (const auto& [name, shape] : shapes) {
    INFO(name);
    CHECK(point(name).sizes().vec() == shape);
  }
  CHECK((traced().point("embed").sizes().vec() == std::vector<std::int64_t>{n, 576}));
  CHECK((traced().point("final_norm").sizes().vec() == std::vector<std::int64_t>{n, 576}));
  CHECK((traced().point("logits").sizes().vec() == std::vector<std::int64_t>{n, 49152}));
  CHECK(all_points(30).size() == 30 * shapes.size() + 3);
  CHECK_FALSE(traced().point("blocks.1.resid_pre").defined());   // not asked for
}

TEST_CASE("The residual stream is a sum", "[transformer]") {
  CHECK(largest_difference(traced().point("embed"), traced().point("blocks.0.resid_pre")) == 0);
  // The stream holds a few numbers in the thousands: a float32 sum is right to seven digits of its row's largest.
  const auto error = [](const at::Tensor& sum, const at::Tensor& a, const at::Tensor& b) {
    return largest_difference(sum / sum.abs().amax(-1, true), (a + b) / sum.abs().amax(-1, true));
  };
  CHECK(error(point("resid_mid"), point("resid_pre"), point("attn_out")) < 3e-7);
  CHECK(error(point("resid_post"), point("resid_mid"), point("mlp_out")) < 3e-7);
}

TEST_CASE("What the heads add is what attention adds", "[transformer]") {
  for (const int layer : {0, 11}) {
    const double error = largest_difference(point("attn.head_out", layer).sum(1), point("attn_out", layer));
    INFO("layer " << layer << ": " << error);
    CHECK(error < 1e-4);
  }
}

TEST_CASE("A norm's scale is the root mean square of what it read", "[transformer]") {
  const auto rms = [](const at::Tensor& x) { return (x.square().mean(-1) + 1e-5).sqrt(); };
  CHECK(largest_difference(point("norm1.scale") / rms(point("resid_pre")), at::ones({14}, at::kDouble)) < 1e-6);
  CHECK(largest_difference(point("norm2.scale") / rms(point("resid_mid")), at::ones({14}, at::kDouble)) < 1e-6);
}

TEST_CASE("The rotation keeps lengths, and turns nothing at position 0", "[transformer]") {
  CHECK(largest_difference(point("attn.q").norm(2, -1), point("attn.q_raw").norm(2, -1)) < 1e-4);
  CHECK(largest_difference(point("attn.k").norm(2, -1), point("attn.k_raw").norm(2, -1)) < 1e-4);
  CHECK(largest_difference(point("attn.q").select(0, 0), point("attn.q_raw").select(0, 0)) == 0);
  // Pair i at position p is turned by p / theta^(2i / d_head), i = 1 here.
  const double angle = 5 / std::pow(100000.0, 2.0 / 64);
  const at::Tensor raw = point("attn.q_raw")[5][0], turned = point("attn.q")[5][0];
  const double a = raw[1].item<double>(), b = raw[33].item<double>();
  CHECK(turned[1].item<double>() == Approx(a * std::cos(angle) - b * std::sin(angle)).margin(1e-5));
  CHECK(turned[33].item<double>() == Approx(b * std::cos(angle) + a * std::sin(angle)).margin(1e-5));
}

TEST_CASE("The pattern is the softmax of the scores that lie in the past", "[transformer]") {
  const at::Tensor pattern = point("attn.pattern"), future = at::ones({14, 14}, at::kBool).triu(1);
  const at::Tensor expected = point("attn.scores").masked_fill(future, -INFINITY).softmax(-1);
  CHECK(largest_difference(pattern, expected) < 1e-6);
  CHECK(largest_difference(pattern.sum(-1), at::ones({9, 14}, at::kDouble)) < 1e-6);
  CHECK(pattern.masked_select(future).abs().max().item<double>() == 0);
}

TEST_CASE("Heads of a group share keys and values; z gathers values by the pattern", "[transformer]") {
  const at::Tensor v = point("attn.v"), k = point("attn.k"), q = point("attn.q");
  for (const int head : {0, 4, 8}) {
    const at::Tensor pattern = point("attn.pattern").select(0, head);
    CHECK(largest_difference(point("attn.z").select(1, head), pattern.mm(v.select(1, head / 3))) < 1e-5);
    const at::Tensor products = q.select(1, head).mm(k.select(1, head / 3).t());
    CHECK(largest_difference(point("attn.scores").select(0, head), products / 8) < 1e-4);
  }
}

TEST_CASE("The MLP's neurons are silu(gate) times up", "[transformer]") {
  const at::Tensor gate = point("mlp.gate"), act = point("mlp.act");
  const at::Tensor expected = gate / ((-gate).exp() + 1) * point("mlp.up"), size = act.abs().amax(-1, true);
  CHECK(largest_difference(act / size, expected / size) < 1e-6);   // rows hold numbers in the hundreds
}

TEST_CASE("The last logits are the last row of all logits", "[transformer]") {
  const double error = largest_difference(traced().last_logits(), traced().point("logits").select(0, 13));
  INFO(error);
  CHECK(error < tolerance);
}

TEST_CASE("A probe that matches nothing is an error that lists near names", "[probes]") {
  const auto unknown = Probes::of(bundled_model(), std::vector<std::string>{"blocks.3.resid_psot"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == "probe.unknown");
  CHECK(unknown.error().where == "blocks.3.resid_psot");
  CHECK(unknown.error().args.at(1).find("blocks.3.resid_post") != std::string::npos);
  CHECK_FALSE(Probes::of(bundled_model(), std::vector<std::string>{"embed", "blocks.30.*"}));
  CHECK(probes_of({"blocks.*.attn.pattern"}).points().size() == 30);
  CHECK(probes_of({"blocks.2.norm1", "blocks.2.norm1*"}).points().size() == 2);   // each once
  CHECK(probes_of({"*"}).points().size() == 633);
}
