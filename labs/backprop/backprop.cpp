#include "labs/backprop/backprop.h"

#include <cmath>

#include "labs/backprop/net.h"
#include "labs/columns.h"
#include "labs/model/model.h"

namespace tb {
namespace {

using namespace backprop;

const std::array<std::string, n_weights> names = {"w11", "w12", "w21", "w22", "v1", "v2"};
constexpr double largest = 1e6;              // a loss beyond that has run away
constexpr double nudge = 1e-4;

double nudged_slope(const Weights& weights, const Example& example, Loss loss, std::size_t i) {
  Weights more = weights, less = weights;
  at(more, i) += nudge;
  at(less, i) -= nudge;
  return (forward(more, example, loss).loss - forward(less, example, loss).loss) / (2 * nudge);
}

void add_weights(Snapshot& snapshot, const Weights& weights, const Example& example, Loss loss, const Weights& slope,
                 const Weights& next) {
  std::vector<double> value, slopes, nudged, after;
  for (std::size_t i = 0; i < n_weights; ++i) {
    value.push_back(at(weights, i));
    slopes.push_back(at(slope, i));
    nudged.push_back(nudged_slope(weights, example, loss, i));
    after.push_back(at(next, i));
  }
  add_texts(snapshot, "weight.name", {names.begin(), names.end()});
  add_numbers(snapshot, "weight.value", "", std::move(value));
  add_numbers(snapshot, "weight.slope", "", std::move(slopes));
  add_numbers(snapshot, "weight.nudged", "", std::move(nudged));
  add_numbers(snapshot, "weight.next", "", std::move(after));
}

}  // namespace

std::vector<Field> BackpropLab::fields(const Model*) const {
  std::vector<Field> fields = {
      {.key = "step", .initial = std::int64_t{0}, .min = 0, .max = most_steps, .step = 1, .unit = "steps",
       .forward = false},
      {.key = "learning-rate", .initial = 1.0, .min = 0, .max = 20, .step = 0.1, .forward = false}};
  const std::array<double, n_weights> initial = {0.5, -0.5, 0.25, 0.75, 1, -1};
  for (std::size_t i = 0; i < n_weights; ++i)
    fields.push_back({.key = names[i], .initial = initial[i], .min = -5, .max = 5, .step = 0.05, .forward = false});
  fields.push_back({.key = "x1", .initial = 1.0, .min = -3, .max = 3, .step = 0.1, .forward = false});
  fields.push_back({.key = "x2", .initial = 2.0, .min = -3, .max = 3, .step = 0.1, .forward = false});
  fields.push_back({.key = "target", .initial = 1.0, .min = 0, .max = 1, .step = 0.05, .forward = false});
  fields.push_back({.key = "loss", .initial = std::string("cross-entropy"), .choices = {"cross-entropy", "squared"},
                    .forward = false});
  return fields;
}

Result<Snapshot> BackpropLab::run(Job& job) const {
  const Inputs& inputs = job.inputs;
  Weights weights;
  for (std::size_t i = 0; i < n_weights; ++i) at(weights, i) = number_input(inputs, names[i]);
  const Example example{{number_input(inputs, "x1"), number_input(inputs, "x2")}, number_input(inputs, "target")};
  const Loss loss = text_input(inputs, "loss") == "squared" ? Loss::squared : Loss::cross_entropy;
  const double rate = number_input(inputs, "learning-rate");
  const std::int64_t wanted = integer_input(inputs, "step");

  // Walk downhill; the net that is looked at is the one after `step` steps, or the last before it ran away.
  Weights looked_at = weights;
  std::vector<double> steps, losses, predictions;
  for (std::int64_t step = 0; step <= most_steps; ++step) {
    const Forward f = forward(weights, example, loss);
    if (!(f.loss < largest)) break;
    if (step <= wanted) looked_at = weights;
    steps.push_back(static_cast<double>(step));
    losses.push_back(f.loss);
    predictions.push_back(f.p);
    weights = stepped(weights, backward(weights, example, f).weights, rate);
  }

  const Forward f = forward(looked_at, example, loss);
  const Backward b = backward(looked_at, example, f);
  Snapshot snapshot = begin_snapshot("backprop", inputs, job.model->info());
  snapshot.dtype = "float64";
  add_numbers(snapshot, "input.x", "", {example.x.begin(), example.x.end()});
  add_number(snapshot, "input.y", "", example.y);
  add_numbers(snapshot, "neuron.sum", "", {f.a.begin(), f.a.end()});
  add_numbers(snapshot, "neuron.h", "", {f.h.begin(), f.h.end()});
  add_number(snapshot, "output.z", "", f.z);
  add_number(snapshot, "output.p", "", f.p);
  add_number(snapshot, "output.loss", "", f.loss);
  add_numbers(snapshot, "back.sum", "", {b.a.begin(), b.a.end()});
  add_numbers(snapshot, "back.h", "", {b.h.begin(), b.h.end()});
  add_number(snapshot, "back.z", "", b.z);
  add_weights(snapshot, looked_at, example, loss, b.weights, stepped(looked_at, b.weights, rate));
  add_numbers(snapshot, "curve.step", "", std::move(steps));
  add_numbers(snapshot, "curve.loss", "", std::move(losses));
  add_numbers(snapshot, "curve.p", "", std::move(predictions));
  return snapshot;
}

}  // namespace tb
