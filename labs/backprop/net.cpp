#include "labs/backprop/net.h"

#include <cmath>

namespace tb::backprop {

// [forward]
Forward forward(const Weights& weights, const Example& example, Loss loss) {
  Forward f;
  for (int j : {0, 1}) {
    f.a[j] = weights.w[j][0] * example.x[0] + weights.w[j][1] * example.x[1];
    f.h[j] = std::tanh(f.a[j]);
  }
  f.z = weights.v[0] * f.h[0] + weights.v[1] * f.h[1];
  if (loss == Loss::squared) {
    f.p = f.z;
    f.loss = (f.p - example.y) * (f.p - example.y) / 2;
  } else {
    f.p = 1 / (1 + std::exp(-f.z));
    f.loss = std::fmax(f.z, 0) - example.y * f.z + std::log1p(std::exp(-std::abs(f.z)));   // no overflow
  }
  return f;
}
// [/forward]

// [backward]
Backward backward(const Weights& weights, const Example& example, const Forward& f) {
  Backward b;
  b.z = f.p - example.y;                          // for either loss
  for (int j : {0, 1}) {
    b.weights.v[j] = b.z * f.h[j];                // z = v h: a weight's slope is what came in times what comes back
    b.h[j] = b.z * weights.v[j];                  // and back through the same edge goes its weight
    b.a[j] = b.h[j] * (1 - f.h[j] * f.h[j]);      // the slope of tanh
    for (int i : {0, 1}) b.weights.w[j][i] = b.a[j] * example.x[i];
  }
  return b;
}
// [/backward]

// [step]
Weights stepped(const Weights& weights, const Weights& slope, double learning_rate) {
  Weights next = weights;
  for (std::size_t i = 0; i < n_weights; ++i) at(next, i) -= learning_rate * at(slope, i);
  return next;
}
// [/step]

double& at(Weights& weights, std::size_t i) { return i < 4 ? weights.w[i / 2][i % 2] : weights.v[i - 4]; }
double at(const Weights& weights, std::size_t i) { return i < 4 ? weights.w[i / 2][i % 2] : weights.v[i - 4]; }

}  // namespace tb::backprop
