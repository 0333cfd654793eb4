// `textbook bench [NAME...]`: how fast this machine is at what a reader waits for.
#include "app/commands/bench.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/numbers.h"
#include "base/text.h"

namespace tb::app {

namespace {

struct BenchOptions {
  std::vector<std::string> names;
  std::string child;
};

std::vector<Benchmark> all_benchmarks() {
  std::vector<Benchmark> all;
  all = reader_benchmarks();
  for (Benchmark& benchmark : search_benchmarks()) all.push_back(std::move(benchmark));
  for (Benchmark& benchmark : model_benchmarks()) all.push_back(std::move(benchmark));
  for (Benchmark& benchmark : peer_benchmarks()) all.push_back(std::move(benchmark));
  for (Benchmark& benchmark : slot_benchmarks()) all.push_back(std::move(benchmark));
  for (Benchmark& benchmark : exercise_benchmarks()) all.push_back(std::move(benchmark));
  return all;
}

nlohmann::ordered_json to_json(const Measurement& m) {
  nlohmann::ordered_json json = {{"name", m.name}, {"dtype", m.dtype}, {"unit", m.unit}};
  json["value"] = m.note.empty() ? nlohmann::ordered_json(m.value) : nlohmann::ordered_json();
  json["aim"] = m.aim ? nlohmann::ordered_json(*m.aim) : nlohmann::ordered_json();
  json["samples"] = m.samples;
  json["note"] = m.note;
  return json;
}

std::string amount(double value, const std::string& unit, const Strings& strings) {
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return format_fixed(value, decimals, strings.language()) + " " + strings.get("bench.unit." + unit);
}

void print_row(const Measurement& m, const Strings& strings) {
  std::string text = strings.get("bench.name." + m.name);
  if (!m.dtype.empty()) text += ", " + m.dtype;
  std::string aim;
  const char* bound = m.unit == "tokens/s" || m.unit == "times" ? "bench.at-least" : "bench.at-most";
  if (m.aim) aim = strings.format(bound, {amount(*m.aim, m.unit, strings)});
  std::cout << "  " << text << ": "
            << (m.note.empty() ? amount(m.value, m.unit, strings) : strings.get("bench.note." + m.note))
            << (aim.empty() ? "" : "   (" + aim + ")") << "\n" << std::flush;
}

int run(Shell& shell, const BenchOptions& options) {
  if (options.child == "memory") return run_memory_child(shell);
  if (!options.child.empty()) return run_bench_child(shell, options.child);
  const std::vector<Benchmark> all = all_benchmarks();
  std::vector<std::string> known;
  for (const Benchmark& benchmark : all) known.push_back(benchmark.name);
  for (const std::string& name : options.names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = nearest(name, known).value_or(fmt::format("{}", fmt::join(known, ", ")));
    return shell.report(Error{"bench.unknown", name, {name, meant}});
  }

  const unsigned threads = std::thread::hardware_concurrency();
  nlohmann::ordered_json json = {{"hardware_threads", threads}, {"results", nlohmann::ordered_json::array()}};
  if (!shell.json) std::cout << shell.strings.plural("bench.machine", threads) << "\n";
  for (const Benchmark& benchmark : all) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), benchmark.name) == names.end()) continue;
    const auto measured = benchmark.measure(shell);
    if (!measured) return shell.report(measured.error());
    for (const Measurement& m : *measured)
      if (shell.json) json["results"].push_back(to_json(m));
      else print_row(m, shell.strings);
  }
  if (shell.json) std::cout << json.dump() << "\n";
  return kDone;
}

}  // namespace

std::vector<std::int64_t> some_ids(std::int64_t count, std::int64_t vocabulary) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back((100 + i * 7919) % vocabulary);
  return ids;
}

double median(std::vector<double> samples) {
  if (samples.empty()) return std::nan("");
  const std::size_t half = samples.size() / 2;
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(half), samples.end());
  return samples[half];
}

CommandSpec bench_command() {
  return {"bench", [](CLI::App& command, const Shell& shell) -> Run {
            auto options = std::make_shared<BenchOptions>();
            command.add_option("name", options->names, shell.help("bench-name"))->type_name("NAME...");
            command.add_option("--child", options->child)->group("");   // what a benchmark starts of itself
            return [options](Shell& at) { return run(at, *options); };
          }};
}

}  // namespace tb::app
