// What a lab's card offers besides its inputs: saving what it shows, a link to it, the full window, beside the text.
#include "tests/catch.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "base/files.h"
#include "book/place.h"
#include "tests/viewer/rig.h"
#include "viewer/panels/lab_save.h"

using namespace tb;
using namespace tb::test;

namespace fs = std::filesystem;

namespace {

// A home folder of the test's own, with the desktop's folders in it and nothing in the data folder.
class Home {
 public:
  explicit Home(const std::string& user_dirs) {
    static int number = 0;
    path = fs::temp_directory_path() / ("textbook-cards-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    for (const char* folder : {"Pictures", "Documents", "config", "data"}) fs::create_directories(path / folder);
    std::ofstream(path / "config/user-dirs.dirs") << user_dirs;
    set("TEXTBOOK_CACHE", cache_folder().string());   // the model lies where it lay
    set("HOME", path.string());
    set("XDG_CONFIG_HOME", (path / "config").string());
    set("TEXTBOOK_DATA", (path / "data").string());
  }
  Home(const Home&) = delete;
  ~Home() {
    for (const auto& [name, value] : before_)
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::vector<fs::path> files(const char* folder) const {
    std::vector<fs::path> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(path / folder, none)) found.push_back(entry.path());
    return found;
  }
  fs::path path;

 private:
  void set(const std::string& name, const std::string& value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace_back(name, old ? std::optional<std::string>(old) : std::nullopt);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

const std::string usual = "# written by xdg-user-dirs-update\nXDG_PICTURES_DIR=\"$HOME/Pictures\"\n"
                          "XDG_DOCUMENTS_DIR=\"$HOME/Documents\"\n";
const std::string words = "```lab\nlab: tokens\nid: one\ntext: Hello & <world>\n```";

const std::string bank = "```lab\nlab: next-token\nid: one\nprompt: He walked along the bank of the\n```";

// Chooses a format in the card's menu and waits for the answer.
void save(Rig& rig, ImGuiTestContext* context, const std::string& format) {
  context->ItemClick("**/###save");
  context->Yield(2);
  context->ItemClick(("**/###" + format).c_str());
  IM_CHECK_SILENT(rig.settle(context));
}

// The place in a copied line: what stands between the shell's quotes.
std::string place_in(const std::string& line) {
  const std::size_t from = line.find('\''), to = line.rfind('\'');
  return from == std::string::npos || to == from ? "" : line.substr(from + 1, to - from - 1);
}

}  // namespace

TEST_CASE("the desktop's folders, and where there are none") {
  const auto folder = [](const Home& home, viewer::SaveFormat format) {
    return fs::relative(viewer::save_folder(format), home.path).string();
  };
  using enum viewer::SaveFormat;
  SECTION("as user-dirs.dirs names them") {
    const Home home(usual);
    CHECK(folder(home, png) == "Pictures");
    CHECK(folder(home, svg) == "Pictures");
    CHECK(folder(home, csv) == "Documents");
    CHECK(folder(home, json) == "Documents");
  }
  SECTION("no such file, a folder that is gone, one that is the home itself, half a line") {
    const Home home("XDG_PICTURES_DIR=\"$HOME/Gone\"\nXDG_DOCUMENTS_DIR=\"$HOME/\"\nXDG_DOC");
    CHECK(folder(home, png) == "data/exports");
    CHECK(folder(home, csv) == "data/exports");
    fs::remove(home.path / "config/user-dirs.dirs");
    CHECK(folder(home, png) == "data/exports");
  }
  SECTION("spaces, Cyrillic, escapes, the last of two lines") {
    const Home home("XDG_PICTURES_DIR=\"$HOME/Pictures\"\n  XDG_PICTURES_DIR=\"$HOME/Мои \\\"фото\\\"\"\n");
    fs::create_directories(home.path / "Мои \"фото\"");
    CHECK(folder(home, png) == "Мои \"фото\"");
  }
}

TEST_CASE("a card saves what it shows, in four formats") {
  const Home home(usual);
  Rig rig("", words);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    for (const char* format : {"png", "svg", "csv", "json"}) save(rig, context, format);
    IM_CHECK_EQ(home.files("Pictures").size(), 2u);
    IM_CHECK_EQ(home.files("Documents").size(), 2u);
    // A learner in a hurry: the same format twice within a second.
    save(rig, context, "csv");
    IM_CHECK_EQ(home.files("Documents").size(), 3u);
  });
  REQUIRE(passed);

  const auto snapshot = rig.snapshot("one");
  std::map<std::string, std::string> bytes;
  std::vector<fs::path> all = home.files("Pictures");
  for (const fs::path& path : home.files("Documents")) all.push_back(path);
  for (const fs::path& path : all) {
    CHECK_THAT(path.filename().string(), Catch::Matchers::StartsWith("01-small-one-"));
    const std::string text = *read_file(path);
    if (path.extension() == ".csv") CHECK(text == to_csv(*snapshot));   // both of them, none half
    bytes[path.extension()] = text;
  }
  REQUIRE(bytes.size() == 4);
  CHECK(bytes[".png"].substr(0, 8) == "\x89PNG\r\n\x1a\n");
  CHECK(bytes[".svg"].find("<text") != std::string::npos);   // text stays text
  CHECK(bytes[".svg"].find("Hello") != std::string::npos);
  const auto json = nlohmann::json::parse(bytes[".json"]);
  CHECK(json.dump().find("Hello & <world>") != std::string::npos);
}

TEST_CASE("a folder that takes no file: an error that says why, and nothing half written") {
  const Home home("");
  std::ofstream(home.path / "data/exports") << "a file stands where the folder should be";
  Rig rig("", words);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    IM_CHECK(!context->ItemExists("**/###understood"));
    save(rig, context, "png");
    IM_CHECK(context->ItemExists("**/###understood"));
    context->ItemClick("**/###understood");
    context->Yield(2);
    IM_CHECK(!context->ItemExists("**/###understood"));
    // The folder is mended: the next one is written.
    fs::remove(home.path / "data/exports");
    save(rig, context, "png");
    IM_CHECK_EQ(home.files("data/exports").size(), 1u);
    IM_CHECK(!context->ItemExists("**/###understood"));
  });
  CHECK(passed);

  // A folder that belongs to the system.
  const auto snapshot = rig.snapshot("one");
  fs::remove_all(home.path / "data/exports");
  fs::create_symlink("/proc", home.path / "data/exports");
  const viewer::SaveRequest request{snapshot, viewer::SaveFormat::csv, "01-small", "one"};
  const auto closed = viewer::save_view(request);
  REQUIRE(!closed);
  CHECK(closed.error().code == "save.write");
  CHECK_FALSE(closed.error().args.at(0).empty());

  // Room for a few bytes only: neither half a file nor the reserved name stays behind.
  fs::remove(home.path / "data/exports");
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit narrow{16, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &narrow);
  const auto full = viewer::save_view(request);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE(!full);
  CHECK(full.error().code == "save.write");
  CHECK(home.files("data/exports").empty());
}

TEST_CASE("a set-up is saved as a folder") {
  const Home home(usual);
  const fs::path left = home.path / "data/runs/steering-1";
  fs::create_directories(left / "adapter");
  std::ofstream(left / "run.sh") << "textbook";
  std::ofstream(left / "adapter/adapter_config.json") << "{}";
  Snapshot snapshot;
  snapshot.lab = "steering";
  CHECK_FALSE(viewer::has_setup(snapshot));
  snapshot.columns.push_back({"setup.folder", "", {1}, std::vector<std::string>{"steering-1"}});
  CHECK(viewer::has_setup(snapshot));
  const viewer::SaveRequest request{std::make_shared<const Snapshot>(snapshot), viewer::SaveFormat::dir, "06-x", "one"};
  const auto saved = viewer::save_view(request), again = viewer::save_view(request);
  REQUIRE(saved);
  REQUIRE(again);
  CHECK(*saved != *again);
  CHECK(saved->parent_path() == home.path / "Documents");
  for (const auto& path : {*saved, *again}) {
    CHECK(*read_file(path / "run.sh") == "textbook");
    CHECK(fs::exists(path / "adapter/adapter_config.json"));
  }
  // It has made room for newer ones.
  fs::remove_all(left);
  const auto gone = viewer::save_view(request);
  REQUIRE(!gone);
  CHECK(gone.error().code == "save.write");
  CHECK(home.files("Documents").size() == 2);
}

TEST_CASE("odd names of chapters and labs make file names") {
  const Home home("");
  Snapshot snapshot;
  snapshot.lab = "tokens";
  const auto shared = std::make_shared<const Snapshot>(snapshot);
  for (const std::string& odd : {std::string("../../etc"), std::string("Глава 1/а\nб"), std::string(4000, 'x')}) {
    const auto saved = viewer::save_view({shared, viewer::SaveFormat::json, odd, odd});
    REQUIRE(saved);
    CHECK(saved->parent_path() == home.path / "data/exports");
    CHECK(fs::exists(*saved));
  }
}

TEST_CASE("a link brings back chapter, lab and inputs") {
  const std::string lab = "```lab\nlab: attention\nid: one\nprompt: When John and Mary\nlayer: 3\n```";
  Rig rig("", lab);
  std::string at_presets, changed;
  std::map<std::string, std::string> inputs;
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemClick("**/###link");
    at_presets = ImGui::GetClipboardText();
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("It's \"odd\": 100% #1 ?a=b&c — Мария $HOME `ls` 🙂");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    context->ItemClick("**/###link");
    changed = ImGui::GetClipboardText();
    inputs = unparse(rig.snapshot("one")->inputs);
    // Another learner has set something else; both links come before it.
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("Something else");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    for (const std::string& line : {changed, at_presets}) {
      const auto place = book::parse_place(place_in(line));
      IM_CHECK(place.has_value());
      rig.place = *place;
      rig.restart();
      IM_CHECK(rig.settle(context));
      const std::string prompt = line == changed ? inputs.at("prompt") : "When John and Mary";
      IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")).c_str(), prompt.c_str());
      IM_CHECK_EQ(std::get<std::int64_t>(rig.snapshot("one")->inputs.at("layer")), 3);
    }
  });
  REQUIRE(passed);

  const auto place = book::parse_place(place_in(changed));
  REQUIRE(place);
  CHECK(changed == "textbook open '" + place_in(changed) + "'");
  CHECK(place->chapter == "01-small");
  CHECK(place->lab == "one");
  CHECK(place->inputs == std::map<std::string, std::string>{{"prompt", inputs.at("prompt")}});
  // Of a shell's own signs none is left inside the quotes.
  CHECK(place_in(changed).find_first_of("'\"\\$`! \n") == std::string::npos);

  // At the presets the prompt is the chapter's, hence the language; and one value holds the place of the presets.
  CHECK_THAT(at_presets, Catch::Matchers::EndsWith("' --lang en"));
  const auto first = book::parse_place(place_in(at_presets));
  REQUIRE(first);
  CHECK(first->inputs.size() == 1);
  CHECK(first->inputs.count("prompt") == 0);
}

TEST_CASE("a lab takes the whole window and gives it back at the same line") {
  Rig rig("", bank);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1024, 768};
    IM_CHECK(rig.settle(context));
    context->KeyPress(ImGuiKey_J);
    context->Yield(3);
    const auto figure = [&] { return context->ItemInfo("**/###figure").RectFull; };
    const ImRect before = figure();
    const auto snapshot = rig.snapshot("one");
    IM_CHECK(before.Min.y != 0);

    const auto check_large = [&] {
      context->Yield(3);
      IM_CHECK(rig.settle(context));
      IM_CHECK_GT(figure().GetWidth(), 1.5f * before.GetWidth());
      IM_CHECK(!context->ItemExists("**/text"));   // the page is hidden
    };
    const auto check_back = [&] {
      context->Yield(3);
      IM_CHECK_EQ(figure().Min.x, before.Min.x);
      IM_CHECK_EQ(figure().Min.y, before.Min.y);
      IM_CHECK_EQ(figure().GetWidth(), before.GetWidth());
    };
    context->KeyPress(ImGuiKey_E);
    check_large();
    IM_CHECK(rig.snapshot("one") == snapshot);   // the same run: nothing was computed anew
    for (const ImGuiKey key : {ImGuiKey_J, ImGuiKey_Space, ImGuiKey_End, ImGuiKey_Home}) context->KeyPress(key);
    context->KeyPress(ImGuiKey_Escape);
    check_back();
    context->ItemClick("**/###enlarge");
    check_large();
    context->ItemClick("**/###enlarge");
    check_back();

    // Escape closes the menu first.
    context->KeyPress(ImGuiKey_E);
    context->Yield(2);
    context->ItemClick("**/###save");
    context->Yield(2);
    IM_CHECK(context->ItemExists("**/###svg"));
    context->KeyPress(ImGuiKey_Escape);
    check_large();
    IM_CHECK(!context->ItemExists("**/###svg"));
    context->KeyPress(ImGuiKey_Escape);
    check_back();

    // What is typed there is there in the text; Escape leaves the text field first. An E in it is a letter.
    context->KeyPress(ImGuiKey_E);
    context->Yield(3);
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("Eee");
    context->KeyPress(ImGuiKey_E);
    context->KeyPress(ImGuiKey_Escape);
    check_large();
    context->KeyPress(ImGuiKey_L);   // in the other language it still has the window
    check_large();
    context->KeyPress(ImGuiKey_L);
    context->Yield(3);
    context->KeyPress(ImGuiKey_Escape);
    context->Yield(3);
    IM_CHECK_LT(figure().GetWidth(), 1.5f * before.GetWidth());
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")).c_str(), "Eee");

    // Going elsewhere gives the window back, too.
    context->KeyPress(ImGuiKey_E);
    context->Yield(2);
    context->KeyPress(ImGuiKey_N);
    context->Yield(3);
    IM_CHECK(context->ItemExists("**/text"));
  });
  CHECK(passed);
}

TEST_CASE("a lab stands beside the text while one reads on, where the window is wide enough") {
  Rig rig("", bank);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    rig.display = {1280, 800};
    IM_CHECK(rig.settle(context));
    context->Yield(3);
    const auto figure = [&] { return context->ItemInfo("**/###figure").RectFull; };
    const auto text_left = [&] { return figure().Min.x; };
    const float narrow = text_left();
    context->ItemClick("**/###pin");
    context->Yield(3);
    IM_CHECK_EQ(text_left(), narrow);                        // no room: nothing happens
    IM_CHECK(!context->ItemExists("**/###unpin"));

    rig.display = {1600, 900};
    context->Yield(3);
    const ImRect in_text = figure();
    const std::string place = rig.reader().place().anchor;
    context->ItemClick("**/###pin");
    context->Yield(4);
    IM_CHECK(context->ItemExists("**/###unpin"));
    IM_CHECK_GT(figure().Min.x, in_text.Max.x);              // right of the column
    IM_CHECK_LE(figure().Max.x, 1600.f);
    IM_CHECK_GT(figure().GetWidth(), 300.f);
    IM_CHECK_STR_EQ(rig.reader().place().anchor.c_str(), place.c_str());
    // The column stays where it is: the placeholder's button ends where the card ended, less its padding.
    const ImRect row = context->ItemInfo("**/###unpin").RectFull;
    IM_CHECK_GT(row.Max.x, in_text.Max.x - 40);
    IM_CHECK_LT(row.Max.x, in_text.Max.x + 40);

    // It is there in the next sections, and computes.
    context->KeyPress(ImGuiKey_N);
    context->KeyPress(ImGuiKey_N);
    context->Yield(5);
    context->ItemInput("**/###prompt");
    context->KeyCharsReplace("beside");
    context->KeyPress(ImGuiKey_Escape);
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")).c_str(), "beside");

    // The window shrinks: into the text; it grows: beside it again.
    rig.display = {1024, 768};
    context->Yield(5);
    IM_CHECK(!context->ItemExists("**/###unpin"));
    rig.display = {1600, 900};
    context->Yield(3);
    for (int i = 0; i < 4; ++i) context->KeyPress(ImGuiKey_P);
    context->Yield(5);
    IM_CHECK(context->ItemExists("**/###unpin"));
    context->ItemClick("**/###unpin");
    context->Yield(4);
    IM_CHECK_EQ(figure().Min.x, in_text.Min.x);
    IM_CHECK_EQ(figure().GetWidth(), in_text.GetWidth());
  });
  CHECK(passed);
}

TEST_CASE("what the chapter offers to try is one click and one step of undo") {
  const std::string lab =
      "```lab\nlab: next-token\nid: one\nprompt: The capital of France is\nexample: Japan\n"
      "set: prompt=The capital of Japan is\nset: min-p=0.05\nexample: As it was\nset: prompt=The capital of France is\n```";
  Rig rig("", lab);
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    const auto prompt = [&] { return std::get<std::string>(rig.snapshot("one")->inputs.at("prompt")); };
    IM_CHECK(rig.settle(context));
    IM_CHECK(!context->ItemExists("**/###min-p"));         // one of many inputs
    context->ItemClick("**/###example-0");
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt().c_str(), "The capital of Japan is");
    IM_CHECK_EQ(std::get<double>(rig.snapshot("one")->inputs.at("min-p")), 0.05);
    IM_CHECK(context->ItemExists("**/###min-p"));          // it was set, so it is shown
    context->ItemClick("**/###undo");
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt().c_str(), "The capital of France is");
    context->ItemClick("**/###redo");
    context->ItemClick("**/###example-1");                 // begins with the chapter's inputs, not with those at hand
    IM_CHECK(rig.settle(context));
    IM_CHECK_STR_EQ(prompt().c_str(), "The capital of France is");
    IM_CHECK_EQ(std::get<double>(rig.snapshot("one")->inputs.at("min-p")), 0.0);
  });
  CHECK(passed);
}

TEST_CASE("a strength that may be below zero is set on the card, a position that counts from the end is not") {
  Rig rig("", "```lab\nlab: backprop\nid: one\nw12: -0.5\n```\n\n```lab\nlab: attention\nid: two\n```");
  const bool passed = rig.run([&](ImGuiTestContext* context) {
    IM_CHECK(rig.settle(context));
    context->ItemInputValue("**/###w12", -2.0f);
    IM_CHECK(rig.settle(context));
    IM_CHECK_EQ(std::get<double>(rig.snapshot("one")->inputs.at("w12")), -2.0);
    IM_CHECK(context->ItemExists("**/###layer"));          // of the other card
    IM_CHECK(!context->ItemExists("**/###query"));
  });
  CHECK(passed);
}
