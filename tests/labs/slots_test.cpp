// Learners' functions in the place of the model's own: the reference solutions give what ours gives, the known wrong ones
// what their exercise says, and whatever a function does costs only itself.
#include <dirent.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include <ATen/ops/equal.h>

#include "labs/exercise/exercise.h"
#include "labs/model/slots.h"
#include "labs/model/transformer.h"
#include "tests/labs/lab_bench.h"

using namespace tb;
using namespace tb::testing;

namespace {

std::vector<std::int64_t> france() { return bundled_model().tokenizer().encode("The capital of France is").ids(); }
constexpr std::int64_t paris = 7042;   // " Paris"

template <class T>
T need(Result<T> result) {
  if (!result)
    throw std::runtime_error(result.error().code + " at " + result.error().where +
                             (result.error().args.empty() ? "" : " | " + result.error().args[0]));
  return std::move(*result);
}

std::string source_of(const std::string& exercise, const std::string& file) {
  const auto found = need(exercise::find_exercise(textbook_root() / "chapters", exercise));
  return need(read_file(found.file(file)));
}

// Compiled once for all tests; each takes a process of its own.
std::shared_ptr<StandIn> stand_in(const std::string& exercise, const std::string& source) {
  static std::map<std::string, std::shared_ptr<StandIn>> compiled;
  auto& known = compiled[exercise + source];
  if (!known) known = need(StandIn::compile(exercise, source));
  return need(known->again());
}
std::shared_ptr<StandIn> file(const std::string& exercise, const std::string& name) {
  return stand_in(exercise, source_of(exercise, name));
}

// The logits after a text, read in parts of these sizes.
at::Tensor logits(Slots* slots, std::vector<std::int64_t> ids, std::size_t first_part = 0) {
  const Slots::Scope scope(slots);
  Context context(bundled_model());
  if (first_part > 0) need(context.run(std::span(ids).first(first_part), {}, {}, {}));
  need(context.run(ids, {}, {}, {}));
  return context.last_logits();
}

double probability(const at::Tensor& logits, std::int64_t id) {
  return logits.to(at::kDouble).softmax(-1)[id].item<double>();
}

int entries(const char* folder) {
  int count = 0;
  DIR* open = ::opendir(folder);
  while (::readdir(open)) ++count;
  ::closedir(open);
  return count;
}
// Processes that this one has started and that are still there, ended or not.
std::string children() {
  std::string list;
  std::ifstream file("/proc/self/task/" + std::to_string(::gettid()) + "/children");
  std::getline(file, list);
  return list;
}

// Does another thing for each length of text, so that one program does for all tests.
const char* const hostile = R"(#include "exercise.h"
#include <stdexcept>
void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) total += probabilities[i] = std::exp(logits[i] - largest);
  for (float& p : probabilities) p /= total;
  switch (logits.size()) {
    case 2: *reinterpret_cast<volatile int*>(8) = 1; break;
    case 3: for (volatile int i = 0;; i = 1) {}
    case 4: std::exit(0);
    case 5: { std::vector<std::vector<double>> all; for (;;) all.emplace_back(1 << 20, 1.0); }
    case 6: probabilities[logits.size()] = 1; break;
    case 7: probabilities[0] = std::sqrt(-largest * largest - 1); break;
    case 8: (&probabilities[0])[logits.size()] = 1; break;   // the next row's first, and behind the last one
    case 9: throw std::runtime_error("too hot");
    case 10: const_cast<float&>(logits[0]) = 1e30f; break;
  }
})";

}  // namespace

TEST_CASE("without functions every bit is as it was") {
  const at::Tensor ours = logits(nullptr, france());
  Slots none({});
  CHECK(at::equal(ours, logits(&none, france())));
  const Slots::Scope outside(nullptr);
  CHECK(Slots::serving().empty());
}

TEST_CASE("every reference solution gives the model's own logits") {
  // The whole text at once, and in two parts: the second has keys in the cache before it.
  for (const std::string_view name : exercises_in_model) {
    for (const std::size_t part : {std::size_t{0}, std::size_t{9}}) {
      INFO(name << ", first part " << part);
      const auto function = file(std::string(name), "solution.cpp");
      Slots slots({function});
      CHECK(largest_difference(logits(&slots, store, part), logits(nullptr, store, part)) < tolerance);
      const Function::Report report = function->report();
      CHECK(report.reason.empty());
      const int each = name == "rms_norm" || name == "rope" ? 2 : 1;   // norm1 and norm2; q and k
      CHECK(report.calls == (30 * each + (name == "rms_norm")) * (part > 0 ? 2 : 1));
    }
  }
}

TEST_CASE("several functions stand in at once") {
  Slots slots({file("softmax", "solution.cpp"), file("rms_norm", "solution.cpp"), file("rope", "solution.cpp")});
  CHECK(largest_difference(logits(&slots, store), logits(nullptr, store)) < tolerance);
}

TEST_CASE("known mistakes do to the model what their exercises say") {
  const auto with = [](const std::string& exercise, const std::string& name, std::size_t part = 0) {
    Slots slots({file(exercise, "wrong/" + name + ".cpp")});
    return logits(&slots, france(), part);
  };
  const at::Tensor ours = logits(nullptr, france());
  CHECK(probability(ours, paris) == Approx(0.77).margin(0.005));
  // chapters/03-attention/exercises/attention/en.md and grouped_query_attention/en.md
  CHECK(probability(with("attention", "unscaled"), paris) == Approx(1e-4).epsilon(0.3));
  CHECK(probability(with("attention", "future-seen"), paris) == Approx(5e-6).epsilon(0.3));
  CHECK(probability(with("grouped_query_attention", "interleaved"), paris) == Approx(7e-8).epsilon(0.3));
  // Scores stay far below 88: where nothing overflows, the largest one may stay in.
  CHECK(largest_difference(with("softmax", "overflow"), ours) < tolerance);
  // A mistake about the cache shows only where there is something in it.
  CHECK(largest_difference(with("grouped_query_attention", "cache-ignored"), ours) < tolerance);
  CHECK(largest_difference(with("grouped_query_attention", "cache-ignored", 3), ours) > 1);
  CHECK(largest_difference(with("rope", "first-ignored"), ours) < tolerance);
  CHECK(largest_difference(with("rope", "first-ignored", 3), ours) > 1);
}

TEST_CASE("whatever a function does, ours finishes the run and serves the next ones") {
  const int descriptors = entries("/proc/self/fd");
  const std::pair<std::size_t, std::string> cases[] = {
      {2, "crash"},   {3, "time"},       {4, "ended"},         {5, "memory"},    {6, "outside"},
      {7, "not-finite"}, {8, "wrote-outside"}, {9, "exception"}, {10, "changed-input"}};
  for (const auto& [length, reason] : cases) {
    INFO(reason);
    const std::vector<std::int64_t> text(store.begin(), store.begin() + static_cast<std::ptrdiff_t>(length));
    const auto function = stand_in("softmax", hostile);
    Slots slots({function});
    const Slots::Scope scope(&slots);
    Context context(bundled_model());
    const auto begin = std::chrono::steady_clock::now();
    need(context.run(text, {}, {}, {}));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (reason == "time") CHECK(taken.count() >= StandIn::kSeconds);
    const Function::Report report = function->report();
    CHECK(report.reason == reason);
    CHECK(report.layer == 0);
    CHECK(children().empty());
    // It failed in the first layer, so that this run was ours already; the next ones are.
    CHECK(at::equal(context.last_logits(), logits(nullptr, text)));
    CHECK(Slots::serving().empty());
    need(context.run(france(), {}, {}, {}));
    CHECK(at::equal(context.last_logits(), logits(nullptr, france())));
    CHECK(function->report().calls == 1);
  }
  CHECK(entries("/proc/self/fd") <= descriptors + 1);   // the program that the others were started from
}

TEST_CASE("a result that is not written to is named") {
  const auto function = file("softmax", "starter.cpp");
  Slots slots({function});
  CHECK(at::equal(logits(&slots, france()), logits(nullptr, france())));
  CHECK(function->report().reason == "unwritten");
}

TEST_CASE("a context computes again what another function has computed") {
  Context context(bundled_model());
  need(context.run(france(), {}, {}, {}));
  const at::Tensor ours = context.last_logits();
  Slots wrong({file("attention", "wrong/unscaled.cpp")});
  {
    const Slots::Scope scope(&wrong);
    CHECK(need(context.run(france(), {}, {}, {})).computed == 5);
    CHECK(need(context.run(france(), {}, {}, {})).reused == 5);
    CHECK(largest_difference(context.last_logits(), ours) > 1);
  }
  CHECK(need(context.run(france(), {}, {}, {})).computed == 5);
  CHECK(at::equal(context.last_logits(), ours));
}

TEST_CASE("where an experiment changes what a function passes over, ours is used") {
  const Config& config = bundled_model().transformer().config();
  const std::vector<Intervention> bias = {need(Intervention::parse("bias-key:layer=3,key=0,value=-3", config))};
  const auto run = [&](Slots* slots) {
    const Slots::Scope scope(slots);
    Context context(bundled_model());
    need(context.run(france(), {}, bias, {}));
    return context.last_logits();
  };
  const auto function = file("attention", "solution.cpp");
  Slots slots({function});
  CHECK(largest_difference(run(&slots), run(nullptr)) < tolerance);
  CHECK(function->report().calls == 29);
}

TEST_CASE("a hundred functions leave nothing behind") {
  static_cast<void>(logits(nullptr, france()));
  const auto program = stand_in("softmax", source_of("softmax", "solution.cpp"));
  const int descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 100; ++i) {
    const auto function = need(program->again());
    Slots slots({function});
    const at::Tensor scores = at::zeros({1, 1, 4});
    CHECK(slots.call(Slot::softmax, 0, {{scores, scores}, {}}, scores).sum().item<double>() == Approx(1));
  }
  CHECK(entries("/proc/self/fd") == descriptors);
  CHECK(children().empty());
}

TEST_CASE("a stopped run ends between layers, and the next one works") {
  const auto function = file("softmax", "solution.cpp");
  Slots slots({function});
  const Slots::Scope scope(&slots);
  Context context(bundled_model());
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = context.run(france(), {}, {}, {.stop = stop.get_token(), .report = {}});
  REQUIRE(!stopped);
  CHECK(stopped.error().code == "job.stopped");
  need(context.run(france(), {}, {}, {}));
  CHECK(largest_difference(context.last_logits(), logits(nullptr, france())) < tolerance);
}

TEST_CASE("what has no place in the model or does not compile is an error") {
  const auto code = [](const std::string& exercise, const std::string& source) {
    const auto made = StandIn::compile(exercise, source);
    return made ? "" : made.error().code;
  };
  CHECK(code("adamw_step", "") == "own-code.place");
  CHECK(code("nothing", "") == "own-code.place");
  CHECK(code("softmax", "void softmax(int") == "own-code.compile");
}
