// What the learner leaves behind in the reader: predictions that cover a lab, quizzes, what was read, bookmarks, notes,
// starting over; and all of it after a restart.
#include "tests/catch.h"

#include <csignal>

#include <sys/resource.h>

#include "base/files.h"
#include "book/learner.h"
#include "book/traces.h"
#include "tests/viewer/rig.h"

using namespace tb;
using namespace tb::test;

namespace {

// Five letters are five bytes, the preset's two are two: known without the model.
const std::string asked =
    "```predict\nid: guess\nlab: one\nquestion: How many bytes has abcde?\nset: text=abcde\nchoice: few\nis: ..4\n"
    "choice: five\nis: 5\nvalue: count.bytes\nanswer: five\nbecause: Latin letters are one byte each.\n```\n\n"
    "```lab\nlab: tokens\nid: one\ntext: ab\n```\n\n"
    "```quiz\nid: q\nquestion: Which are right?\nright: yes\nbecause: So it is.\nwrong: no\nbecause: It is not.\n"
    "right: also\nbecause: That too.\n```\n";

const std::string number =
    "```predict\nid: guess\nlab: one\nquestion: How many bytes?\nguess: number\nmin: 0\nmax: 10\nstep: 1\nunit: bytes\n"
    "value: count.bytes\nanswer: 2\ntolerance: 1\n```\n\n```lab\nlab: tokens\nid: one\ntext: ab\n```\n";

book::Learner learner_of(Rig& rig) { return book::Learner(&rig.state()); }

bool has(ImGuiTestContext* context, const char* item) { return context->ItemExists((std::string("**/") + item).c_str()); }

// One of the choices of a block, by its number from 0.
void choose(ImGuiTestContext* context, const char* block, int number) {
  context->ItemClick(("**/" + std::string(block) + "/" + std::string("$$") + std::to_string(number) + "/choice").c_str());
  context->Yield(2);
}

void press(ImGuiTestContext* context, ImGuiKeyChord key) {
  context->KeyPress(key);
  context->Yield(3);
}

}  // namespace

TEST_CASE("a lab keeps its result covered until the learner has committed; then both stand side by side") {
  Rig rig("", asked);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(has(context, "###to-question"));
    IM_CHECK(has(context, "###commit"));
    choose(context, "guess", 1);
    IM_CHECK(has(context, "###to-question"));              // chosen, not committed to
    context->ItemClick("**/###commit");
    context->Yield(2);
    IM_CHECK(!has(context, "###to-question"));
    IM_CHECK(!has(context, "###commit"));
    IM_CHECK(rig.settle(context));
    context->Yield(3);
    const auto learner = learner_of(rig);
    const book::Answer* said = learner.first_answer("01-small", "guess");
    IM_CHECK(said != nullptr);
    IM_CHECK_EQ(said->choice, 1);
    IM_CHECK_STR_EQ(said->model.c_str(), "5");             // of the inputs that are asked about, not of the preset
    IM_CHECK(said->verdict == book::Verdict::right);
    // Other inputs do not cover it again, and the answer stays.
    context->ItemClick("**/###reset");
    IM_CHECK(rig.settle(context));
    context->Yield(3);
    IM_CHECK(!has(context, "###to-question"));
    IM_CHECK_STR_EQ(learner_of(rig).first_answer("01-small", "guess")->model.c_str(), "5");
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(!has(context, "###to-question"));
    IM_CHECK(!has(context, "###commit"));
  });
  CHECK(passed);
}

TEST_CASE("who wants to see at once may, and it is put down as skipped; so with the lab over the whole window") {
  Rig rig("", asked);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(context, ImGuiKey_E);
    IM_CHECK(!has(context, "###commit"));                  // the page is not there
    context->ItemClick("**/###to-question");
    context->Yield(3);
    IM_CHECK(has(context, "###commit"));                   // back on it
    press(context, ImGuiKey_E);
    context->ItemClick("**/###show-anyway");
    context->Yield(3);
    IM_CHECK(!has(context, "###to-question"));
    const auto learner = learner_of(rig);
    IM_CHECK(learner.first_answer("01-small", "guess")->verdict == book::Verdict::skipped);
    press(context, ImGuiKey_Escape);
    IM_CHECK(!has(context, "###commit"));
  });
  CHECK(passed);
}

TEST_CASE("a number is guessed, and scored by its distance") {
  Rig rig("", number);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemInputValue("**/###guess", 3.2f);
    context->Yield(2);
    context->ItemClick("**/###commit");
    IM_CHECK(rig.settle(context));
    context->Yield(3);
    const auto learner = learner_of(rig);
    const book::Answer* said = learner.first_answer("01-small", "guess");
    IM_CHECK(said != nullptr);
    IM_CHECK_STR_EQ(said->text.c_str(), "3");              // whole steps
    IM_CHECK_STR_EQ(said->model.c_str(), "2");
    IM_CHECK(said->verdict == book::Verdict::right);       // one off is near enough here
  });
  CHECK(passed);
}

TEST_CASE("a quiz explains every answer and counts the first") {
  Rig rig("", asked);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    choose(context, "q", 1);
    IM_CHECK(!has(context, "q/$$1/choice"));               // it is answered: no choice any more
    choose(context, "q", 2);
    choose(context, "q", 0);
    const auto learner = learner_of(rig);
    const auto tries = learner.answers("01-small", "q");
    IM_CHECK_EQ(tries.size(), 3u);
    IM_CHECK(tries[0]->verdict == book::Verdict::wrong);
    IM_CHECK(tries[2]->verdict == book::Verdict::right);
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(!has(context, "q/$$0/choice"));
  });
  CHECK(passed);
}

TEST_CASE("what was read and tried is noticed, and leafing through is not reading") {
  Rig rig("", asked);
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(context, ImGuiKey_End);
    context->Yield(10);
    press(context, ImGuiKey_Home);
    IM_CHECK(learner_of(rig).traces().marks.empty());
    press(context, ImGuiKey_End);
    context->SleepNoSkip(45, 1);                           // seconds of the test's own clock
    const auto learner = learner_of(rig);
    IM_CHECK(learner.has(book::Mark::Kind::read, "01-small", "third"));
    IM_CHECK(!learner.has(book::Mark::Kind::read, "01-small", "second"));
    press(context, ImGuiKey_Home);
    IM_CHECK(!learner_of(rig).has(book::Mark::Kind::tried, "01-small", "one"));
    context->ItemClick("**/lab/one/###text");
    context->KeyCharsReplace("abc");
    IM_CHECK(rig.settle(context));
    IM_CHECK(learner_of(rig).has(book::Mark::Kind::tried, "01-small", "one"));
  });
  CHECK(passed);
}

TEST_CASE("what cannot be stored is said at the bottom of the window, until it can be") {
  Rig rig;
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const rlimit full{0, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
    context->KeyPress(ImGuiKey_B);
    context->Yield(2);
    ::setrlimit(RLIMIT_FSIZE, &before);
    IM_CHECK(context->ItemExists("**/unkept"));
    context->KeyPress(ImGuiKey_B);
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/unkept"));
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(passed);
}

TEST_CASE("bookmarks: set, listed, jumped to, taken away") {
  Rig rig("", asked);
  rig.display = {1280, 800};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(context, ImGuiKey_End);
    press(context, ImGuiKey_B);
    IM_CHECK_EQ(learner_of(rig).traces().bookmarks.size(), 1u);
    IM_CHECK_STR_EQ(learner_of(rig).traces().bookmarks[0].spot.anchor.c_str(), "third");
    rig.restart();
    press(context, ImGuiKey_Home);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "");
    press(context, ImGuiMod_Shift | ImGuiKey_B);
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(5);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
    press(context, ImGuiMod_Shift | ImGuiKey_B);
    press(context, ImGuiMod_Shift | ImGuiKey_Delete);
    IM_CHECK(learner_of(rig).traces().bookmarks.empty());
    press(context, ImGuiKey_Escape);
    press(context, ImGuiKey_B);
    press(context, ImGuiKey_B);                            // again: away with it
    IM_CHECK(learner_of(rig).traces().bookmarks.empty());
  });
  CHECK(passed);
}

TEST_CASE("notes: written, changed, kept when closed in whatever way, deleted") {
  Rig rig("", asked);
  rig.display = {1024, 768};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(context, ImGuiKey_W);
    context->KeyChars("Remember Ж");
    context->Yield(2);
    press(context, ImGuiKey_Escape);
    IM_CHECK_EQ(learner_of(rig).traces().notes.size(), 1u);
    IM_CHECK_STR_EQ(learner_of(rig).traces().notes[0].text.c_str(), "Remember Ж");
    const std::string sign = "note-" + std::to_string(learner_of(rig).traces().notes[0].id);
    context->ItemClick(("**/" + sign).c_str());
    context->Yield(3);
    context->KeyPress(ImGuiKey_End);
    context->KeyChars("!");
    context->Yield(2);
    rig.restart();                                         // closed with the slip open
    IM_CHECK_STR_EQ(learner_of(rig).traces().notes[0].text.c_str(), "Remember Ж!");
    press(context, ImGuiKey_W);
    press(context, ImGuiKey_Escape);
    IM_CHECK_EQ(learner_of(rig).traces().notes.size(), 1u);   // nothing written, no second note
    press(context, ImGuiKey_W);
    context->ItemClick("**/###remove");
    context->Yield(2);
    IM_CHECK(learner_of(rig).traces().notes.empty());
  });
  CHECK(passed);
}

TEST_CASE("starting over asks first and can be taken back") {
  Rig rig("", asked);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    choose(context, "q", 1);
    context->ItemClick("**/###show-anyway");
    context->Yield(2);
    press(context, ImGuiKey_R);
    context->ItemClick("//progress/**/###reset");
    IM_CHECK_EQ(learner_of(rig).traces().answers.size(), 2u);
    context->ItemClick("//progress/**/###keep-all");
    context->ItemClick("//progress/**/###reset");
    context->ItemClick("//progress/**/###reset-chapter");
    context->Yield(2);
    IM_CHECK(learner_of(rig).traces().answers.empty());
    context->ItemClick("//progress/**/###undo");
    context->Yield(2);
    IM_CHECK_EQ(learner_of(rig).traces().answers.size(), 2u);
    context->ItemClick("//progress/**/section-01-small-third");
    context->Yield(5);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), "third");
  });
  CHECK(passed);
}

TEST_CASE("a lab beside the text is there again after a restart") {
  Rig rig("", "```lab\nlab: tokens\nid: one\ntext: ab\n```\n");
  rig.display = {1700, 1000};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(!has(context, "###unpin"));
    context->ItemClick("**/###pin");
    context->Yield(3);
    IM_CHECK(has(context, "###unpin"));
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(has(context, "###unpin"));
    press(context, ImGuiKey_L);                            // the other language is the same chapter
    IM_CHECK(has(context, "###unpin"));
    context->ItemClick("**/###unpin");
    context->Yield(3);
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(!has(context, "###unpin"));
  });
  CHECK(passed);
}
