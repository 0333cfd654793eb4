// The reader driven as a learner drives it: by mouse and keys, at a display of the test's own size.
#include "tests/catch.h"

#include <filesystem>

#include <unistd.h>

#include "tests/viewer/rig.h"

using namespace tb;
using namespace tb::test;

namespace {

const char* const kPrompt = "**/###prompt";

std::string prompt_of(const Snapshot& snapshot) { return std::get<std::string>(snapshot.inputs.at("prompt")); }

// Puts the cursor into a text field and replaces what it holds, key by key.
void type_into(ImGuiTestContext* context, const char* field, const char* text) {
  context->ItemClick(field);
  context->KeyCharsReplace(text);
}

}  // namespace

TEST_CASE("typing in next-token's prompt changes its bars") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto before = rig.snapshot("capital");
    IM_CHECK(before != nullptr);
    IM_CHECK_STR_EQ(prompt_of(*before).c_str(), "The capital of France is");

    type_into(context, kPrompt, "The capital of Italy is");
    IM_CHECK(rig.settle(context));
    const auto after = rig.snapshot("capital");
    IM_CHECK_STR_EQ(prompt_of(*after).c_str(), "The capital of Italy is");
    const auto& old_logits = before->numbers("bars.logit");
    const auto& new_logits = after->numbers("bars.logit");
    IM_CHECK(!old_logits.empty() && old_logits.size() == new_logits.size());
    IM_CHECK(old_logits != new_logits);
    // The words before the changed one were not computed again.
    IM_CHECK_GT(after->tokens_reused, 0);
  });
  CHECK(passed);
}

TEST_CASE("the language switch keeps the place") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_N, 2);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");
    context->KeyPress(ImGuiKey_Space);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");

    context->KeyPress(ImGuiKey_L);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "ru");
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");

    context->KeyPress(ImGuiKey_L);
    context->KeyPress(ImGuiKey_P);      // to this section's beginning: we were inside it
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "en");
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");
  });
  CHECK(passed);
}

TEST_CASE("a missing model is an error in the lab's card, and retry clears it") {
  namespace fs = std::filesystem;
  const fs::path model = fs::temp_directory_path() / ("textbook-missing-" + std::to_string(::getpid()) + ".gguf");
  fs::remove(model);
  Rig rig(model.string());
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.wait(context, [&] { return rig.compute().model().state == ModelView::State::failed; }));
    context->Yield(3);
    IM_CHECK(context->ItemExists("**/###retry"));

    // The reader lives on meanwhile.
    context->KeyPress(ImGuiKey_D);
    context->Yield();
    IM_CHECK(rig.reader().theme().id == figure::Theme::dark);

    // Still not there: the error stays.
    context->ItemClick("**/###retry");
    IM_CHECK(rig.wait(context, [&] { return rig.compute().model().state == ModelView::State::failed; }));
    context->Yield(3);
    IM_CHECK(context->ItemExists("**/###retry"));

    fs::create_symlink(bundled_model(), model);
    context->ItemClick("**/###retry");
    IM_CHECK(rig.wait(context, [&] { return rig.snapshot("capital") != nullptr; }));
    context->Yield(3);
    IM_CHECK(!context->ItemExists("**/###retry"));
    IM_CHECK_STR_EQ(prompt_of(*rig.snapshot("capital")).c_str(), "The capital of France is");
  });
  CHECK(passed);
  fs::remove(model);
}

TEST_CASE("no key is taken while a text field has the focus") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto theme = rig.reader().theme().id;
    type_into(context, kPrompt, "");
    for (const ImGuiKey key :
         {ImGuiKey_D, ImGuiKey_L, ImGuiKey_T, ImGuiKey_N, ImGuiKey_J, ImGuiKey_Slash, ImGuiKey_F11})
      context->KeyPress(key);
    context->KeyPress(ImGuiMod_Shift | ImGuiKey_Slash);
    context->KeyChars("dltnj/? [");
    context->Yield(2);
    IM_CHECK(rig.reader().theme().id == theme);
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "en");
    IM_CHECK(!rig.reader().full_screen());
    IM_CHECK(!context->ItemExists("**/###find-text"));
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt_of(*rig.snapshot("capital")).c_str(), "dltnj/? [");

    // Out of the field they are the reader's again.
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    context->KeyPress(ImGuiKey_D);
    context->Yield();
    IM_CHECK(rig.reader().theme().id != theme);
  });
  CHECK(passed);
}

TEST_CASE("place, language, theme, text size and lab inputs come back after a restart") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    type_into(context, kPrompt, "One, two,");
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    context->KeyPress(ImGuiKey_L);
    context->KeyPress(ImGuiKey_D, 2);
    context->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Equal, 3);
    context->KeyPress(ImGuiKey_End);
    context->KeyPress(ImGuiKey_P);
    context->Yield(4);
    const std::string anchor = rig.reader().place().anchor;
    IM_CHECK_STR_EQ(anchor.c_str(), "third");
    const float scale = rig.reader().theme().scale;
    IM_CHECK(std::abs(scale - 1.3f) < 1e-4f);

    rig.restart();
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), anchor.c_str());
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "ru");
    IM_CHECK(rig.reader().theme().id == figure::Theme::sepia);
    IM_CHECK(std::abs(rig.reader().theme().scale - scale) < 1e-4f);
    context->KeyPress(ImGuiKey_Home);
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt_of(*rig.snapshot("capital")).c_str(), "One, two,");
  });
  CHECK(passed);
}

TEST_CASE("after a bad end the reader opens without what it was left with, and asks") {
  const bool bring_back = GENERATE(true, false);
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    type_into(context, kPrompt, "One, two,");
    context->KeyPress(ImGuiKey_Escape);
    context->KeyPress(ImGuiKey_L);
    context->KeyPress(ImGuiKey_End);
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");

    // Twice: a reader that is left without an answer has changed nothing.
    rig.bad_end = viewer::BadEnd{"logs/crash-1.txt"};
    for (int start = 0; start < 2; ++start) {
      rig.restart();
      context->Yield(4);
      IM_CHECK_STR_EQ(rig.reader().language().c_str(), "ru");
      IM_CHECK_STR_NE(rig.reader().place().anchor.c_str(), "third");
      IM_CHECK(rig.settle(context));
      IM_CHECK_STR_NE(prompt_of(*rig.snapshot("capital")).c_str(), "One, two,");
    }
    context->ItemClick(bring_back ? "**/###go-on" : "**/###anew");
    context->Yield(4);
    IM_CHECK(!context->ItemExists("**/###anew"));
    if (bring_back) IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");

    rig.bad_end.reset();
    rig.restart();
    context->Yield(4);
    IM_CHECK_EQ(rig.reader().place().anchor == "third", bring_back);
    context->KeyPress(ImGuiKey_Home);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(prompt_of(*rig.snapshot("capital")) == "One, two,", bring_back);
  });
  CHECK(passed);
}

TEST_CASE("a link to a lab brings that lab into sight, far below its section's heading too") {
  std::string labs = "```lab\nlab: tokens\nid: above\ntext: Hello\n```\n\n";
  for (int i = 0; i < 40; ++i) labs += "A paragraph between the two labs.\n\n";
  Rig rig("", labs + "```lab\nlab: tokens\nid: below\ntext: World\n```");
  rig.display = {1280, 800};
  rig.place = book::Place{"01-small", "", "below", {{"text", "Paris"}}};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("below")->inputs.at("text")).c_str(), "Paris");
    const ImRect field = context->ItemInfo("**/below/###text").RectFull;
    IM_CHECK_GT(field.Min.y, 0.f);
    IM_CHECK_LT(field.Max.y, 700.f);
  });
  CHECK(passed);
}

TEST_CASE("a place in a chapter that has no such section or lab is refused, and the nearest one named") {
  const auto refusal = [](book::Place place) -> std::string {
    Rig rig;
    rig.place = std::move(place);
    try {
      rig.restart();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal({"01-small", "thrid", "", {}}) == "place.section third");
  CHECK(refusal({"01-small", "", "nothing-like-it", {}}).starts_with("place.instance "));
  CHECK(refusal({"01-small", "third", "", {}}).empty());
}

TEST_CASE("find counts without regard to case, and Escape closes it") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiMod_Ctrl | ImGuiKey_F);
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/###find-text"));
    context->KeyChars("needle");
    context->Yield(2);
    IM_CHECK_EQ(rig.reader().matches(), 3);
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/###find-text"));
    IM_CHECK_EQ(rig.reader().matches(), 0);
  });
  CHECK(passed);
}

TEST_CASE("a click in the contents goes to its section, and back returns") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemClick("**/third");
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    context->KeyPress(ImGuiKey_LeftBracket);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");
    context->KeyPress(ImGuiKey_RightBracket);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");

    // T folds the contents away.
    IM_CHECK(context->ItemExists("**/third"));
    context->KeyPress(ImGuiKey_T);
    context->Yield(3);
    IM_CHECK(!context->ItemExists("**/third"));
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(!context->ItemExists("**/third"));
    context->KeyPress(ImGuiKey_T);
    context->Yield(3);
    IM_CHECK(context->ItemExists("**/third"));
  });
  CHECK(passed);
}

TEST_CASE("in a narrow window the contents are folded away") {
  Rig rig;
  rig.display = {1024, 768};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(!context->ItemExists("**/third"));
    context->KeyPress(ImGuiKey_T);
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/third"));
  });
  CHECK(passed);
}
