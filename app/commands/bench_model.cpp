// Benchmarks of the model: what a keystroke in a lab costs, and how fast it reads and writes.
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "app/commands/bench.h"
#include "labs/compute.h"

namespace tb::app {

namespace {

using Clock = std::chrono::steady_clock;

// 32 tokens of SmolLM2. A keystroke appends to it, or changes a word in its middle.
const char* const kPrompt =
    "The old lighthouse keeper climbed the stairs every evening, lit the lamp, and %s the weather in a small brown "
    "book that nobody but the sea and wind would ever";
constexpr const char* kMiddle[] = {"wrote", "put", "noted", "drew", "set", "said"};
constexpr const char* kAppended[] = {" read", " see", " open", " find", " want", " keep"};
constexpr int kKeystrokes = 24;

// Posts inputs to the compute thread as a lab's card does, and waits for the snapshot.
class Keyboard {
 public:
  Keyboard() : compute_(open_engine, [this] { changed_.notify_all(); }) {}

  Result<void> load(const LoadOptions& options) {
    compute_.load(options);
    wait([&] { return compute_.model().state != ModelView::State::loading; });
    const ModelView model = compute_.model();
    if (model.error) return tl::unexpected(*model.error);
    return {};
  }

  // Milliseconds from the keystroke to the snapshot.
  Result<double> type(const std::string& prompt) {
    const auto inputs = parse(compute_.fields("attention"), {{"prompt", prompt}}, "bench");
    if (!inputs) return tl::unexpected(inputs.error());
    const auto start = Clock::now();
    compute_.post("bench", "attention", *inputs);
    wait([&] { return !compute_.view("bench").waiting; });
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (const LabView view = compute_.view("bench"); view.error) return tl::unexpected(*view.error);
    return ms;
  }

 private:
  template <class Condition>
  void wait(const Condition& condition) {
    std::unique_lock lock(mutex_);
    while (!condition()) changed_.wait_for(lock, std::chrono::milliseconds(1));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Compute compute_;                    // last: its thread notifies the two above until it is joined
};

std::string prompt_with(const std::string& word) {
  std::string text = kPrompt;
  return text.replace(text.find("%s"), 2, word);
}

// The types that are measured: the one asked for, else both.
std::vector<std::string> dtypes(const Shell& shell) {
  if (shell.dtype != "auto") return {shell.dtype};
  return {"float32", "bfloat16"};
}

Result<std::vector<Measurement>> keystrokes(const Shell& shell, bool append) {
  auto options = shell.load_options();
  if (!options) return tl::unexpected(options.error());
  std::vector<Measurement> measured;
  for (const std::string& dtype : dtypes(shell)) {
    options->dtype = dtype;
    Keyboard keyboard;
    if (auto loaded = keyboard.load(*options); !loaded) return tl::unexpected(loaded.error());
    std::vector<double> samples;
    for (int i = 0; i < kKeystrokes; ++i) {
      const std::string base = prompt_with(kMiddle[0]);
      if (const auto before = keyboard.type(base); !before) return tl::unexpected(before.error());
      const auto ms = keyboard.type(append ? base + kAppended[i % 6] : prompt_with(kMiddle[1 + i % 5]));
      if (!ms) return tl::unexpected(ms.error());
      if (i >= 4) samples.push_back(*ms);          // the first ones warm caches up
    }
    const double aim = !append ? 150 : dtype == "float32" ? 80 : 40;
    const int count = static_cast<int>(samples.size());
    measured.push_back({append ? "append" : "edit", dtype, "ms", median(samples), aim, count, ""});
  }
  return measured;
}

Result<std::vector<Measurement>> throughput(const Shell& shell, bool prefill) {
  const auto engine = open_engine();
  if (!engine) return tl::unexpected(engine.error());
  auto options = shell.load_options();
  if (!options) return tl::unexpected(options.error());
  std::vector<Measurement> measured;
  for (const std::string& dtype : dtypes(shell)) {
    options->dtype = dtype;
    const auto model = (*engine)->load(*options, {});
    if (!model) return tl::unexpected(model.error());
    const std::int64_t vocabulary = (*engine)->info(**model).vocabulary;
    for (const std::int64_t length : prefill ? std::vector<std::int64_t>{32, 512} : std::vector<std::int64_t>{32}) {
      std::vector<double> samples;
      for (int i = 0; i < (prefill ? 6 : 3); ++i) {
        GenerateRequest request;
        request.ids = some_ids(length, vocabulary);
        request.max_tokens = prefill ? 1 : 48;
        std::vector<Clock::time_point> times = {Clock::now()};
        request.step = [&](const GeneratedStep&, std::string_view) { times.push_back(Clock::now()); };
        if (const auto made = (*engine)->generate(**model, request, {}); !made) return tl::unexpected(made.error());
        // Decoding is timed from the first new token on: what comes before it is prefill.
        const auto from = prefill ? times.front() : times[1];
        const double seconds = std::chrono::duration<double>(times.back() - from).count();
        const auto tokens = prefill ? static_cast<double>(length) : static_cast<double>(times.size() - 2);
        if (i > 0 && tokens > 0) samples.push_back(tokens / seconds);
      }
      measured.push_back({prefill ? "prefill-" + std::to_string(length) : "decode", dtype, "tokens/s", median(samples),
                          std::nullopt, static_cast<int>(samples.size()), ""});
    }
  }
  return measured;
}

}  // namespace

std::vector<Benchmark> model_benchmarks() {
  return {{"append", [](const Shell& shell) { return keystrokes(shell, true); }},
          {"edit", [](const Shell& shell) { return keystrokes(shell, false); }},
          {"prefill", [](const Shell& shell) { return throughput(shell, true); }},
          {"decode", [](const Shell& shell) { return throughput(shell, false); }}};
}

}  // namespace tb::app
