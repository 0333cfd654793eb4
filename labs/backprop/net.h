// The smallest net in which a gradient has to go through something to get back: two inputs, two neurons, one output.
// Plain arithmetic, one number at a time; the tests hold it against torch's autograd.
#pragma once

#include <array>
#include <cstddef>

namespace tb::backprop {

enum class Loss { cross_entropy, squared };

// w[j][i] leads from input i to neuron j, v[j] from neuron j to the output.
struct Weights {
  std::array<std::array<double, 2>, 2> w{};
  std::array<double, 2> v{};
};

struct Example {
  std::array<double, 2> x{};
  double y = 0;                      // what the net should say, 0 to 1
};

// What the net computes on its way to the loss.
struct Forward {
  std::array<double, 2> a{}, h{};    // each neuron's sum, and its tanh
  double z = 0, p = 0, loss = 0;     // the output, the prediction made of it, and what it costs
};

// The slope of the loss with respect to each of these numbers.
struct Backward {
  double z = 0;
  std::array<double, 2> h{}, a{};
  Weights weights;
};

// Cross-entropy: p = 1 / (1 + exp(-z)), the softmax of z and 0, and the loss -y ln p - (1 - y) ln(1 - p), in nats.
// Squared: p = z, and the loss (p - y)^2 / 2.
Forward forward(const Weights& weights, const Example& example, Loss loss);
Backward backward(const Weights& weights, const Example& example, const Forward& f);
// A step of gradient descent.
Weights stepped(const Weights& weights, const Weights& slope, double learning_rate);

// The six weights in the order w11, w12, w21, w22, v1, v2.
inline constexpr std::size_t n_weights = 6;
double& at(Weights& weights, std::size_t i);
double at(const Weights& weights, std::size_t i);

}  // namespace tb::backprop
