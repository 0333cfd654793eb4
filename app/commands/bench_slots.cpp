// What it costs that the model runs on a learner's function: the softmax of all layers, for 32 tokens.
#include "app/commands/bench.h"
#include "app/commands/find_lab.h"

namespace tb::app {

namespace {

const char* const kPrompt =   // 32 tokens of SmolLM2
    "The old lighthouse keeper climbed the stairs every evening, lit the lamp, and wrote the weather in a small brown "
    "book that nobody but the sea and wind would ever";
constexpr int kRuns = 12;

Result<std::vector<Measurement>> measure(const Shell& shell) {
  const auto loaded = shell.load();
  if (!loaded) return tl::unexpected(loaded.error());
  const auto lab = find_lab(*loaded->engine, "own-code");
  if (!lab) return tl::unexpected(lab.error());
  const auto inputs = parse((*lab)->fields(loaded->model.get()),
                            {{"prompt", kPrompt}, {"exercise", "softmax"}, {"code", "solution"}}, "bench");
  if (!inputs) return tl::unexpected(inputs.error());
  std::unique_ptr<Session> kept;
  std::vector<double> calls, ours, theirs;
  for (int run = 0; run < kRuns; ++run) {
    Job job{.inputs = *inputs, .model = loaded->model.get(), .kept = kept};
    const auto snapshot = (*lab)->run(job);
    if (!snapshot) return tl::unexpected(snapshot.error());
    if (run < 2) continue;              // the first ones warm caches up
    const auto layers = static_cast<double>(snapshot->numbers("layers.difference").size());
    calls.push_back(snapshot->numbers("calls.milliseconds").at(0) * snapshot->numbers("calls.count").at(0));
    ours.push_back(layers * snapshot->numbers("layer.ours").at(0));
    theirs.push_back(layers * snapshot->numbers("layer.theirs").at(0));
  }
  const int count = static_cast<int>(calls.size());
  return std::vector<Measurement>{{"slot-calls", "float32", "ms", median(calls), std::nullopt, count, ""},
                                  {"slot-ours", "float32", "ms", median(ours), std::nullopt, count, ""},
                                  {"slot-theirs", "float32", "ms", median(theirs), std::nullopt, count, ""}};
}

}  // namespace

std::vector<Benchmark> slot_benchmarks() { return {{"slot", measure}}; }

}  // namespace tb::app
