#include "labs/exercise/grade/slurm.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "labs/exercise/grade/verdict_file.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPerTask = 8;       // solutions; fewer, and starting tasks takes the time
constexpr std::size_t kMostTasks = 500;   // Slurm's default limit is 1000

std::string in_quotes(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

struct Said {
  int code;
  std::string words;
};
Said run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "re");
  if (!pipe) return {-1, "popen"};
  std::string words;
  char buffer[4096];
  while (const auto size = std::fread(buffer, 1, sizeof buffer, pipe)) words.append(buffer, size);
  while (words.ends_with("\n")) words.pop_back();
  return {::pclose(pipe), words};
}

}  // namespace

std::vector<Work> part_of(std::vector<Work> list, int index, int count) {
  std::vector<Work> part;
  std::set<fs::path> seen;
  int at = 0;
  for (auto& one : list)   // a solution that is there twice belongs to one part
    if (seen.insert(one.verdict).second && at++ % count == index) part.push_back(std::move(one));
  return part;
}

Result<std::size_t> judge_on_slurm(std::span<const Work> list, const std::vector<std::string>& command,
                                   const fs::path& out, const Judging& judging) {
  std::set<fs::path> open;
  for (const auto& one : list)
    if (!fs::exists(one.verdict)) open.insert(one.verdict);
  if (open.empty()) return std::size_t{0};
  const auto tasks = std::clamp((open.size() + kPerTask - 1) / kPerTask, std::size_t{1}, kMostTasks);
  const fs::path logs = fs::absolute(out) / "slurm";
  std::error_code failed;
  fs::create_directories(logs, failed);
  if (failed) return fail("file.write", logs.string(), {failed.message()});
  std::string words = "exec";
  for (const auto& word : command) words += " " + in_quotes(word);
  words += fmt::format(" --part \"$SLURM_ARRAY_TASK_ID/{}\"", tasks);
  const auto submitted = run(
      fmt::format("sbatch --parsable --job-name=textbook-grade --cpus-per-task=1 --array=0-{} --output={} --wrap {}",
                  tasks - 1, in_quotes((logs / "%a.log").string()), in_quotes(words)));
  if (submitted.code != 0) return fail("grade.slurm", "sbatch", {submitted.words});
  const std::string job = submitted.words.substr(0, submitted.words.find(';'));

  const auto left = [&] {
    return static_cast<std::size_t>(
        std::count_if(open.begin(), open.end(), [](const auto& file) { return !fs::exists(file); }));
  };
  std::size_t shown = 0;
  for (;;) {
    const auto done = open.size() - left();
    if (judging.progress && done > shown) judging.progress(shown = done, open.size());
    if (done == open.size()) return done;
    if (judging.stopped && judging.stopped()) {
      run("scancel " + job);
      return done;
    }
    const auto queue = run("squeue --noheader --jobs=" + job + " --format=%i");
    if (queue.code == 0 && !queue.words.empty()) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      continue;
    }
    if (queue.code != 0 && queue.words.find("Invalid job id") == std::string::npos)
      return fail("grade.slurm", "squeue", {queue.words});
    std::this_thread::sleep_for(
        std::chrono::seconds(1));  // a shared file system may show the last files a little later
    if (const auto missing = left(); missing > 0)
      return fail("grade.slurm-part", logs.string(), {std::to_string(missing)});
  }
}

}  // namespace tb::exercise
