#include "labs/model/trace.h"

#include <sys/mman.h>

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

namespace tb {

namespace {

// Half as much again, in steps of 64 rows, so that typing on allocates rarely.
std::int64_t grown(std::int64_t capacity, std::int64_t rows) {
  return (std::max(rows, capacity + capacity / 2) + 63) / 64 * 64;
}

// Room for so many numbers, not yet touched. The first touch of a page costs more than writing a page full of numbers,
// so pages are made large where the system has such.
at::Tensor room(std::int64_t numbers, at::Device device) {
  const at::Tensor memory = at::empty({numbers}, at::TensorOptions().dtype(at::kFloat).device(device));
  if (!device.is_cpu()) return memory;
  constexpr std::uintptr_t page = 4096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory.data_ptr()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(memory.data_ptr()) + memory.nbytes();
  if (begin < end) madvise(reinterpret_cast<void*>(begin), (end - begin) / page * page, MADV_HUGEPAGE);
  return memory;
}

// Copies what was held so far into a larger tensor. What is new in that stays as it is.
void take_over(const at::Tensor& old, const at::Tensor& larger) {
  if (!old.defined()) return;
  at::Tensor corner = larger;
  for (std::int64_t d = 0; d < old.dim(); ++d) corner = corner.slice(d, 0, old.size(d));
  corner.copy_(old);
}

// Points that a run need not write: k and v are the cache's, scores and head_out are computed on demand.
Point source(Point point) {
  if (point == Point::scores) return Point::q;
  if (point == Point::head_out) return Point::z;
  return point;
}
bool in_cache(Point point) { return point == Point::k || point == Point::v; }

}  // namespace

KvCache::KvCache(const Config& config, at::Device device)
    : config_(&config), device_(device), layers_(config.n_layers) {}

void KvCache::reserve(std::int64_t rows) {
  if (rows <= capacity_) return;
  const std::int64_t capacity = grown(capacity_, rows);
  for (Layer& layer : layers_) {
    const at::Tensor both = room(2 * config_->n_kv_heads * capacity * config_->d_head, device_)
                                .view({2, config_->n_kv_heads, capacity, config_->d_head});
    take_over(layer.k, both[0]);
    take_over(layer.v, both[1]);
    layer = {both[0], both[1]};
  }
  capacity_ = capacity;
}

KvCache KvCache::copy(std::int64_t rows) const {
  KvCache result(*config_, device_);
  result.reserve(rows);
  for (std::size_t layer = 0; rows > 0 && layer < layers_.size(); ++layer)
    result.extend(static_cast<std::int64_t>(layer), 0, keys(layer, rows), values(layer, rows));
  return result;
}

// [extend]
std::pair<at::Tensor, at::Tensor> KvCache::extend(std::int64_t layer, std::int64_t first, const at::Tensor& k,
                                                  const at::Tensor& v) {
  const std::int64_t end = first + k.size(1);
  layers_[layer].k.slice(1, first, end).copy_(k);
  layers_[layer].v.slice(1, first, end).copy_(v);
  return {keys(layer, end), values(layer, end)};
}
// [/extend]

at::Tensor KvCache::keys(std::int64_t layer, std::int64_t rows) const { return layers_[layer].k.slice(1, 0, rows); }
at::Tensor KvCache::values(std::int64_t layer, std::int64_t rows) const { return layers_[layer].v.slice(1, 0, rows); }

std::int64_t KvCache::bytes_per_layer() const {
  return 2 * config_->n_kv_heads * capacity_ * config_->d_head * std::int64_t{sizeof(float)};
}

Trace::Trace(const Config& config, const Probes& probes, at::Device device)
    : config_(&config), device_(device), layers_(config.n_layers + 1) {
  for (const Probe& probe : probes.points())
    if (!in_cache(probe.point)) buffer(source(probe.point), probe.layer).wanted = true;
}

void Trace::reserve(std::int64_t rows) {
  if (rows <= capacity_) return;
  capacity_ = grown(capacity_, rows);
  for (auto& points : layers_) {
    // One piece of memory for all points of a layer.
    std::array<std::vector<std::int64_t>, n_points> sizes;
    std::vector<std::int64_t> counts;
    for (std::size_t i = 0; i < n_points; ++i) {
      if (!points[i].wanted) continue;
      const Point point = static_cast<Point>(i);
      sizes[i] = row_shape(point, *config_);
      sizes[i].insert(sizes[i].begin(), capacity_);
      if (point == Point::pattern) sizes[i] = {config_->n_heads, capacity_, capacity_};
      counts.push_back(c10::multiply_integers(sizes[i]));
    }
    if (counts.empty()) continue;
    const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    const std::vector<at::Tensor> pieces = room(all, device_).split_with_sizes(counts);
    auto piece = pieces.begin();
    for (std::size_t i = 0; i < n_points; ++i) {
      if (!points[i].wanted) continue;
      const at::Tensor larger = (piece++)->view(sizes[i]);
      if (static_cast<Point>(i) == Point::pattern) larger.zero_();   // the weight of keys to come
      take_over(points[i].storage, larger);
      points[i].storage = larger;
    }
  }
}

Trace Trace::copy(std::int64_t count) const {
  Trace result(*config_, Probes(), device_);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer)
    for (std::size_t i = 0; i < n_points; ++i) result.layers_[layer][i].wanted = layers_[layer][i].wanted;
  result.reserve(count);
  for (std::size_t layer = 0; count > 0 && layer < layers_.size(); ++layer)
    for (std::size_t i = 0; i < n_points; ++i) {
      const auto point = static_cast<Point>(i);
      const auto block = static_cast<std::int64_t>(layer) - 1;
      if (layers_[layer][i].wanted) result.keep(point, block, 0, rows(point, block, count));
    }
  return result;
}

void Trace::keep(Point point, std::int64_t layer, std::int64_t first, const at::Tensor& rows) {
  Buffer& kept = buffer(point, layer);
  if (!kept.wanted) return;
  if (point == Point::pattern) {   // [head, query, key]; keys to come have weight 0
    const at::Tensor queries = kept.storage.slice(1, first, first + rows.size(1));
    queries.slice(2, 0, rows.size(2)).copy_(rows);
    queries.slice(2, rows.size(2)).zero_();
  } else {
    kept.storage.slice(0, first, first + rows.size(0)).copy_(rows);
  }
}

at::Tensor Trace::rows(Point point, std::int64_t layer, std::int64_t rows) const {
  const at::Tensor& storage = layers_[layer + 1][static_cast<std::size_t>(point)].storage;
  if (!storage.defined()) return {};
  if (point == Point::pattern) return storage.slice(1, 0, rows).slice(2, 0, rows);
  return storage.slice(0, 0, rows);
}

std::int64_t Trace::bytes() const {
  std::int64_t sum = 0;
  for (const auto& points : layers_)
    for (const Buffer& kept : points)
      if (kept.storage.defined()) sum += kept.storage.numel() * std::int64_t{sizeof(float)};
  return sum;
}

}  // namespace tb
