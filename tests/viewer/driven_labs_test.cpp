// The labs' cards driven as a learner drives them: sliders, buttons, clicks and arrow keys in the figures.
#include "tests/catch.h"

#include <algorithm>
#include <cmath>

#include "tests/viewer/rig.h"
#include "viewer/figure_view.h"

using namespace tb;
using namespace tb::test;

namespace {

using List = std::vector<std::int64_t>;

const std::string capital = "```lab\nlab: next-token\nid: one\nprompt: The capital of France is\nseed: 3\n```";
const std::string store =
    "```lab\nlab: attention\nid: one\nprompt: When John and Mary went to the store, John gave a drink to\nlayer: "
    "24\n```";
const std::string words = "```lab\nlab: tokens\nid: one\ntext: Hello\n```";

List continuation(const Snapshot& snapshot) { return std::get<List>(snapshot.inputs.at("continuation")); }
std::int64_t number(const Snapshot& snapshot, const char* key) {
  return std::get<std::int64_t>(snapshot.inputs.at(key));
}

// The figure as it stands on the screen, to know where its hits are.
figure::Figure figure_of(Rig& rig, ImGuiTestContext* context) {
  const viewer::Theme& theme = rig.reader().theme();
  const float width = context->ItemInfo("**/###figure").RectFull.GetWidth();
  return figure::draw(*rig.snapshot("one"), {.colors = theme.colors(), .strings = *theme.strings,
                                             .measure = viewer::imgui_measure(theme.fonts), .width = width,
                                             .size = theme.px(theme.sizes.ui), .hovered = "", .selected = ""});
}

void move_to_hit(Rig& rig, ImGuiTestContext* context, const std::string& id) {
  const figure::Figure figure = figure_of(rig, context);
  const auto hit = std::find_if(figure.hits.begin(), figure.hits.end(), [&](const auto& h) { return h.id == id; });
  IM_CHECK_SILENT(hit != figure.hits.end());
  const ImVec2 origin = context->ItemInfo("**/###figure").RectFull.Min;
  context->MouseMoveToPos({origin.x + hit->box.x + hit->box.w / 2, origin.y + hit->box.y + hit->box.h / 2});
  context->Yield(2);
}

void click_hit(Rig& rig, ImGuiTestContext* context, const std::string& id) {
  move_to_hit(rig, context, id);
  context->MouseClick();
  context->Yield(2);
}

}  // namespace

TEST_CASE("an input without effect is hidden, keeps its value and comes back") {
  Rig rig("", "```lab\nlab: heads\nid: one\nprompt: The cat sat on the mat\nlength: 9\n```");
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###prompt"));
    IM_CHECK(!context->ItemExists("**/###length"));
    IM_CHECK(!context->ItemExists("**/###answer"));
    const std::size_t tokens = rig.snapshot("one")->numbers("tokens.id").size();

    context->ItemClick("**/###random");
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###length"));
    IM_CHECK(!context->ItemExists("**/###prompt"));
    IM_CHECK_EQ(number(*rig.snapshot("one"), "length"), 9);
    IM_CHECK_EQ(rig.snapshot("one")->numbers("tokens.id").size(), 18u);

    context->ItemClick("**/###random");
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###prompt"));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("tokens.id").size(), tokens);
  });
  CHECK(passed);
}

TEST_CASE("next-token: draw, force, go back, undo, reset") {
  Rig rig("", capital);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const auto first = rig.snapshot("one");
    const auto drawn = static_cast<std::int64_t>(first->numbers("sampled.id")[0]);

    context->ItemClick("**/###step");
    IM_CHECK(rig.settle(context));
    IM_CHECK(continuation(*rig.snapshot("one")) == List{drawn});
    IM_CHECK_EQ(rig.snapshot("one")->tokens_computed, 1);

    const auto third = static_cast<std::int64_t>(rig.snapshot("one")->numbers("bars.id")[2]);
    click_hit(rig, context, "bar/2");
    IM_CHECK(rig.settle(context));
    IM_CHECK((continuation(*rig.snapshot("one")) == List{drawn, third}));

    context->ItemClick("**/###back");
    IM_CHECK(rig.settle(context));
    IM_CHECK(continuation(*rig.snapshot("one")) == List{drawn});

    context->ItemClick("**/###undo");
    IM_CHECK(rig.settle(context));
    IM_CHECK((continuation(*rig.snapshot("one")) == List{drawn, third}));
    context->ItemClick("**/###undo");
    context->ItemClick("**/###undo");
    IM_CHECK(rig.settle(context));
    IM_CHECK(continuation(*rig.snapshot("one")).empty());
    context->ItemClick("**/###redo");
    IM_CHECK(rig.settle(context));
    IM_CHECK(continuation(*rig.snapshot("one")) == List{drawn});

    // A click on the first token of the continuation goes back to before it.
    click_hit(rig, context, "token/5");
    IM_CHECK(rig.settle(context));
    IM_CHECK(continuation(*rig.snapshot("one")).empty());

    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("Столица Франции 巴黎 🙂");
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")).c_str(), "Столица Франции 巴黎 🙂");
    context->ItemClick("**/###reset");
    IM_CHECK(rig.settle(context));
    IM_CHECK(rig.snapshot("one")->inputs == first->inputs);
  });
  CHECK(passed);
}

TEST_CASE("next-token: a sampling slider computes no token, a double click puts it back") {
  Rig rig("", capital);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    const double before = rig.snapshot("one")->numbers("bars.p")[0];
    context->ItemInputValue("**/###temperature", 0.5f);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(std::get<double>(rig.snapshot("one")->inputs.at("temperature")), 0.5);
    IM_CHECK_EQ(rig.snapshot("one")->tokens_computed, 0);
    IM_CHECK_GT(rig.snapshot("one")->numbers("bars.p")[0], before);

    context->ItemDoubleClick("**/###temperature");
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(std::get<double>(rig.snapshot("one")->inputs.at("temperature")), 1.0);
    IM_CHECK_EQ(rig.snapshot("one")->numbers("bars.p")[0], before);

    context->ItemInputValue("**/###top-k", 2);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("kept.count")[0], 2.0);
    context->ItemClick("**/###top-k", ImGuiMouseButton_Right);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(number(*rig.snapshot("one"), "top-k"), 0);
  });
  CHECK(passed);
}

TEST_CASE("next-token: generation goes on token by token until it is stopped, and is one step of undo") {
  Rig rig("", capital);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    std::vector<std::size_t> lengths;
    context->ItemClick("**/###generate");
    IM_CHECK(rig.wait(context, [&] {
      const std::size_t length = continuation(*rig.snapshot("one")).size();
      if (lengths.empty() || lengths.back() != length) lengths.push_back(length);
      return length >= 4;
    }));
    context->ItemClick("**/###generate");   // the same place says stop now
    IM_CHECK(rig.settle(context));
    const std::size_t stopped = continuation(*rig.snapshot("one")).size();
    context->Yield(20);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(continuation(*rig.snapshot("one")).size(), stopped);
    IM_CHECK_LT(stopped, 24u);
    for (std::size_t i = 1; i < lengths.size(); ++i) IM_CHECK_SILENT(lengths[i] == lengths[i - 1] + 1);
    context->ItemClick("**/###undo");
    IM_CHECK(rig.settle(context));
    IM_CHECK(continuation(*rig.snapshot("one")).empty());
  });
  CHECK(passed);
}

TEST_CASE("attention: heads, rows and the sink are chosen in the figure, by mouse and by keys") {
  Rig rig("", store);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    click_hit(rig, context, "head/4");
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(number(*rig.snapshot("one"), "head"), 4);
    click_hit(rig, context, "cell/9/3");
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("row.query")[0], 9.0);
    IM_CHECK_EQ(rig.snapshot("one")->tokens_computed, 0);
    context->ItemClick("**/###without-sink");
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("row.weight")[0], 0.0);

    // Arrow keys walk on from what was clicked, Enter chooses; the page stays where it is.
    click_hit(rig, context, "query/1");
    context->KeyPress(ImGuiKey_RightArrow, 2);
    context->KeyPress(ImGuiKey_Enter);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("row.query")[0], 3.0);
    context->KeyPress(ImGuiKey_LeftArrow);
    context->KeyPress(ImGuiKey_Enter);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("row.query")[0], 2.0);
    const float top = context->ItemInfo("**/###figure").RectFull.Min.y;
    context->KeyPress(ImGuiKey_DownArrow, 3);
    context->Yield(3);
    IM_CHECK_EQ(context->ItemInfo("**/###figure").RectFull.Min.y, top);

    // Without a mouse: Enter goes into the lab, Tab on to the figure.
    context->KeyPress(ImGuiKey_Escape);
    context->NavMoveTo("**/###prompt");
    context->KeyPress(ImGuiKey_Tab);
    context->NavMoveTo("**/###figure");
    context->KeyPress(ImGuiKey_RightArrow, 6);   // the first press takes hold of token 0
    context->KeyPress(ImGuiKey_Enter);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("row.query")[0], 5.0);
  });
  CHECK(passed);
}

TEST_CASE("a lab that trains waits for its button, is stopped and goes on, and others answer meanwhile") {
  Rig rig("", "```lab\nlab: from-scratch\nid: training\nsteps: 1500\nwidth: 16\nlength: 12\nshortest: 2\n"
              "longest: 4\nvocabulary: 8\nbatch: 4\nevery: 50\n```\n\n"
              "```lab\nlab: next-token\nid: beside\nprompt: The capital of France is\n```");
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    const auto view = [&] { return rig.compute().view("01-small/training"); };
    const auto steps = [&] { return view().snapshot ? view().snapshot->numbers("run.steps").at(0) : -1; };
    IM_CHECK(rig.settle(context));
    IM_CHECK(!view().waiting);
    IM_CHECK(!view().snapshot);
    IM_CHECK(context->ItemExists("**/###start"));

    context->ItemClick("**/###start");
    IM_CHECK(rig.wait(context, [&] { return steps() > 0; }));
    IM_CHECK(context->ItemExists("**/###figure"));
    // Another lab runs between two steps, and an edited input leaves the run alone.
    const auto before = rig.snapshot("beside");
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("One");
    context->ItemInputValue("**/###layers", 3);
    IM_CHECK(rig.wait(context, [&] { return rig.snapshot("beside") != before || !view().waiting; }));
    IM_CHECK(view().waiting);
    context->ItemClick("**/###start");   // the same place says stop now
    IM_CHECK(rig.wait(context, [&] { return !view().waiting; }));
    const double kept = steps();
    IM_CHECK_GT(kept, 0);
    IM_CHECK_LT(kept, 1500);
    IM_CHECK(view().snapshot->partial);
    IM_CHECK_STR_EQ(view().error->code.c_str(), "job.stopped");
    IM_CHECK(context->ItemExists("**/###figure"));

    // With the former setting it goes on from there.
    context->ItemInputValue("**/###layers", 2);
    context->ItemClick("**/###start");
    IM_CHECK(rig.wait(context, [&] { return !view().waiting; }));
    IM_CHECK_EQ(steps(), 1500);
    IM_CHECK_GT(view().snapshot->tokens_reused, 0);
    IM_CHECK(!view().error);
    context->ItemClick("**/###start");   // all is done: nothing begins
    context->Yield(3);
    IM_CHECK(!view().waiting);

    // The other language posts nothing either; folded inputs come out and go in again.
    context->KeyPress(ImGuiKey_Escape);
    context->KeyPress(ImGuiKey_L);
    context->Yield(3);
    IM_CHECK(!view().waiting);
    IM_CHECK(!context->ItemExists("**/###heads"));
    context->ItemClick("**/###more-inputs");
    IM_CHECK(context->ItemExists("**/###heads"));
    context->ItemClick("**/###more-inputs");
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/###heads"));
  });
  CHECK(passed);
}

TEST_CASE("an empty or too long prompt says what to do, and typing goes on") {
  Rig rig("", store);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemInput("**/###prompt");
    context->KeyPress(ImGuiMod_Ctrl | ImGuiKey_A);
    context->KeyPress(ImGuiKey_Delete);
    IM_CHECK(rig.wait(context, [&] { return rig.compute().view("01-small/one").error.has_value(); }));
    IM_CHECK_STR_EQ(rig.compute().view("01-small/one").error->code.c_str(), "lab.empty");
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/###retry"));   // there is nothing to try again
    IM_CHECK(!context->ItemExists("**/###figure"));
    context->KeyChars("Two words");
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###figure"));
    IM_CHECK_EQ(rig.snapshot("one")->numbers("tokens.id").size(), 2u);
  });
  CHECK(passed);
}

TEST_CASE("tokens: every keystroke counts, Enter keeps the text, Ctrl+Enter begins a line") {
  Rig rig("", words);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemClick("**/one/###text");
    context->KeyPress(ImGuiKey_End);
    context->Yield(3);
    context->KeyChars(", мир");
    context->Yield(2);
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("text")).c_str(), "Hello, мир");
    context->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Enter);
    context->KeyChars("x");
    context->KeyPress(ImGuiKey_Enter);
    context->Yield(2);
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("text")).c_str(), "Hello, мир\nx");
    IM_CHECK_EQ(rig.snapshot("one")->numbers("count.characters")[0], 12.0);
  });
  CHECK(passed);
}

TEST_CASE("an input that the lab does not have is an error in the card, and the page lives on") {
  Rig rig("", "```lab\nlab: next-token\nid: wrong\nprompt: Hi\ntemprature: 2\n```");
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.wait(context, [&] { return rig.compute().model().state == ModelView::State::ready; }));
    context->Yield(3);
    IM_CHECK(!context->ItemExists("**/###prompt"));
    IM_CHECK(rig.snapshot("wrong") == nullptr);
    context->KeyPress(ImGuiKey_D);
    context->Yield();
    IM_CHECK(rig.reader().theme().id == figure::Theme::dark);
  });
  CHECK(passed);
}

TEST_CASE("patching: a map is looked at while it grows, stopped, and goes on where it was") {
  // Texts that differ at the first token, and many tokens: a map that takes long on any machine.
  std::string rest;
  for (int i = 0; i < 60; ++i) rest += " word";
  Rig rig("", "```lab\nlab: patching\nid: one\nclean: Paris" + rest + "\ncorrupted: Rome" + rest +
                  "\nright: word\nwrong: the\n```");
  const auto missing = [&] {
    const auto snapshot = rig.snapshot("one");
    if (!snapshot) return std::ptrdiff_t{-1};
    const std::vector<double>& map = snapshot->numbers("map.recovery");
    return std::count_if(map.begin(), map.end(), [](double x) { return std::isnan(x); });
  };
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.wait(context, [&] { return missing() > 0 && context->ItemExists("**/###stop"); }));
    IM_CHECK(rig.snapshot("one")->partial);
    context->ItemClick("**/###stop");
    IM_CHECK(rig.wait(context, [&] { return context->ItemExists("**/###go-on"); }));
    const std::ptrdiff_t left = missing();
    IM_CHECK(left > 0);
    IM_CHECK(context->ItemExists("**/###figure"));   // what is there stays in sight
    context->ItemClick("**/###go-on");
    IM_CHECK(rig.wait(context, [&] { return missing() < left; }));
    // A cell is chosen meanwhile: the map goes on, and the choice shows with the next layer.
    click_hit(rig, context, "cell/29/3");
    IM_CHECK(rig.wait(context, [&] { return number(*rig.snapshot("one"), "layer") == 29; }));
    IM_CHECK(missing() < left);
    IM_CHECK(rig.wait(context, [&] { return context->ItemExists("**/###stop"); }));
    context->ItemClick("**/###stop");
    IM_CHECK(rig.settle(context));
  });
  CHECK(passed);
}

TEST_CASE("Enter goes to the text of the lab under the eye, past its examples and the switch of a comparison") {
  Rig rig("", "```lab\nlab: next-token\nid: one\nprompt: The capital of France is\nexample: A river\n"
              "set: prompt=The longest river is the\n```");
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    const auto write = [&](const char* text) {
      context->KeyPress(ImGuiKey_Enter);
      context->Yield(3);
      IM_CHECK(ImGui::GetIO().WantTextInput);
      context->KeyPress(ImGuiKey_End);
      context->KeyChars(text);
      IM_CHECK(rig.settle(context));
      context->KeyPress(ImGuiKey_Escape);
      context->Yield(3);
      IM_CHECK(!ImGui::GetIO().WantTextInput);
    };
    IM_CHECK(rig.settle(context));
    write(" now");
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")).c_str(),
                    "The capital of France is now");
    context->KeyPress(ImGuiKey_C);
    IM_CHECK(rig.settle(context));
    write(" called");
    const auto link = [&] {                               // with the inputs of both runs
      context->ItemClick("**/###link");
      return std::string(ImGui::GetClipboardText());
    }();
    IM_CHECK(link.find("now%20called") != std::string::npos || link.find("now called") != std::string::npos);
  });
  CHECK(passed);
}
