#include "labs/exercise/judge.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <span>

#include "base/checksum.h"
#include "labs/exercise/learner.h"

namespace tb::exercise {
namespace {

constexpr double kWallFactor = 10;    // a process that waits uses no processor time; a busy machine makes everyone wait

constexpr double kSanitizedFactor = 5;   // such a build is slower

// What the cases of a submission share.
struct Judging {
  const Exercise& exercise;
  const Compiled& compiled;
  const std::string& name;
  const CompileOptions& options;
  std::uint64_t seed;
  LiveModel* model;
};

// One case in a process of its own, so that nothing of one case reaches the next.
Result<CaseVerdict> run_case(const Judging& judging, const Check::Named& named, double points, Fence fence) {
  const auto& [exercise, compiled, name, options, seed, model] = judging;
  Limits limits;
  limits.stop = options.stop;
  limits.cpu_seconds = exercise.seconds * (fence == Fence::none ? 1 : kSanitizedFactor);
  limits.wall_seconds = kWallFactor * limits.cpu_seconds;
  CallFailure failure;
  auto learner = Learner::start(compiled.program.get(), exercise.id, limits, failure, fence);
  if (!learner) return tl::unexpected(learner.error());
  CaseVerdict verdict{named.id, points, {}, ""};
  Case one([&](const std::vector<Argument>& arguments) {
    return failure.reason.empty() ? learner->call(arguments) : failure;
  }, seed, model);
  named.run(one);
  if (options.stop.stop_requested()) return fail("exercise.stopped", exercise.id);
  if (one.error()) return tl::unexpected(*one.error());
  verdict.outcome = one.outcome();
  verdict.printed = learner->output();
  if (fence == Fence::none || learner->trace().empty()) return verdict;
  const auto line = line_of(compiled.program.get(), learner->trace(), exercise, name, options);
  if (!line) return tl::unexpected(line.error());
  verdict.outcome.file = name;
  verdict.outcome.line = *line;
  return verdict;
}

Result<CaseVerdict> run_case(const Judging& judging, const Check::Named& named, double points) {
  if (!judging.options.sanitize) return run_case(judging, named, points, Fence::none);
  auto first = run_case(judging, named, points, Fence::behind);
  if (!first || first->outcome.line > 0) return first;
  auto second = run_case(judging, named, points, Fence::before);
  return first->passed() || !second || second->outcome.line > 0 ? std::move(second) : std::move(first);
}

bool is_analysis(const Diagnostic& one) { return one.option.starts_with("-Wanalyzer-"); }

// Of the analyzer's findings those that name something of the learner's: "w[i]", and not "*_17 + _7".
bool is_telling(const Diagnostic& one) {
  return one.plain == "uninitialised" && !one.args.empty() && std::isalpha(static_cast<unsigned char>(one.args.front().front()));
}

// A value that was used before it was set is the reason for whatever came of it: other numbers, or an index made of the
// bytes that a sanitizer build begins such values with (0xfe).
void blame_uninitialised(CaseVerdict& one, const Diagnostic& found, const std::string& name) {
  const auto& [reason, detail] = std::pair(one.outcome.reason, one.outcome.detail);
  const bool common = std::find(std::begin(kCommonReasons), std::end(kCommonReasons), reason) != std::end(kCommonReasons);
  const bool numbers = !common || reason == "wrong" || reason == "unwritten" || reason == "hard-coded" || reason == "time";
  const bool pattern = detail.find("-16843010") != std::string::npos || detail.find("-72340172838076674") != std::string::npos;
  if (one.passed() || (!numbers && !pattern)) return;
  one.outcome.reason = "uninitialised";
  one.outcome.detail = found.args.empty() ? "" : found.args.front();
  one.outcome.file = name;
  one.outcome.line = found.line;
}

// What the analysis of a sanitizer build found, taken into the verdict. The analyzer may be mistaken: it has a say only
// where something is wrong, and only about values that were never set.
void weigh_diagnostics(Verdict& verdict) {
  auto& all = verdict.diagnostics;
  std::erase_if(all, [&](const Diagnostic& one) { return is_analysis(one) && (!is_telling(one) || verdict.passed()); });
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  const auto found = std::find_if(all.begin(), all.end(), [](const auto& one) { return one.plain == "uninitialised"; });
  if (found == all.end()) return;
  for (auto& one : verdict.cases) blame_uninitialised(one, *found, verdict.file);
}

}  // namespace

bool Verdict::passed() const {
  return compiled && std::all_of(cases.begin(), cases.end(), [](const auto& one) { return one.passed(); });
}

std::string Verdict::reason() const {
  if (!compiled) return compile_failure.empty() ? "compile" : compile_failure;
  for (const auto& one : cases)
    if (!one.passed()) return one.outcome.reason;
  return "";
}

Result<std::shared_ptr<LiveModel>> live_model_of(const Exercise& exercise, const OpenLiveModel& open) {
  if (exercise.model.empty()) return nullptr;
  if (!open) return fail("exercise.model", exercise.id);
  return open(exercise.model);
}

Result<Verdict> judge(Toolchain& toolchain, const Exercise& exercise, std::string_view source, const std::string& name,
                      const CompileOptions& options, const std::function<void(const Verdict&)>& so_far,
                      const OpenLiveModel& open_model) {
  const auto function = toolchain.check_of(exercise);
  if (!function) return tl::unexpected(function.error());
  Check check;
  (*function)(check);
  const auto same = [](const Check::Named& a, const CaseInfo& b) { return a.id == b.id; };
  if (!std::equal(check.cases().begin(), check.cases().end(), exercise.cases.begin(), exercise.cases.end(), same))
    return fail("exercise.check", exercise.file("check.cpp").generic_string());

  Verdict verdict;
  verdict.exercise = exercise.id;
  verdict.file = name;
  verdict.most = exercise.points();
  verdict.sanitized = options.sanitize;
  auto compiled = compile(toolchain, exercise, source, name, options);
  if (!compiled) return tl::unexpected(compiled.error());
  verdict.diagnostics = std::move(compiled->diagnostics);
  verdict.compile_failure = compiled->failure;
  verdict.compiled = static_cast<bool>(compiled->program);
  if (!verdict.compiled) return verdict;
  const auto model = live_model_of(exercise, open_model);
  if (!model) return tl::unexpected(model.error());

  const std::uint64_t seed = std::stoull(sha256(std::as_bytes(std::span(source))).substr(0, 16), nullptr, 16);
  const Judging judging{exercise, *compiled, name, options, seed, model->get()};
  for (std::size_t i = 0; i < exercise.cases.size(); ++i) {
    if (so_far) so_far(verdict);
    auto one = run_case(judging, check.cases()[i], exercise.cases[i].points);
    if (!one) return tl::unexpected(one.error());
    verdict.cases.push_back(std::move(*one));
  }
  if (options.sanitize) weigh_diagnostics(verdict);
  // What reached for something it has no business with has earned nothing, whatever its numbers are.
  const auto& cases = verdict.cases;
  const bool reached = std::any_of(cases.begin(), cases.end(), [](const auto& one) {
    return one.outcome.reason == "forbidden" || one.outcome.reason == "forged";
  });
  for (const auto& one : cases)
    if (one.passed() && !reached) verdict.points += one.points;
  return verdict;
}

}  // namespace tb::exercise
