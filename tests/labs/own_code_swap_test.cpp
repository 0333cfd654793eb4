// A hundred times a learner saves another text and the model takes it, without a restart: each time it computes with
// what was saved, and nothing is left behind. A minute or two, since each text is compiled.
#include <dirent.h>
#include <thread>

#include "labs/functions.h"
#include "labs/own_code.h"
#include "labs/exercise/exercise.h"
#include "tests/labs/lab_bench.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

int open_descriptors() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count;
}

// A softmax whose probabilities add up to `total`.
std::string adding_up_to(double total, int round) {
  return "// round " + std::to_string(round) + "\n#include \"exercise.h\"\n"
         "void softmax(std::span<const float> logits, std::span<float> probabilities) {\n"
         "  const float largest = *std::max_element(logits.begin(), logits.end());\n"
         "  double total = 0;\n"
         "  for (std::size_t i = 0; i < logits.size(); ++i) total += probabilities[i] = std::exp(logits[i] - largest);\n"
         "  for (float& p : probabilities) p *= " + std::to_string(total) + " / total;\n}\n";
}

}  // namespace

TEST_CASE("a hundred texts of one exercise, one after another in the running model") {
  TemporaryFolder folder;
  const auto file = std::filesystem::path(folder.path) / "softmax.cpp";
  Bench bench("next-token");
  const auto labs = labs_on_functions();
  const Lab* lab = *std::ranges::find_if(labs, [](const Lab* one) { return one->type() == "next-token"; });
  const Inputs inputs = *parse(lab->fields(&bench.model), {}, "");
  const auto logits = [&] {
    Job job{.inputs = inputs, .model = &bench.model, .kept = bench.session};
    return lab->run(job)->numbers("bars.logit");
  };
  const auto near = [](double a, double b) { return std::abs(a - b) < tolerance; };
  const auto ours = logits();

  OwnCode own([]() -> Result<FunctionEngine*> { return &function_engine(); }, nullptr);
  REQUIRE(write_file(file, adding_up_to(1, 0)));
  own.turn_on("softmax", file);
  int descriptors = 0;
  for (int round = 0; round < 100; ++round) {
    INFO("round " << round);
    const double total = round % 2 ? 0.5 : 1;
    const auto version = own.version();
    if (round > 0) REQUIRE(write_file(file, adding_up_to(total, round)));
    for (int i = 0; i < 6000 && own.version() == version; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(own.version() > version);
    CHECK(near(logits()[0], ours[0]) == (total == 1));
    const auto view = own.view();
    REQUIRE(view.size() == 1);
    CHECK(view[0].report->reason.empty());
    CHECK(view[0].report->calls > 0);
    if (round == 1) descriptors = open_descriptors();
  }
  CHECK(open_descriptors() <= descriptors);
  own.turn_off();
  CHECK(near(logits()[0], ours[0]));
}
