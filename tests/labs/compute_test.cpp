// The compute thread with labs that wait on a gate, so that every order of events can be forced. No model, no torch.
#include "tests/catch.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "labs/compute.h"

namespace tb {
class Model {};   // the tests' stand-in: Compute only passes it on
}  // namespace tb

using namespace tb;
using namespace std::chrono_literals;

namespace {

// Waits until `condition` holds; a generous bound, so that only a real failure reaches it.
template <class F>
bool eventually(F condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

struct Kept : Session { int runs = 0; };

// Answers with its input "x"; for x < 0 it first waits until it is stopped or released.
struct EchoLab : Lab {
  bool is_long = false;
  mutable std::atomic<int> started = 0, stopped = 0;
  mutable std::atomic<bool> released = false;
  std::string_view type() const override { return is_long ? "train" : "echo"; }
  bool long_running() const override { return is_long; }
  std::vector<Field> fields(const Model*) const override { return {{.key = "x", .initial = std::int64_t{0}}}; }
  Result<Snapshot> run(Job& job) const override {
    ++started;
    if (!job.kept) job.kept = std::make_unique<Kept>();
    const int runs = ++static_cast<Kept&>(*job.kept).runs;
    const auto x = std::get<std::int64_t>(job.inputs.at("x"));
    if (x == 13) return fail("echo.unlucky", "x");
    while (x < 0 && !released) {
      if (job.progress.stop.stop_requested()) {
        ++stopped;
        return fail("job.stopped", "echo");
      }
      job.yield();
      std::this_thread::sleep_for(1ms);
    }
    Snapshot s;
    s.columns = {{"x", "", {1}, std::vector<double>{static_cast<double>(x)}}, {"runs", "", {1}, std::vector<double>{double(runs)}}};
    return s;
  }
};

struct EchoEngine : Engine {
  EchoLab lab, training;
  const Lab* list[2] = {&lab, &training};
  EchoEngine() { training.is_long = true; }
  std::atomic<bool> file_is_there = true;
  Result<std::shared_ptr<Model>> load(const LoadOptions& o, const Progress&) override {
    if (!file_is_there) return fail("file.open", o.path, {"gone"});
    return std::make_shared<Model>();
  }
  ModelInfo info(const Model&) const override { ModelInfo i; i.name = "echo"; return i; }
  std::span<const Lab* const> labs() const override { return list; }
  Result<Generated> generate(Model&, const GenerateRequest&, const Progress&) override { return Generated{}; }
  Result<TraceReport> trace(Model&, const TraceRequest&, const Progress&) override { return TraceReport{}; }
  Result<std::vector<double>> time(Model&, const TimingRequest&) override { return std::vector<double>(); }
};

double shown(const Compute& compute, const char* instance) {
  const LabView view = compute.view(instance);
  return view.snapshot ? view.snapshot->numbers("x").at(0) : -99;
}

Inputs x(std::int64_t value) { return {{"x", value}}; }

}  // namespace

TEST_CASE("the newest inputs win, and the running job is stopped", "[compute]") {
  EchoEngine engine;
  std::atomic<int> wakes = 0;
  Compute compute([&]() -> Result<Engine*> { return &engine; }, [&] { ++wakes; });
  compute.load({});
  REQUIRE(eventually([&] { return compute.model().state == ModelView::State::ready; }));
  CHECK(compute.model().info->name == "echo");
  CHECK(compute.fields("echo").size() == 1);

  compute.post("a", "echo", x(-1));
  REQUIRE(eventually([&] { return engine.lab.started == 1; }));
  compute.post("a", "echo", x(2));   // never runs: replaced before the thread takes it, or stale at once
  compute.post("a", "echo", x(3));
  REQUIRE(eventually([&] { return shown(compute, "a") == 3 && !compute.view("a").waiting; }));
  CHECK(engine.lab.stopped == 1);
  CHECK_FALSE(compute.view("a").error);
  CHECK(wakes > 0);
  CHECK(compute.view("a").snapshot->numbers("runs").at(0) >= 2);   // the session stayed
}

TEST_CASE("an error stands until the inputs change; the last snapshot stays", "[compute]") {
  EchoEngine engine;
  Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
  compute.load({});
  compute.post("a", "echo", x(1));
  REQUIRE(eventually([&] { return shown(compute, "a") == 1; }));
  compute.post("a", "echo", x(13));
  REQUIRE(eventually([&] { return compute.view("a").error.has_value(); }));
  CHECK(compute.view("a").error->code == "echo.unlucky");
  CHECK(shown(compute, "a") == 1);
  compute.post("a", "echo", x(4));
  REQUIRE(eventually([&] { return shown(compute, "a") == 4; }));
  CHECK_FALSE(compute.view("a").error);
  compute.post("b", "nonesuch", {});
  REQUIRE(eventually([&] { return compute.view("b").error.has_value(); }));
  CHECK(compute.view("b").error->code == "lab.unknown");
}

TEST_CASE("a failed load reaches every lab, and retry loads again", "[compute]") {
  EchoEngine engine;
  engine.file_is_there = false;
  Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
  compute.post("a", "echo", x(5));   // before there is a model
  compute.load({.path = "model.gguf"});
  REQUIRE(eventually([&] { return compute.view("a").error.has_value(); }));
  CHECK(compute.view("a").error->where == "model.gguf");
  engine.file_is_there = true;
  compute.retry("a");
  REQUIRE(eventually([&] { return shown(compute, "a") == 5; }));
  CHECK_FALSE(compute.view("a").error);
}

TEST_CASE("an engine that does not open is an error of the model", "[compute]") {
  Compute compute([]() -> Result<Engine*> { return fail("engine.open", "liblabs.so", {"no such file"}); }, {});
  compute.load({});
  REQUIRE(eventually([&] { return compute.model().state == ModelView::State::failed; }));
  CHECK(compute.model().error->code == "engine.open");
  CHECK(compute.fields("echo").empty());
}

TEST_CASE("stop ends a running job; interactive jobs run inside a long one", "[compute]") {
  EchoEngine engine;
  Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
  compute.load({});
  compute.post("long", "echo", x(-1));
  REQUIRE(eventually([&] { return engine.lab.started == 1; }));
  compute.post("quick", "echo", x(8));
  REQUIRE(eventually([&] { return shown(compute, "quick") == 8; }));   // while "long" still runs
  CHECK(compute.view("long").waiting);
  compute.stop("long");
  REQUIRE(eventually([&] { return !compute.view("long").waiting; }));
  CHECK(compute.view("long").error->code == "job.stopped");
}

TEST_CASE("a job can be stopped while others run within it; long ones never run within each other", "[compute]") {
  EchoEngine engine;
  Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
  compute.load({});
  REQUIRE(eventually([&] { return compute.model().state == ModelView::State::ready; }));
  CHECK(compute.long_running("train"));
  CHECK_FALSE(compute.long_running("echo"));
  CHECK_FALSE(compute.long_running("nonesuch"));
  compute.post("outer", "train", x(-1));
  REQUIRE(eventually([&] { return engine.training.started == 1; }));
  compute.post("other", "train", x(1));
  compute.post("inner", "echo", x(-1));
  REQUIRE(eventually([&] { return engine.lab.started == 1; }));   // within "outer"
  compute.stop("outer");
  std::this_thread::sleep_for(5ms);
  CHECK(engine.training.started == 1);
  CHECK(compute.view("other").waiting);
  engine.lab.released = true;
  REQUIRE(eventually([&] { return shown(compute, "inner") == -1; }));
  REQUIRE(eventually([&] { return shown(compute, "other") == 1; }));
  CHECK(engine.training.stopped == 1);
  CHECK(compute.view("outer").error->code == "job.stopped");
}

TEST_CASE("leaving while a job runs within another ends both", "[compute]") {
  EchoEngine engine;
  {
    Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
    compute.load({});
    compute.post("outer", "train", x(-1));
    REQUIRE(eventually([&] { return engine.training.started == 1; }));
    compute.post("inner", "echo", x(-1));
    REQUIRE(eventually([&] { return engine.lab.started == 1; }));
  }
  CHECK(engine.lab.stopped == 1);
  CHECK(engine.training.stopped == 1);
}

TEST_CASE("another model takes over a long job that runs, and forgets what one that does not has to show", "[compute]") {
  EchoEngine engine;
  Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
  compute.load({});
  compute.post("done", "train", x(1));
  compute.post("quick", "echo", x(2));
  REQUIRE(eventually([&] { return shown(compute, "done") == 1 && shown(compute, "quick") == 2; }));
  compute.post("going", "train", x(-1));
  REQUIRE(eventually([&] { return engine.training.started == 2; }));
  compute.load({});
  REQUIRE(eventually([&] { return engine.training.started == 3 && engine.lab.started == 2; }));
  CHECK(compute.view("going").waiting);
  CHECK_FALSE(compute.view("done").snapshot);
  CHECK_FALSE(compute.view("done").waiting);
  CHECK(shown(compute, "quick") == 2);
  engine.training.released = true;
  REQUIRE(eventually([&] { return shown(compute, "going") == -1; }));
  CHECK(engine.training.started == 3);
}

TEST_CASE("leaving while a job runs neither hangs nor leaks", "[compute]") {
  EchoEngine engine;
  {
    Compute compute([&]() -> Result<Engine*> { return &engine; }, {});
    compute.load({});
    compute.post("a", "echo", x(-1));
    REQUIRE(eventually([&] { return engine.lab.started == 1; }));
  }
  CHECK(engine.lab.stopped == 1);
}
