#include "labs/live_model.h"

#include <map>
#include <mutex>
#include <utility>

#include <ATen/ATen.h>

#include "labs/levers/measure.h"
#include "labs/model/context.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/source.h"
#include "labs/model/transformer.h"

namespace tb {
namespace {

class RunningModel : public exercise::LiveModel {
 public:
  explicit RunningModel(std::shared_ptr<Model> model) : model_(std::move(model)) {}

  Result<exercise::Stream> stream(const std::vector<std::string>& texts, std::int64_t layer) override {
    const std::lock_guard lock(mutex_);
    if (const auto known = streams_.find({layer, texts}); known != streams_.end()) return known->second;
    return guarded("stream", [&]() -> Result<exercise::Stream> {
      const std::string point = name_of(Point::resid_post, layer);
      const auto probes = Probes::of(*model_, std::vector<std::string>{point});
      if (!probes) return tl::unexpected(probes.error());
      exercise::Stream stream;
      for (const std::string& text : texts) {
        Context context(*model_);
        const auto done = context.run(model_->tokenizer().encode(text).ids(), *probes, {}, {});
        if (!done) return tl::unexpected(done.error());
        const at::Tensor rows = context.point(point).slice(0, 1).contiguous();   // all but the first
        stream.rows += rows.size(0);
        stream.columns = rows.size(1);
        const float* first = rows.const_data_ptr<float>();
        stream.values.insert(stream.values.end(), first, first + rows.numel());
      }
      return streams_[{layer, texts}] = std::move(stream);
    });
  }

  Result<std::vector<double>> effects(const exercise::Task& task, std::int64_t layer,
                                      const std::vector<float>& vector) override {
    const std::lock_guard lock(mutex_);
    return guarded("effects", [&]() -> Result<std::vector<double>> {
      const auto meter = meter_of(task);
      if (!meter) return tl::unexpected(meter.error());
      const auto setup = adding(layer, vector);
      if (!setup) return tl::unexpected(setup.error());
      return (*meter)->effects(*setup, {});
    });
  }

  Result<double> cost(const exercise::Task& task, std::int64_t layer, const std::vector<float>& vector) override {
    const std::lock_guard lock(mutex_);
    return guarded("cost", [&]() -> Result<double> {
      const auto meter = meter_of(task);
      if (!meter) return tl::unexpected(meter.error());
      const auto setup = adding(layer, vector);
      if (!setup) return tl::unexpected(setup.error());
      const auto cost = (*meter)->cost(*setup, {});
      if (!cost) return tl::unexpected(cost.error());
      return cost->kl;
    });
  }

 private:
  Result<Meter*> meter_of(const exercise::Task& task) {
    std::vector<std::string> key = task.prompts;
    key.insert(key.end(), {task.towards, task.away, task.neutral});
    std::unique_ptr<Meter>& meter = meters_[key];
    if (!meter) {
      auto read = read_task(model_->tokenizer(), {task.prompts, task.towards, task.away, task.neutral});
      if (!read) return tl::unexpected(read.error());
      meter = std::make_unique<Meter>(model_->transformer(), std::move(*read));
    }
    return meter.get();
  }

  Result<Setup> adding(std::int64_t layer, const std::vector<float>& vector) const {
    const at::Tensor added = at::tensor(at::ArrayRef<float>(vector));
    auto parsed = Intervention::parse("add-residual:query=1..-1,tensor=vector,layer=" + std::to_string(layer),
                                      model_->transformer().config(), Source::of({{"vector", added}}));
    if (!parsed) return tl::unexpected(parsed.error());
    Setup setup;
    setup.interventions.push_back(std::move(*parsed));
    return setup;
  }

  std::mutex mutex_;
  std::shared_ptr<Model> model_;
  // What no submission changes is computed once for all of them.
  std::map<std::pair<std::int64_t, std::vector<std::string>>, exercise::Stream> streams_;   // by layer and texts
  std::map<std::vector<std::string>, std::unique_ptr<Meter>> meters_;                       // by all of a task's texts
};

class RunningModels : public LiveModels {
 public:
  Result<std::shared_ptr<exercise::LiveModel>> open(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<exercise::LiveModel>& known = opened_[path];
    if (auto still_there = known.lock()) return still_there;
    auto model = guarded(path, [&] { return Model::load({.path = path, .device = "cpu", .dtype = "float32"}, {}); });
    if (!model) return tl::unexpected(model.error());
    std::shared_ptr<exercise::LiveModel> running = std::make_shared<RunningModel>(std::move(*model));
    known = running;
    return running;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<exercise::LiveModel>> opened_;
};

}  // namespace

LiveModels& live_models() {
  static RunningModels models;
  return models;
}

}  // namespace tb
