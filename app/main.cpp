// The program. It parses the command line, and each command does the rest (app/commands).
#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <new>

#include "app/commands/common.h"
#include "app/commands/progress.h"
#include "base/text.h"

namespace {

using namespace tb;
using namespace tb::app;

std::vector<CommandSpec> all_commands() {
  return {open_command(),  tokens_command(), generate_command(),   trace_command(), lab_command(),
          labs_command(),  claims_command(), screenshot_command(), screenshots_command(), bench_command(),
          models_command(), export_command(), progress_command(), exercises_command(), start_command(),
          check_command(), watch_command(), grade_command(), present_command()};
}

void add_common_options(CLI::App& command, Shell& shell, bool model) {
  command.get_formatter()->column_width(34);
  command.set_help_flag("-h,--help", shell.help("help"));
  if (model) {
    command.add_option("--model", shell.model, shell.help("model"))->type_name("NAME|PATH");
    command.add_option("--device", shell.device, shell.help("device"))->type_name("auto|cpu|cuda[:N]");
    command.add_option("--dtype", shell.dtype, shell.help("dtype"))->check(CLI::IsMember({"auto", "float32", "bfloat16"}));
    command.add_option("--weights", shell.weights, shell.help("weights"))->check(CLI::IsMember({"auto", "dense", "blocks"}));
    command.add_option("--threads", shell.threads, shell.help("threads"))->check(CLI::Range(0, 1024))->type_name("N");
  }
  command.add_option("--lang", shell.lang, shell.help("lang"))->check(CLI::IsMember({"en", "ru"}));
  command.add_flag("--json", shell.json, shell.help("json"));
}

// A word that nothing takes: names the nearest option (of the command) or command.
Error unexpected(const CLI::App& command, const std::string& word) {
  std::vector<std::string> known;
  if (word.starts_with("-")) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : option->get_snames()) known.push_back("-" + name);
    }
  } else {
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) known.push_back(sub->get_name());
  }
  const std::string plain = word.substr(0, word.find('='));
  return Error{word.starts_with("-") ? "cli.option" : known.empty() ? "cli.argument" : "cli.command", command.get_name(),
               {plain, nearest(plain, known).value_or("--help")}};
}

int run(int argc, char** argv) {
  Result<Shell> created = Shell::create(argc, argv);
  if (!created) {
    std::cerr << "textbook: " << created.error().code << ": " << created.error().where << "\n";
    return kWrongUse;
  }
  Shell& shell = *created;
  CLI::App root(shell.help("about"), "textbook");
  root.set_help_flag("-h,--help", shell.help("help"));
  root.require_subcommand(0, 1);
  root.footer(shell.help("footer"));
  Run selected;
  for (const CommandSpec& spec : all_commands()) {
    CLI::App* command = root.add_subcommand(spec.name, shell.help(spec.name));
    add_common_options(*command, shell, spec.needs_model_options);
    command->allow_extras();   // what is left over is reported below, with the nearest known name
    command->final_callback([&selected, run = spec.declare(*command, shell)] { selected = run; });
  }
  root.allow_extras();

  // No command, or a place, opens the reader.
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto is_option_with_value = [](const std::string& a) { return a == "--lang" || a == "--model" || a == "--device" || a == "--dtype" || a == "--weights" || a == "--threads"; };
  const bool only_options = std::all_of(arguments.begin(), arguments.end(), [&, value = false](const std::string& a) mutable {
    const bool is_value = std::exchange(value, is_option_with_value(a));
    return is_value || (a.starts_with("-") && a != "-h" && a != "--help");
  });
  if (only_options) arguments.insert(arguments.begin(), "open");
  std::reverse(arguments.begin(), arguments.end());   // CLI11 takes them last first
  // --json decides how errors are printed, those of parsing included.
  shell.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    root.parse(arguments);
  } catch (const CLI::CallForHelp& help) {
    const auto chosen = root.get_subcommands();
    std::cout << (chosen.empty() ? &root : chosen.front())->help();
    return kDone;
  } catch (const CLI::ParseError& error) {
    return shell.report(Error{"cli.wrong", "", {error.what()}});
  }
  const auto chosen = root.get_subcommands();
  const CLI::App& command = chosen.empty() ? root : *chosen.front();
  if (const auto extras = command.remaining(); !extras.empty()) return shell.report(unexpected(command, extras.front()));
  if (const auto extras = root.remaining(); !extras.empty()) return shell.report(unexpected(root, extras.front()));
  return selected ? selected(shell) : kWrongUse;
}

}  // namespace

int main(int argc, char** argv) {
  // A product's threads that wait for each other turn on the spot for a moment, then sleep. Turning for long, as is
  // their default, they take the processor from whatever else runs here, and a keystroke takes ten times as long;
  // sleeping at once doubles its time on a quiet machine (`textbook bench append`). Read when libtorch opens.
  if (!std::getenv("OMP_WAIT_POLICY")) ::setenv("GOMP_SPINCOUNT", "10000", 0);
  std::setlocale(LC_CTYPE, "");   // the toolkit's input methods need it; numbers stay in the C locale
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << "textbook: out of memory. Close other programs, or choose a smaller model or a shorter text.\n";
    return kWrongUse;
  }
}
