// `textbook screenshots`: every screen of every chapter as a learner would page through it, in both languages, several
// themes and window sizes, with a page to look them through.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/commands/reading.h"
#include "app/exercise_judge.h"
#include "app/live_model.h"
#include "base/files.h"
#include "book/document.h"
#include "viewer/offscreen.h"
#include "viewer/open_book.h"
#include "viewer/settings.h"

namespace tb::app {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string to, chapter;
  std::vector<std::string> themes = {"light", "dark"}, sizes;   // no sizes: all of them
};

struct Size {
  int width, height;
  float scale;
  const char* name;
};
constexpr std::array<Size, 3> kSizes = {
    {{1280, 800, 1, "1280x800"}, {1024, 768, 1, "1024x768"}, {1920, 1080, 2, "3840x2160"}}};
constexpr const char* kLanguages[] = {"en", "ru"};
constexpr std::size_t kMostOfSection = 60;   // screens: a section that never ends is a fault of ours

struct Shelf {                               // what one chapter looks like in one size, theme and language
  std::string title;
  std::vector<std::string> files;
};

class Photographer {
 public:
  Photographer(Shell& shell, const Options& options, viewer::ReaderSetup setup)
      : shell_(shell), options_(options), setup_(std::move(setup)) {}

  Result<void> take_all() {
    for (const Size& size : kSizes) {
      if (!options_.sizes.empty() && !std::ranges::count(options_.sizes, size.name)) continue;
      auto screen = viewer::OffScreen::open(size.width, size.height, size.scale);
      if (!screen) return tl::unexpected(screen.error());
      for (const std::string& theme : options_.themes)
        for (const char* language : kLanguages)
          for (const book::Chapter& chapter : setup_.chapters) {
            if (!options_.chapter.empty() && chapter.slug != options_.chapter) continue;
            if (auto taken = take(**screen, size, theme, language, chapter); !taken) return taken;
          }
    }
    return {};
  }

  const std::vector<Shelf>& shelves() const { return shelves_; }

 private:
  // From each section's beginning, as a jump shows it, to its end.
  Result<void> take(viewer::OffScreen& screen, const Size& size, const std::string& theme, const std::string& language,
                    const book::Chapter& chapter) {
    setup_.language = language;
    setup_.theme = viewer::theme_from_name(theme);
    setup_.place = book::Place{chapter.slug, "", "", {}};
    auto reader = screen.show([&](viewer::Fonts fonts, float scale) {
      setup_.fonts = fonts;
      setup_.display_scale = scale;
      return viewer::Reader::create(setup_);
    });
    if (!reader) return tl::unexpected(reader.error());
    shelves_.push_back({chapter.slug + " · " + language + " · " + theme + " · " + size.name, {}});
    const std::string stem = chapter.slug + "-" + language + "-" + theme + "-" + size.name;
    std::vector<std::string> anchors = {""};
    const auto document = book::read_document(chapter.file(language), language, chapter.number);
    if (!document) return tl::unexpected(document.error());
    for (const book::Section& section : book::sections(*document))
      anchors.push_back(section.anchor);
    for (const std::string& anchor : anchors) {
      (*reader)->go_to_section(anchor);
      std::string here;
      float fraction = -1;
      for (std::size_t page = 0; page < kMostOfSection; ++page) {
        if (auto settled = screen.settle(); !settled) return settled;
        const std::string now = (*reader)->place().anchor;
        if (page == 0) here = now;
        if (now != here || (*reader)->fraction() == fraction) break;   // the next section, or the chapter's end
        fraction = (*reader)->fraction();
        const std::string number = std::to_string(1000 + shelves_.back().files.size()).substr(1);
        const std::string name = stem + "-" + number + (here.empty() ? "" : "-" + here) + ".png";
        if (auto written = screen.write_png((fs::path(options_.to) / name).string()); !written) return written;
        shelves_.back().files.push_back(name);
        if (!shell_.json) std::cout << name << std::endl;
        screen.press(ImGuiKey_PageDown);
      }
    }
    return {};
  }

  Shell& shell_;
  const Options& options_;
  viewer::ReaderSetup setup_;
  std::vector<Shelf> shelves_;
};

// All pictures on one page, each a link to itself in its own size.
std::string contact_sheet(const Shell& shell, const std::vector<Shelf>& shelves) {
  const std::string title = shell.strings.get("screenshots.title");
  std::string html = "<!DOCTYPE html>\n<html lang=\"" + shell.lang + "\"><meta charset=\"utf-8\"><title>" + title +
                     "</title>\n<style>body{font:15px sans-serif;margin:24px;background:#888}"
                     "section{display:flex;flex-wrap:wrap;gap:12px}img{width:420px;display:block}"
                     "figcaption{font-size:12px}figure{margin:0}</style>\n<h1>" + title + "</h1>\n";
  for (const Shelf& shelf : shelves) {
    html += "<h2>" + shelf.title + "</h2>\n<section>\n";
    for (const std::string& file : shelf.files)
      html += "<figure><a href=\"" + file + "\"><img loading=\"lazy\" alt=\"" + file + "\" src=\"" + file +
              "\"></a><figcaption>" + file + "</figcaption></figure>\n";
    html += "</section>\n";
  }
  return html;
}

int take_screenshots(Shell& shell, const Options& options) {
  auto setup = reading_setup("");
  if (!setup) return shell.report(setup.error());
  Options wanted = options;
  if (!wanted.chapter.empty()) {
    const auto found = book::find_chapter(setup->chapters, wanted.chapter);
    if (!found) return shell.report(found.error());
    wanted.chapter = setup->chapters[*found].slug;
  }
  std::error_code failed;
  fs::create_directories(wanted.to, failed);
  if (failed) return shell.report(Error{"file.write", wanted.to, {failed.message()}});
  const auto model = reading_model(shell);
  if (!model) return shell.report(model.error());
  Compute compute(open_engine, viewer::wake);
  compute.load(*model);
  setup->compute = &compute;
  ExerciseJudge exercises(viewer::wake, open_live_model);
  setup->exercises = &exercises;
  OwnCode own_code(open_function_engine, viewer::wake);   // off, but the switch shows
  setup->own_code = &own_code;
  setup->reduced_motion = true;

  Photographer photographer(shell, wanted, std::move(*setup));
  if (auto taken = photographer.take_all(); !taken) return shell.report(taken.error());
  const fs::path index = fs::path(wanted.to) / "index.html";
  if (auto written = write_file(index, contact_sheet(shell, photographer.shelves())); !written)
    return shell.report(written.error());
  std::size_t count = 0;
  for (const Shelf& shelf : photographer.shelves()) count += shelf.files.size();
  if (shell.json) std::cout << nlohmann::json{{"index", index.string()}, {"pictures", count}} << "\n";
  else std::cout << shell.strings.plural("screenshots.done", static_cast<std::int64_t>(count), {index.string()}) << "\n";
  return kDone;
}

}  // namespace

CommandSpec screenshots_command() {
  return {"screenshots", [](CLI::App& command, const Shell& shell) -> Run {
            auto options = std::make_shared<Options>();
            command.add_option("--to", options->to, shell.help("screenshots-to"))->type_name("DIR")->required();
            command.add_option("--chapter", options->chapter, shell.help("screenshots-chapter"))->type_name("CHAPTER");
            command.add_option("--theme", options->themes, shell.help("screenshots-theme"))
                ->check(CLI::IsMember({"light", "dark", "sepia", "contrast"}))->type_name("THEME");
            command.add_option("--size", options->sizes, shell.help("screenshots-size"))
                ->check(CLI::IsMember({kSizes[0].name, kSizes[1].name, kSizes[2].name}))->type_name("WxH");
            return [options](Shell& at) { return take_screenshots(at, *options); };
          }};
}

}  // namespace tb::app
