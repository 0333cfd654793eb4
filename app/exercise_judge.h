// The exercises of the reader: read from chapters/, judged one after another by a thread of their own, which lives as
// long as this does (a learner's process ends with the thread that started it).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "labs/exercise/judge.h"
#include "viewer/exercises/exercises.h"

namespace tb::app {

using exercise::workspace_file;

class ExerciseJudge : public viewer::Exercises {
 public:
  // `wake` is called from the thread at everything new; `model` opens the running model for exercises that name one.
  explicit ExerciseJudge(std::function<void()> wake, exercise::OpenLiveModel model = nullptr);
  ~ExerciseJudge() override;

  std::shared_ptr<const Result<viewer::Exercise>> find(const std::string& id, std::string_view language) override;
  void check(const std::string& id, std::string source, bool sanitize) override;
  void stop(const std::string& id) override;
  std::shared_ptr<const viewer::CheckView> view(const std::string& id, const Strings& strings) override;
  void watch(const std::filesystem::path& folder) override;
  Result<void> open_editor(const std::filesystem::path& file) override;

 private:
  using Key = std::pair<std::string, std::string>;      // id, language
  struct Known {
    exercise::Exercise exercise;
    std::map<std::string, exercise::Texts> texts;       // by language
  };
  struct Standing {
    viewer::CheckView::State state = viewer::CheckView::State::none;
    std::uint64_t number = 0, version = 0;
    exercise::Verdict verdict;                          // so far
    std::optional<Error> error;
  };
  struct Order {
    std::string id, source;
    std::uint64_t number = 0;
    bool sanitize = false;
  };
  void work(std::stop_token stop);
  void judge(const Order& order);
  Result<viewer::Exercise> read(const std::string& id, const std::string& language);

  std::function<void()> wake_;
  exercise::OpenLiveModel model_;
  std::map<std::string, Known> known_;                  // the reader's thread only, as the next two
  std::map<Key, std::shared_ptr<const Result<viewer::Exercise>>> found_;
  std::map<Key, std::pair<std::uint64_t, std::shared_ptr<const viewer::CheckView>>> worded_;   // of which version

  std::mutex mutex_;                                    // of all that follows
  std::condition_variable_any changed_;
  std::map<std::string, Standing> standings_;
  std::deque<Order> orders_;
  std::string judged_;                                  // what is judged now
  std::stop_source ending_;                             // ends that
  std::uint64_t number_ = 0;
  std::optional<exercise::Toolchain> toolchain_;        // the thread only
  exercise::FileDescriptor unwatch_;                    // written to at the end
  std::jthread watcher_, thread_;
};

}  // namespace tb::app
