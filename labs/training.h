// What labs that train have in common: a trainer that stays in the lab's session, steps that are told of a few times a
// second, and a file from which another process goes on after a crash. Compute thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "labs/columns.h"
#include "labs/lab.h"
#include "labs/model/training/trainer.h"

namespace tb {

struct TrainingSession : Session {
  Inputs inputs;                         // that the run was begun with; of them only "steps" may grow
  std::optional<Trainer> trainer;
  std::filesystem::path folder;          // of this run alone; empty: it is kept nowhere
  std::optional<Error> not_saved;        // why it could not be saved the last time; training goes on without
  std::int64_t steps_found = 0;          // were done before the job at hand
  std::int64_t tokens_found = 0, tokens = 0;   // read by those steps, and by the job's own
  // Saves more than the trainer, beside its file; may be empty.
  std::function<Result<void>(const std::filesystem::path& folder)> save_more;
};

// Whether a run begun with `begun` goes on with `wanted`: all inputs are the same, but for the number of steps.
bool same_run(const Inputs& begun, const Inputs& wanted);

// The run that the job's session holds, or null where a new one must begin: there is none, an input other than "steps"
// has changed, or more steps are done than are wanted.
template <class S>
S* kept_run(const Job& job) {
  auto* session = dynamic_cast<S*>(job.kept.get());
  const bool fits = session && same_run(session->inputs, job.inputs) &&
                    session->trainer->steps_done() <= integer_input(job.inputs, "steps");
  return fits ? session : nullptr;
}

// All that decides a run's numbers, for TrainingOptions::base: lab, inputs, program, threads and device, and with
// `model` the loaded model. A saved run goes on only where this is the same.
std::string identity(const Job& job, std::string_view lab, bool model);

// Gives a new run its folder under the job's, and lets it go on from what is saved there, if anything fits. Of each lab
// the newest runs are kept, `most_runs` of them.
constexpr std::size_t most_runs = 8;
void keep_newest(const std::filesystem::path& folder, const std::string& prefix);   // those with this beginning
void find_saved(const Job& job, std::string_view lab, const std::string& identity, TrainingSession& session);

// Takes the steps that are left. Publishes `snapshot()`, reports and saves now and then, yields after each step, and
// keeps what there is however it ends. Errors: those of Trainer::step.
Result<Snapshot> train(Job& job, TrainingSession& session, const std::function<Snapshot()>& snapshot);

// A whole job of the lab: the run that its session holds, or a new one from `begin`, trained to its end.
template <class S>
Result<Snapshot> run_training(Job& job, std::string_view lab, bool model,
                              Result<std::unique_ptr<S>> (&begin)(const Job&, const std::string& identity),
                              Snapshot (&snapshot_of)(const Job&, const S&)) {
  auto* session = kept_run<S>(job);
  if (!session) {
    const std::string name = identity(job, lab, model);
    auto begun = begin(job, name);
    if (!begun) return tl::unexpected(begun.error());
    session = begun->get();
    job.kept = std::move(*begun);
    find_saved(job, lab, name, *session);
  }
  return train(job, *session, [&] { return snapshot_of(job, *session); });
}

// training.{step, loss, gradient_norm, learning_rate} [step], run.steps (how many are done) and saved.error: none, or
// code, place and arguments of what keeps the run from being saved.
void add_training(Snapshot& snapshot, const TrainingSession& session);

// What the trainer measured every `every` steps: the numbers of steps done, 0 first, and the values of one name
// [probe], where `before` has those of the untrained model.
std::vector<double> probe_steps(const TrainingSession& session, std::int64_t every);
std::vector<double> probed(const TrainingSession& session, std::int64_t every, const std::string& name,
                           const std::map<std::string, double>& before);

}  // namespace tb
