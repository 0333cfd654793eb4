// The points of the forward pass that can be captured. No torch.
//
//   embed                                           [pos, d_model]
//   blocks.L.resid_pre  resid_mid  resid_post       [pos, d_model]        the residual stream
//   blocks.L.norm1  norm2                           [pos, d_model]        what attention and MLP read (gain included)
//   blocks.L.norm1.scale  norm2.scale               [pos]                 what the row was divided by: its RMS
//   blocks.L.attn.q_raw  k_raw                      [pos, head|kv_head, d_head]   before norm and rotation
//   blocks.L.attn.q  k  v                           [pos, head|kv_head, d_head]   after them
//   blocks.L.attn.scores                            [head, query, key]    scaled, before mask and softmax
//   blocks.L.attn.pattern                           [head, query, key]    after them: each row sums to 1
//   blocks.L.attn.z                                 [pos, head, d_head]   values gathered by each head
//   blocks.L.attn.head_out                          [pos, head, d_model]  what each head adds; computed on demand
//   blocks.L.attn_out  mlp_out                      [pos, d_model]        what each layer adds
//   blocks.L.mlp.gate  up  act                      [pos, d_mlp]          act = silu(gate) * up
//   final_norm                                      [pos, d_model]        what the unembedding reads (gain included)
//   logits                                          [pos, vocab]
//
// A model without MLPs has none of the points norm2, norm2.scale, mlp.* and mlp_out.
// An intervention shows at its own point and in those that come after it: scores hold a bias, pattern and z hold what
// the head used.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

class Model;
struct Config;

enum class Point : std::uint8_t {   // in the order in which they are computed
  embed,
  resid_pre, norm1_scale, norm1, q_raw, k_raw, q, k, v, scores, pattern, z, head_out, attn_out,
  resid_mid, norm2_scale, norm2, gate, up, act, mlp_out, resid_post,
  final_scale,                      // what the final norm divides by: interventions reach it, captures do not list it
  final_norm, logits
};
constexpr std::size_t n_points = static_cast<std::size_t>(Point::logits) + 1;

struct Probe {
  std::string name;    // "blocks.3.attn.pattern"
  Point point;
  std::int64_t layer;  // -1: outside the blocks
  bool operator==(const Probe&) const = default;
};

// Every point of a model with `n_layers` blocks, in the order of computation; without those of the MLPs on request.
std::vector<Probe> all_points(std::int64_t n_layers, bool mlps = true);

// "blocks.3.attn.pattern"; the layer is ignored outside the blocks.
std::string name_of(Point point, std::int64_t layer);
bool in_block(Point point);
// False for the points of the MLPs in a model that has none.
bool has_point(const Config& config, Point point);
// [head, query, key] rather than [pos, ...].
inline bool is_square(Point point) { return point == Point::scores || point == Point::pattern; }
// What follows [pos] in the shape of a point: {n_heads, d_head} for z. Not for scores and pattern.
std::vector<std::int64_t> row_shape(Point point, const Config& config);
// How many heads stand side by side at a point, 0 where it is not divided into heads.
std::int64_t heads_at(Point point, const Config& config);

// The points to capture, resolved against one model.
class Probes {
 public:
  // Exact names or globs, in which a star stands for any run of characters, dots and none included, and nothing else
  // is special ("blocks.*.attn.pattern"). No names at all are no points; a name that matches nothing, the empty one
  // too, is an error that lists near names. A point that several names match is captured once.
  // Errors: probe.unknown.
  static Result<Probes> of(const Model& model, std::span<const std::string> names_or_globs);
  static Result<Probes> of(const Config& config, std::span<const std::string> names_or_globs);

  bool wants(std::string_view name) const { return find(name) != nullptr; }
  const Probe* find(std::string_view name) const;                 // nullptr: not among them
  const std::vector<Probe>& points() const { return points_; }    // in the order of computation
  bool operator==(const Probes&) const = default;

 private:
  static Result<Probes> among(const std::vector<Probe>& all, std::span<const std::string> names_or_globs);
  std::vector<Probe> points_;
};

}  // namespace tb
