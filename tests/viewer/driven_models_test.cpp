// Another model beneath the reader's labs, chosen in the menu or remembered, driven as a learner drives it.
#include "tests/catch.h"

#include "tests/viewer/rig.h"

using namespace tb;
using namespace tb::test;

namespace {

const std::string capital = "```lab\nlab: next-token\nid: one\nprompt: The capital of France is\nseed: 3\n```";

}  // namespace

TEST_CASE("another model takes over what the learner has set, and gives it back") {
  Rig rig(bundled_model(), capital);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("Paris and");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    const auto before = rig.snapshot("one");
    const auto model = [&] { return rig.snapshot("one")->model; };
    const auto prompt = [&] { return std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")); };

    // By keys. The new model's vocabulary cuts the same text into other tokens.
    context->KeyPress(ImGuiKey_M);
    context->KeyPress(ImGuiKey_2);
    IM_CHECK(rig.wait(context, [&] { return model() != before->model; }));
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt().c_str(), "Paris and");
    IM_CHECK(rig.snapshot("one")->numbers("tokens.id") != before->numbers("tokens.id"));

    // One that is gone cannot be chosen; Escape closes the menu.
    context->KeyPress(ImGuiKey_M);
    context->KeyPress(ImGuiKey_3);
    context->Yield(2);
    IM_CHECK(rig.compute().model().state == ModelView::State::ready);
    context->KeyPress(ImGuiKey_Escape);
    context->KeyPress(ImGuiKey_1);   // the menu is closed: nothing
    context->Yield(2);
    IM_CHECK(rig.settle(context));
    IM_CHECK(model() != before->model);

    // By the mouse, in the other language.
    context->KeyPress(ImGuiKey_L);
    context->Yield(3);
    IM_CHECK(context->ItemExists("**/model"));
    context->ItemClick("**/model");
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/smollm2-135m"));
    context->ItemClick("**/smollm2-135m");
    IM_CHECK(rig.wait(context, [&] { return model() == before->model; }));
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt().c_str(), "Paris and");
    IM_CHECK(rig.snapshot("one")->numbers("bars.p") == before->numbers("bars.p"));
  });
  CHECK(passed);
}

TEST_CASE("the model chosen last opens at the next start, or the bundled one in its place, which the reader says") {
  Rig rig(bundled_model(), capital);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    const auto model = [&] {
      const ModelView view = rig.compute().model();
      return view.state == ModelView::State::ready ? view.info->path : "";
    };
    const auto opens = [&](const std::string& path) { return rig.wait(context, [&] { return model() == path; }); };
    const auto says_so = [&] {
      context->Yield(2);
      return context->ItemExists("**/lost-model");
    };
    const std::string tiny = rig.models[1].options.path;
    IM_CHECK(rig.settle(context));
    rig.restart();   // nothing was chosen yet
    IM_CHECK(opens(bundled_model()));
    IM_CHECK(!says_so());

    context->KeyPress(ImGuiKey_M);
    context->KeyPress(ImGuiKey_2);
    IM_CHECK(opens(tiny));
    rig.compute().load({bundled_model()});
    IM_CHECK(opens(bundled_model()));
    rig.restart();
    IM_CHECK(opens(tiny));
    IM_CHECK(!says_so());

    // Gone: known before it is loaded. Twice, as it is not forgotten; then it is back.
    const auto list = rig.models;
    rig.models[1].error = Error{"models.gone", tiny, {"tiny"}};
    for (int start = 0; start < 2; ++start) {
      rig.restart();
      IM_CHECK(opens(bundled_model()));
      IM_CHECK(says_so());
      IM_CHECK(rig.settle(context));
      IM_CHECK(rig.snapshot("one") != nullptr);
    }
    rig.models = list;
    rig.restart();
    IM_CHECK(opens(tiny));
    IM_CHECK(!says_so());

    // Damaged: it does not load. No longer known by that name.
    rig.models[1].options.path = TEXTBOOK_SOURCE_DIR "/README.md";
    rig.restart();
    IM_CHECK(opens(bundled_model()));
    IM_CHECK(says_so());
    rig.models = {list[0]};
    rig.restart();
    IM_CHECK(opens(bundled_model()));
    IM_CHECK(says_so());

    // A click on what it says opens the menu; who then chooses the bundled model has chosen that.
    context->ItemClick("**/lost-model");
    context->Yield(2);
    context->ItemClick("**/smollm2-135m");
    IM_CHECK(!says_so());
    rig.models = list;
    rig.restart();
    IM_CHECK(opens(bundled_model()));
    IM_CHECK(!says_so());
  });
  CHECK(passed);
}
