// claims: runs the lab behind every number that the chapters state, and behind every answer that they declare to a
// prediction, and says which of them do not hold.
// Of what was measured before, only what changed is computed again (app/lab_runs.h).
#include <algorithm>
#include <cmath>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/lab_runs.h"
#include "base/files.h"
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

Result<void> measure(LabRuns& labs, Check& check) {
  const auto lab = labs.find(check.claim.lab, check.where);
  if (!lab) return tl::unexpected(lab.error());
  const auto inputs = parse(labs.fields(**lab), check.claim.inputs, check.where);
  if (!inputs) return tl::unexpected(inputs.error());
  const LabRun& run = labs.run(**lab, *inputs);
  if (!run.snapshot) return tl::unexpected(run.snapshot.error());
  for (const auto& place : check.places()) {
    const auto value = cell_at(*run.snapshot, place);
    if (!value) return fail(value.error().code, check.where, value.error().args);
    check.cells.insert_or_assign(place, *value);
  }
  check.computed = run.computed;
  return {};
}

// A text of the model may end within a character.
json json_of(const book::Outcome& outcome) {
  if (const auto* text = std::get_if<std::string>(&outcome)) return *text;
  return std::get<double>(outcome);
}

Result<void> measure_all(const Shell& shell, std::vector<Check>& checks, bool again) {
  if (checks.empty()) return {};
  const auto loaded = shell.load();
  if (!loaded) return tl::unexpected(loaded.error());
  auto labs = LabRuns::of(*loaded, {.fresh = again});
  if (!labs) return tl::unexpected(labs.error());
  for (Check& check : checks)
    if (const auto done = measure(*labs, check); !done) return done;
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
