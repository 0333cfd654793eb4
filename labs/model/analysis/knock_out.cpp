#include "labs/model/analysis/knock_out.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace tb {

std::vector<std::string> knock_out_points() { return {"blocks.*.resid_pre"}; }

Result<double> knock_out(const Transformer& transformer, const Context& context, const at::Tensor& direction,
                         std::int64_t layer, std::int64_t head, const std::stop_token& stop) {
  const c10::NoGradGuard no_gradients;
  const Config& config = transformer.config();
  if (layer < 0 || layer >= config.n_layers)
    return fail("analysis.layer", "layer", {std::to_string(layer), std::to_string(config.n_layers - 1)});
  if (head < 0 || head >= config.n_heads)
    return fail("analysis.head", "head", {std::to_string(head), std::to_string(config.n_heads - 1)});
  const auto stream = captured(context, block_point(layer, "resid_pre"));
  if (!stream) return tl::unexpected(stream.error());
  Run run{.stopped = [&] { return stop.stop_requested(); }};
  run.watch = [&](Point at, std::int64_t at_layer, at::Tensor x) {
    if (at != Point::z || at_layer != layer) return x;
    x = x.clone();
    x.select(1, head).zero_();   // z [pos, head, d_head]
    return x;
  };
  const at::Tensor x = transformer.forward_from(layer, stream->to(transformer.device()), run);
  if (!x.defined()) return fail("job.stopped", "knock-out");
  return x[-1].cpu().dot(direction).item<double>();
}

}  // namespace tb
