// No text is cut off, runs over its frame or lies on another one, in either language, in a window of 1024 x 768: every
// screen of every chapter, every card of a lab in the text, over the window and beside the text, and what opens over
// the page.
#include "tests/catch.h"

#include <functional>
#include <map>
#include <set>

#include <imgui_internal.h>

#include "book/catalogue.h"
#include "tests/small_inputs.h"
#include "tests/viewer/rig.h"
#include "tests/viewer/text_audit.h"

using namespace tb;
using namespace tb::test;

namespace {

constexpr ImVec2 kSmall(1024, 768), kWide(1500, 768);
constexpr int kMostScreens = 400;

// What the audit finds in the next frame, said once each.
void look(ImGuiTestContext* context, std::set<std::string>& found) {
  context->Yield();
  const TextAudit audit;
  context->Yield();
  for (const std::string& finding : audit.findings()) found.insert(finding);
}

void expect_none(const std::set<std::string>& found) {
  for (const std::string& finding : found) FAIL_CHECK(finding);
}

void set_language(Rig& rig, ImGuiTestContext* context, const std::string& language) {
  if (rig.reader().language() != language) context->KeyPress(ImGuiKey_L);
  context->Yield(2);
}

// From the chapter's beginning to its end, a screen at a time.
bool page_through(Rig& rig, ImGuiTestContext* context, std::set<std::string>& found) {
  context->KeyPress(ImGuiKey_Home);
  std::pair<std::string, float> before{"", -1};
  for (int screen = 0; screen < kMostScreens; ++screen) {
    if (!rig.settle(context)) return false;
    look(context, found);
    const std::pair<std::string, float> now{rig.reader().place().anchor, rig.reader().fraction()};
    if (now == before) return true;
    before = now;
    context->KeyPress(ImGuiKey_PageDown);
  }
  return false;
}

// Draws `draw` in a window of its own, and what the audit says to it.
std::vector<std::string> audited(Rig& rig, const std::function<void()>& draw) {
  std::vector<std::string> found;
  rig.run([&](ImGuiTestContext* context) {
    context->Yield(2);
    const TextAudit audit;
    ImGui::SetNextWindowPos({100, 100});
    ImGui::SetNextWindowSize({200, 200});
    ImGui::Begin("audited", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings);
    draw();
    ImGui::End();
    found = audit.findings();
    std::erase_if(found, [](const std::string& finding) { return !finding.ends_with("audited"); });
  });
  return found;
}

std::vector<std::string> lab_types() {
  const auto engine = open_engine();
  REQUIRE(engine);
  std::vector<std::string> types;
  for (const Lab* lab : (*engine)->labs()) types.emplace_back(lab->type());
  return types;
}

// Those of a test of every lab, as a directive's lines.
std::string less_work(const std::string& type) {
  std::string lines;
  for (auto [key, text] : testing::small_inputs(type)) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\n");
    lines += key + ": \"" + text + "\"\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("the audit finds text that does not fit") {
  Rig rig;
  CHECK(audited(rig, [] { ImGui::TextUnformatted("fits"); }).empty());
  const auto cut = audited(rig, [] { ImGui::TextUnformatted("a label much too long for a window of two hundred"); });
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].starts_with("cut off at its side"));
  const auto button = audited(rig, [] { ImGui::Button("a label longer than its button", {60, 0}); });
  REQUIRE_FALSE(button.empty());
  CHECK(button[0].starts_with("cut off at its side"));
  const auto frame = audited(rig, [] {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddRect(at, {at.x + 40, at.y + 30}, IM_COL32_WHITE, 6);
    ImGui::TextUnformatted("over its frame");
  });
  REQUIRE(frame.size() == 1);
  CHECK(frame[0].starts_with("runs over its frame"));
  const auto below = audited(rig, [] {
    ImGui::SetCursorPosY(192);
    ImGui::GetWindowDrawList()->AddText(ImGui::GetCursorScreenPos(), IM_COL32_WHITE, "gp");
  });
  REQUIRE(below.size() == 1);
  CHECK(below[0].starts_with("cut off above or below"));
  const auto over = audited(rig, [] {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddText(at, IM_COL32_WHITE, "one");
    ImGui::GetWindowDrawList()->AddText({at.x + 6, at.y + 2}, IM_COL32_WHITE, "other");
  });
  REQUIRE(over.size() == 1);
  CHECK(over[0].starts_with("lies on another"));
}

TEST_CASE("every screen of every chapter fits") {
  Rig rig;
  rig.chapters = TEXTBOOK_SOURCE_DIR "/chapters";
  const auto chapters = book::read_catalogue(rig.chapters);
  REQUIRE(chapters);
  for (const book::Chapter& chapter : *chapters) {
    rig.place = book::Place{chapter.slug, "", "", {}};
    rig.display = kSmall;
    rig.restart();
    for (const char* language : {"en", "ru"}) {
      std::set<std::string> found;
      CHECK(rig.run([&](ImGuiTestContext* context) {
        set_language(rig, context, language);
        IM_CHECK(page_through(rig, context, found));
      }));
      expect_none(found);
    }
  }
}

TEST_CASE("what opens over the page fits") {
  Rig rig;
  rig.chapters = TEXTBOOK_SOURCE_DIR "/chapters";
  rig.display = kSmall;
  rig.restart();
  for (const char* language : {"en", "ru"}) {
    std::set<std::string> found;
    CHECK(rig.run([&](ImGuiTestContext* context) {
      set_language(rig, context, language);
      IM_CHECK(rig.settle(context));
      const auto open = [&](ImGuiKeyChord key, const char* typed = "") {
        context->KeyPress(key);
        context->Yield(2);
        if (*typed) context->KeyCharsReplace(typed);
        context->Yield(20);
        look(context, found);
        context->KeyPress(ImGuiKey_Escape);
        context->Yield(2);
      };
      open(ImGuiKey_F1);
      open(ImGuiMod_Ctrl | ImGuiKey_K);
      open(ImGuiMod_Ctrl | ImGuiKey_K, "t");
      open(ImGuiKey_Slash);
      open(ImGuiKey_Slash, "token");
      open(ImGuiKey_Slash, "ё");
      open(ImGuiMod_Ctrl | ImGuiKey_F, "a");
      open(ImGuiKey_M);
      open(ImGuiKey_G);
      open(ImGuiKey_R);                                      // what the learner has done, and its marks
      context->KeyPress(ImGuiKey_B);
      open(ImGuiMod_Shift | ImGuiKey_B);
      open(ImGuiKey_W, "a note");
      context->KeyPress(ImGuiKey_T);
      look(context, found);
      context->KeyPress(ImGuiKey_T);
      context->KeyPress(ImGuiMod_Shift | ImGuiKey_F1);
      for (int step = 0; step < 9; ++step) {
        IM_CHECK(rig.settle(context));
        look(context, found);
        context->KeyPress(ImGuiKey_RightArrow);
      }
    }));
    expect_none(found);
  }
}

TEST_CASE("every lab's card fits, in the text, over the window and beside the text") {
  for (const std::string& type : lab_types()) {
    // A name for each: what the shared model computed for one lab is not shown by the next.
    Rig rig("", "```lab\nlab: " + type + "\nid: one-" + type + "\n" + less_work(type) + "```");
    for (const char* language : {"en", "ru"}) {
      std::set<std::string> found;
      CHECK(rig.run([&](ImGuiTestContext* context) {
        const auto settle_and_look = [&] {
          IM_CHECK(rig.settle(context));
          look(context, found);
        };
        rig.display = kSmall;
        set_language(rig, context, language);
        rig.reader().go_to_section("first");
        settle_and_look();
        context->KeyPress(ImGuiKey_E);
        settle_and_look();
        context->KeyPress(ImGuiKey_PageDown);
        settle_and_look();
        context->KeyPress(ImGuiKey_Escape);
        rig.display = kWide;
        context->Yield(2);
        rig.reader().go_to_section("first");
        context->Yield(2);
        context->ItemClick("//reader/**/###pin");
        settle_and_look();
        context->ItemClick("//reader/**/###pin");
      }));
      for (const std::string& finding : found) FAIL_CHECK(type + ", " + language + ": " + finding);
    }
  }
}
