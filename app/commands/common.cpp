#include "app/commands/common.h"

#include <cstdlib>
#include <iostream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/registry.h"
#include "base/files.h"
#include "base/text.h"

namespace tb::app {

namespace fs = std::filesystem;

namespace {

// --lang anywhere on the line, else the system's language, where we have it.
std::string wanted_language(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--lang" && i + 1 < argc) return argv[i + 1];
    if (argument.starts_with("--lang=")) return std::string(argument.substr(7));
  }
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); value && *value)
      return std::string_view(value).starts_with("ru") ? "ru" : "en";
  return "en";
}

}  // namespace

Result<Shell> Shell::create(int argc, char** argv) {
  const fs::path folder = textbook_root() / "assets" / "strings";
  const std::string lang = wanted_language(argc, argv);
  Shell shell;
  // A language we lack is reported by the option's own check; until then the words are English.
  Result<Strings> strings = Strings::load(folder, lang == "ru" ? "ru" : "en");
  if (!strings) return tl::unexpected<Error>(strings.error());
  shell.strings = std::move(*strings);
  shell.lang = lang;
  return shell;
}

std::string error_json(const Error& error, const Strings& strings) {
  const Message message = describe(error, strings);
  const auto clean = [](const std::string& s) { return is_utf8(s) ? s : to_hex(s); };
  return nlohmann::json{{"error", {{"code", error.code}, {"what", clean(message.what)}, {"where", clean(message.where)},
                                   {"remedy", clean(message.remedy)}}}}.dump();
}

int Shell::report(const Error& error, int code) const {
  if (json) {
    std::cerr << error_json(error, strings) << "\n";
    return code;
  }
  const Message message = describe(error, strings);
  std::cerr << "textbook: " << message.what << "\n";
  if (!message.where.empty()) std::cerr << "  " << strings.get("cli.where") << ": " << message.where << "\n";
  if (!message.remedy.empty()) std::cerr << "  " << message.remedy << "\n";
  return code;
}

Result<std::string> Shell::text(const std::string& argument) const {
  if (argument == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (argument.starts_with("@")) return read_file(argument.substr(1));
  return argument;
}

Result<LoadOptions> Shell::load_options() const {
  LoadOptions options{"", device, dtype, threads, weights};
  const Result<fs::path> path = resolve_model(model);
  if (!path) return tl::unexpected<Error>(path.error());
  options.path = path->string();
  return options;
}

Result<Shell::Loaded> Shell::load() const {
  const Result<LoadOptions> options = load_options();
  if (!options) return tl::unexpected<Error>(options.error());
  const Result<Engine*> engine = open_engine();
  if (!engine) return tl::unexpected<Error>(engine.error());
  Progress progress;
  const bool terminal = ::isatty(STDERR_FILENO);
  if (terminal)
    progress.report = [this](double done, std::string_view stage) {
      std::cerr << fmt::format("\r{} {:3.0f} % ", strings.get("stage." + std::string(stage)), done * 100) << std::flush;
    };
  Result<std::shared_ptr<Model>> loaded = (*engine)->load(*options, progress);
  if (terminal) std::cerr << "\r\033[K";
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  return Loaded{*engine, *loaded};
}

int run_batch(const Shell& shell,
              const std::function<Result<std::string>(const std::string& line, const std::string& where)>& line) {
  std::ios::sync_with_stdio(false);
  int code = kDone;
  std::size_t number = 0;
  for (std::string input; std::getline(std::cin, input);) {
    ++number;
    if (input.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Result<std::string> output = line(input, fmt::format("stdin:{}", number));
    if (!output) code = kNo;
    std::cout << (output ? *output : error_json(output.error(), shell.strings)) << "\n" << std::flush;
  }
  return code;
}

}  // namespace tb::app
