// Search of the whole book, the command palette and the glossary, driven as a learner drives them.
#include "tests/catch.h"

#include <set>

#include <imgui_internal.h>

#include "book/learner.h"
#include "tests/viewer/rig.h"
#include "viewer/keys.h"
#include "viewer/palette.h"

using namespace tb;
using namespace tb::test;
using viewer::Command;

namespace {

const char* const kField = "//search/**/###text";
const char* const kPalette = "//palette/**/###text";

void open_search(Rig& rig, ImGuiTestContext* context, const char* query) {
  context->KeyPress(ImGuiKey_Slash);
  context->Yield(3);
  IM_CHECK(context->ItemExists(kField));
  context->KeyCharsReplace(query);
  IM_CHECK(rig.wait(context, [&] { return rig.reader().search_hits() > 0; }));
}

}  // namespace

TEST_CASE("the slash searches the whole book; Enter jumps, Escape returns") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    open_search(rig, context, "thirds part");              // "Third part", in another form
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(4);
    IM_CHECK(!context->ItemExists(kField));
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");

    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");
    context->KeyPress(ImGuiKey_LeftBracket);               // the jump is undone, not one more step of the way
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");
  });
  CHECK(passed);
}

TEST_CASE("the slash finds the learner's notes, too, by any form of their words, and goes where they stand") {
  Rig rig;
  rig.display = {1280, 800};
  book::Learner learner(&rig.state());
  book::OwnNote note{.spot = {"01-small", "third", 0, "", "en"}, .text = "Remember the quokkas"};
  REQUIRE(learner.add(note).has_value());
  rig.restart();
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");
    context->KeyPress(ImGuiKey_Slash);
    context->Yield(3);
    context->KeyCharsReplace("quokka");
    IM_CHECK(rig.wait(context, [&] { return rig.reader().settled(); }));
    context->Yield(3);
    IM_CHECK_EQ(rig.reader().search_hits(), 0u);             // the book does not know them
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(4);
    IM_CHECK(!context->ItemExists(kField));
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
  });
  CHECK(passed);
}

TEST_CASE("who has read on after a jump stays there") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    open_search(rig, context, "\"Second part\"");
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");
    context->KeyPress(ImGuiKey_End);
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    context->KeyPress(ImGuiKey_LeftBracket);               // the jump can still be taken back
    context->Yield(3);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");
  });
  CHECK(passed);
}

TEST_CASE("Escape in the search leaves the place alone, and the arrow keys choose") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    open_search(rig, context, "part");
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK(!context->ItemExists(kField));
    IM_CHECK_EQ(rig.reader().search_hits(), 0u);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");

    open_search(rig, context, "part");                     // three headings, in the order of the book, then the text
    context->KeyPress(ImGuiKey_DownArrow, 2);
    context->KeyPress(ImGuiKey_UpArrow);
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");

    open_search(rig, context, "part");
    context->ItemClick("//search/**/row-2");
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
  });
  CHECK(passed);
}

TEST_CASE("a query in the other language leads into the other language's text, and Escape back") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_N, 2);
    context->Yield(3);
    open_search(rig, context, "третьей части");
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "ru");
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "en");
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "second");
  });
  CHECK(passed);
}

TEST_CASE("no key is taken while something is typed into the search") {
  Rig rig;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto theme = rig.reader().theme().id;
    context->KeyPress(ImGuiKey_Slash);
    context->Yield(3);
    for (const ImGuiKey key : {ImGuiKey_D, ImGuiKey_L, ImGuiKey_G, ImGuiKey_N}) context->KeyPress(key);
    context->KeyChars("dlgn/? ");
    context->Yield(2);
    IM_CHECK(rig.reader().theme().id == theme);
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "en");
    IM_CHECK(context->ItemExists(kField));
  });
  CHECK(passed);
}

TEST_CASE("the palette runs what its words begin with, in either language") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto run = [&](const char* query) {
      context->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
      context->Yield(3);
      IM_CHECK(context->ItemExists(kPalette));
      context->KeyCharsReplace(query);
      context->Yield(2);
      context->KeyPress(ImGuiKey_Enter);
      context->Yield(4);
      IM_CHECK(!context->ItemExists(kPalette));
    };
    run("dark the");
    IM_CHECK(rig.reader().theme().id == figure::Theme::dark);
    run("сепия");                                          // though the reader is in English
    IM_CHECK(rig.reader().theme().id == figure::Theme::sepia);
    run("third part");
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    run("russian");
    IM_CHECK_STR_EQ(rig.reader().language().c_str(), "ru");
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    run("текст крупнее");
    IM_CHECK(rig.reader().theme().scale > 1.05f);

    context->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);         // no such command: nothing runs, and Escape closes it
    context->Yield(3);
    context->KeyCharsReplace("zzz");
    context->Yield(2);
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(3);
    IM_CHECK(context->ItemExists(kPalette));
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK(!context->ItemExists(kPalette));
  });
  CHECK(passed);
}

TEST_CASE("a term's card opens by key, by click and under the mouse") {
  Rig rig;
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->GetWindowByRef("//term") == nullptr);
    context->KeyPress(ImGuiKey_G);
    context->Yield(3);
    IM_CHECK(context->ItemExists("//term/see"));
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK(!context->ItemExists("//term/see"));

    context->KeyPress(ImGuiKey_G);
    context->Yield(3);
    context->KeyPress(ImGuiKey_Enter);                     // to the place that explains it
    context->Yield(4);
    IM_CHECK(!context->ItemExists("//term/see"));
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    context->KeyPress(ImGuiKey_LeftBracket);
    context->Yield(4);

    context->KeyPress(ImGuiKey_G);
    context->Yield(3);
    const ImVec2 corner = context->GetWindowByRef("//term")->Pos;
    context->ItemClick("//term/see");
    context->Yield(4);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    context->KeyPress(ImGuiKey_LeftBracket);
    context->Yield(4);

    // The word stands over the card's corner. Under the mouse its card shows after a moment, and goes with the mouse;
    // a click holds it.
    const auto card_shows = [&] {
      const ImGuiWindow* card = context->GetWindowByRef("//term");
      return card && card->WasActive;
    };
    const ImVec2 word(corner.x + 24, corner.y - 14), elsewhere(word.x, word.y + 500);
    context->MouseMoveToPos(word);
    IM_CHECK(rig.wait(context, card_shows));
    context->MouseMoveToPos(elsewhere);
    context->Yield(3);
    IM_CHECK(!card_shows());
    context->MouseMoveToPos(word);
    context->MouseClick();
    context->MouseMoveToPos(elsewhere);
    context->Yield(3);
    IM_CHECK(card_shows());
    context->MouseClick();                                 // beside it
    context->Yield(3);
    IM_CHECK(!card_shows());
  });
  CHECK(passed);
}

TEST_CASE("every action has a name in both languages, and no two have the same key") {
  std::set<std::pair<bool, ImGuiKeyChord>> chords;         // while one reads, and while one presents
  for (const char* language : {"en", "ru"}) {
    const auto strings = Strings::load(std::string(TEXTBOOK_SOURCE_DIR) + "/assets/strings", language);
    REQUIRE(strings);
    for (const viewer::ActionEntry& entry : viewer::all_actions()) {
      INFO(entry.name);
      CHECK(strings->has("keys." + entry.name));
      CHECK_FALSE(viewer::key_label(entry, *strings).empty());
      CHECK(viewer::action_name(entry.action) == entry.name);
      if (std::string(language) == "en")
        for (const viewer::Key& key : entry.keys)
          for (const bool presenting : {false, true})
            if (viewer::is_for(entry, presenting)) CHECK(chords.emplace(presenting, key.chord).second);
    }
  }
}

TEST_CASE("a command is matched by beginnings of words, or by its letters") {
  const auto command = [](const char* title, const char* other = "") { return Command{title, other, "", "", {}}; };
  const Command next = command("Next section", "Следующий раздел");
  CHECK(viewer::match("next", next));
  CHECK(viewer::match("SEC ne", next));                    // in any order
  CHECK(viewer::match("след раз", next));
  CHECK_FALSE(viewer::match("nxs", next));                 // a letter neither next to one nor at a word's beginning
  CHECK(viewer::match("ns", next));
  CHECK(viewer::match("nsec", next));
  CHECK_FALSE(viewer::match("ection", next));
  CHECK_FALSE(viewer::match("next chapter", next));
  CHECK(viewer::match("", next));
  CHECK(viewer::match("ёлка", command("Елка")));
  CHECK(*viewer::match("dark", command("Dark theme")) > *viewer::match("dark", command("The dark side")));
  CHECK(*viewer::match("softmax", command("Softmax")) > *viewer::match("softmax", command("Softmax by hand")));
  CHECK(*viewer::match("theme", command("Theme", "Тема")) > *viewer::match("тема", command("Theme", "Тема")));
  CHECK_FALSE(viewer::match("\xff\xfez", next));
}
