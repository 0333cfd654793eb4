// export: the book as static HTML. This file joins the labs and their figures to the pages; book/export writes them.
#include <algorithm>
#include <cmath>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands/common.h"
#include "app/lab_runs.h"
#include "base/files.h"
#include "base/numbers.h"
#include "book/export/export.h"
#include "book/export/html.h"
#include "figure/figure.h"
#include "figure/input_text.h"

namespace tb::app {
namespace {

struct ExportOptions {
  std::string to;
  bool long_labs = false, fresh = false;
};

// The widths of the page's two kinds of figure, for a window and for a telephone, without the margin around them. A
// telephone shows the narrow one a little smaller: below this width the columns of some figures would touch.
constexpr float wide = 548, narrow = 440;

std::string cell(const Column& column, std::size_t at, const std::string& language) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column.data)) return figure::visible((*texts)[at]);
  const double value = std::get<std::vector<double>>(column.data)[at];
  if (column.unit == "probability") return format_percent(value, language);
  if (column.unit == "logit") return format_logit(value, language);
  if (column.name.ends_with(".id")) return fmt::format("{:.0f}", value);
  if (std::abs(value) < 1e15 && value == std::floor(value))
    return format_integer(static_cast<std::int64_t>(value), language);
  const bool plain = std::isfinite(value) && std::abs(value) >= 1e-3;
  return plain ? format_fixed(value, 4, language) : fmt::format("{:.4g}", value);
}

std::string heading(const Column& column) {
  const bool plain =
      column.unit.empty() || column.unit == "token" || column.unit == "probability";   // seen as per cent
  return plain ? column.name : column.name + ", " + column.unit;
}

std::size_t length(const Column& column) {
  return std::visit([](const auto& data) { return data.size(); }, column.data);
}

// The numbers behind a figure: columns of one length that share the beginning of their name stand side by side; single
// values in a table of their own; a matrix as its rows.
std::vector<book::DataTable> tables_of(const Snapshot& snapshot, const Strings& strings) {
  constexpr std::size_t most_rows = 50, most_columns = 32;
  const std::string language(strings.language());
  book::DataTable single{strings.get("export.values"), {strings.get("export.name"), strings.get("export.value")}, {}};
  std::vector<book::DataTable> out;
  std::map<std::pair<std::string, std::size_t>, std::size_t> together;   // table by beginning of the name, and length
  for (const Column& column : snapshot.columns) {
    const std::size_t size = length(column);
    if (size == 0) continue;
    if (size == 1) {
      single.rows.push_back({heading(column), cell(column, 0, language)});
    } else if (column.shape.size() == 1) {
      const auto [known, fresh] =
          together.try_emplace({column.name.substr(0, column.name.find('.')), size}, out.size());
      if (fresh) {
        out.push_back({strings.format("export.column", {known->first.first}), {strings.get("export.number")}, {}});
        for (std::size_t i = 0; i < std::min(size, most_rows); ++i) out.back().rows.push_back({std::to_string(i)});
        out.back().left_out = size - out.back().rows.size();
      }
      book::DataTable& table = out[known->second];
      table.header.push_back(heading(column));
      for (std::size_t i = 0; i < table.rows.size(); ++i) table.rows[i].push_back(cell(column, i, language));
    } else if (column.shape.size() == 2 && column.shape[1] <= static_cast<std::int64_t>(most_columns)) {
      const auto across = static_cast<std::size_t>(column.shape[1]), rows = size / across;
      book::DataTable table{strings.format("export.column", {heading(column)}), {strings.get("export.number")}, {}};
      for (std::size_t j = 0; j < across; ++j) table.header.push_back(std::to_string(j));
      for (std::size_t i = 0; i < std::min(rows, most_rows); ++i) {
        table.rows.push_back({std::to_string(i)});
        for (std::size_t j = 0; j < across; ++j) table.rows.back().push_back(cell(column, i * across + j, language));
      }
      table.left_out = rows - table.rows.size();
      out.push_back(std::move(table));
    } else {
      single.rows.push_back(
          {heading(column),
           strings.format("export.shape", {format_integer(static_cast<std::int64_t>(size), language)})});
    }
  }
  if (!single.rows.empty()) out.push_back(std::move(single));
  return out;
}

// The value of an input as the reader of a page should see it.
std::string text_of(const std::string& lab, const Field& field, const Value& value, const Strings& strings) {
  struct Writer {
    const std::string& lab;
    const Field& field;
    const Strings& strings;
    std::string operator()(bool on) const { return strings.get(on ? "export.yes" : "export.no"); }
    std::string operator()(std::int64_t number) const { return (*this)(static_cast<double>(number)); }
    std::string operator()(double number) const { return figure::input_number(strings, lab, field, number); }
    std::string operator()(const std::string& text) const {
      if (!field.choices.empty()) return strings.get("lab." + lab + "." + field.key + "." + text);
      return text.empty() ? strings.get("export.empty") : book::visible_blanks(text);
    }
    std::string operator()(const std::vector<std::int64_t>& list) const {
      return list.empty() ? strings.get("export.empty") : fmt::format("{}", fmt::join(list, ", "));
    }
  };
  return std::visit(Writer{lab, field, strings}, value);
}

book::Drawing drawing(const Snapshot& snapshot, const Strings& strings, figure::Theme theme, float width,
                      std::string& alt) {
  static const figure::Measure measure = figure::freetype_measure();
  const figure::Palette& colors = figure::palette(theme);
  const figure::Figure picture = figure::draw(
      snapshot,
      {.colors = colors, .strings = strings, .measure = measure, .width = width, .hovered = "", .selected = ""});
  alt = picture.alt;
  return {figure::to_svg(picture, colors), picture.width + 2 * figure::margin, picture.height + 2 * figure::margin};
}

// What the pages show of the labs. What both languages ask alike is computed once.
class LabRunner {
 public:
  LabRunner(LabRuns labs, bool long_labs) : labs_(std::move(labs)), long_labs_(long_labs) {}

  Result<book::LabRun> run(const book::Chapter& chapter, const book::Directive& directive, const Strings& strings) {
    const std::string where = chapter.slug + "#" + directive.id;
    const auto lab = labs_.find(directive.value("lab"), where);
    if (!lab) return tl::unexpected<Error>(lab.error());
    const std::string type((*lab)->type());
    const std::vector<Field> fields = labs_.fields(**lab);
    const std::map<std::string, std::string> given = directive.inputs();
    const Result<Inputs> inputs = parse(fields, given, where);
    if (!inputs) return tl::unexpected<Error>(inputs.error());

    book::LabRun out{.title = strings.get("lab." + type + ".title")};
    for (const Field& field : fields)
      (given.contains(field.key) ? out.set : out.rest)
          .emplace_back(strings.get("lab." + type + "." + field.key),
                        text_of(type, field, inputs->at(field.key), strings));
    if ((*lab)->long_running() && !long_labs_) {
      out.note = strings.get("export.long");
      return out;
    }
    const Result<Snapshot>& snapshot = labs_.run(**lab, *inputs).snapshot;
    if (!snapshot) {
      Error wrong = snapshot.error();
      if (wrong.where.empty()) wrong.where = where;
      return tl::unexpected<Error>(wrong);
    }
    using figure::Theme;
    std::string unused;
    out.light = drawing(*snapshot, strings, Theme::light, wide, out.alt);
    out.light_narrow = drawing(*snapshot, strings, Theme::light, narrow, unused);
    out.dark = drawing(*snapshot, strings, Theme::dark, wide, unused);
    out.dark_narrow = drawing(*snapshot, strings, Theme::dark, narrow, unused);
    out.tables = tables_of(*snapshot, strings);
    const bool forward = std::ranges::any_of(fields, &Field::forward);   // does the lab read a text at all?
    out.origin = forward ? strings.format("export.computed", {snapshot->model, snapshot->device, snapshot->dtype,
                                                              snapshot->model_checksum.substr(0, 12)})
                         : strings.format("export.plain", {snapshot->model});
    return out;
  }

 private:
  LabRuns labs_;
  bool long_labs_;
};

int run_export(const Shell& shell, const ExportOptions& options) {
  const std::filesystem::path fonts = TEXTBOOK_LATEX_FONTS;
  book::ExportOptions wanted{.root = textbook_root(), .to = options.to,
                             .fonts = {fonts / "latinmodern-math.otf", fonts / "GUST-FONT-LICENSE.txt"}};
  // The learner's language comes first on the page that leads to the others.
  wanted.languages.push_back(shell.strings);
  const std::string other = shell.strings.language() == "ru" ? "en" : "ru";
  Result<Strings> strings = Strings::load(textbook_root() / "assets" / "strings", other);
  if (!strings) return shell.report(strings.error());
  wanted.languages.push_back(std::move(*strings));
  // What is wrong with the folder is said before the model is loaded.
  if (const auto usable = book::check_export(wanted.to); !usable) return shell.report(usable.error());

  const Result<Shell::Loaded> loaded = shell.load();
  if (!loaded) return shell.report(loaded.error());
  Result<LabRuns> runs = LabRuns::of(*loaded, {.fresh = options.fresh, .folder = data_folder() / "runs"});
  if (!runs) return shell.report(runs.error());
  LabRunner labs(std::move(*runs), options.long_labs);
  wanted.run_lab = [&](const auto&... of) { return labs.run(of...); };
  const bool terminal = ::isatty(STDERR_FILENO);
  wanted.progress = [&](std::size_t done, std::size_t all, const std::string& what) {
    const std::string line = fmt::format("[{}/{}] {}", done + 1, all, what);
    std::cerr << (terminal ? "\r\033[K" : "") << line << (terminal ? "" : "\n") << std::flush;
  };
  const Result<book::ExportReport> report = book::export_book(wanted);
  if (terminal) std::cerr << "\r\033[K";
  if (!report) return shell.report(report.error());
  for (const Error& error : report->errors) shell.report(error);
  if (shell.json) {
    std::cout << nlohmann::json{{"folder", options.to},
                                {"pages", report->pages},
                                {"figures", report->figures},
                                {"files", report->files},
                                {"errors", report->errors.size()}}
                     .dump()
              << "\n";
  } else {
    const std::string start = (std::filesystem::path(options.to) / "index.html").string();
    std::cout << shell.strings.format("export.done",
                                      {std::to_string(report->pages), std::to_string(report->figures), start})
              << "\n";
  }
  return report->errors.empty() ? kDone : kNo;
}

}  // namespace

CommandSpec export_command() {
  const auto declare = [](CLI::App& command, const Shell& shell) -> Run {
    const auto options = std::make_shared<ExportOptions>();
    command.add_option("--to", options->to, shell.help("export-to"))->type_name("DIR")->required();
    command.add_flag("--long", options->long_labs, shell.help("export-long"));
    command.add_flag("--fresh", options->fresh, shell.help("export-fresh"));
    return [options](Shell& run_shell) { return run_export(run_shell, *options); };
  };
  return {"export", declare};
}

}  // namespace tb::app
