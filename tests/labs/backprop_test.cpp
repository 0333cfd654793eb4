// The net of two neurons against torch's autograd, and what gradient descent must do to it.
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/random.h"
#include "labs/backprop/net.h"
#include "tests/labs/lab_bench.h"

using namespace tb;
using namespace tb::testing;
namespace net = tb::backprop;

namespace {

struct Slopes { double loss; std::vector<double> weights; };

// The same net of tensors: autograd knows nothing of the formulas by hand.
Slopes by_autograd(const net::Weights& weights, const net::Example& example, net::Loss kind) {
  const at::AutoGradMode on(true);
  std::vector<double> w, v;
  for (std::size_t i = 0; i < net::n_weights; ++i) (i < 4 ? w : v).push_back(net::at(weights, i));
  const at::Tensor W = at::tensor(w, at::kDouble).view({2, 2}).requires_grad_(true);
  const at::Tensor V = at::tensor(v, at::kDouble).requires_grad_(true);
  const at::Tensor x = at::tensor({example.x[0], example.x[1]}, at::kDouble);
  const at::Tensor z = V.dot(W.mv(x).tanh()), y = at::scalar_tensor(example.y, at::kDouble);
  const at::Tensor loss =
      kind == net::Loss::squared ? at::mse_loss(z, y) / 2 : at::binary_cross_entropy_with_logits(z, y);
  loss.backward();
  Slopes all{loss.item<double>(), {}};
  for (const at::Tensor& g : {W.grad().flatten(), V.grad()})
    for (std::int64_t i = 0; i < g.numel(); ++i) all.weights.push_back(g[i].item<double>());
  return all;
}

}  // namespace

TEST_CASE("backprop: slopes by hand are those of autograd", "[backprop]") {
  Random random(7);
  const auto number = [&](double reach) { return (2 * random.uniform() - 1) * reach; };
  for (int round = 0; round < 50; ++round) {
    net::Weights weights;
    for (std::size_t i = 0; i < net::n_weights; ++i) net::at(weights, i) = number(3);
    const net::Example example{{number(3), number(3)}, random.uniform()};
    for (const net::Loss kind : {net::Loss::cross_entropy, net::Loss::squared}) {
      const Slopes expected = by_autograd(weights, example, kind);
      const net::Forward f = net::forward(weights, example, kind);
      const net::Backward b = net::backward(weights, example, f);
      CHECK(f.loss == Approx(expected.loss).margin(1e-12));
      for (std::size_t i = 0; i < net::n_weights; ++i)
        CHECK(net::at(b.weights, i) == Approx(expected.weights[i]).margin(1e-12));
    }
  }
}

TEST_CASE("backprop: the lab shows the net after its steps, and nudged weights agree", "[backprop]") {
  Bench bench("backprop");
  const Snapshot first = bench.run({{"learning-rate", "0.5"}});
  const Snapshot third = bench.run({{"learning-rate", "0.5"}, {"step", "3"}});
  for (const Snapshot* s : {&first, &third})
    for (std::size_t i = 0; i < net::n_weights; ++i) {
      CHECK(s->numbers("weight.nudged")[i] == Approx(s->numbers("weight.slope")[i]).margin(1e-7));
      CHECK(s->numbers("weight.next")[i] ==
            Approx(s->numbers("weight.value")[i] - 0.5 * s->numbers("weight.slope")[i]).margin(1e-12));
    }
  CHECK(third.numbers("output.loss")[0] == first.numbers("curve.loss")[3]);
  CHECK(third.numbers("curve.loss") == first.numbers("curve.loss"));

  // The weights of step 1, typed in, are where step 1 stands.
  Texts typed;
  for (std::size_t i = 0; i < net::n_weights; ++i)
    typed[first.texts("weight.name")[i]] = std::to_string(first.numbers("weight.next")[i]);
  CHECK(bench.run(typed).numbers("output.loss")[0] == Approx(first.numbers("curve.loss")[1]).margin(1e-5));
}

TEST_CASE("backprop: twins stay twins, zeros stay zeros, and too large a step runs away", "[backprop]") {
  Bench bench("backprop");
  const Snapshot twins = bench.run({{"w11", "0.3"}, {"w21", "0.3"}, {"w12", "0.3"}, {"w22", "0.3"}, {"v1", "0.5"},
                                    {"v2", "0.5"}, {"step", "100"}});
  CHECK(twins.numbers("neuron.h")[0] == twins.numbers("neuron.h")[1]);
  const Snapshot zeros = bench.run({{"w11", "0"}, {"w12", "0"}, {"w21", "0"}, {"w22", "0"}, {"v1", "0"}, {"v2", "0"},
                                    {"step", "100"}});
  CHECK(zeros.numbers("weight.value") == std::vector<double>(net::n_weights, 0));
  CHECK(zeros.numbers("output.p")[0] == 0.5);
  const Snapshot away = bench.run({{"loss", "squared"}, {"learning-rate", "20"}, {"step", "100"}});
  for (const char* column : {"curve.loss", "weight.value", "weight.slope", "output.loss"})
    for (const double x : away.numbers(column)) CHECK(std::isfinite(x));
}
