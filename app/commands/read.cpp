// `textbook` and `textbook open`: the reader in a window. `textbook screenshot`: the reader as a picture.
#include <filesystem>
#include <iostream>

#include "app/commands/common.h"
#include "app/commands/desktop.h"
#include "app/commands/reading.h"
#include "app/exercise_judge.h"
#include "app/last_run.h"
#include "app/live_model.h"
#include "app/registry.h"
#include "base/files.h"
#include "viewer/settings.h"
#include "viewer/window.h"

namespace tb::app {

namespace {

struct OpenOptions {
  std::string place;
};

struct ScreenshotOptions {
  std::string place, size = "1280x800", theme = "light", out;
  float scale = 1;
  bool present = false;
};

int write_screenshot(Shell& shell, const ScreenshotOptions& options) {
  auto setup = reading_setup(options.place);
  if (!setup) return shell.report(setup.error());
  setup->language = shell.lang;
  setup->theme = viewer::theme_from_name(options.theme);
  setup->reduced_motion = true;
  setup->present = options.present;
  const auto model = reading_model(shell);
  if (!model) return shell.report(model.error());
  Compute compute(open_engine, viewer::wake);
  compute.load(*model);
  setup->compute = &compute;
  ExerciseJudge exercises(viewer::wake, open_live_model);
  setup->exercises = &exercises;
  OwnCode own_code(open_function_engine, viewer::wake);   // off, but the switch shows
  setup->own_code = &own_code;

  viewer::WindowOptions window;
  const std::size_t x = options.size.find('x');
  window.width = std::stoi(options.size.substr(0, x));
  window.height = std::stoi(options.size.substr(x + 1));
  window.scale = options.scale;
  const auto done = viewer::write_screenshot(window, [&](viewer::Fonts fonts, float scale) {
    setup->fonts = fonts;
    setup->display_scale = scale;
    return viewer::Reader::create(*setup);
  }, options.out);
  return done ? kDone : shell.report(done.error());
}

// "1280x800"
std::string check_size(const std::string& text) {
  const std::size_t x = text.find('x');
  const auto number = [](const std::string& part) {
    return !part.empty() && part.size() <= 5 && part.find_first_not_of("0123456789") == std::string::npos;
  };
  const bool good = x != std::string::npos && number(text.substr(0, x)) && number(text.substr(x + 1));
  return good ? "" : "--size " + text + " ≠ WxH";
}

}  // namespace

int open_reader(Shell& shell, viewer::ReaderSetup setup, Given given) {
  std::error_code ignored;
  std::filesystem::create_directories(data_folder(), ignored);
  auto state = book::State::open(data_folder() / "state.sqlite3");
  if (!state) {                                              // reading goes on without a memory
    const int code = shell.report(state.error());
    if (state.error().code != "state.open") return code;
    setup.unkept = state.error();
  } else if (const auto damaged = state->set_aside()) {
    std::cerr << "textbook: " << shell.strings.format("open.set-aside", {damaged->string()}) << "\n";
  }
  const LastRun last_run(data_folder());
  setup.state = state ? &*state : nullptr;
  setup.lessons = data_folder() / "lessons";
  setup.offer_tour = true;
  setup.reduced_motion = desktop_reduces_motion();
  if (last_run.ended_badly()) setup.bad_end = viewer::BadEnd{last_run.log().string()};
  setup.system_language = shell.lang;
  if (given.language) setup.language = shell.lang;

  const auto model = reading_model(shell);
  if (!model) return shell.report(model.error());
  Compute compute(open_engine, viewer::wake, data_folder() / "runs");
  setup.compute = &compute;
  ExerciseJudge exercises(viewer::wake, open_live_model);
  setup.exercises = &exercises;
  OwnCode own_code(open_function_engine, viewer::wake);
  setup.own_code = &own_code;
  setup.models = [&shell] { return model_choices(shell); };
  setup.model = *model;
  setup.model_asked_for = given.model;

  viewer::WindowOptions window;
  if (const auto size = state ? viewer::read_settings(*state).window : std::nullopt) {
    window.width = size->width;
    window.height = size->height;
  }
  window.title = shell.strings.get("book.title");
  viewer::Reader* opened = nullptr;
  window.after_first_frame = [&] { opened->load_model(); };
  const auto done = viewer::run_window(window, [&](viewer::Fonts fonts, float scale) {
    setup.fonts = fonts;
    setup.display_scale = scale;
    auto reader = viewer::Reader::create(setup);
    if (reader) opened = reader->get();
    return reader;
  });
  return done ? kDone : shell.report(done.error());
}

std::vector<viewer::ModelChoice> model_choices(const Shell& shell) {
  const Result<Registry> registry = Registry::open();
  if (!registry) return {{shell.model, {}, registry.error()}};
  std::vector<viewer::ModelChoice> choices;
  const auto add = [&](const std::string& name, const std::string& path, std::optional<Error> error) {
    choices.push_back({name, {path, shell.device, shell.dtype, shell.threads, shell.weights}, std::move(error)});
  };
  for (const KnownModel& model : registry->models()) {
    const Result<void> unchanged = check_unchanged(model);
    add(model.name, model.path.string(), unchanged ? std::nullopt : std::optional(unchanged.error()));
  }
  // --model with a path: the way back, under a name that means the same in another folder.
  std::error_code unknown;
  if (!registry->find(shell.model))
    add(std::filesystem::absolute(shell.model, unknown).string(), shell.model, std::nullopt);
  return choices;
}

Result<viewer::ReaderSetup> reading_setup(const std::string& place) {
  viewer::ReaderSetup setup;
  setup.root = textbook_root();
  auto chapters = book::read_catalogue(setup.root / "chapters");
  if (!chapters) return tl::unexpected(chapters.error());
  setup.chapters = std::move(*chapters);
  auto glossary = book::read_glossary(setup.root / "chapters" / "glossary.toml");
  if (!glossary) return tl::unexpected(glossary.error());
  setup.glossary = std::move(*glossary);
  auto symbols = book::read_symbols(setup.root / "chapters" / "symbols.toml");
  if (!symbols) return tl::unexpected(symbols.error());
  setup.symbols = std::move(*symbols);
  if (!place.empty()) {
    auto parsed = book::parse_place(place);
    if (!parsed) return tl::unexpected(parsed.error());
    setup.place = std::move(*parsed);
  }
  return setup;
}

Result<LoadOptions> reading_model(const Shell& shell) {
  auto options = shell.load_options();
  // A model that is not there yet is no reason to keep the book shut: the labs say so in their place, and their retry
  // button finds the file once it is there.
  if (!options && options.error().code == "model.missing")
    return LoadOptions{options.error().where, shell.device, shell.dtype, shell.threads, shell.weights};
  return options;
}

CommandSpec open_command() {
  return {"open", [](CLI::App& command, const Shell& shell) -> Run {
            auto options = std::make_shared<OpenOptions>();
            command.add_option("place", options->place, shell.help("open-place"))
                ->type_name("CHAPTER[#ANCHOR][?lab=...]");
            const CLI::Option* language = command.get_option("--lang");
            const CLI::Option* model = command.get_option("--model");
            return [options, language, model](Shell& at) {
              auto setup = reading_setup(options->place);
              if (!setup) return at.report(setup.error());
              return open_reader(at, std::move(*setup), {language->count() > 0, model->count() > 0});
            };
          }};
}

CommandSpec screenshot_command() {
  return {"screenshot", [](CLI::App& command, const Shell& shell) -> Run {
            auto options = std::make_shared<ScreenshotOptions>();
            command.add_option("place", options->place, shell.help("open-place"))
                ->type_name("CHAPTER[#ANCHOR][?lab=...]")->required();
            command.add_option("--size", options->size, shell.help("screenshot-size"))
                ->type_name("WxH")->check(check_size);
            command.add_option("--scale", options->scale, shell.help("screenshot-scale"))
                ->check(CLI::Range(0.25, 8.0))->type_name("S");
            command.add_option("--theme", options->theme, shell.help("screenshot-theme"))
                ->check(CLI::IsMember({"light", "dark", "sepia", "contrast"}));
            command.add_flag("--present", options->present, shell.help("screenshot-present"));
            command.add_option("--out", options->out, shell.help("screenshot-out"))->type_name("FILE.png")->required();
            return [options](Shell& at) { return write_screenshot(at, *options); };
          }};
}

}  // namespace tb::app
