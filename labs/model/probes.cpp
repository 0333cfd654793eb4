#include "labs/model/probes.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "labs/model/config.h"
#include "labs/model/model.h"

namespace tb {

namespace {

struct NamedPoint {
  Point point;
  std::string_view name;
};

constexpr std::array block_points = {
    NamedPoint{Point::resid_pre, "resid_pre"},      NamedPoint{Point::norm1_scale, "norm1.scale"},
    NamedPoint{Point::norm1, "norm1"},              NamedPoint{Point::q_raw, "attn.q_raw"},
    NamedPoint{Point::k_raw, "attn.k_raw"},         NamedPoint{Point::q, "attn.q"},
    NamedPoint{Point::k, "attn.k"},                 NamedPoint{Point::v, "attn.v"},
    NamedPoint{Point::scores, "attn.scores"},       NamedPoint{Point::pattern, "attn.pattern"},
    NamedPoint{Point::z, "attn.z"},                 NamedPoint{Point::head_out, "attn.head_out"},
    NamedPoint{Point::attn_out, "attn_out"},        NamedPoint{Point::resid_mid, "resid_mid"},
    NamedPoint{Point::norm2_scale, "norm2.scale"},  NamedPoint{Point::norm2, "norm2"},
    NamedPoint{Point::gate, "mlp.gate"},            NamedPoint{Point::up, "mlp.up"},
    NamedPoint{Point::act, "mlp.act"},              NamedPoint{Point::mlp_out, "mlp_out"},
    NamedPoint{Point::resid_post, "resid_post"},
};

constexpr std::array outer_points = {
    NamedPoint{Point::embed, "embed"}, NamedPoint{Point::final_norm, "final_norm"},
    NamedPoint{Point::logits, "logits"}};

bool belongs_to_mlp(Point point) {
  switch (point) {
    case Point::norm2_scale: case Point::norm2: case Point::gate: case Point::up: case Point::act: case Point::mlp_out:
      return true;
    default: return false;
  }
}

// The three nearest known names, for the message.
std::string near_names(std::string_view word, std::vector<std::string> names) {
  std::string list;
  for (int i = 0; i < 3; ++i) {
    const auto found = nearest(word, names);
    if (!found) break;
    list += (list.empty() ? "" : ", ") + *found;
    names.erase(std::find(names.begin(), names.end(), *found));
  }
  return list.empty() ? "embed, blocks.0.resid_post, blocks.*.attn.pattern, logits" : list;
}

}  // namespace

bool in_block(Point point) { return Point::resid_pre <= point && point <= Point::resid_post; }

bool has_point(const Config& config, Point point) { return config.d_mlp > 0 || !belongs_to_mlp(point); }

std::string name_of(Point point, std::int64_t layer) {
  for (const NamedPoint& named : outer_points)
    if (named.point == point) return std::string(named.name);
  for (const NamedPoint& named : block_points)
    if (named.point == point) return "blocks." + std::to_string(layer) + "." + std::string(named.name);
  return "final_norm.scale";   // the one point that captures do not list
}

std::vector<std::int64_t> row_shape(Point point, const Config& c) {
  switch (point) {
    case Point::norm1_scale: case Point::norm2_scale: case Point::final_scale: return {};
    case Point::q_raw: case Point::q: case Point::z: return {c.n_heads, c.d_head};
    case Point::k_raw: case Point::k: case Point::v: return {c.n_kv_heads, c.d_head};
    case Point::head_out: return {c.n_heads, c.d_model};
    case Point::gate: case Point::up: case Point::act: return {c.d_mlp};
    case Point::logits: return {c.vocabulary};
    default: return {c.d_model};
  }
}

std::int64_t heads_at(Point point, const Config& c) {
  if (is_square(point)) return c.n_heads;
  const auto shape = row_shape(point, c);
  return shape.size() == 2 ? shape.front() : 0;
}

std::vector<Probe> all_points(std::int64_t n_layers, bool mlps) {
  std::vector<Probe> points = {{"embed", Point::embed, -1}};
  for (std::int64_t layer = 0; layer < n_layers; ++layer)
    for (const NamedPoint& named : block_points)
      if (mlps || !belongs_to_mlp(named.point)) points.push_back({name_of(named.point, layer), named.point, layer});
  points.push_back({"final_norm", Point::final_norm, -1});
  points.push_back({"logits", Point::logits, -1});
  return points;
}

Result<Probes> Probes::among(const std::vector<Probe>& all, std::span<const std::string> names_or_globs) {
  std::vector<bool> wanted(all.size());
  for (const std::string& pattern : names_or_globs) {
    bool matched = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!matches_glob(pattern, all[i].name)) continue;
      wanted[i] = matched = true;
    }
    if (matched) continue;
    std::vector<std::string> names;
    for (const Probe& probe : all) names.push_back(probe.name);
    return fail("probe.unknown", pattern, {pattern, near_names(pattern, names)});
  }
  Probes probes;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (wanted[i]) probes.points_.push_back(all[i]);
  return probes;
}

Result<Probes> Probes::of(const Model& model, std::span<const std::string> names_or_globs) {
  return among(all_points(model.info().n_layers, model.info().d_mlp > 0), names_or_globs);
}

Result<Probes> Probes::of(const Config& config, std::span<const std::string> names_or_globs) {
  return among(all_points(config.n_layers, config.d_mlp > 0), names_or_globs);
}

const Probe* Probes::find(std::string_view name) const {
  const auto found = std::find_if(points_.begin(), points_.end(), [&](const Probe& p) { return p.name == name; });
  return found == points_.end() ? nullptr : &*found;
}

}  // namespace tb
