// present: a lesson at the projector; with --check only whether it can be presented.
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/commands/find_lab.h"
#include "app/commands/reading.h"
#include "book/lesson.h"

namespace tb::app {

namespace {

struct PresentOptions {
  std::string file;
  bool check = false;
};

// The widest ranges: whether this model has so many layers its labs say themselves.
Result<book::CheckInputs> input_check() {
  const Result<Engine*> engine = open_engine();
  if (!engine) return tl::unexpected(engine.error());
  return [engine = *engine](const std::string& type, const std::map<std::string, std::string>& inputs,
                            const std::string& where) -> Result<void> {
    const Result<const Lab*> lab = find_lab(*engine, type);
    if (!lab) return tl::unexpected(lab.error());
    const auto parsed = parse((*lab)->fields(nullptr), inputs, where);
    return parsed ? Result<void>() : tl::unexpected(parsed.error());
  };
}

void print_check(const Shell& shell, const book::Lesson& lesson, const std::vector<Error>& found) {
  double minutes = 0;
  for (const book::LessonStep& step : lesson.steps) minutes += step.minutes;
  if (shell.json) {
    nlohmann::json out = {{"title", lesson.title}, {"steps", lesson.steps.size()}, {"minutes", minutes},
                          {"faults", nlohmann::json::array()}};
    for (const Error& error : found) out["faults"].push_back(nlohmann::json::parse(error_json(error, shell.strings))["error"]);
    std::cout << out.dump() << "\n";
    return;
  }
  for (const Error& error : found) {
    const Message message = describe(error, shell.strings);
    std::cout << message.where << ": " << message.what << " " << message.remedy << "\n";
  }
  if (found.empty())
    std::cout << shell.strings.plural("present.good", static_cast<std::int64_t>(lesson.steps.size()), {lesson.title})
              << "\n";
}

int present(Shell& shell, const PresentOptions& options, Given given) {
  auto setup = reading_setup("");
  if (!setup) return shell.report(setup.error());
  auto lesson = book::read_lesson(options.file);
  if (!lesson) return shell.report(lesson.error());
  const auto check = input_check();
  if (!check) return shell.report(check.error());
  const std::vector<Error> found = book::faults(*lesson, options.file, setup->chapters, *check);
  if (options.check) {
    print_check(shell, *lesson, found);
    return found.empty() ? kDone : kNo;
  }
  for (const Error& error : found) shell.report(error);
  if (!found.empty()) return kWrongUse;
  if (given.language) lesson->language = shell.lang;   // asked for, so it comes before the lesson's own
  setup->lesson = std::move(*lesson);
  return open_reader(shell, std::move(*setup), given);
}

}  // namespace

CommandSpec present_command() {
  return {"present", [](CLI::App& command, const Shell& shell) -> Run {
            auto options = std::make_shared<PresentOptions>();
            command.add_option("file", options->file, shell.help("present-file"))->type_name("LESSON.toml")->required();
            command.add_flag("--check", options->check, shell.help("present-check"));
            const CLI::Option* language = command.get_option("--lang");
            const CLI::Option* model = command.get_option("--model");
            return [options, language, model](Shell& at) {
              return present(at, *options, {language->count() > 0, model->count() > 0});
            };
          }};
}

}  // namespace tb::app
