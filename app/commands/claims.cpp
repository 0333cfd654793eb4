// claims: runs the lab behind every number that the chapters state, and behind every answer that they declare to a
// prediction, and says which of them do not hold.
// What was measured is kept in the cache folder under a key of everything that decides it (the model's file, the
// sources of the labs, device, dtype, inputs), so that only what changed is computed again.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "base/checksum.h"
#include "base/files.h"
#include "base/text.h"
#include "book/catalogue.h"
#include "book/claims.h"
#include "book/predict.h"
#include "labs/cell.h"

namespace tb::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct ClaimsOptions {
  std::string chapter;
  bool all = false, quick = false;
};

struct Check {
  std::string chapter, where;                // slug; path:line of the claim
  std::vector<std::string> languages;        // a claim that both languages state alike is one check
  book::Claim claim;                         // of a prediction: its id, and the lab and place that answer it
  std::optional<book::Prediction> prediction;
  std::string run_key;
  std::map<std::string, book::Outcome> cells;   // what was measured, by place: the value, the ends of its interval
  bool computed = false;                     // just now, not earlier

  std::vector<std::string> places() const {
    if (claim.low.empty()) return {claim.value};
    return {claim.value, claim.low, claim.high};
  }
  book::Outcome measured() const { return cells.at(claim.value); }
  std::optional<double> number(const std::string& place) const {
    const double* cell = std::get_if<double>(&cells.at(place));
    return cell ? std::optional(*cell) : std::nullopt;
  }
  // What the numbers say about the statement of an experiment.
  std::optional<book::Finding> verdict() const {
    if (!claim.verdict || !claim.supported) return std::nullopt;
    const auto low = number(claim.low.empty() ? claim.value : claim.low);
    const auto high = number(claim.high.empty() ? claim.value : claim.high);
    return low && high ? book::judge(*claim.supported, *low, *high) : book::Finding::undecided;
  }
  bool holds() const {
    if (prediction) return book::holds(*prediction, measured());
    const auto value = number(claim.value);
    return value && std::abs(*value - claim.expect) <= claim.tolerance && verdict() == claim.verdict;
  }
};

std::string hash(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

// The sources that decide what a lab computes: its own folder's, the model's, and those they share.
Result<std::string> hash_of_sources(const std::string& lab) {
  const fs::path root = textbook_root() / "labs";
  std::vector<fs::path> files;
  const auto take = [&](auto entries) {
    for (const auto& entry : entries) {
      const auto extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".h") files.push_back(entry.path());
    }
  };
  std::error_code ec;
  take(fs::directory_iterator(root, ec));   // what all labs share; other labs' folders are below
  for (const fs::path& folder : {root / "model", root / "stats", root / lab})
    take(fs::recursive_directory_iterator(folder, ec));
  std::sort(files.begin(), files.end());
  std::string all;
  for (const auto& file : files) {
    const auto text = read_file(file);
    if (!text) return tl::unexpected(text.error());
    all += file.filename().string() + hash(*text);
  }
  return hash(all);
}

// What the predictions of a chapter say about its labs, as claims of theirs; those that name no place say nothing.
std::vector<Check> predictions_of(const book::Document& document) {
  std::map<std::string, const book::Directive*> labs;
  std::vector<Check> checks;
  book::for_each_block(document.blocks, [&](const book::Block& block) {
    if (block.directive.kind == "lab") labs.emplace(block.directive.id, &block.directive);
  });
  book::for_each_block(document.blocks, [&](const book::Block& block) {
    if (block.directive.kind != "predict") return;
    const book::Prediction asked = book::prediction(block.directive);
    const auto lab = labs.find(asked.lab);
    if (asked.value.empty() || lab == labs.end()) return;   // that the lab is there is for the linter to say
    Check check;
    check.claim.id = asked.id;
    check.claim.lab = lab->second->value("lab");
    check.claim.inputs = asked.set;
    check.claim.value = asked.value;
    check.claim.line = asked.line;
    check.claim.inputs.merge(lab->second->inputs());        // what `set` names stays
    check.prediction = asked;
    checks.push_back(std::move(check));
  });
  return checks;
}

bool same_question(const Check& a, const Check& b) {
  if (a.prediction.has_value() != b.prediction.has_value() || a.claim.id != b.claim.id) return false;
  if (a.claim.lab != b.claim.lab || a.claim.inputs != b.claim.inputs || a.claim.value != b.claim.value) return false;
  if (a.prediction) return false;            // the languages word and judge their choices each for itself
  return a.claim.expect == b.claim.expect && a.claim.tolerance == b.claim.tolerance &&
         a.claim.verdict == b.claim.verdict && a.places() == b.places();
}

// The claims of the chapters asked for. A chapter that cannot be read in full could hide some: all its errors are said.
Result<std::vector<Check>> collect(const Shell& shell, const std::string& wanted) {
  const auto chapters = book::read_catalogue(textbook_root() / "chapters");
  if (!chapters) return tl::unexpected(chapters.error());
  std::size_t begin = 0, end = chapters->size();
  if (!wanted.empty()) {
    const auto found = book::find_chapter(*chapters, wanted);
    if (!found) return tl::unexpected(found.error());
    begin = *found;
    end = begin + 1;
  }
  std::vector<Check> checks;
  for (std::size_t i = begin; i < end; ++i) {
    for (const auto& [language, title] : (*chapters)[i].title) {
      const auto document = book::read_document((*chapters)[i].file(language), language, (*chapters)[i].number);
      if (!document) return tl::unexpected(document.error());
      if (!document->errors.empty()) {
        for (std::size_t e = 0; e + 1 < document->errors.size(); ++e) shell.report(document->errors[e]);
        return tl::unexpected(document->errors.back());
      }
      std::vector<Check> found = predictions_of(*document);
      for (const auto& claim : book::claims(*document)) found.push_back({.claim = claim});
      for (Check& check : found) {
        check.chapter = (*chapters)[i].slug;
        const auto same = std::find_if(checks.begin(), checks.end(), [&](const Check& other) {
          return other.chapter == check.chapter && same_question(other, check);
        });
        if (same != checks.end()) {
          same->languages.push_back(language);
          continue;
        }
        check.where = fmt::format("{}:{}", document->path.generic_string(), check.claim.line);
        check.languages = {language};
        checks.push_back(std::move(check));
      }
    }
  }
  return checks;
}

Result<void> add_keys(const Shell& shell, std::vector<Check>& checks) {
  const auto options = shell.load_options();
  if (!options) return tl::unexpected(options.error());
  const auto model = MappedFile::open(options->path);
  if (!model) return tl::unexpected(model.error());
  const auto checksum = sha256(model->bytes());
  std::map<std::string, std::string> sources;
  for (auto& check : checks) {
    const auto& claim = check.claim;
    if (!sources.contains(claim.lab)) {
      auto sum = hash_of_sources(claim.lab);
      if (!sum) return tl::unexpected(sum.error());
      sources[claim.lab] = std::move(*sum);
    }
    const json key = {checksum, options->device, options->dtype, sources[claim.lab], claim.lab, claim.inputs};
    check.run_key = hash(key.dump());
  }
  return {};
}

// One run of a lab measures every claim that rests on it.
Result<void> measure(const Shell::Loaded& loaded, std::vector<Check*> same_run) {
  const std::string& where = same_run.front()->where;
  const book::Claim& claim = same_run.front()->claim;
  std::vector<std::string> known;
  for (const Lab* lab : loaded.engine->labs()) {
    known.emplace_back(lab->type());
    if (lab->type() != claim.lab) continue;
    const auto inputs = parse(lab->fields(loaded.model.get()), claim.inputs, where);
    if (!inputs) return tl::unexpected(inputs.error());
    std::unique_ptr<Session> session;
    Job job{.inputs = *inputs, .model = loaded.model.get(), .kept = session};
    const auto snapshot = lab->run(job);
    if (!snapshot) return tl::unexpected(snapshot.error());
    for (auto* check : same_run) {
      for (const auto& place : check->places()) {
        const auto value = cell_at(*snapshot, place);
        if (!value) return fail(value.error().code, check->where, value.error().args);
        check->cells.insert_or_assign(place, *value);
      }
      check->computed = true;
    }
    return {};
  }
  const auto near = nearest(claim.lab, known).value_or(fmt::format("{}", fmt::join(known, ", ")));
  return fail("lab.type", where, {claim.lab, near});
}

// A text of the model may end within a character.
json json_of(const book::Outcome& outcome) {
  if (const auto* text = std::get_if<std::string>(&outcome)) return *text;
  return std::get<double>(outcome);
}

// Fills in what was measured before; the rest is computed and written down. The record may be deleted at any time.
Result<void> measure_all(const Shell& shell, std::vector<Check>& checks, bool again) {
  const fs::path file = cache_folder() / "claims.json";
  json record = json::object();
  if (const auto text = read_file(file)) {
    record = json::parse(*text, nullptr, false);
    if (!record.is_object()) record = json::object();
  }
  std::map<std::string, std::vector<Check*>> runs;
  for (auto& check : checks) {
    const auto run = record.find(check.run_key);
    const auto places = check.places();
    for (const auto& place : places) {
      const json known = !again && run != record.end() && run->is_object() ? run->value(place, json()) : json();
      if (known.is_number()) check.cells.emplace(place, known.get<double>());
      if (known.is_string()) check.cells.emplace(place, known.get<std::string>());
    }
    if (check.cells.size() < std::set(places.begin(), places.end()).size()) runs[check.run_key].push_back(&check);
  }
  if (runs.empty()) return {};
  const auto loaded = shell.load();
  if (!loaded) return tl::unexpected(loaded.error());
  for (const auto& [key, same_run] : runs) {
    if (const auto done = measure(*loaded, same_run); !done) return done;
    for (const auto* check : same_run)
      for (const auto& [place, cell] : check->cells) record[key][place] = json_of(cell);
    // Written after each run: labs that train take minutes, and whoever stops the command keeps what it has measured.
    const auto kept = write_file(file, record.dump(1, ' ', false, json::error_handler_t::replace));
    if (!kept) return kept;
  }
  return {};
}

// What rests on labs that train.
Result<void> leave_out_training(std::vector<Check>& checks) {
  const auto engine = open_engine();
  if (!engine) return tl::unexpected(engine.error());
  for (const Lab* lab : (*engine)->labs())
    if (lab->long_running()) std::erase_if(checks, [&](const Check& check) { return check.claim.lab == lab->type(); });
  return {};
}

std::string answer_of(const book::Prediction& asked) {
  return asked.answer ? asked.choices[*asked.answer].text : fmt::format("{:.6g}", asked.number);
}

void print(const Shell& shell, const std::vector<Check>& checks) {
  std::string chapter;
  for (const auto& check : checks) {
    if (check.chapter != chapter) std::cout << (chapter = check.chapter) << "\n";
    // Where the languages ask with different prompts, each has its own number.
    auto name = check.claim.id;
    if (check.languages.size() == 1) name += fmt::format(" ({})", check.languages.front());
    const auto number = check.number(check.claim.value);
    const std::string measured = number ? fmt::format("{:.6g}", *number) : std::get<std::string>(check.measured());
    const std::string expected =
        check.prediction ? answer_of(*check.prediction)
                         : fmt::format("{:>12.6g} ± {:<8.3g}", check.claim.expect, check.claim.tolerance);
    std::cout << fmt::format("  {:<26} {:>12} {:<23} {}\n", name, measured, expected,
                             shell.strings.get(check.holds() ? "claims.holds" : "claims.untrue"));
    if (const auto verdict = check.verdict())
      std::cout << fmt::format("    {}: {}\n", check.claim.says, book::word_of(*verdict, check.languages.front()));
    if (!check.holds()) std::cout << "    " << check.where << "\n";
  }
}

json to_json(const Check& check) {
  json out{{"chapter", check.chapter},     {"id", check.claim.id},
           {"where", check.where},         {"languages", check.languages},
           {"lab", check.claim.lab},       {"inputs", check.claim.inputs},
           {"value", check.claim.value},   {"measured", json_of(check.measured())},
           {"holds", check.holds()},       {"computed", check.computed}};
  if (check.prediction) {
    out["answer"] = answer_of(*check.prediction);
  } else {
    out["expect"] = check.claim.expect;
    out["tolerance"] = check.claim.tolerance;
    if (const auto verdict = check.verdict()) {
      out["says"] = check.claim.says;
      out["verdict"] = book::key_of(*verdict);
    }
  }
  return out;
}

int run_claims(Shell& shell, const ClaimsOptions& options) {
  auto checks = collect(shell, options.chapter);
  if (!checks) return shell.report(checks.error());
  if (options.quick)
    if (const auto left = leave_out_training(*checks); !left) return shell.report(left.error());
  if (const auto keys = add_keys(shell, *checks); !keys) return shell.report(keys.error());
  if (const auto measured = measure_all(shell, *checks, options.all); !measured) return shell.report(measured.error());
  const auto count = [&](auto wanted) { return std::count_if(checks->begin(), checks->end(), wanted); };
  const auto untrue = count([](const Check& check) { return !check.holds(); });
  const auto computed = count([](const Check& check) { return check.computed; });
  if (shell.json) {
    json claims = json::array(), predictions = json::array();
    for (const auto& check : *checks) (check.prediction ? predictions : claims).push_back(to_json(check));
    const json all{{"claims", claims}, {"predictions", predictions}, {"untrue", untrue}, {"computed", computed}};
    std::cout << all.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
  } else {
    print(shell, *checks);
    const std::vector<std::string> numbers{std::to_string(checks->size()), std::to_string(untrue),
                                           std::to_string(computed)};
    std::cout << shell.strings.format("claims.summary", numbers) << "\n";
  }
  return untrue == 0 ? kDone : kNo;
}

}  // namespace

CommandSpec claims_command() {
  const auto declare = [](CLI::App& command, const Shell& shell) -> Run {
    const auto options = std::make_shared<ClaimsOptions>();
    command.add_option("CHAPTER", options->chapter, shell.help("claims-chapter"));
    command.add_flag("--all", options->all, shell.help("claims-all"));
    command.add_flag("--quick", options->quick, shell.help("claims-quick"));
    return [options](Shell& run_shell) { return run_claims(run_shell, *options); };
  };
  return {"claims", declare};
}

}  // namespace tb::app
