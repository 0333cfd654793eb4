#include "labs/training.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <system_error>

#include <dlfcn.h>
#include <unistd.h>

#include "base/checksum.h"
#include "labs/model/model.h"

namespace tb {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto publish_every = 250ms;
constexpr auto save_every = 5s;
const char* const run_file = "run.safetensors";

// When the code that computes was written: another program may compute other numbers.
std::string program() {
  Dl_info library{};
  std::error_code failed;
  if (!dladdr(reinterpret_cast<const void*>(&identity), &library) || !library.dli_fname) return "";
  const auto time = fs::last_write_time(library.dli_fname, failed);
  return failed ? "" : std::to_string(time.time_since_epoch().count());
}

// Under a name of this process first: two of them may train the same run.
Result<void> save(const TrainingSession& session) {
  std::error_code failed;
  fs::create_directories(session.folder, failed);
  if (failed) return fail("file.write", session.folder.string(), {failed.message()});
  const fs::path file = session.folder / run_file, own = session.folder / ("run." + std::to_string(::getpid()));
  if (const auto saved = session.trainer->save(own); !saved) return saved;
  fs::rename(own, file, failed);
  if (failed) return fail("file.write", file.string(), {failed.message()});
  return session.save_more ? session.save_more(session.folder) : Result<void>();
}

std::int64_t tokens_of(const TrainingSession& session, std::int64_t steps) {
  std::int64_t tokens = 0;
  for (std::int64_t step = 0; step < steps; ++step)
    tokens += static_cast<std::int64_t>(session.trainer->batch(step).ids.size());
  return tokens;
}

}  // namespace

bool same_run(const Inputs& begun, const Inputs& wanted) {
  Inputs a = begun, b = wanted;
  a.erase("steps");
  b.erase("steps");
  return a == b;
}

void keep_newest(const fs::path& folder, const std::string& prefix) {
  std::vector<std::pair<fs::file_time_type, fs::path>> runs;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().filename().string().starts_with(prefix))
      runs.emplace_back(fs::last_write_time(entry.path(), failed), entry.path());
  std::sort(runs.rbegin(), runs.rend());
  for (std::size_t i = most_runs; i < runs.size(); ++i) fs::remove_all(runs[i].second, failed);
}

std::string identity(const Job& job, std::string_view lab, bool model) {
  const ModelInfo& info = job.model->info();
  std::string all = "lab=" + std::string(lab) + "\nprogram=" + program() + "\ndevice=" + info.device +
                    "\nthreads=" + std::to_string(info.threads) + "\n";
  if (model) all += "model=" + info.checksum + "\ndtype=" + info.dtype + "\nweights=" + info.weights + "\n";
  for (const auto& [key, text] : unparse(job.inputs))
    if (key != "steps") all += key + "=" + text + "\n";
  return all;
}

void find_saved(const Job& job, std::string_view lab, const std::string& identity, TrainingSession& session) {
  if (job.folder.empty()) return;
  const std::string prefix = std::string(lab) + "-";
  const std::string name = sha256(std::as_bytes(std::span(identity.data(), identity.size()))).substr(0, 16);
  session.folder = job.folder / (prefix + name);
  keep_newest(job.folder, prefix);
  // Where there is none, a damaged one, or one with more steps, this run begins at the beginning.
  (void)session.trainer->resume(session.folder / run_file);
}

Result<Snapshot> train(Job& job, TrainingSession& session, const std::function<Snapshot()>& snapshot) {
  const auto started = Clock::now();
  Trainer& trainer = *session.trainer;
  const std::int64_t steps = integer_input(job.inputs, "steps");
  trainer.extend(steps);
  session.inputs = job.inputs;
  session.steps_found = trainer.steps_done();
  session.tokens_found = tokens_of(session, session.steps_found);
  session.tokens = 0;
  const auto so_far = [&] {
    Snapshot result = snapshot();
    result.partial = !trainer.finished();
    result.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return result;
  };
  const auto tell = [&] {
    if (job.progress.report)
      job.progress.report(static_cast<double>(trainer.steps_done()) / static_cast<double>(steps), "training");
    if (job.publish) job.publish(so_far());
  };
  const auto keep = [&] {
    if (session.folder.empty()) return;
    const auto saved = save(session);
    session.not_saved = saved ? std::nullopt : std::optional(saved.error());
  };

  Result<void> outcome;
  tell();   // what was there already, or the model before training
  auto last_told = Clock::now(), last_saved = last_told;
  while (!trainer.finished()) {
    const std::int64_t tokens = static_cast<std::int64_t>(trainer.batch(trainer.steps_done()).ids.size());
    if (const auto record = trainer.step(job.progress); !record) {
      outcome = tl::unexpected(record.error());
      break;
    }
    session.tokens += tokens;
    if (Clock::now() - last_told >= publish_every && !trainer.finished()) {
      tell();
      last_told = Clock::now();
    }
    if (Clock::now() - last_saved >= save_every) {
      keep();
      last_saved = Clock::now();
    }
    if (job.yield) job.yield();
  }
  if (trainer.steps_done() > session.steps_found) keep();
  if (outcome) return so_far();
  tell();
  return tl::unexpected(outcome.error());
}

void add_training(Snapshot& snapshot, const TrainingSession& session) {
  std::vector<Column> columns = columns_of(session.trainer->records());
  for (std::size_t i = 0; i < 4; ++i) snapshot.columns.push_back(std::move(columns[i]));   // what follows was measured
  add_number(snapshot, "run.steps", "", static_cast<double>(session.trainer->steps_done()));
  std::vector<std::string> problem;
  if (session.not_saved) {
    problem = {session.not_saved->code, session.not_saved->where};
    problem.insert(problem.end(), session.not_saved->args.begin(), session.not_saved->args.end());
  }
  add_texts(snapshot, "saved.error", std::move(problem));
  snapshot.tokens_computed = session.tokens;
  snapshot.tokens_reused = session.tokens_found;
}

std::vector<double> probe_steps(const TrainingSession& session, std::int64_t every) {
  const std::int64_t done = session.trainer->steps_done(), wanted = integer_input(session.inputs, "steps");
  std::vector<double> steps;
  for (std::int64_t step = 0; step <= done; ++step)
    if (step % every == 0 || step == wanted) steps.push_back(static_cast<double>(step));
  return steps;
}

std::vector<double> probed(const TrainingSession& session, std::int64_t every, const std::string& name,
                           const std::map<std::string, double>& before) {
  std::vector<double> values;
  for (const double step : probe_steps(session, every)) {
    const auto done = static_cast<std::size_t>(step);
    const auto& from = done == 0 ? before : session.trainer->records()[done - 1].measured;
    const auto found = from.find(name);
    values.push_back(found == from.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
  }
  return values;
}

}  // namespace tb
