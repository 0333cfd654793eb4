// What `textbook bench` measures, and how the measurements are told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands/common.h"

namespace tb::app {

struct Measurement {
  std::string name;                    // "append"; its words are the string "bench.<name>"
  std::string dtype;                   // "" where no model takes part
  std::string unit;                    // "ms", "tokens/s", "%", "MB", "/min", "times" (as fast), "ratio" (of two times)
  double value = 0;                    // the median of the samples
  std::optional<double> aim;           // what we ask for on two cores; at most, for tokens/s and times at least
  int samples = 1;
  std::string note;                    // a key of "bench.note.<note>": why there is no value; "" where there is one
};

using Measure = std::function<Result<std::vector<Measurement>>(const Shell&)>;
struct Benchmark {
  std::string name;
  Measure measure;
};
std::vector<Benchmark> model_benchmarks();    // append, edit, prefill, decode
std::vector<Benchmark> reader_benchmarks();   // start, layout, idle
std::vector<Benchmark> search_benchmarks();   // search
std::vector<Benchmark> peer_benchmarks();     // capture, memory, peers
std::vector<Benchmark> slot_benchmarks();     // slot
std::vector<Benchmark> exercise_benchmarks();  // exercises
// What a fresh process does for the benchmark that started it: "start" or "idle". Does not return.
int run_bench_child(const Shell& shell, const std::string& kind);
int run_memory_child(const Shell& shell);     // the same for "memory"

// Ids without meaning: what they are changes nothing in the time.
std::vector<std::int64_t> some_ids(std::int64_t count, std::int64_t vocabulary);

double median(std::vector<double> samples);

}  // namespace tb::app
