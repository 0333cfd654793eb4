// Benchmarks of seeing inside: what capturing costs, what memory it takes, and how other programs compare.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands/bench.h"
#include "app/commands/process.h"
#include "base/files.h"

namespace tb::app {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kRounds = 6;               // the first warms up
constexpr std::int64_t kNewTokens = 48;
constexpr double kMegabyte = 1e6;

// What a run can store of a point, it stores; scores and head_out cost nothing here, being computed when asked for.
const std::vector<std::string> kStored = {"*"};

std::string dtype_of(const Shell& shell) { return shell.dtype == "auto" ? "float32" : shell.dtype; }

Result<Shell::Loaded> load(const Shell& shell) {
  const auto engine = open_engine();
  if (!engine) return tl::unexpected(engine.error());
  auto options = shell.load_options();
  if (!options) return tl::unexpected(options.error());
  options->dtype = dtype_of(shell);
  const auto model = (*engine)->load(*options, {});
  if (!model) return tl::unexpected(model.error());
  return Shell::Loaded{*engine, *model};
}

Result<std::vector<double>> time_runs(const Shell::Loaded& at, std::int64_t length,
                                      const std::vector<std::string>& points, std::int64_t runs) {
  const std::int64_t vocabulary = at.engine->info(*at.model).vocabulary;
  return at.engine->time(*at.model, {.ids = some_ids(length, vocabulary), .points = points, .runs = runs});
}

// Everything captured against all logits and nothing else; attention computes its pattern either way.
Result<std::vector<Measurement>> capture(const Shell& shell) {
  const auto loaded = load(shell);
  if (!loaded) return tl::unexpected(loaded.error());
  std::vector<Measurement> measured;
  for (const std::int64_t length : {32, 512}) {
    std::vector<double> ratios;
    for (int round = 0; round < kRounds; ++round) {
      // The buffers' first run takes their pages from the system; a lab pays that once, when it opens.
      const auto plain = time_runs(*loaded, length, {"logits"}, 3);
      const auto full = time_runs(*loaded, length, kStored, 3);
      if (!plain || !full) return tl::unexpected((plain ? full : plain).error());
      if (round > 0) ratios.push_back(median({(*full)[1], (*full)[2]}) / median({(*plain)[1], (*plain)[2]}));
    }
    measured.push_back({"capture-" + std::to_string(length), dtype_of(shell), "ratio", median(ratios), 1.15,
                        static_cast<int>(ratios.size()), ""});
  }
  const std::int64_t vocabulary = loaded->engine->info(*loaded->model).vocabulary;
  const auto appended = loaded->engine->time(*loaded->model, {.ids = some_ids(33, vocabulary), .changed = 32,
                                                              .points = kStored, .runs = 24});
  if (!appended) return tl::unexpected(appended.error());
  std::vector<double> ms;
  for (const double seconds : std::span(*appended).subspan(4)) ms.push_back(seconds * 1e3);
  measured.push_back({"capture-append", dtype_of(shell), "ms", median(ms), 30, static_cast<int>(ms.size()), ""});
  return measured;
}

// Bytes of this process that lie in memory.
double resident() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0, pages = 0;
  file >> total >> pages;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// {"key": number, ...}, as other processes answer.
std::optional<double> number(const std::optional<std::string>& line, const char* key) {
  const auto json = nlohmann::json::parse(line.value_or(""), nullptr, false);
  if (!json.is_object() || !json.contains(key) || !json[key].is_number()) return std::nullopt;
  return json[key].get<double>();
}

// What a fresh process needs besides its weights, and besides the buffers it reports.
Result<std::vector<Measurement>> memory(const Shell& shell) {
  const Process child({"/proc/self/exe", "bench", "--child", "memory", "--model", shell.model, "--device",
                       shell.device, "--dtype", dtype_of(shell), "--threads", std::to_string(shell.threads)});
  std::vector<Measurement> measured;
  for (const char* name : {"memory-loaded", "memory-captured"}) {
    Measurement resident_size{name, dtype_of(shell), "MB", 0, std::nullopt, 1, "memory"};
    Measurement beside{std::string(name) + "-beside", dtype_of(shell), "MB", 0, 120, 1, "memory"};
    const auto line = child.hear();
    if (const auto bytes = number(line, "resident"), stated = number(line, "stated"); bytes && stated) {
      resident_size.value = *bytes / kMegabyte;
      beside.value = (*bytes - *stated) / kMegabyte;
      resident_size.note = beside.note = "";
    }
    measured.insert(measured.end(), {resident_size, beside});
  }
  return measured;
}

struct Comparison {
  std::string name;                      // "llama-decode": the peer's own figure; with "-ratio" ours to it
  std::string task;                      // for peers.py
  std::optional<double> aim;             // how many times as fast as the peer
  std::function<Result<double>(const Shell::Loaded&)> seconds;   // ours, for the same
};

Result<double> seconds_of_generating(const Shell::Loaded& at, std::int64_t length, std::int64_t count) {
  GenerateRequest request;
  request.ids = some_ids(length, at.engine->info(*at.model).vocabulary);
  request.max_tokens = count;
  std::vector<Clock::time_point> times = {Clock::now()};
  request.step = [&](const GeneratedStep&, std::string_view) { times.push_back(Clock::now()); };
  if (const auto made = at.engine->generate(*at.model, request, {}); !made) return tl::unexpected(made.error());
  const double tokens = static_cast<double>(times.size()) - 2;
  if (count == 1) return std::chrono::duration<double>(times[1] - times[0]).count();
  // For each token that was asked for, should the model have ended early.
  return std::chrono::duration<double>(times.back() - times[1]).count() / std::max(tokens, 1.0) * kNewTokens;
}

Result<double> seconds_of_capturing(const Shell::Loaded& at, std::int64_t length) {
  const auto runs = time_runs(at, length, kStored, 2);   // the second finds its buffers there
  if (!runs) return tl::unexpected(runs.error());
  return runs->back();
}

std::vector<std::pair<std::string, std::vector<Comparison>>> comparisons() {
  const auto prefill = [](const Shell::Loaded& at) { return seconds_of_generating(at, 512, 1); };
  const auto decode = [](const Shell::Loaded& at) { return seconds_of_generating(at, 32, kNewTokens + 1); };
  const auto capture32 = [](const Shell::Loaded& at) { return seconds_of_capturing(at, 32); };
  const auto capture512 = [](const Shell::Loaded& at) { return seconds_of_capturing(at, 512); };
  return {{"llama.cpp", {{"llama-prefill-512", "prefill:512", 1.0, prefill},
                         {"llama-decode", "decode:32", 1.0, decode}}},
          {"transformers", {{"transformers-32", "capture:32", std::nullopt, capture32},
                            {"transformers-512", "capture:512", std::nullopt, capture512}}},
          {"transformer-lens", {{"lens-32", "capture:32", 3.5, capture32},
                                {"lens-512", "capture:512", 1.6, capture512}}}};
}

std::filesystem::path peers_folder() {
  const char* named = std::getenv("TEXTBOOK_PEERS");
  return named && *named ? std::filesystem::path(named) : cache_folder() / "peers";
}

// In turns, round after round, so that whatever else the machine does meets both.
Result<std::vector<Measurement>> compare(const Shell::Loaded& at, const Process& peer, const Comparison& with,
                                         const std::string& dtype) {
  std::vector<double> theirs, ratios;
  for (int round = 0; round < kRounds; ++round) {
    const auto ours = with.seconds(at);
    if (!ours) return tl::unexpected(ours.error());
    if (!peer.say(with.task)) break;
    const auto seconds = number(peer.hear(), "seconds");
    if (!seconds) break;
    if (round == 0) continue;
    theirs.push_back(*seconds * 1e3);
    ratios.push_back(*seconds / *ours);
  }
  const std::string note = ratios.empty() ? "peer-failed" : "";
  const int count = static_cast<int>(ratios.size());
  return std::vector<Measurement>{{with.name, "", "ms", median(theirs), std::nullopt, count, note},
                                  {with.name + "-ratio", dtype, "times", median(ratios), with.aim, count, note}};
}

Result<std::vector<Measurement>> peers(const Shell& shell) {
  const std::filesystem::path python = peers_folder() / "bin" / "python";
  std::error_code ec;
  const auto options = shell.load_options();
  if (!options) return tl::unexpected(options.error());
  if (!std::filesystem::exists(python, ec))
    return std::vector<Measurement>{{"peers", "", "times", 0, std::nullopt, 0, "peers"}};
  const auto loaded = load(shell);
  if (!loaded) return tl::unexpected(loaded.error());
  const std::string threads = std::to_string(loaded->engine->info(*loaded->model).threads);
  const std::string script = (textbook_root() / "tests" / "reference" / "peers" / "peers.py").string();

  std::vector<Measurement> measured;
  for (const auto& [name, tasks] : comparisons()) {
    const Process peer({python.string(), script, name, options->path, threads});
    peer.hear();                         // its versions: it has loaded
    for (const Comparison& task : tasks) {
      const auto rows = compare(*loaded, peer, task, dtype_of(shell));
      if (!rows) return tl::unexpected(rows.error());
      measured.insert(measured.end(), rows->begin(), rows->end());
    }
  }
  return measured;
}

}  // namespace

std::vector<Benchmark> peer_benchmarks() { return {{"capture", capture}, {"memory", memory}, {"peers", peers}}; }

int run_memory_child(const Shell& shell) {
  const auto loaded = load(shell);
  if (!loaded) return shell.report(loaded.error());
  const ModelInfo info = loaded->engine->info(*loaded->model);
  const auto weights = static_cast<double>(info.weight_bytes);
  const auto tell = [](double stated) {
    std::cout << nlohmann::json{{"resident", resident()}, {"stated", stated}}.dump() << std::endl;
  };
  tell(weights);
  TimingRequest request{.ids = some_ids(64, info.vocabulary), .points = kStored, .runs = 2};
  request.held = [&](std::int64_t buffers) { tell(weights + static_cast<double>(buffers)); };
  const auto timed = loaded->engine->time(*loaded->model, request);
  return timed ? kDone : shell.report(timed.error());
}

}  // namespace tb::app
