// That a small transformer from nothing learns what theory says it can: to look for an earlier occurrence of the token
// at hand and to say what came after it (induction, Olsson et al. 2022) takes two layers of attention, one to note what
// stands before each token and one to look for that. The distance of the repetition differs from text to text, since a
// fixed one could be learned by one layer from positions alone.
#include "tests/labs/training_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// The mean loss in nats over the last 25 of 700 steps.
double trained(std::int64_t layers) {
  const Transformer model = must(from_scratch(small_config(layers), 1));
  TrainingOptions options;
  options.steps = 700;
  options.schedule = {.shape = Schedule::Shape::constant, .peak = 1e-2, .warm_up = 20};
  options.adamw.weight_decay = 0;
  options.adamw.beta2 = 0.98;
  const Repeats sizes{.vocabulary = 64, .length = 32, .shortest = 4, .longest = 12, .texts = 32};
  auto trainer = must(Trainer::create(model, nullptr, repeated_pieces(sizes, 101), options));
  double sum = 0;
  must(trainer.run({}, [&](const StepRecord& step) { sum += step.step >= options.steps - 25 ? step.loss : 0; }, {}));
  return sum / 25;
}

}  // namespace

TEST_CASE("Two layers of attention learn induction, one does not", "[learning]") {
  // Whoever knows which tokens the piece has, but not their order, guesses among 4 to 12 of them: the mean of log n.
  double guess = 0;
  for (int n = 4; n <= 12; ++n) guess += std::log(n) / 9;
  const double one = trained(1), two = trained(2);
  WARN("one layer " << one << " nats, two layers " << two << ", a guess among the piece's tokens " << guess);
  CHECK(one > guess - 0.1);
  CHECK(two < guess - 0.2);
}
