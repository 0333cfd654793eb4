#include "labs/model/edits.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace tb {

namespace {

using Type = Intervention::Type;

at::Tensor index_tensor(const std::vector<std::int64_t>& indices, const at::Tensor& like) {
  return at::tensor(indices, at::TensorOptions().dtype(at::kLong)).to(like.device());
}

// Those of `positions` that lie in first .. first + count - 1, counted from `first`.
std::vector<std::int64_t> within(const std::vector<std::int64_t>& positions, std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> rows;
  for (const std::int64_t position : positions)
    if (position >= first && position < first + count) rows.push_back(position - first);
  return rows;
}

bool contains(const std::vector<std::int64_t>& list, std::int64_t x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

// True [head, query, key] at the edges that an edit names: every named head, from every named query to every named key.
at::Tensor edges(const std::vector<std::int64_t>& heads, const std::vector<std::int64_t>& queries,
                 const std::vector<std::int64_t>& keys, const at::Tensor& like) {
  const auto chosen = [&](const std::vector<std::int64_t>& indices, std::int64_t size) {
    return at::zeros({size}, like.options().dtype(at::kBool)).index_fill(0, index_tensor(indices, like), true);
  };
  return chosen(heads, like.size(0)).view({-1, 1, 1}) & chosen(queries, like.size(1)).view({1, -1, 1}) &
         chosen(keys, like.size(2)).view({1, 1, -1});
}

}  // namespace

Result<Edits> Edits::of(std::span<const Intervention> interventions, std::int64_t tokens) {
  Edits result;
  result.stable_rows_ = result.tokens_ = tokens;
  for (const Intervention& what : interventions) {
    const auto queries = what.queries.resolve(tokens);
    const auto keys = what.keys.resolve(tokens);
    if (!queries) return fail("intervention.position", what.spec, {"query", std::to_string(tokens)});
    if (!keys) return fail("intervention.position", what.spec, {"key", std::to_string(tokens)});
    if (what.queries.from_end() || what.keys.from_end())
      result.stable_rows_ = std::min(result.stable_rows_, std::max(queries->front(), keys->front()));
    result.edits_.push_back({what, *queries, *keys});
  }
  return result;
}

at::Tensor Edits::scores(std::int64_t layer, std::int64_t first, at::Tensor scores) const {
  for (const Edit& edit : edits_) {
    if (edit.what.type != Type::bias_key || !contains(edit.what.layers, layer)) continue;
    const auto rows = within(edit.queries, first, scores.size(1));
    const auto keys = within(edit.keys, 0, scores.size(2));
    scores = at::where(edges(edit.what.heads, rows, keys, scores), scores + edit.what.value, scores);
  }
  return scores;
}

at::Tensor Edits::pattern(std::int64_t layer, std::int64_t first, at::Tensor pattern) const {
  for (const Edit& edit : edits_) {
    const bool scales = edit.what.type == Type::scale_pattern, cuts = edit.what.type == Type::knock_out;
    if ((!scales && !cuts) || !contains(edit.what.layers, layer)) continue;
    const auto rows = within(edit.queries, first, pattern.size(1));
    const auto keys = within(edit.keys, 0, pattern.size(2));
    const at::Tensor chosen = edges(edit.what.heads, rows, keys, pattern);
    if (scales) {
      pattern = at::where(chosen, pattern * edit.what.value, pattern);
    } else {
      const at::Tensor left = pattern.masked_fill(chosen, 0);
      const at::Tensor sum = left.sum(-1, /*keepdim=*/true);
      const at::Tensor cut_rows = chosen.any(-1, /*keepdim=*/true);
      pattern = at::where(cut_rows, left / sum.masked_fill(sum == 0, 1), pattern);
    }
  }
  return pattern;
}

at::Tensor Edits::z(std::int64_t layer, std::int64_t first, at::Tensor z) const {
  for (const Edit& edit : edits_) {
    const bool scales = edit.what.type == Type::scale_head, ablates = edit.what.type == Type::ablate_head;
    if ((!scales && !ablates) || !contains(edit.what.layers, layer)) continue;
    const auto rows = within(edit.queries, first, z.size(0));
    std::vector<std::int64_t> all(z.size(2));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    const at::Tensor chosen = edges(rows, edit.what.heads, all, z);   // [pos, head, d_head]
    z = at::where(chosen, ablates ? at::zeros_like(z) : z * edit.what.value, z);
  }
  return z;
}

at::Tensor Edits::logits(std::int64_t first, at::Tensor logits) const {
  for (const Edit& edit : edits_) {
    if (edit.what.type != Type::logit_bias) continue;
    const auto rows = within(edit.queries, first, logits.size(0));
    const at::Tensor bias = at::zeros_like(logits.select(0, 0))
                                .index_fill(0, index_tensor(edit.what.tokens, logits), edit.what.value);   // [vocab]
    const at::Tensor chosen = at::zeros({logits.size(0), 1}, logits.options().dtype(at::kBool))
                                  .index_fill(0, index_tensor(rows, logits), true);                        // [pos, 1]
    logits = at::where(chosen, logits + bias, logits);
  }
  return logits;
}

}  // namespace tb
