// The presentation in the driven reader: sections a screenful at a time, keys of a clicker, labs with states of their
// own, and the reader as it was when it is over.
#include "tests/catch.h"

#include <cmath>
#include <limits>

#include "tests/viewer/rig.h"
#include "viewer/light_spot.h"
#include "viewer/notes_window.h"

using namespace tb;
using namespace tb::test;

namespace {

book::LessonStep step(const char* place, const char* notes = "", double minutes = 0) {
  return {book::parse_place(place).value(), notes, minutes, 0};
}

book::Lesson two_prompts() {
  return {"Two prompts", "en",
          {step("01#first?lab=capital&prompt=The capital of Spain is", "Ask first.", 2),
           step("01#first?lab=capital&prompt=The capital of Italy is"), step("01?lab=capital&prompt=Rome is")}};
}

// What the lab of a step computes with; apart from the reader's own.
std::string prompt_of(const Rig& rig, int step) {
  const auto view = rig.compute().view("present/" + std::to_string(step) + "/01-small/capital");
  return view.snapshot ? std::get<std::string>(view.snapshot->inputs.at("prompt")) : std::string();
}

struct Standing { std::size_t step; int screen, screens; };
Standing standing(Rig& rig) {
  const auto view = rig.reader().notes(2).value();
  return {view.step, view.screen, view.screens};
}

}  // namespace

TEST_CASE("F5 shows one section alone, large enough for the last row, and Esc returns to the same line") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    IM_CHECK(rig.settle(context));
    for (int i = 0; i < 3; ++i) context->KeyPress(ImGuiKey_J);
    context->Yield(3);
    const ImRect figure = context->ItemInfo("**/###figure").RectFull;
    const book::Place place = rig.reader().place();
    const figure::Theme colors = rig.reader().theme().id;
    IM_CHECK(context->ItemExists("**/keys"));                // of the status line
    IM_CHECK(!rig.reader().notes(2).has_value());

    context->KeyPress(ImGuiKey_F5);
    IM_CHECK(rig.settle(context));
    IM_CHECK(rig.reader().full_screen());
    IM_CHECK(!context->ItemExists("**/keys"));
    IM_CHECK(!context->ItemExists("**/contents"));
    IM_CHECK_STR_EQ(rig.reader().notes(2)->now.c_str(), "First part");   // the section under the eye
    IM_CHECK_EQ(rig.reader().notes(2)->steps, 4u);           // the beginning and three parts
    // From six screen heights away a capital, 0.7 of the size, is 16 minutes of arc high.
    for (const ImVec2 size : {ImVec2(1024, 768), ImVec2(1280, 800), ImVec2(1920, 1080), ImVec2(3840, 2160)}) {
      rig.display = size;
      context->Yield(2);
      const double capital = 0.7 * rig.reader().theme().px(rig.reader().theme().sizes.text);
      IM_CHECK_GT(std::atan(capital / (6 * size.y)) * 180 * 60 / 3.14159265, 15.5);
    }
    rig.display = {600, 1400};                               // on its side: still some 60 characters in a line
    context->Yield(2);
    IM_CHECK_LE(rig.reader().theme().px(rig.reader().theme().sizes.text), 600 / 30.f);
    rig.display = {1024, 768};
    context->KeyPress(ImGuiKey_D);
    context->Yield(2);
    IM_CHECK(rig.reader().theme().id == figure::Theme::dark);
    context->KeyPress(ImGuiKey_L);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().notes(2)->now.c_str(), "Первая часть");
    context->KeyPress(ImGuiKey_End);
    context->Yield(3);

    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK(!rig.reader().notes(2).has_value());
    IM_CHECK(!rig.reader().full_screen());
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "en");
    IM_CHECK(rig.reader().theme().id == colors);
    IM_CHECK(rig.reader().place() == place);
    IM_CHECK_EQ(context->ItemInfo("**/###figure").RectFull.Min.y, figure.Min.y);
    IM_CHECK_EQ(context->ItemInfo("**/###figure").RectFull.Max.x, figure.Max.x);
  });
  CHECK(passed);
}

TEST_CASE("a long section goes by screenfuls, and back through the same ones, to a quiet end") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_F5);
    context->Yield(2);
    context->KeyPress(ImGuiKey_Home);
    context->Yield(2);
    std::vector<std::pair<std::size_t, int>> seen;
    const auto look = [&] {
      context->Yield(2);
      seen.emplace_back(standing(rig).step, standing(rig).screen);
    };
    look();
    IM_CHECK_EQ(standing(rig).step, 1u);
    const ImGuiKey forward[] = {ImGuiKey_PageDown, ImGuiKey_Space, ImGuiKey_RightArrow, ImGuiKey_DownArrow, ImGuiKey_N};
    for (int i = 0; standing(rig).step <= 4 && i < 200; ++i) {
      context->KeyPress(forward[i % 5]);
      look();
    }
    IM_CHECK_EQ(standing(rig).step, 5u);                     // the end
    IM_CHECK_GT(seen.size(), 12u);                           // sixty paragraphs twice are no two screens
    for (std::size_t i = 1; i < seen.size(); ++i) {          // one screenful or one section on, never more
      const bool same = seen[i].first == seen[i - 1].first;
      IM_CHECK_EQ(seen[i].first, seen[i - 1].first + (same ? 0 : 1));
      IM_CHECK_EQ(seen[i].second, same ? seen[i - 1].second + 1 : 1);
    }
    context->KeyPress(ImGuiKey_PageDown);                    // there it stays
    context->Yield(2);
    IM_CHECK_EQ(standing(rig).step, 5u);
    IM_CHECK(rig.reader().full_screen());

    const ImGuiKeyChord back[] = {ImGuiKey_PageUp, ImGuiMod_Shift | ImGuiKey_Space, ImGuiKey_LeftArrow, ImGuiKey_UpArrow,
                                  ImGuiKey_P};
    for (std::size_t i = seen.size() - 1; i-- > 0;) {
      context->KeyPress(back[i % 5]);
      context->Yield(2);
      IM_CHECK_EQ(standing(rig).step, seen[i].first);
      IM_CHECK_EQ(standing(rig).screen, seen[i].second);
    }
    context->KeyPress(ImGuiKey_PageUp);                      // before the first there is nothing
    context->Yield(2);
    IM_CHECK_EQ(standing(rig).step, 1u);
  });
  CHECK(passed);
}

TEST_CASE("the next step's labs are computed before it is shown, and no more than those") {
  Rig rig;
  rig.lesson = {"Ahead", "en", {step("01#first?lab=capital&prompt=The river of Cairo is"),
                                step("01#first?lab=capital&prompt=The river of Paris is"),
                                step("01#first?lab=capital&prompt=The river of Vienna is")}};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.restart();
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 1) == "The river of Paris is"; }));
    IM_CHECK_EQ(standing(rig).step, 1u);
    IM_CHECK_STR_EQ(prompt_of(rig, 0).c_str(), "The river of Cairo is");   // what is in sight came first
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_NE(prompt_of(rig, 2).c_str(), "The river of Vienna is");
    for (int i = 0; standing(rig).step != 2 && i < 20; ++i) {
      context->KeyPress(ImGuiKey_PageDown);
      context->Yield(3);
    }
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 2) == "The river of Vienna is"; }));
    IM_CHECK_EQ(standing(rig).step, 2u);
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    rig.lesson.reset();
  });
  CHECK(passed);
}

TEST_CASE("notes follow the displays: beside a second one, and not in the way when that is unplugged") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_F5);
    context->Yield(2);
    IM_CHECK(!rig.reader().notes(1).has_value());
    IM_CHECK(rig.reader().notes(2).has_value());
    context->KeyPress(ImGuiKey_F6);                          // away, and back: now they are wanted
    IM_CHECK(!rig.reader().notes(2).has_value());
    context->KeyPress(ImGuiKey_F6);
    IM_CHECK(rig.reader().notes(2).has_value());
    IM_CHECK(!rig.reader().notes(1).has_value());            // unplugged
    IM_CHECK(rig.reader().full_screen());
    context->KeyPress(ImGuiKey_F6);
    IM_CHECK(rig.reader().notes(1).has_value());             // the presentation makes room
    IM_CHECK(!rig.reader().full_screen());
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
  });
  CHECK(passed);
}

TEST_CASE("the labs of a lesson's steps have states of their own, which stay until they are reset") {
  Rig rig;
  rig.lesson = two_prompts();
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    IM_CHECK(rig.settle(context));
    context->ItemInput("**/###prompt");                      // what the learner has set
    context->KeyCharsReplace("Mine");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    rig.restart();                                           // `textbook present`
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 0) == "The capital of Spain is" && rig.reader().settled(); }));
    IM_CHECK_STR_EQ(rig.reader().notes(2)->notes.c_str(), "Ask first.");
    IM_CHECK_EQ(rig.reader().notes(2)->step_planned, 120);

    context->KeyPress(ImGuiKey_E);                           // large, with the prompt to be edited
    context->Yield(3);
    const float large = context->ItemInfo("**/###prompt").RectFull.GetHeight();
    IM_CHECK_GT(large, 768 / 25.f);
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("The capital of Peru is");
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 0) == "The capital of Peru is"; }));
    context->KeyPress(ImGuiKey_Escape);                      // out of the field, then back to the text
    context->Yield(2);
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    IM_CHECK(rig.reader().notes(2).has_value());

    const auto go_to = [&](std::size_t wanted, ImGuiKey key) {
      for (int i = 0; standing(rig).step != wanted && i < 20; ++i) {
        context->KeyPress(key);
        context->Yield(3);
      }
      return rig.settle(context) && standing(rig).step == wanted;
    };
    IM_CHECK(go_to(2, ImGuiKey_PageDown));
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 1) == "The capital of Italy is"; }));
    IM_CHECK(go_to(3, ImGuiKey_PageDown));                   // a lab alone
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 2) == "Rome is"; }));
    IM_CHECK(!context->ItemExists("**/text"));
    IM_CHECK(go_to(1, ImGuiKey_PageUp));
    IM_CHECK_STR_EQ(prompt_of(rig, 0).c_str(), "The capital of Peru is");
    context->KeyPress(ImGuiKey_R);
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 0) == "The capital of Spain is"; }));
    IM_CHECK_STR_EQ(prompt_of(rig, 1).c_str(), "The capital of Italy is");

    IM_CHECK(go_to(4, ImGuiKey_PageDown));                   // the end; Esc is the only way out
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    IM_CHECK(!rig.reader().notes(2).has_value());
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("capital")->inputs.at("prompt")).c_str(), "Mine");
    rig.lesson.reset();
    rig.restart();                                           // nor was anything else remembered
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("capital")->inputs.at("prompt")).c_str(), "Mine");
  });
  CHECK(passed);
}

TEST_CASE("without a lesson the labs begin as the learner has set them, and the learner's stay so") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    IM_CHECK(rig.settle(context));
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("Mine");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_F5);
    context->Yield(2);
    context->KeyPress(ImGuiKey_Home);
    for (int i = 0; i < 4 && !context->ItemExists("**/###prompt"); ++i) {   // on to the screen with the lab
      context->KeyPress(ImGuiKey_N);
      context->Yield(2);
    }
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 0) == "Mine"; }));
    IM_CHECK(rig.settle(context));
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("Theirs");
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 0) == "Theirs"; }));
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    IM_CHECK(rig.reader().notes(2).has_value());             // out of the field only
    context->KeyPress(ImGuiKey_R);                           // the chapter's own state
    IM_CHECK(rig.wait(context, [&] { return prompt_of(rig, 0) == "The capital of France is"; }));
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("capital")->inputs.at("prompt")).c_str(), "Mine");
  });
  CHECK(passed);
}

TEST_CASE("a clicker's keys work, even with the cursor in a prompt, and the screen goes black and comes back") {
  Rig rig;
  rig.lesson = two_prompts();
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    rig.restart();
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_E);
    context->Yield(3);
    context->ItemInput("**/###prompt");
    context->KeyChars("b.");                                 // letters there, no commands
    context->Yield(2);
    IM_CHECK(!rig.reader().notes(2)->blank);
    for (int i = 0; standing(rig).step == 1 && i < 20; ++i) {
      context->KeyPress(ImGuiKey_PageDown);
      context->Yield(2);
    }
    IM_CHECK_EQ(standing(rig).step, 2u);
    IM_CHECK(rig.settle(context));

    for (const ImGuiKey key : {ImGuiKey_B, ImGuiKey_Period}) {
      context->KeyPress(key);
      context->Yield(2);
      IM_CHECK(rig.reader().notes(2)->blank);
      IM_CHECK(!context->ItemExists("**/text"));
      context->KeyPress(key == ImGuiKey_B ? ImGuiKey_B : ImGuiKey_PageDown);   // which only brings it back
      context->Yield(2);
      IM_CHECK(!rig.reader().notes(2)->blank);
      IM_CHECK_EQ(standing(rig).step, 2u);
      IM_CHECK(context->ItemExists("**/text"));
    }
    context->KeyPress(ImGuiKey_B);
    context->KeyPress(ImGuiKey_Escape);                      // light first
    context->Yield(2);
    IM_CHECK(rig.reader().notes(2).has_value());
    IM_CHECK(!rig.reader().notes(2)->blank);
    context->KeyPress(ImGuiMod_Shift | ImGuiKey_Slash);      // the list of keys
    context->Yield(2);
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(2);
    IM_CHECK(rig.reader().notes(2).has_value());
  });
  CHECK(passed);
}

TEST_CASE("the notes are there with a second display, or when they are asked for") {
  Rig rig;
  rig.lesson = two_prompts();
  rig.lesson->steps[1].notes = std::string(4000, 'x') + "\n\nДлинная заметка.\n";
  rig.show_notes = true;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    rig.restart();
    IM_CHECK(rig.settle(context));
    const viewer::NotesView view = rig.reader().notes(2).value();
    IM_CHECK_STR_EQ(view.title.c_str(), "Two prompts");
    IM_CHECK_STR_EQ(view.now.c_str(), "First part");
    IM_CHECK_STR_EQ(view.next.c_str(), "First part");
    IM_CHECK_EQ(view.planned, 120);
    rig.show_notes = false;
    IM_CHECK(!rig.reader().notes(1).has_value());            // one display: not unasked
    IM_CHECK(rig.reader().full_screen());
    context->KeyPress(ImGuiKey_F6);
    context->Yield(2);
    IM_CHECK(rig.reader().notes(1).has_value());
    IM_CHECK(!rig.reader().full_screen());                   // or nobody would see them
    IM_CHECK_LE(rig.reader().patience(), 1.1);               // the clock goes on
    IM_CHECK(rig.reader().notes(2).has_value());
    IM_CHECK(rig.reader().full_screen());
    rig.show_notes = true;
    context->Yield(2);
    context->ItemClick("//notes/###restart");
    IM_CHECK_EQ(rig.restarts_of_clock, 1);
    context->KeyPress(ImGuiKey_L);
    for (int i = 0; rig.reader().notes(2)->step < 4 && i < 40; ++i) {
      context->KeyPress(ImGuiKey_N);                         // drawn at every step, the end included
      context->Yield(2);
    }
    IM_CHECK_EQ(rig.reader().notes(2)->step, 4u);
  });
  CHECK(passed);
}

TEST_CASE("times are told as clocks tell them") {
  CHECK(viewer::format_time(0) == "0:00");
  CHECK(viewer::format_time(65.9) == "1:05");
  CHECK(viewer::format_time(3600 + 125) == "1:02:05");
  CHECK(viewer::format_time(-3) == "0:00");
}

TEST_CASE("the light spot follows the mouse and hides by itself") {
  Rig rig;
  viewer::LightSpot spot;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    const viewer::Theme theme = rig.reader().theme();
    const auto vertices = [&] {
      const int before = ImGui::GetForegroundDrawList()->VtxBuffer.Size;
      spot.draw(theme, {1024, 768});
      return ImGui::GetForegroundDrawList()->VtxBuffer.Size - before;
    };
    context->MouseMoveToPos({200, 200});
    IM_CHECK_EQ(vertices(), 0);
    spot.toggle();
    IM_CHECK_GT(vertices(), 0);
    IM_CHECK(spot.in_sight());
    IM_CHECK_LT(spot.patience(), 10.0);                      // a frame will come in which it goes out
    IM_CHECK(rig.wait(context, [&] { return vertices() == 0; }));
    IM_CHECK(spot.is_on());                                  // and is there again when the mouse moves
    IM_CHECK(std::isinf(spot.patience()));
    spot.toggle();
    IM_CHECK(!spot.is_on());
  });
  CHECK(passed);
}
