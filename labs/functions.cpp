#include "labs/functions.h"

#include <mutex>
#include <utility>

#include "labs/all_labs.h"
#include "labs/columns.h"
#include "labs/model/slots.h"

namespace tb {
namespace {

class FunctionsInUse : public FunctionEngine {
 public:
  Result<std::shared_ptr<Function>> compile(const std::string& exercise, const std::string& source) override {
    return StandIn::compile(exercise, source);
  }

  void use(Functions functions) override {
    std::vector<std::shared_ptr<StandIn>> stand_ins;
    for (const auto& function : functions)
      if (auto stand_in = std::dynamic_pointer_cast<StandIn>(function)) stand_ins.push_back(std::move(stand_in));
    const std::lock_guard lock(mutex_);
    stand_ins_.swap(stand_ins);            // those that go are ended behind the lock
  }

  std::vector<std::shared_ptr<StandIn>> now() const {
    const std::lock_guard lock(mutex_);
    return stand_ins_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<StandIn>> stand_ins_;
};

FunctionsInUse& in_use() {
  static FunctionsInUse functions;
  return functions;
}

// What a lab keeps, and which functions it was computed with.
struct Kept : Session {
  std::unique_ptr<Session> own;
  std::vector<std::uint64_t> functions;
};

// functions [n]: the exercises whose functions stood in, none where the model ran on its own.
void add_functions(Snapshot& snapshot, const Slots& slots) {
  if (const auto names = slots.names(); !names.empty()) add_texts(snapshot, "functions", names);
}

class LabOnFunctions : public Lab {
 public:
  explicit LabOnFunctions(const Lab& lab) : lab_(lab) {}

  std::string_view type() const override { return lab_.type(); }
  std::vector<Field> fields(const Model* model) const override { return lab_.fields(model); }
  bool long_running() const override { return lab_.long_running(); }

  Result<Snapshot> run(Job& job) const override {
    if (lab_.long_running()) return lab_.run(job);
    Slots slots(in_use().now());
    const Slots::Scope scope(&slots);
    // What other functions have computed is not kept.
    std::unique_ptr<Session> own;
    if (auto* kept = dynamic_cast<Kept*>(job.kept.get()); kept && kept->functions == Slots::serving())
      own = std::move(kept->own);
    Job inner{job.inputs, job.model, own, job.seed, job.progress, job.publish, job.yield, job.folder};
    auto kept = std::make_unique<Kept>();
    kept->functions = Slots::serving();    // as the run begins: one that fails on the way leaves a mixture
    auto result = lab_.run(inner);
    if (result) add_functions(*result, slots);
    kept->own = std::move(own);
    job.kept = std::move(kept);
    return result;
  }

 private:
  const Lab& lab_;
};

}  // namespace

FunctionEngine& function_engine() { return in_use(); }

std::span<const Lab* const> labs_on_functions() {
  static const auto wrapped = [] {
    std::vector<LabOnFunctions> labs;
    for (const Lab* lab : all_labs()) labs.emplace_back(*lab);
    return labs;
  }();
  static const auto pointers = [] {
    std::vector<const Lab*> labs;
    for (const LabOnFunctions& lab : wrapped) labs.push_back(&lab);
    return labs;
  }();
  return pointers;
}

}  // namespace tb
