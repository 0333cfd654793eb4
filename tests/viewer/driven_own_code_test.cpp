// The switch "run the model with my code" in the driven reader: labs compute with what the learner has saved, and whatever
// it does, the reader stays open and the model's own function serves.
#include "tests/viewer/exercise_rig.h"

using namespace tb;
using namespace tb::test;

namespace {

const std::string exercise_and_lab =
    block + "\n\n```lab\nlab: next-token\nid: capital\nprompt: The capital of France is\n```";

// A softmax that does one thing before it answers.
std::string doing(const std::string& what) {
  return "#include \"exercise.h\"\n"
         "void softmax(std::span<const float> logits, std::span<float> probabilities) {\n  " + what + "\n"
         "  const float largest = *std::max_element(logits.begin(), logits.end());\n"
         "  double total = 0;\n"
         "  for (std::size_t i = 0; i < logits.size(); ++i) total += probabilities[i] = std::exp(logits[i] - largest);\n"
         "  for (float& p : probabilities) p /= total;\n}\n";
}

std::vector<double> logits(Lesson& lesson) { return lesson.rig->snapshot("capital")->numbers("bars.logit"); }
// To the rounding of different ways of computing (float32).
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) < 5e-4; });
}
bool labs_on_it(Lesson& lesson) { return !lesson.rig->snapshot("capital")->texts("functions").empty(); }
// The exercise lies over the lab, which is computed all the same.
bool waiting(Lesson& lesson) { return lesson.rig->compute().view("01-small/capital").waiting; }
std::string ended(Lesson& lesson) {
  const auto all = lesson.own_code.view();
  return all.empty() || !all[0].report ? "" : all[0].report->reason;
}
void save(ImGuiTestContext* context, const std::string& code) {
  write(context, code);
  press(context, ImGuiMod_Ctrl | ImGuiKey_S);
}

}  // namespace

TEST_CASE("the switch puts the model on the learner's code as it is saved, and back") {
  Lesson lesson(exercise_and_lab);
  Rig& rig = *lesson.rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(has(context, "###run-on-mine"));
    IM_CHECK(!has(context, "###own-code"));                // of the status line
    IM_CHECK(!labs_on_it(lesson));
    const auto ours = logits(lesson);

    press(context, ImGuiKey_X);
    save(context, lesson.in_chapter("wrong/not-normalised.cpp"));
    press(context, ImGuiKey_Escape);
    press(context, ImGuiKey_O);
    IM_CHECK(rig.wait(context, [&] { return labs_on_it(lesson) && !same(logits(lesson), ours); }));
    IM_CHECK(has(context, "###own-code"));

    press(context, ImGuiKey_X);
    save(context, "void softmax(");                        // what compiled last serves on
    IM_CHECK(rig.wait(context, [&] { return lesson.own_code.view().at(0).error.has_value(); }));
    IM_CHECK(labs_on_it(lesson) && !same(logits(lesson), ours));
    save(context, lesson.in_chapter("solution.cpp"));
    IM_CHECK(rig.wait(context, [&] { return same(logits(lesson), ours) && labs_on_it(lesson); }));
    IM_CHECK(!lesson.own_code.view().at(0).error);

    press(context, ImGuiKey_Escape);
    press(context, ImGuiKey_L);                            // the other language changes nothing of it
    IM_CHECK(has(context, "###own-code"));
    context->ItemClick("**/###own-code");
    IM_CHECK(rig.wait(context, [&] { return rig.reader().settled() && !labs_on_it(lesson); }));
    IM_CHECK(same(logits(lesson), ours));
    IM_CHECK(!has(context, "###own-code"));

    context->ItemClick("**/###run-on-mine");
    IM_CHECK(rig.wait(context, [&] { return labs_on_it(lesson); }));
    context->ItemClick("**/###run-on-mine");
    IM_CHECK(rig.wait(context, [&] { return !labs_on_it(lesson); }));
  });
  CHECK(passed);
}

TEST_CASE("whatever the code does, it costs only itself: the reader stays open and the labs show the model's own") {
  const std::pair<const char*, const char*> deeds[] = {
      {"crash", "std::abort();"},
      {"time", "for (volatile int i = 0;;) i = 1;"},
      {"ended", "std::exit(0);"},
      {"not-finite", "for (float& p : probabilities) p = NAN; return;"},
      {"memory", "std::vector<std::vector<double>> all; for (;;) all.emplace_back(1 << 20, 1.0);"}};
  Lesson lesson(exercise_and_lab);
  Rig& rig = *lesson.rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto ours = logits(lesson);
    press(context, ImGuiKey_X);
    save(context, lesson.in_chapter("wrong/not-normalised.cpp"));
    context->ItemClick("**/###run-on-mine");               // beside the editor as in the page
    IM_CHECK(rig.wait(context, [&] { return !same(logits(lesson), ours); }));
    press(context, ImGuiKey_Escape);
    press(context, ImGuiKey_X);                            // the editor has the keys again
    for (const auto& [reason, what] : deeds) {
      save(context, doing(what));
      IM_CHECK(rig.wait(context, [&, name = reason] { return ended(lesson) == name && !waiting(lesson); }));
      IM_CHECK(same(logits(lesson), ours));
    }
    save(context, lesson.in_chapter("solution.cpp"));      // the next save tries again
    IM_CHECK(rig.wait(context, [&] { return ended(lesson).empty() && labs_on_it(lesson) && !waiting(lesson); }));
    IM_CHECK(same(logits(lesson), ours));
  });
  CHECK(passed);
}
