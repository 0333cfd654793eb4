// textbook progress: what the learner has read, tried, answered and solved; export, import, reset. It reads and writes
// the reader's own state file, and sends nothing anywhere.
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/progress.h"
#include "base/files.h"
#include "book/catalogue.h"
#include "book/learner.h"
#include "book/progress.h"
#include "book/traces_text.h"

namespace tb::app {
namespace {

using Json = nlohmann::ordered_json;

struct ProgressOptions {
  std::string file, chapter;
  bool yes = false;
};

struct Opened {
  std::vector<book::Chapter> chapters;
  book::State state;
};

Result<Opened> open_state() {
  auto chapters = book::read_catalogue(textbook_root() / "chapters");
  if (!chapters) return tl::unexpected(chapters.error());
  auto state = book::State::open(data_folder() / "state.sqlite3");
  if (!state) return tl::unexpected(state.error());
  return Opened{std::move(*chapters), std::move(*state)};
}

Json json_of(const book::Standing& standing) {
  const auto count = [](const book::Count& c) { return Json{{"done", c.done}, {"of", c.of}}; };
  return {{"read", count(standing.read)},         {"tried", count(standing.tried)},
          {"answered", count(standing.answered)}, {"solved", count(standing.solved)},
          {"skipped", standing.skipped},          {"first_right", standing.first_right}};
}

std::string row_of(const std::string& title, const book::Standing& standing) {
  const auto cell = [](const book::Count& c) { return c.of == 0 ? std::string() : fmt::format("{} / {}", c.done, c.of); };
  // fmt counts characters, and Cyrillic ones are not wider than others.
  return fmt::format("{:<58.58} {:>9} {:>9} {:>9} {:>9}\n", title, cell(standing.read), cell(standing.tried),
                     cell(standing.answered), cell(standing.solved));
}

int show_progress(Shell& shell) {
  auto opened = open_state();
  if (!opened) return shell.report(opened.error());
  const book::Learner learner(&opened->state);
  Json list = Json::array();
  std::string table;
  for (const book::Chapter& chapter : opened->chapters) {
    const auto document = book::read_document(chapter.file(shell.lang), shell.lang, chapter.number);
    if (!document) return shell.report(document.error());
    book::Standing sum;
    Json sections = Json::array();
    std::string rows;
    for (const book::SectionOutline& section : book::outline(*document)) {
      const book::Standing one = book::standing(chapter.slug, section, learner.traces());
      sum += one;
      Json json = json_of(one);
      json["anchor"] = section.anchor;
      sections.push_back(std::move(json));
      rows += row_of(std::string(section.level == 2 ? 2 : 4, ' ') + section.title, one);
    }
    Json json = json_of(sum);
    json["chapter"] = chapter.slug;
    json["sections"] = std::move(sections);
    list.push_back(std::move(json));
    table += row_of(chapter.number + "  " + document->title, sum) + rows;
  }
  const book::Traces& traces = learner.traces();
  if (shell.json) {
    std::cout << Json{{"chapters", list}, {"bookmarks", traces.bookmarks.size()}, {"notes", traces.notes.size()}}.dump()
              << "\n";
    return kDone;
  }
  const auto word = [&](const char* key) { return shell.strings.get(std::string("progress.column.") + key); };
  std::cout << fmt::format("{:<58} {:>9} {:>9} {:>9} {:>9}\n", "", word("read"), word("tried"), word("answered"),
                           word("solved"))
            << table << "\n"
            << shell.strings.format("progress.marks", {std::to_string(traces.bookmarks.size()),
                                                       std::to_string(traces.notes.size())})
            << "\n" << shell.strings.get("progress.private") << "\n";
  return kDone;
}

int export_progress(Shell& shell, const ProgressOptions& options) {
  auto opened = open_state();
  if (!opened) return shell.report(opened.error());
  const book::Learner learner(&opened->state);
  const bool readable = std::filesystem::path(options.file).extension() == ".md";
  const std::string text = readable ? book::to_markdown(learner.traces(), opened->chapters, shell.strings)
                                    : book::to_json(learner.traces());
  if (options.file == "-") {
    std::cout << text;
    return kDone;
  }
  if (const auto written = write_file(options.file, text); !written) return shell.report(written.error());
  if (shell.json) std::cout << Json{{"file", options.file}}.dump() << "\n";
  else std::cout << shell.strings.format("progress.exported", {options.file}) << "\n";
  return kDone;
}

int import_progress(Shell& shell, const ProgressOptions& options) {
  const auto text = read_file(options.file);
  if (!text) return shell.report(text.error());
  const auto traces = book::traces_from_json(*text, options.file);
  if (!traces) return shell.report(traces.error());
  auto opened = open_state();
  if (!opened) return shell.report(opened.error());
  const auto count = book::Learner(&opened->state).put(*traces);
  if (!count) return shell.report(count.error());
  if (shell.json) std::cout << Json{{"taken", *count}}.dump() << "\n";
  else std::cout << shell.strings.plural("progress.taken", static_cast<std::int64_t>(*count)) << "\n";
  return kDone;
}

int reset_progress(Shell& shell, const ProgressOptions& options) {
  auto opened = open_state();
  if (!opened) return shell.report(opened.error());
  std::string slug;
  if (!options.chapter.empty()) {
    const auto found = book::find_chapter(opened->chapters, options.chapter);
    if (!found) return shell.report(found.error());
    slug = opened->chapters[*found].slug;
  }
  if (!options.yes) return shell.report(Error{"progress.unconfirmed", slug, {slug}});
  const auto gone = book::Learner(&opened->state).reset(slug);
  if (!gone) return shell.report(gone.error());
  const std::size_t count = gone->answers.size() + gone->marks.size() + gone->exercises.size();
  if (shell.json) std::cout << Json{{"forgotten", count}}.dump() << "\n";
  else std::cout << shell.strings.get("progress.forgotten") << "\n";
  return kDone;
}

}  // namespace

CommandSpec progress_command() {
  const auto declare = [](CLI::App& command, const Shell& words) -> Run {
    const auto options = std::make_shared<ProgressOptions>();
    CLI::App* out = command.add_subcommand("export", words.help("progress-export"))->fallthrough();
    out->add_option("FILE", options->file, words.help("progress-export-file"))->required();
    CLI::App* in = command.add_subcommand("import", words.help("progress-import"))->fallthrough();
    in->add_option("FILE", options->file, words.help("progress-import-file"))->required();
    CLI::App* reset = command.add_subcommand("reset", words.help("progress-reset"))->fallthrough();
    reset->add_option("CHAPTER", options->chapter, words.help("progress-chapter"));
    reset->add_flag("--yes", options->yes, words.help("progress-yes"));
    command.require_subcommand(0, 1);
    return [options, out, in, reset](Shell& shell) {
      if (out->parsed()) return export_progress(shell, *options);
      if (in->parsed()) return import_progress(shell, *options);
      if (reset->parsed()) return reset_progress(shell, *options);
      return show_progress(shell);
    };
  };
  return {"progress", declare, false};
}

}  // namespace tb::app
