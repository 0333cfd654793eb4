#include "labs/configuration/bandwidth.h"

#include <algorithm>
#include <chrono>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/memory.h"

namespace tb {

double measure_bandwidth() {
  constexpr std::int64_t bytes = std::int64_t{192} << 20;
  constexpr int runs = 4;
  const std::int64_t free = available_memory();
  if (free > 0 && free < 4 * bytes) return 0;
  const c10::InferenceMode no_gradients;
  const at::Tensor buffer = at::ones({bytes / 4}, at::TensorOptions().dtype(at::kFloat));
  double best = 0;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(buffer.sum().item<float>());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, static_cast<double>(bytes) / seconds);
  }
  return best;
}

}  // namespace tb
