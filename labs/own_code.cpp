#include "labs/own_code.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/files.h"

namespace tb {

namespace fs = std::filesystem;

namespace {

constexpr auto look_again = std::chrono::milliseconds(250);   // after the file

// What changes when a file is saved, in place or by another in its place.
struct Stamp {
  fs::file_time_type time{};
  std::uintmax_t size = 0;
  bool there = false;
  bool operator==(const Stamp&) const = default;
};
Stamp stamp_of(const fs::path& file) {
  std::error_code none;
  Stamp stamp;
  stamp.time = fs::last_write_time(file, none);
  stamp.there = !none;
  if (stamp.there) stamp.size = fs::file_size(file, none);
  return stamp.there ? stamp : Stamp{};
}

}  // namespace

struct OwnCode::State {
  struct Entry {
    std::string exercise;
    fs::path file;
    std::uint64_t number = 0;                  // of turning on
    std::optional<Stamp> tried;                // the text that was compiled last
    std::shared_ptr<Function> function;
    std::optional<Error> error;
    bool compiling = false;
  };
  std::function<Result<FunctionEngine*>()> open;
  std::function<void()> changed;
  mutable std::mutex mutex;
  std::condition_variable work;
  std::vector<Entry> entries;
  std::uint64_t numbers = 0, version = 0;
  bool quit = false;
  FunctionEngine* engine = nullptr;
  std::thread thread;

  Entry* find(const std::string& exercise) {
    const auto found = std::ranges::find(entries, exercise, &Entry::exercise);
    return found == entries.end() ? nullptr : &*found;
  }
  // Under the lock: the functions of the entries are those in use.
  void use() {
    Functions functions;
    for (const Entry& entry : entries)
      if (entry.function) functions.push_back(entry.function);
    if (engine) engine->use(std::move(functions));
    ++version;
  }
  void compile(std::unique_lock<std::mutex>& lock, const Entry& of, Stamp stamp);
  void loop();
};

OwnCode::OwnCode(std::function<Result<FunctionEngine*>()> open, std::function<void()> changed)
    : state_(std::make_unique<State>()) {
  state_->open = std::move(open);
  state_->changed = changed ? std::move(changed) : [] {};
}

OwnCode::~OwnCode() {
  turn_off();
  {
    const std::lock_guard lock(state_->mutex);
    state_->quit = true;
  }
  state_->work.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void OwnCode::turn_on(const std::string& exercise, fs::path file) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.mutex);
    if (s.find(exercise)) return;
    s.entries.push_back({.exercise = exercise, .file = std::move(file), .number = ++s.numbers, .compiling = true});
    if (!s.thread.joinable()) s.thread = std::thread([&s] { s.loop(); });
  }
  s.work.notify_all();
}

void OwnCode::turn_off(const std::string& exercise) {
  const std::lock_guard lock(state_->mutex);
  if (std::erase_if(state_->entries, [&](const State::Entry& entry) { return entry.exercise == exercise; }) > 0)
    state_->use();
}

void OwnCode::turn_off() {
  const std::lock_guard lock(state_->mutex);
  if (state_->entries.empty()) return;
  state_->entries.clear();
  state_->use();
}

bool OwnCode::is_on(const std::string& exercise) const {
  const std::lock_guard lock(state_->mutex);
  return state_->find(exercise) != nullptr;
}

std::vector<OwnCode::View> OwnCode::view() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<View> all;
  for (const State::Entry& entry : state_->entries) {
    View view{entry.exercise, entry.compiling, entry.error, {}};
    if (entry.function) view.report = entry.function->report();
    all.push_back(std::move(view));
  }
  return all;
}

std::uint64_t OwnCode::version() const {
  const std::lock_guard lock(state_->mutex);
  return state_->version;
}

// Compiles what the file holds now, without the lock.
void OwnCode::State::compile(std::unique_lock<std::mutex>& lock, const Entry& of, Stamp stamp) {
  const std::string exercise = of.exercise;
  const fs::path file = of.file;
  const std::uint64_t number = of.number;
  lock.unlock();
  changed();
  Result<std::shared_ptr<Function>> made = fail("own-code.unstarted", file.string(), {exercise});
  if (stamp.there) {
    const auto source = read_file(file);
    made = source ? engine->compile(exercise, *source) : tl::unexpected(source.error());
  }
  lock.lock();
  Entry* entry = find(exercise);
  if (!entry || entry->number != number) return;   // turned off meanwhile
  entry->compiling = false;
  entry->tried = stamp;
  if (made) {
    entry->function = std::move(*made);
    entry->error.reset();
    use();
  } else {
    entry->error = made.error();
  }
}

void OwnCode::State::loop() {
  std::unique_lock lock(mutex);
  while (!quit) {
    if (entries.empty()) {
      work.wait(lock, [&] { return quit || !entries.empty(); });
      continue;
    }
    if (!engine) {
      lock.unlock();
      const auto opened = open();
      lock.lock();
      if (opened) engine = *opened;
      for (Entry& entry : entries)
        if (!opened) entry.error = opened.error(), entry.compiling = false;
      if (!opened) work.wait_for(lock, std::chrono::seconds(1), [&] { return quit; });
      if (!opened) continue;
    }
    Entry* next = nullptr;
    Stamp stamp;
    for (Entry& entry : entries) {
      stamp = stamp_of(entry.file);
      if (entry.tried == stamp) continue;
      next = &entry;
      break;
    }
    if (!next) {
      work.wait_for(lock, look_again);
      continue;
    }
    next->compiling = true;
    compile(lock, *next, stamp);
    lock.unlock();
    changed();
    lock.lock();
  }
}

}  // namespace tb
