#include "labs/model/analysis/attribution.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace tb {

std::vector<std::string> attribution_points(const Config& config) {
  std::vector<std::string> points = {"embed",     "blocks.*.attn.v", "blocks.*.attn.pattern", "blocks.*.attn.z",
                                     "final_norm", block_point(config.n_layers - 1, "resid_post")};
  if (config.d_mlp > 0) points.push_back("blocks.*.mlp_out");
  return points;
}

namespace {

// How a row of the stream is read as the answer, term by term.
struct Reading {
  at::Tensor direction;   // [d_model]
  at::Tensor scale;       // [pos]  what the final norm divided each row by
  at::Tensor answer;      // [pos]  what came of it

  // rows [pos, ..., d_model] -> their part of the answer [pos, ...].
  at::Tensor of(const at::Tensor& rows) const {
    at::Tensor by_row = scale;
    while (by_row.dim() < rows.dim() - 1) by_row = by_row.unsqueeze(-1);
    return at::matmul(rows.to(at::kDouble), direction) / by_row;
  }
};

Result<Reading> reading(const Transformer& transformer, const Context& context, const Question& question) {
  const auto unembedding = unembedding_direction(transformer, question);
  if (!unembedding) return tl::unexpected(unembedding.error());
  const auto stream = captured(context, block_point(transformer.config().n_layers - 1, "resid_post"));
  if (!stream) return tl::unexpected(stream.error());
  const auto normed = captured(context, "final_norm");
  if (!normed) return tl::unexpected(normed.error());

  // The scale that was used: an intervention may have frozen another than the row's own root mean square.
  const at::Tensor gain = transformer.weights().final_norm.cpu().to(at::kDouble);
  const at::Tensor w = unembedding->to(at::kDouble), out = normed->to(at::kDouble);
  const at::Tensor scale = (stream->to(at::kDouble) * gain).norm(2, -1) / out.norm(2, -1);
  return Reading{w * gain, scale, at::matmul(out, w)};
}

// z [pos, head, d_head] -> [pos, head, d_model] on the CPU.
at::Tensor head_rows(const Transformer& transformer, std::int64_t layer, const at::Tensor& z) {
  return transformer.head_out(layer, z.to(transformer.device())).cpu();
}

}  // namespace

at::Tensor Attribution::sum() const { return embedding + heads.flatten(0, 1).sum(0) + biases.sum(0) + mlps.sum(0); }

double Attribution::error() const {
  return ((sum() - answer).abs() / answer.abs().clamp_min(1)).max().item<double>();
}

Result<Attribution> attribute(const Transformer& transformer, const Context& context, const Question& question) {
  const c10::NoGradGuard no_gradients;
  const auto read = reading(transformer, context, question);
  if (!read) return tl::unexpected(read.error());
  const auto embed = captured(context, "embed");
  if (!embed) return tl::unexpected(embed.error());

  // [terms]
  Attribution parts;
  parts.answer = read->answer;
  parts.embedding = read->of(*embed);
  std::vector<at::Tensor> heads, biases, mlps;
  for (std::int64_t layer = 0; layer < transformer.config().n_layers; ++layer) {
    const auto z = captured(context, block_point(layer, "attn.z"));
    if (!z) return tl::unexpected(z.error());
    heads.push_back(read->of(head_rows(transformer, layer, *z)).t());                    // [head, pos]
    const at::Tensor& bias = transformer.weights().blocks[layer].out.bias;               // [d_model]
    const at::Tensor nothing = at::zeros_like(*embed);
    biases.push_back(read->of(bias.defined() ? nothing + bias.cpu() : nothing));         // [pos]
    if (transformer.config().d_mlp == 0) continue;
    const auto mlp = captured(context, block_point(layer, "mlp_out"));
    if (!mlp) return tl::unexpected(mlp.error());
    mlps.push_back(read->of(*mlp));                                                      // [pos]
  }
  parts.heads = at::stack(heads);
  parts.biases = at::stack(biases);
  parts.mlps = mlps.empty() ? parts.biases.slice(0, 0, 0) : at::stack(mlps);
  // [/terms]
  return parts;
}

Result<at::Tensor> attribute_sources(const Transformer& transformer, const Context& context, std::int64_t layer,
                                     const Question& question) {
  const c10::NoGradGuard no_gradients;
  const Config& config = transformer.config();
  if (layer < 0 || layer >= config.n_layers)
    return fail("analysis.layer", "layer", {std::to_string(layer), std::to_string(config.n_layers - 1)});
  const auto read = reading(transformer, context, question);
  if (!read) return tl::unexpected(read.error());
  const auto pattern = captured(context, block_point(layer, "attn.pattern"));            // [head, query, key]
  if (!pattern) return tl::unexpected(pattern.error());
  const auto v = captured(context, block_point(layer, "attn.v"));                        // [key, kv_head, d_head]
  if (!v) return tl::unexpected(v.error());

  // What each key would tell through each head if the head looked at it alone, read as the answer.
  const at::Tensor told = head_rows(transformer, layer, v->repeat_interleave(config.group(), 1));
  const at::Tensor worth = at::matmul(told.to(at::kDouble), read->direction).t();        // [head, key]
  return pattern->to(at::kDouble) * worth.unsqueeze(1) / read->scale.view({1, -1, 1});
}

}  // namespace tb
