// lab: runs one lab without a window and prints its snapshot. labs: lists the labs with their inputs.
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/commands/find_lab.h"
#include "base/files.h"
#include "base/numbers.h"
#include "base/text.h"
#include "figure/compare.h"
#include "figure/figure.h"
#include "labs/compare.h"

namespace tb::app {

Result<const Lab*> find_lab(Engine& engine, const std::string& type) {
  std::vector<std::string> known;
  for (const Lab* lab : engine.labs()) {
    if (lab->type() == type) return lab;
    known.emplace_back(lab->type());
  }
  return fail("lab.type", type, {type, nearest(type, known).value_or(fmt::format("{}", fmt::join(known, ", ")))});
}

namespace {

const std::vector<std::string> theme_names = {"light", "dark", "sepia", "contrast"};   // in the order of figure::themes

Result<std::map<std::string, std::string>> split_settings(const std::vector<std::string>& settings,
                                                          const std::string& option) {
  std::map<std::string, std::string> texts;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) return fail("lab.setting", option, {setting});
    texts[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return texts;
}

// A readable listing: one line a column, numbers short, long columns cut.
void print_columns(const Snapshot& snapshot, const Strings& strings) {
  constexpr std::size_t most = 8;
  for (const Column& column : snapshot.columns) {
    std::vector<std::string> cells;
    if (const auto* numbers = std::get_if<std::vector<double>>(&column.data))
      for (const double value : *numbers) cells.push_back(fmt::format("{:.6g}", value));
    else
      for (const std::string& text : std::get<std::vector<std::string>>(column.data))
        cells.push_back(figure::visible(text));
    const std::size_t all = cells.size();
    if (all > most) cells.resize(most);
    std::cout << fmt::format("{:<20} [{}]  {}{}\n", column.name, fmt::join(column.shape, ", "), fmt::join(cells, "  "),
                             all > most ? "  …" : "");
  }
  std::cout << strings.format("lab.footer.run", {snapshot.device, format_seconds(snapshot.seconds, strings.language()),
                                                 format_integer(snapshot.tokens_computed, strings.language()),
                                                 format_integer(snapshot.tokens_reused, strings.language())})
            << "\n";
}

// One run of the lab, or two of them.
struct Runs {
  Snapshot a;
  std::optional<Snapshot> b;
};

void print_comparison(const Runs& runs, const Result<Snapshot>& difference, const Strings& strings) {
  std::cout << strings.get("compare.a") << "\n";
  print_columns(runs.a, strings);
  std::cout << "\n" << strings.get("compare.b") << "\n";
  print_columns(*runs.b, strings);
  std::cout << "\n" << strings.get("compare.difference") << "\n";
  if (difference) return print_columns(*difference, strings);
  const Message why = describe(difference.error(), strings);
  std::cout << why.what << "\n" << why.remedy << "\n";
}

struct LabOptions {
  std::string type, png, svg, csv, theme = "light";
  std::vector<std::string> settings, compared;
  double scale = 2;
  float width = 560;
};

Result<Runs> run_lab(const Shell& shell, const LabOptions& options) {
  const auto texts = split_settings(options.settings, "--set");
  if (!texts) return tl::unexpected<Error>(texts.error());
  auto others = split_settings(options.compared, "--compare");
  if (!others) return tl::unexpected<Error>(others.error());
  const bool compares = !others->empty();
  others->insert(texts->begin(), texts->end());   // B is A but for what is said of it
  // What can be wrong without the model is said before it is loaded.
  const Result<Engine*> engine = open_engine();
  if (!engine) return tl::unexpected<Error>(engine.error());
  const Result<const Lab*> lab = find_lab(**engine, options.type);
  if (!lab) return tl::unexpected<Error>(lab.error());
  const std::vector<Field> widest = (*lab)->fields(nullptr);
  if (const auto wide = parse(widest, *texts, "--set"); !wide) return tl::unexpected<Error>(wide.error());
  if (const auto wide = parse(widest, *others, "--compare"); !wide) return tl::unexpected<Error>(wide.error());
  const Result<Shell::Loaded> loaded = shell.load();
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  const std::vector<Field> fields = (*lab)->fields(loaded->model.get());
  Result<Inputs> in_a = parse(fields, *texts, "--set");
  if (!in_a) return tl::unexpected<Error>(in_a.error());
  Result<Inputs> in_b = parse(fields, *others, "--compare");
  if (!in_b) return tl::unexpected<Error>(in_b.error());
  // Each run has a session of its own, as two cards have.
  std::unique_ptr<Session> of_a, of_b;
  const auto run = [&](const Inputs& inputs, std::unique_ptr<Session>& session) {
    Job job{.inputs = inputs, .model = loaded->model.get(), .kept = session, .folder = data_folder() / "runs"};
    return (*lab)->run(job);
  };
  Result<Snapshot> a = run(*in_a, of_a);
  if (!a) return tl::unexpected<Error>(a.error());
  if (!compares) return Runs{std::move(*a), {}};
  Result<Snapshot> b = run(*in_b, of_b);
  if (!b) return tl::unexpected<Error>(b.error());
  // What each must say besides for the other's sake.
  const auto again = [&](Result<Snapshot>& snapshot, const Snapshot& other, Inputs inputs, auto& session) {
    const Inputs more = more_to_report(*snapshot, other);
    for (const auto& [key, value] : more) inputs[key] = value;
    if (!more.empty()) snapshot = run(inputs, session);
    return snapshot.has_value();
  };
  if (!again(b, *a, *in_b, of_b)) return tl::unexpected<Error>(b.error());
  if (!again(a, *b, *in_a, of_a)) return tl::unexpected<Error>(a.error());
  return Runs{std::move(*a), std::move(*b)};
}

Result<void> write_figure(const Runs& runs, const Result<Snapshot>& difference, const LabOptions& options,
                          const Strings& strings) {
  if (options.svg.empty() && options.png.empty()) return {};
  const auto name = std::find(theme_names.begin(), theme_names.end(), options.theme);
  const figure::Palette& colors = figure::palette(figure::themes[name - theme_names.begin()]);
  const figure::Look look{.colors = colors, .strings = strings, .measure = figure::freetype_measure(),
                          .width = options.width, .hovered = "", .selected = ""};
  const figure::Figure picture =
      runs.b ? figure::draw_comparison(runs.a, *runs.b, difference, figure::Shown::all, look)
             : figure::draw(runs.a, look);
  if (!options.svg.empty())
    if (const auto written = write_file(options.svg, figure::to_svg(picture, colors)); !written) return written;
  if (!options.png.empty()) return figure::write_png(picture, colors, options.scale, options.png);
  return {};
}

nlohmann::json to_json(const Field& field) {
  static constexpr const char* types[] = {"boolean", "integer", "number", "text", "list"};
  nlohmann::json out = {{"key", field.key}, {"type", types[field.initial.index()]}, {"unit", field.unit},
                        {"forward", field.forward}};
  std::visit([&](const auto& value) { out["default"] = value; }, field.initial);
  if (field.min < field.max) {
    out["min"] = field.min;
    out["max"] = field.max;
    if (field.step > 0) out["step"] = field.step;
  }
  if (!field.choices.empty()) out["choices"] = field.choices;
  const auto list = [](const std::vector<Value>& values) {
    nlohmann::json all = nlohmann::json::array();
    for (const Value& value : values) std::visit([&](const auto& one) { all.push_back(one); }, value);
    return all;
  };
  for (const Condition& condition : field.when) {   // without effect unless one of these holds
    nlohmann::json one = {{"key", condition.key}};
    if (!condition.among.empty()) one["among"] = list(condition.among);
    if (!condition.except.empty()) one["except"] = list(condition.except);
    out["when"].push_back(std::move(one));
  }
  return out;
}

int list_labs(const Shell& shell) {
  const Result<Engine*> engine = open_engine();
  if (!engine) return shell.report(engine.error());
  nlohmann::json list = nlohmann::json::array();
  for (const Lab* lab : (*engine)->labs()) {
    const std::string type(lab->type());
    nlohmann::json fields = nlohmann::json::array();
    for (const Field& field : lab->fields(nullptr)) fields.push_back(to_json(field));
    list.push_back(
        {{"type", type}, {"title", shell.strings.get("lab." + type + ".title")}, {"fields", std::move(fields)}});
  }
  if (shell.json) {
    std::cout << nlohmann::json{{"labs", list}}.dump() << "\n";
    return kDone;
  }
  for (const auto& lab : list) {
    const auto type = lab["type"].get<std::string>();
    std::cout << fmt::format("{}: {}\n", type, lab["title"].get<std::string>());
    for (const auto& field : lab["fields"]) {
      const auto key = field["key"].get<std::string>();
      const std::string range = field.contains("min") && field["type"] != "text"
                                    ? fmt::format(" {}..{}", field["min"].dump(), field["max"].dump())
                                    : std::string();
      std::cout << fmt::format("  {:<14} {:<8}{:<14} {:<32} {}\n", key, field["type"].get<std::string>(), range,
                               field["default"].dump(), shell.strings.get("lab." + type + "." + key));
    }
  }
  return kDone;
}

}  // namespace

CommandSpec lab_command() {
  const auto declare = [](CLI::App& command, const Shell& shell) -> Run {
    const auto options = std::make_shared<LabOptions>();
    command.add_option("TYPE", options->type, shell.help("lab-type"))->required();
    command.add_option("--set", options->settings, shell.help("lab-set"))
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command.add_option("--compare", options->compared, shell.help("lab-compare"))
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command.add_option("--png", options->png, shell.help("lab-png"))->type_name("FILE");
    command.add_option("--svg", options->svg, shell.help("lab-svg"))->type_name("FILE");
    command.add_option("--csv", options->csv, shell.help("lab-csv"))->type_name("FILE");
    command.add_option("--theme", options->theme, shell.help("lab-theme"))->check(CLI::IsMember(theme_names));
    command.add_option("--width", options->width, shell.help("lab-width"))->check(CLI::Range(280.f, 2000.f));
    command.add_option("--scale", options->scale, shell.help("lab-scale"))->check(CLI::Range(0.5, 8.0));
    return [options](Shell& run_shell) {
      const Result<Runs> runs = run_lab(run_shell, *options);
      if (!runs) return run_shell.report(runs.error());
      const Snapshot& a = runs->a;
      const bool compares = runs->b.has_value();
      const Result<Snapshot> difference = compares ? compare(a, *runs->b) : Result<Snapshot>(a);
      if (!options->csv.empty())
        if (const auto written = write_file(options->csv, compares ? to_csv(a, *runs->b, difference) : to_csv(a));
            !written)
          return run_shell.report(written.error());
      if (const auto written = write_figure(*runs, difference, *options, run_shell.strings); !written)
        return run_shell.report(written.error());
      const bool only_files = !options->png.empty() || !options->svg.empty() || !options->csv.empty();
      if (run_shell.json && compares) std::cout << tb::to_json(a, *runs->b, difference, run_shell.strings) << "\n";
      else if (run_shell.json) std::cout << tb::to_json(a) << "\n";
      else if (!only_files && compares) print_comparison(*runs, difference, run_shell.strings);
      else if (!only_files) print_columns(a, run_shell.strings);
      return kDone;
    };
  };
  return {"lab", declare};
}

CommandSpec labs_command() {
  const auto declare = [](CLI::App&, const Shell&) -> Run { return [](Shell& shell) { return list_labs(shell); }; };
  return {"labs", declare, false};
}

}  // namespace tb::app
