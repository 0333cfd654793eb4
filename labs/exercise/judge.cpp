#include "labs/exercise/judge.h"

#include <algorithm>
#include <memory>
#include <span>

#include "base/checksum.h"
#include "labs/exercise/learner.h"

namespace tb::exercise {
namespace {

constexpr double kWallFactor = 10;    // a process that waits uses no processor time; a busy machine makes everyone wait

// One case in a process of its own, so that nothing of one case reaches the next.
Result<CaseVerdict> run_case(const Exercise& exercise, const Check::Named& named, double points, int program,
                             std::uint64_t seed, LiveModel* model, const std::stop_token& stop) {
  Limits limits;
  limits.stop = stop;
  limits.cpu_seconds = exercise.seconds;
  limits.wall_seconds = kWallFactor * exercise.seconds;
  CallFailure failure;
  auto learner = Learner::start(program, exercise.id, limits, failure);
  if (!learner) return tl::unexpected(learner.error());
  CaseVerdict verdict{named.id, points, {}, ""};
  Case one([&](const std::vector<Argument>& arguments) {
    return failure.reason.empty() ? learner->call(arguments) : failure;
  }, seed, model);
  named.run(one);
  if (stop.stop_requested()) return fail("exercise.stopped", exercise.id);
  if (one.error()) return tl::unexpected(*one.error());
  verdict.outcome = one.outcome();
  verdict.printed = learner->output();
  return verdict;
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
  auto compiled = compile(toolchain, exercise, source, name, options);
  if (!compiled) return tl::unexpected(compiled.error());
  verdict.diagnostics = std::move(compiled->diagnostics);
  verdict.compile_failure = compiled->failure;
  verdict.compiled = static_cast<bool>(compiled->program);
  if (!verdict.compiled) return verdict;
  const auto model = live_model_of(exercise, open_model);
  if (!model) return tl::unexpected(model.error());

  const std::uint64_t seed = std::stoull(sha256(std::as_bytes(std::span(source))).substr(0, 16), nullptr, 16);
  for (std::size_t i = 0; i < exercise.cases.size(); ++i) {
    if (so_far) so_far(verdict);
    auto one = run_case(exercise, check.cases()[i], exercise.cases[i].points, compiled->program.get(), seed,
                        model->get(), options.stop);
    if (!one) return tl::unexpected(one.error());
    verdict.cases.push_back(std::move(*one));
  }
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
