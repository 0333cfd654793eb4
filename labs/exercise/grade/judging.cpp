#include "labs/exercise/grade/judging.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/checksum.h"
#include "base/files.h"
#include "labs/exercise/grade/verdict_file.h"
#include "labs/exercise/judge.h"
#include "labs/exercise/grader_sum.h"   // made by CMake: TEXTBOOK_GRADER, of the sources that judge

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

std::string sum_of(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

// What a machine that is busy, or has run out of memory, can bring about.
bool may_be_the_machine(const Verdict& verdict) {
  if (!verdict.compiled) {
    const auto& why = verdict.compile_failure;
    return why == "compile-time" || why == "compile-crash" || why == "compile-memory";
  }
  return std::any_of(verdict.cases.begin(), verdict.cases.end(),
                     [](const auto& one) { return one.outcome.reason == "time"; });
}

// The solutions that are still to be judged, handed out one by one to several threads.
class Queue {
 public:
  Queue(std::vector<const Work*> list, const Judging& judging)
      : list_(std::move(list)), of_(list_.size()), judging_(judging) {}

  // What each thread does. The processes that it starts end with it, so it stays until all is done.
  void work(bool last_try) {
    auto toolchain = Toolchain::open();
    if (!toolchain) return give_up(toolchain.error());
    while (const Work* one = next()) {
      auto verdict = judge(*toolchain, *one->exercise, one->source, one->exercise->id + ".cpp", {}, nullptr,
                           judging_.model);
      if (!verdict) return give_up(verdict.error());
      if (!last_try && may_be_the_machine(*verdict)) {
        const std::scoped_lock lock(mutex_);
        again_.push_back(one);
        continue;
      }
      for (auto& outcome : verdict->cases)   // how much it printed until its time was up is chance
        if (outcome.outcome.reason == "time") outcome.printed.clear();
      if (const auto written = write_verdict(one->verdict, *verdict); !written) return give_up(written.error());
      const std::scoped_lock lock(mutex_);
      ++done_;
      if (judging_.progress) judging_.progress(done_, of_);
    }
  }
  // Those that are to be tried alone, now that nothing else runs.
  void try_again() {
    list_ = std::move(again_);
    at_ = 0;
    work(true);
  }
  bool failed() const { return error_.has_value(); }
  Result<std::size_t> result() const {
    if (error_) return tl::unexpected(*error_);
    return done_;
  }

 private:
  const Work* next() {
    const std::scoped_lock lock(mutex_);
    if (error_ || (judging_.stopped && judging_.stopped()) || at_ == list_.size()) return nullptr;
    return list_[at_++];
  }
  void give_up(const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = error;
  }

  std::mutex mutex_;
  std::vector<const Work*> list_, again_;
  std::size_t of_, at_ = 0, done_ = 0;
  std::optional<Error> error_;
  const Judging& judging_;
};

}  // namespace

Result<std::string> exercise_checksum(const Exercise& exercise) {
  std::string all;
  for (const char* name : {"exercise.toml", "en.md", "ru.md", "check.cpp"}) {
    const auto file = exercise.file(name);
    if (!fs::exists(file)) continue;   // an exercise of a course's own may be in one language
    const auto text = read_file(file);
    if (!text) return tl::unexpected(text.error());
    all += sum_of(*text);
  }
  return sum_of(exercise.id + all);
}

std::string verdict_name(const Toolchain& toolchain, const std::string& source_sum, const std::string& exercise_sum) {
  return sum_of(source_sum + exercise_sum + toolchain.version() + TEXTBOOK_GRADER).substr(0, 32) + ".json";
}

Result<std::size_t> judge_all(std::span<const Work> list, const Judging& judging) {
  std::set<fs::path> seen;
  std::vector<const Work*> open;
  for (const auto& one : list)   // two that handed in the same are judged once
    if (seen.insert(one.verdict).second && !read_verdict(one.verdict)) open.push_back(&one);
  if (open.empty()) return std::size_t{0};
  Queue queue(std::move(open), judging);
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < judging.jobs; ++i) others.emplace_back([&] { queue.work(false); });
    queue.work(false);
  }
  if (!queue.failed()) queue.try_again();
  return queue.result();
}

}  // namespace tb::exercise
