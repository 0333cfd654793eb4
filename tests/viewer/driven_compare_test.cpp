// Two runs of a lab on one card: B beside A, and what changes from one to the other.
#include "tests/catch.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "book/place.h"
#include "labs/compare.h"
#include "tests/viewer/rig.h"
#include "viewer/panels/lab_compare.h"
#include "viewer/panels/lab_save.h"

using namespace tb;
using namespace tb::test;

namespace {

const std::string france = "```lab\nlab: next-token\nid: one\nprompt: The capital of France is\ntop: 8\n```";
const std::string heads = "```lab\nlab: attention\nid: one\nprompt: When John and Mary\nlayer: 3\n```";
const std::string cuts = "```lab\nlab: tokens\nid: one\ntext: Hello world\n```";

std::string text_of(const std::shared_ptr<const Snapshot>& snapshot, const char* key = "prompt") {
  return snapshot ? std::get<std::string>(snapshot->inputs.at(key)) : "none";
}

void type(Rig& rig, ImGuiTestContext* context, const char* item, const char* text) {
  context->ItemInput(item);
  context->KeyCharsReplace(text);
  context->KeyPress(ImGuiKey_Escape);
  context->Yield(2);
  IM_CHECK_SILENT(rig.settle(context));
}

void press(Rig& rig, ImGuiTestContext* context, const char* item) {
  context->ItemClick(item);
  context->Yield(2);
  IM_CHECK_SILENT(rig.settle(context));
}

std::string clipboard_place() {
  const std::string line = ImGui::GetClipboardText();
  const std::size_t from = line.find('\''), to = line.rfind('\'');
  return from == std::string::npos || to == from ? "" : line.substr(from + 1, to - from - 1);
}

}  // namespace

TEST_CASE("B begins as A is, both are edited, and each says what the other lists") {
  Rig rig("", france);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(!context->ItemExists("**/###show-difference"));
    press(rig, context, "**/###compare");
    IM_CHECK(context->ItemExists("**/###show-difference"));
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of France is");
    // B is the one that is edited at first; then A.
    type(rig, context, "**/b/###prompt", "The capital of Italy is");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of Italy is");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of France is");
    const Snapshot a = *rig.snapshot("one"), b = *rig.snapshot("one/b");
    IM_CHECK(more_to_report(a, b).empty());
    IM_CHECK(more_to_report(b, a).empty());
    const auto difference = compare(a, b);
    IM_CHECK(difference.has_value());
    for (const double p : difference->numbers("bars.p")) IM_CHECK(std::isfinite(p));
    press(rig, context, "**/###edit-a");
    IM_CHECK(!context->ItemExists("**/b/###prompt"));
    type(rig, context, "**/a/###prompt", "The capital of Spain is");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of Spain is");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of Italy is");

    // Undo and redo are those of the one that is edited.
    press(rig, context, "**/###undo");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of France is");
    press(rig, context, "**/###edit-b");
    press(rig, context, "**/###undo");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of France is");
    press(rig, context, "**/###undo");       // nothing before its beginning
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of France is");
    press(rig, context, "**/###redo");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of Italy is");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of France is");
  });
  CHECK(passed);
}

TEST_CASE("swap, and the two ways to end a comparison") {
  Rig rig("", france);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(rig, context, "**/###compare");
    type(rig, context, "**/b/###prompt", "The capital of Italy is");
    press(rig, context, "**/###swap");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of Italy is");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "The capital of France is");
    press(rig, context, "**/###keep-a");
    IM_CHECK(!context->ItemExists("**/###show-difference"));
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of Italy is");

    press(rig, context, "**/###compare");
    type(rig, context, "**/b/###prompt", "The capital of Spain is");
    press(rig, context, "**/###keep-b");
    IM_CHECK(!context->ItemExists("**/###show-difference"));
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of Spain is");
    press(rig, context, "**/###undo");       // what A was is not lost
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of Italy is");
  });
  CHECK(passed);
}

TEST_CASE("the key begins to compare and goes through what is shown; side by side where there is room") {
  Rig rig("", heads);
  rig.display = {1600, 2000};
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_C);
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/difference/###figure"));
    // In the column: one over the other.
    context->KeyPress(ImGuiKey_C);
    IM_CHECK(rig.settle(context));
    const auto place = [&](const char* run) {
      return context->ItemInfo((std::string("**/result-") + run + "/###figure").c_str()).RectFull;
    };
    IM_CHECK(!context->ItemExists("**/difference/###figure"));
    IM_CHECK_EQ(place("a").Min.x, place("b").Min.x);
    IM_CHECK_LT(place("a").Max.y, place("b").Min.y);
    context->KeyPress(ImGuiKey_C);           // A alone
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/result-a/###figure"));
    IM_CHECK(!context->ItemExists("**/result-b/###figure"));
    context->KeyPress(ImGuiKey_C);           // B alone
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/result-a/###figure"));
    context->KeyPress(ImGuiKey_C);           // the difference again
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/difference/###figure"));
    press(rig, context, "**/###show-beside");
    // Over the whole window: beside each other, and both have their inputs in sight.
    context->KeyPress(ImGuiKey_E);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(place("a").Min.y, place("b").Min.y);
    IM_CHECK_LT(place("a").Max.x, place("b").Min.x);
    IM_CHECK(context->ItemExists("**/a/###prompt"));
    IM_CHECK(context->ItemExists("**/b/###prompt"));
    type(rig, context, "**/a/###prompt", "When Mary and John");
    press(rig, context, "**/###undo");       // of the one edited last
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "When John and Mary");
  });
  CHECK(passed);
}

TEST_CASE("a click in the difference chooses the same place in both") {
  Rig rig("", heads);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(rig, context, "**/###compare");
    type(rig, context, "**/b/###prompt", "When Mary and John");
    IM_CHECK(context->ItemExists("**/difference/###figure"));
    // The keyboard walks the figure's parts; Enter chooses: the first token becomes the row that is read.
    context->KeyPress(ImGuiKey_Tab);
    context->NavMoveTo("**/difference/###figure");
    context->KeyPress(ImGuiKey_RightArrow);
    context->KeyPress(ImGuiKey_Enter);
    IM_CHECK(rig.settle(context));
    const auto query = [&](const char* run) { return std::get<std::int64_t>(rig.snapshot(run)->inputs.at("query")); };
    IM_CHECK(query("one") >= 0);
    IM_CHECK_EQ(query("one"), query("one/b"));
  });
  CHECK(passed);
}

TEST_CASE("where nothing can be subtracted the card says why and shows both") {
  Rig rig("", cuts);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(rig, context, "**/###compare");
    type(rig, context, "**/b/###text", "Привет, мир");
    IM_CHECK(!context->ItemExists("**/difference/###figure"));
    IM_CHECK(context->ItemExists("**/result-a/###figure"));
    IM_CHECK(context->ItemExists("**/result-b/###figure"));
    // Nothing typed: B says what to do, A stays.
    type(rig, context, "**/b/###text", "");
    IM_CHECK(context->ItemExists("**/result-a/###figure"));
    type(rig, context, "**/b/###text", "Пока");
    IM_CHECK(context->ItemExists("**/result-b/###figure"));
  });
  CHECK(passed);
}

TEST_CASE("a comparison comes back after a restart, from a link, and in the other language") {
  Rig rig("", france);
  std::string link;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(rig, context, "**/###compare");
    context->ItemClick("**/###link");        // B is as A is, and that is told, too
    IM_CHECK(clipboard_place().find("b.") != std::string::npos);
    type(rig, context, "**/b/###prompt", "Столица Италии & «Рим»?");
    rig.reader().save();
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###show-difference"));
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "Столица Италии & «Рим»?");
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one")).c_str(), "The capital of France is");
    context->ItemClick("**/###link");
    link = clipboard_place();
    const auto place = book::parse_place(link);
    IM_CHECK(place.has_value());
    IM_CHECK_STR_EQ(place->inputs.at("b.prompt").c_str(), "Столица Италии & «Рим»?");
    IM_CHECK(!place->inputs.contains("b.top"));
    // Ended, and that is kept as well.
    press(rig, context, "**/###keep-a");
    rig.reader().save();
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(!context->ItemExists("**/###show-difference"));
    // Another machine opens the link.
    rig.place = *place;
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###show-difference"));
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "Столица Италии & «Рим»?");
    rig.place.reset();
    // The other language has its own presets; what the learner set stays.
    context->KeyPress(ImGuiKey_L);
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###show-difference"));
    IM_CHECK_STR_EQ(text_of(rig.snapshot("one/b")).c_str(), "Столица Италии & «Рим»?");
    // An odd link: keys that no lab has, values that none takes. The card compares what it can.
    rig.place = book::parse_place("01-small?lab=one&b.nothing=1&b.top=many&b.=x&b.temperature=0.5").value();
    rig.restart();
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/###show-difference"));
    IM_CHECK_EQ(std::get<double>(rig.snapshot("one/b")->inputs.at("temperature")), 0.5);
  });
  CHECK(passed);
}

TEST_CASE("a comparison is saved with both runs and the difference") {
  Rig rig("", france);
  viewer::SaveRequest request;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(rig, context, "**/###compare");
    type(rig, context, "**/b/###prompt", "The capital of Italy is");
    request.snapshot = rig.snapshot("one");
    request.b = rig.snapshot("one/b");
  });
  REQUIRE(passed);
  const Strings english = Strings::load(TEXTBOOK_SOURCE_DIR "/assets/strings", "en").value();
  request.strings = &english;
  request.chapter = "01-small";
  request.instance = "compared";
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("textbook-compare-" + std::to_string(::getpid()));
  std::map<std::string, std::string> bytes;
  std::filesystem::create_directories(folder);
  const std::string data = data_folder().string(), home = std::getenv("HOME") ? std::getenv("HOME") : "";
  ::setenv("HOME", folder.c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
  ::setenv("TEXTBOOK_CACHE", cache_folder().c_str(), 1);
  ::setenv("TEXTBOOK_DATA", folder.c_str(), 1);
  for (const viewer::SaveFormat format : viewer::save_formats) {
    request.format = format;
    request.shown = figure::Shown::difference;
    const auto path = viewer::save_view(request);
    REQUIRE(path);
    bytes[path->extension()] = *read_file(*path);
  }
  ::setenv("HOME", home.c_str(), 1);
  ::unsetenv("XDG_CONFIG_HOME");
  ::setenv("TEXTBOOK_DATA", data.c_str(), 1);
  std::filesystem::remove_all(folder);
  const auto json = nlohmann::json::parse(bytes[".json"]);
  CHECK(json["a"]["inputs"]["prompt"] == "The capital of France is");
  CHECK(json["b"]["inputs"]["prompt"] == "The capital of Italy is");
  const auto& columns = json["difference"]["columns"];
  for (std::size_t i = 0; i < columns["bars.p"]["data"].size(); ++i)
    CHECK(columns["bars.p"]["data"][i].get<double>() ==
          columns["bars.p_b"]["data"][i].get<double>() - columns["bars.p_a"]["data"][i].get<double>());
  CHECK(bytes[".csv"].find("b-a.bars.p,0,") != std::string::npos);
  CHECK(bytes[".svg"].find("The capital of Italy is") != std::string::npos);
  CHECK(bytes[".png"].substr(0, 8) == "\x89PNG\r\n\x1a\n");
}

TEST_CASE("another model computes both again") {
  Rig rig(bundled_model(), france);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    press(rig, context, "**/###compare");
    type(rig, context, "**/b/###prompt", "The capital of Italy is");
    const std::string tiny = TEXTBOOK_SOURCE_DIR "/tests/reference/qwen3-tiny/tiny.gguf";
    rig.compute().load({tiny});              // its vocabulary is much smaller: ids of the other one are none of it
    IM_CHECK(rig.wait(context, [&] {
      const auto a = rig.snapshot("one"), b = rig.snapshot("one/b");
      return a && b && a->model_checksum == b->model_checksum && rig.compute().model().info &&
             a->model_checksum == rig.compute().model().info->checksum && more_to_report(*a, *b).empty() &&
             more_to_report(*b, *a).empty();
    }));
    IM_CHECK(rig.settle(context));
    IM_CHECK(context->ItemExists("**/difference/###figure"));
  });
  CHECK(passed);
}
