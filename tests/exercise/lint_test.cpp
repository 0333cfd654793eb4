// What is asked of every exercise that the book has (chapters/exercises.md).
#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "base/strings.h"
#include "labs/live_model.h"
#include "tests/exercise/rig.h"

using namespace tb;
using namespace tb::exercise;

namespace {

namespace fs = std::filesystem;

std::vector<Exercise> exercises() { return need(all_exercises(textbook_root() / "chapters")); }

// "overflow" of wrong/overflow.smallest.cpp
std::string reason_in_name(const fs::path& file) {
  const auto name = file.filename().string();
  return name.substr(0, name.find('.'));
}

// The bundled model, which all exercises that need one name; loaded once.
Result<std::shared_ptr<LiveModel>> bundled(const std::string& name) {
  REQUIRE(name == "smollm2-135m");
  static const auto model = need(need(open_live_models())->open(
      (cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf").string()));
  return model;
}

}  // namespace

TEST_CASE("Every exercise has its texts in both languages", "[exercise]") {
  for (const auto& exercise : exercises()) {
    CAPTURE(exercise.id);
    const Texts en = need(read_texts(exercise, "en")), ru = need(read_texts(exercise, "ru"));
    CHECK(en.hints.size() == 3);
    CHECK(ru.hints.size() == 3);
    const auto keys = [](const auto& table) {
      std::set<std::string> set;
      for (const auto& [key, text] : table) {
        CHECK_FALSE(text.empty());
        set.insert(key);
      }
      return set;
    };
    std::set<std::string> cases;
    for (const auto& one : exercise.cases) cases.insert(one.id);
    CHECK(keys(en.cases) == cases);
    CHECK(keys(ru.cases) == cases);
    CHECK(keys(en.reasons) == keys(ru.reasons));
    CHECK(en.statement != ru.statement);
  }
}

TEST_CASE("Starters fail, solutions pass, wrong solutions fail as declared, and every case earns its place", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  for (const auto& exercise : exercises()) {
    CAPTURE(exercise.id);
    const auto starter = judge_file(toolchain, exercise, exercise.file("starter.cpp"), bundled);
    CHECK(starter.compiled);
    CHECK(starter.diagnostics.empty());
    CHECK(starter.reason() == exercise.starter_fails);
    CHECK(starter.points < starter.most);

    const auto solution = judge_file(toolchain, exercise, exercise.file("solution.cpp"), bundled);
    CHECK(solution.diagnostics.empty());
    CHECK(solution.reason() == "");
    CHECK(solution.passed());
    CHECK(solution.points == solution.most);

    std::set<std::string> reasons, alone;   // reasons that were given; cases that one wrong solution fails alone
    int count = 0;
    for (const auto& file : fs::directory_iterator(exercise.file("wrong"))) {
      CAPTURE(file.path().filename().string());
      const auto wrong = judge_file(toolchain, exercise, file.path(), bundled);
      ++count;
      CHECK(wrong.compiled);
      CHECK_FALSE(wrong.passed());
      CHECK(wrong.reason() == reason_in_name(file.path()));
      std::vector<std::string> failing;
      for (const auto& one : wrong.cases) {
        if (one.passed()) continue;
        failing.push_back(one.id);
        reasons.insert(one.outcome.reason);
      }
      if (failing.size() == 1) alone.insert(failing.front());
    }
    CHECK(count >= 3);
    // Without this case the wrong solution that fails in it alone would pass.
    for (const auto& one : exercise.cases) {
      CAPTURE(one.id);
      CHECK(alone.contains(one.id));
    }
    const auto texts = need(read_texts(exercise, "en"));
    for (const auto& [reason, text] : texts.reasons) {
      CAPTURE(reason);
      CHECK(reasons.contains(reason));   // every reason is one that a wrong solution has
    }
    for (const auto& reason : reasons) {
      CAPTURE(reason);
      const bool common = std::find(std::begin(kCommonReasons), std::end(kCommonReasons), reason) != std::end(kCommonReasons);
      CHECK((common || texts.reasons.contains(reason)));   // and none is without a text
    }
  }
}

TEST_CASE("What the model is at fault for is no verdict, and what is measured is what is compared", "[exercise]") {
  auto toolchain = need(Toolchain::open());
  const auto exercise = need(find_exercise(textbook_root() / "chapters", "steer_task"));
  const auto source = need(read_file(exercise.file("solution.cpp")));
  const auto code_with = [&](const OpenLiveModel& open) {
    const auto verdict = judge(toolchain, exercise, source, "steer_task.cpp", {}, nullptr, open);
    return verdict ? "" : verdict.error().code;
  };
  CHECK(code_with(nullptr) == "exercise.model");
  CHECK(code_with([](const std::string& name) -> Result<std::shared_ptr<LiveModel>> {
          return fail("model.missing", name);
        }) == "model.missing");

  // A model whose answers are known: of the bounds 1.6, 20 wordings and 0.12 one is missed by less than is rounded away.
  struct Answering : LiveModel {
    double effect, price;
    Answering(double e, double p) : effect(e), price(p) {}
    Result<Stream> stream(const std::vector<std::string>& texts, std::int64_t) override {
      Stream stream{static_cast<std::int64_t>(texts.size()), 2, {}};
      for (std::size_t i = 0; i < texts.size(); ++i) {
        stream.values.push_back(1);
        stream.values.push_back(texts[0].find("cry") == std::string::npos ? -2.0f : 2.0f);   // complaint, praise
      }
      return stream;
    }
    Result<std::vector<double>> effects(const Task& task, std::int64_t, const std::vector<float>& vector) override {
      REQUIRE(vector.size() == 2);                    // what the solution makes of these rows: (0, 4)
      CHECK(std::abs(vector[0]) < 1e-5);
      CHECK(std::abs(vector[1] - 4) < 1e-5);
      std::vector<double> list(task.prompts.size(), effect);
      if (list.size() == 24) std::fill_n(list.begin(), 4, -9.0);   // 20 are left
      return list;
    }
    Result<double> cost(const Task&, std::int64_t, const std::vector<float>&) override { return price; }
  };
  const auto reasons = [&](double effect, double price) {
    const auto verdict = judge_text(toolchain, exercise, source, [&](const std::string&) -> Result<std::shared_ptr<LiveModel>> {
      return std::make_shared<Answering>(effect, price);
    });
    std::vector<std::string> list;
    for (const auto& one : verdict.cases) list.push_back(one.outcome.reason);
    return list;
  };
  CHECK(reasons(1.5951, 0.1204) == std::vector<std::string>{"", "", ""});
  CHECK(reasons(1.59, 0.121) == std::vector<std::string>{"too-weak", "", "too-dear"});
  CHECK(reasons(NAN, NAN) == std::vector<std::string>{"too-weak", "too-weak", "too-dear"});
}

// The ids stand in the sources that give them; a sentence for each is a string, and its key is put together there.
TEST_CASE("Every reason and every sentence for the compiler's words is there in both languages", "[exercise]") {
  const auto sources = textbook_root() / "labs/exercise";
  std::set<std::string> keys;
  const auto collect = [&](const fs::path& file, const std::string& pattern, const std::string& prefix) {
    const auto text = need(read_file(file));
    const std::regex id(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), id), end; at != end; ++at) keys.insert(prefix + at->str(1));
  };
  for (const auto reason : kCommonReasons) keys.insert("exercise.reason." + std::string(reason));
  collect(sources / "diagnostics.cpp", R"re(add\("([a-z-]+)")re", "exercise.compile.");
  collect(sources / "diagnostics.cpp", R"re(plain = [^;"]*"([a-z-]+)")re", "exercise.compile.");
  collect(sources / "diagnostics.cpp", R"re(plain = [^;]* : "([a-z-]+)")re", "exercise.compile.");
  collect(sources / "compile.cpp", R"re("(compile-[a-z]+)")re", "exercise.reason.");
  for (const auto& entry : fs::directory_iterator(sources / "grade"))
    if (entry.path().extension() == ".cpp")
      collect(entry.path(), R"re("((?:file|folder|archive|too-many)-[a-z-]+)")re", "exercise.reason.");
  CHECK(keys.size() > 50);
  for (const char* lang : {"en", "ru"}) {
    const auto strings = need(Strings::load(textbook_root() / "assets" / "strings", lang));
    for (const auto& key : keys) {
      CAPTURE(lang, key);
      CHECK(strings.has(key));
    }
  }
}
