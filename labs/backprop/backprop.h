// backprop: two inputs, two neurons, one output. Numbers go forward, slopes of the loss come back, and the weights take
// steps of gradient descent (labs/backprop/net.h).
//   input.x [input], input.y                       the one example that is learned
//   neuron.{sum, h} [neuron]                       each neuron's sum, and its tanh
//   output.{z, p, loss}                            of the net after `step` steps; loss in nats, or squared
//   back.{h, sum} [neuron], back.z                 slopes of the loss with respect to these
//   weight.{name, value, slope, nudged, next} [weight]   w11, w12 (to neuron 1), w21, w22 (to neuron 2), v1, v2; nudged:
//                                                  the slope again, from two forward passes with the weight a little
//                                                  larger and a little smaller; next: after one more step
//   curve.{step, loss, p} [step]                   of steps 0, 1, ..., until the numbers grow past all bounds
#pragma once

#include "labs/lab.h"

namespace tb {

struct BackpropLab : Lab {
  static constexpr std::int64_t most_steps = 100;
  std::string_view type() const override { return "backprop"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
