// What a context remembers between runs: keys and values of every layer, and the rows of the captured points.
// Both keep one row for each token, with room to spare: an append writes new rows and copies none, an edit drops rows
// by forgetting them, since the next run writes over them.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "labs/model/config.h"
#include "labs/model/probes.h"

namespace tb {

// Keys (after norm and rotation) and values. The config must outlive both classes.
class KvCache {
 public:
  KvCache(const Config& config, at::Device device);

  // Makes room for `rows` tokens; those held so far keep their content.
  void reserve(std::int64_t rows);
  // The first `rows` tokens, in memory of its own.
  KvCache copy(std::int64_t rows) const;
  // Writes k and v [kv_head, pos, d_head] of the tokens at `first`, first + 1, ..., and gives back those of all tokens
  // up to the last of them, [kv_head, key, d_head], as views.
  std::pair<at::Tensor, at::Tensor> extend(std::int64_t layer, std::int64_t first, const at::Tensor& k,
                                           const at::Tensor& v);
  at::Tensor keys(std::int64_t layer, std::int64_t rows) const;     // [kv_head, rows, d_head], a view
  at::Tensor values(std::int64_t layer, std::int64_t rows) const;   // [kv_head, rows, d_head], a view
  std::int64_t capacity() const { return capacity_; }               // tokens there is room for
  std::int64_t bytes() const { return config_->n_layers * bytes_per_layer(); }
  std::int64_t bytes_per_layer() const;                             // all layers are equal

 private:
  struct Layer {
    at::Tensor k, v;   // [kv_head, capacity, d_head], float32
  };
  const Config* config_;
  at::Device device_;
  std::int64_t capacity_ = 0;
  std::vector<Layer> layers_;
};

// The captured points. Memory is taken for what is asked, and for nothing else.
class Trace {
 public:
  Trace(const Config& config, const Probes& probes, at::Device device);

  void reserve(std::int64_t rows);
  // The first `rows` rows of every point, in memory of its own.
  Trace copy(std::int64_t rows) const;
  // The rows of one point that a run has just computed: tokens `first`, first + 1, ... Points that nobody asked for
  // are let go. scores and pattern come as [head, query, key], everything else row by row as [pos, ...].
  void keep(Point point, std::int64_t layer, std::int64_t first, const at::Tensor& rows);
  // The first `rows` rows, a view; undefined where nobody asked.
  at::Tensor rows(Point point, std::int64_t layer, std::int64_t rows) const;
  std::int64_t bytes() const;

 private:
  struct Buffer {
    bool wanted = false;
    at::Tensor storage;   // [capacity, ...], or [head, capacity, capacity], float32
  };
  Buffer& buffer(Point point, std::int64_t layer) { return layers_[layer + 1][static_cast<std::size_t>(point)]; }

  const Config* config_;
  at::Device device_;
  std::int64_t capacity_ = 0;
  std::vector<std::array<Buffer, n_points>> layers_;   // [layer + 1]: the first is what lies outside the blocks
};

}  // namespace tb
