// The switch that lets the model run on the learner's file, with a compiler that only looks at the text.
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "labs/own_code.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace tb;

namespace {

struct Named : Function {
  explicit Named(std::string name) : text(std::move(name)) { ++alive; }
  ~Named() override { --alive; }
  Report report() const override { return {.exercise = text}; }
  std::string text;
  static inline std::atomic<int> alive = 0;
};

// "bad..." does not compile; all else becomes a function that reports its text.
struct FakeEngine : FunctionEngine {
  Result<std::shared_ptr<Function>> compile(const std::string& exercise, const std::string& source) override {
    ++compiled;
    if (source.starts_with("bad")) return fail("own-code.compile", exercise + ".cpp:1", {"expected ';'"});
    return std::make_shared<Named>(source);
  }
  void use(Functions functions) override {
    const std::lock_guard lock(mutex);
    in_use.swap(functions);
  }
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex);
    std::vector<std::string> all;
    for (const auto& function : in_use) all.push_back(function->report().exercise);
    return all;
  }
  std::mutex mutex;
  Functions in_use;
  std::atomic<int> compiled = 0;
};

struct Rig {
  TemporaryFolder folder;
  FakeEngine engine;
  std::atomic<int> changes = 0;
  OwnCode code{[this]() -> Result<FunctionEngine*> { return &engine; }, [this] { ++changes; }};

  std::filesystem::path write(const std::string& exercise, const std::string& text) {
    const auto file = folder.path / (exercise + ".cpp");
    REQUIRE(write_file(file, text));
    return file;
  }
  // Waits for what the switch's thread does; it looks after the file four times a second.
  template <class Condition>
  bool comes(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return condition();
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the model runs on what compiled last, and a save swaps it") {
  Rig rig;
  rig.code.turn_on("softmax", rig.write("softmax", "one"));
  CHECK(rig.code.is_on("softmax"));
  REQUIRE(rig.comes([&] { return rig.engine.names() == Names{"one"}; }));
  const auto version = rig.code.version();

  rig.write("softmax", "second");
  REQUIRE(rig.comes([&] { return rig.engine.names() == Names{"second"}; }));
  CHECK(rig.code.version() > version);

  // What does not compile changes nothing but what is said.
  rig.write("softmax", "bad one");
  REQUIRE(rig.comes([&] { return rig.code.view()[0].error.has_value(); }));
  CHECK(rig.code.view()[0].error->code == "own-code.compile");
  CHECK(rig.code.view()[0].report->exercise == "second");
  CHECK(rig.engine.names() == Names{"second"});
  CHECK(Named::alive == 1);

  rig.write("softmax", "third, in order again");
  REQUIRE(rig.comes([&] { return rig.engine.names() == Names{"third, in order again"}; }));
  CHECK(!rig.code.view()[0].error);
  CHECK(rig.changes > 0);
}

TEST_CASE("nothing is compiled again without a change, and nothing after turning off") {
  Rig rig;
  rig.code.turn_on("softmax", rig.write("softmax", "one"));
  REQUIRE(rig.comes([&] { return rig.engine.compiled == 1; }));
  rig.code.turn_on("softmax", "elsewhere");                      // it is on: nothing changes
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(rig.engine.compiled == 1);
  rig.code.turn_off("softmax");
  CHECK(!rig.code.is_on("softmax"));
  CHECK(rig.engine.names().empty());
  CHECK(rig.code.view().empty());
  rig.write("softmax", "something new");
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(rig.engine.compiled == 1);
  CHECK(Named::alive == 0);
}

TEST_CASE("several functions are in use at once, and are turned off one by one or together") {
  Rig rig;
  rig.code.turn_on("softmax", rig.write("softmax", "one"));
  rig.code.turn_on("rope", rig.write("rope", "two"));
  REQUIRE(rig.comes([&] { return rig.engine.names() == Names{"one", "two"}; }));
  rig.code.turn_off("softmax");
  CHECK(rig.engine.names() == Names{"two"});
  rig.code.turn_off();
  CHECK(rig.engine.names().empty());
}

TEST_CASE("a file that is not there is said, and taken when it comes") {
  Rig rig;
  rig.code.turn_on("softmax", rig.folder.path / "softmax.cpp");
  REQUIRE(rig.comes([&] { return !rig.code.view()[0].compiling && rig.code.view()[0].error; }));
  CHECK(rig.code.view()[0].error->code == "own-code.unstarted");
  CHECK(rig.engine.compiled == 0);
  rig.write("softmax", "one");
  CHECK(rig.comes([&] { return rig.engine.names() == Names{"one"}; }));
}

TEST_CASE("the end of the switch is the end of its functions") {
  FakeEngine engine;
  TemporaryFolder folder;
  REQUIRE(write_file(folder.path / "softmax.cpp", "one"));
  {
    OwnCode code([&]() -> Result<FunctionEngine*> { return &engine; }, nullptr);
    code.turn_on("softmax", folder.path / "softmax.cpp");
    for (int i = 0; i < 500 && engine.names().empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(engine.names() == Names{"one"});
  }
  CHECK(engine.names().empty());
  CHECK(Named::alive == 0);
}
