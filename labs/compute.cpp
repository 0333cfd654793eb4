#include "labs/compute.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/memory.h"

namespace tb {

namespace {
using Clock = std::chrono::steady_clock;
}

// Everything below the mutex is shared with the frame's thread; engine, model and sessions belong to the thread alone.
struct Compute::State {
  struct Slot {
    std::string lab;
    Inputs inputs;
    bool pending = false;              // posted, not yet taken by the thread
    std::uint64_t order = 0;           // of posting: the oldest pending slot runs first
    LabView view;
    std::optional<std::stop_source> running;   // of this slot's job, while it runs; several run where a long one yields
    std::unique_ptr<Session> session;  // compute thread only
    std::uint64_t session_model = 0;   // the model the session was made on
  };

  std::function<Result<Engine*>()> open;
  std::function<void()> wake;
  std::filesystem::path folder;

  mutable std::mutex mutex;
  std::condition_variable work;
  std::map<std::string, Slot, std::less<>> slots;   // nodes stay where they are
  std::optional<LoadOptions> to_load;
  std::optional<LoadOptions> loaded_from;           // the last ones asked for, to retry
  ModelView model_view;
  Engine* engine_view = nullptr;                    // set once the engine is open
  std::shared_ptr<Model> model_for_fields;          // what fields() passes on: Lab::fields only reads
  std::uint64_t posts = 0;
  std::stop_source loading;                         // of the load that runs now
  bool quit = false;

  std::shared_ptr<Model> model;                     // compute thread only
  std::uint64_t model_number = 0;
  std::thread thread;

  void loop();
  void load(std::unique_lock<std::mutex>& lock);
  void run_one(std::unique_lock<std::mutex>& lock, bool nested);
  Slot* oldest_pending(bool short_only = false);
  const Lab* lab(std::string_view type) const;
  void stop_all();
  Slot* slot(std::string_view instance) {
    const auto found = slots.find(instance);
    return found == slots.end() ? nullptr : &found->second;
  }
};

Compute::Compute(std::function<Result<Engine*>()> open, std::function<void()> wake, std::filesystem::path folder)
    : state_(std::make_unique<State>()) {
  state_->open = std::move(open);
  state_->wake = wake ? std::move(wake) : [] {};
  state_->folder = std::move(folder);
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

Compute::~Compute() {
  {
    std::lock_guard lock(state_->mutex);
    state_->quit = true;
    state_->stop_all();
  }
  state_->work.notify_all();
  state_->thread.join();
}

void Compute::load(LoadOptions options) {
  {
    std::lock_guard lock(state_->mutex);
    state_->loaded_from = options;
    state_->to_load = std::move(options);
    state_->stop_all();
    state_->model_view = {ModelView::State::loading, 0, "open", {}, {}};
  }
  state_->work.notify_all();
}

ModelView Compute::model() const {
  std::lock_guard lock(state_->mutex);
  return state_->model_view;
}

void Compute::post(std::string_view instance, std::string_view lab, Inputs inputs) {
  {
    std::lock_guard lock(state_->mutex);
    State::Slot& slot = state_->slots[std::string(instance)];
    slot.lab = lab;
    slot.inputs = std::move(inputs);
    slot.pending = true;
    slot.order = ++state_->posts;
    if (!slot.view.waiting) slot.view.since = Clock::now();
    slot.view.waiting = true;
    slot.view.error.reset();
    if (state_->model_view.state == ModelView::State::failed) {   // it waits for nothing until the load is tried again
      slot.view.waiting = false;
      slot.view.error = state_->model_view.error;
    }
    if (slot.running) slot.running->request_stop();   // its inputs are stale
  }
  state_->work.notify_all();
}

LabView Compute::view(std::string_view instance) const {
  std::lock_guard lock(state_->mutex);
  const State::Slot* slot = state_->slot(instance);
  return slot ? slot->view : LabView{};
}

void Compute::retry(std::string_view instance) {
  std::optional<LoadOptions> again;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->model_view.state == ModelView::State::failed) again = state_->loaded_from;
    if (State::Slot* slot = state_->slot(instance)) {
      slot->pending = true;
      slot->order = ++state_->posts;
      slot->view.waiting = true;
      slot->view.since = Clock::now();
      slot->view.error.reset();
    }
  }
  if (again) load(*again);
  state_->work.notify_all();
}

void Compute::run_again() {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->model_view.state != ModelView::State::ready) return;   // a model that comes runs them all
    for (auto& [name, slot] : state_->slots) {
      const Lab* its = state_->lab(slot.lab);
      if (!its || its->long_running()) continue;
      slot.pending = slot.view.waiting = true;
      slot.order = ++state_->posts;
      slot.view.since = Clock::now();
      slot.view.error.reset();
      if (slot.running) slot.running->request_stop();
    }
  }
  state_->work.notify_all();
}

void Compute::stop(std::string_view instance) {
  std::lock_guard lock(state_->mutex);
  State::Slot* slot = state_->slot(instance);
  if (!slot || !slot->view.waiting) return;
  if (slot->pending) {
    slot->pending = false;
    slot->view.waiting = false;
    slot->view.error = Error{"job.stopped", std::string(instance), {}};
  }
  if (slot->running) slot->running->request_stop();
}

std::vector<Field> Compute::fields(std::string_view lab) const {
  Engine* engine;
  std::shared_ptr<Model> model;
  {
    std::lock_guard lock(state_->mutex);
    engine = state_->engine_view;
    model = state_->model_for_fields;
  }
  if (engine)
    for (const Lab* candidate : engine->labs())
      if (candidate->type() == lab) return candidate->fields(model.get());
  return {};
}

bool Compute::long_running(std::string_view type) const {
  std::lock_guard lock(state_->mutex);
  const Lab* lab = state_->lab(type);
  return lab && lab->long_running();
}

void Compute::State::loop() {
  std::unique_lock lock(mutex);
  for (;;) {
    const auto due = [&] { return quit || to_load || (engine_view && model && oldest_pending()); };
    if (!work.wait_for(lock, std::chrono::seconds(1), due)) {   // the learner thinks or reads
      return_freed_memory();
      work.wait(lock, due);
    }
    if (quit) break;
    if (to_load) load(lock);
    else run_one(lock, false);
  }
  // Sessions and model go on the thread that made them.
  for (auto& [name, slot] : slots) slot.session.reset();
  model_for_fields.reset();
  model.reset();
}

const Lab* Compute::State::lab(std::string_view type) const {
  if (engine_view)
    for (const Lab* candidate : engine_view->labs())
      if (candidate->type() == type) return candidate;
  return nullptr;
}

void Compute::State::stop_all() {
  loading.request_stop();
  for (auto& [name, slot] : slots)
    if (slot.running) slot.running->request_stop();
}

Compute::State::Slot* Compute::State::oldest_pending(bool short_only) {
  Slot* oldest = nullptr;
  for (auto& [name, slot] : slots) {
    if (!slot.pending || slot.running || (oldest && slot.order >= oldest->order)) continue;
    const Lab* its = lab(slot.lab);
    if (!short_only || !its || !its->long_running()) oldest = &slot;
  }
  return oldest;
}

void Compute::State::load(std::unique_lock<std::mutex>& lock) {
  const LoadOptions options = *std::exchange(to_load, std::nullopt);
  loading = std::stop_source();
  Progress progress;
  progress.stop = loading.get_token();
  progress.report = [this](double done, std::string_view stage) {
    {
      std::lock_guard guard(mutex);
      model_view.done = done;
      model_view.stage = stage;
    }
    wake();
  };
  // Sessions and the old model go first: two models rarely fit side by side.
  std::vector<std::unique_ptr<Session>> old;
  for (auto& [name, slot] : slots) old.push_back(std::move(slot.session));
  model_for_fields.reset();
  lock.unlock();
  old.clear();
  model.reset();
  wake();
  Result<Engine*> engine = open();
  if (engine) {
    std::lock_guard guard(mutex);
    engine_view = *engine;
  }
  wake();   // the labs' fields are known now
  Result<std::shared_ptr<Model>> loaded =
      engine ? (*engine)->load(options, progress) : tl::unexpected<Error>(engine.error());
  lock.lock();
  if (to_load) return;   // another model was asked for meanwhile
  if (loaded) {
    model = model_for_fields = *loaded;
    ++model_number;
    model_view = {ModelView::State::ready, 1, "", engine_view->info(*model), {}};
    for (auto& [name, slot] : slots) {   // what was posted before runs on this model
      if (slot.lab.empty()) continue;
      const Lab* its = lab(slot.lab);
      if (its && its->long_running() && !slot.view.waiting) {
        slot.view = {};
        continue;
      }
      slot.pending = slot.view.waiting = true;
      slot.order = ++posts;
      slot.view.since = Clock::now();
      slot.view.error.reset();
    }
  } else {
    model_view = {ModelView::State::failed, 0, "", {}, loaded.error()};
    for (auto& [name, slot] : slots) {
      slot.view.waiting = false;
      slot.view.error = loaded.error();
    }
  }
  lock.unlock();
  wake();
  lock.lock();
}

// Runs the oldest pending slot. `nested`: called from a long job's yield; only short jobs run within it.
void Compute::State::run_one(std::unique_lock<std::mutex>& lock, bool nested) {
  Slot* slot = oldest_pending(nested);
  if (!slot) return;
  const Inputs inputs = slot->inputs;
  const std::string lab_type = slot->lab;
  slot->pending = false;
  slot->running.emplace();
  const std::stop_token stop = slot->running->get_token();
  const Lab* lab = this->lab(lab_type);
  lock.unlock();

  if (slot->session_model != model_number) slot->session.reset();
  slot->session_model = model_number;

  Progress progress;
  progress.stop = stop;
  progress.report = [&](double done, std::string_view stage) {
    {
      std::lock_guard guard(mutex);
      slot->view.done = done;
      slot->view.stage = stage;
    }
    wake();
  };
  const auto publish = [&](Snapshot snapshot) {
    {
      std::lock_guard guard(mutex);
      slot->view.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
    }
    wake();
  };
  const auto yield = [&] {
    if (nested) return;   // one level is enough: what waits behind an interactive job waits a moment
    std::unique_lock inner(mutex);
    while (!quit && !to_load && !stop.stop_requested() && oldest_pending(true)) run_one(inner, true);
  };
  const auto started = Clock::now();
  Result<Snapshot> result = tl::unexpected<Error>(Error{"lab.unknown", lab_type, {lab_type}});
  if (lab) {
    Job job{inputs, model.get(), slot->session, 0, progress, publish, yield, folder};
    result = lab->run(job);
  }
  if (result) result->seconds = std::chrono::duration<double>(Clock::now() - started).count();

  lock.lock();
  slot->running.reset();
  const bool stale = slot->pending;   // newer inputs wait: this result is still shown, as the latest there is
  slot->view.waiting = stale || (!result && to_load);   // what a load interrupted runs again on the new model
  slot->view.done = 0;
  slot->view.stage.clear();
  if (result) slot->view.snapshot = std::make_shared<const Snapshot>(std::move(*result));
  else if (!stale && !quit && !to_load) slot->view.error = std::move(result.error());
  lock.unlock();
  wake();
  lock.lock();
}

}  // namespace tb
