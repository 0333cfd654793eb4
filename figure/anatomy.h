// The anatomy figure is drawn in two files: the map of the model, and what stands below it.
#pragma once

#include <string>

#include "figure/chart.h"

namespace tb::figure {

// The chosen part with what just went through it, and one token's way down all layers; returns the y below.
float draw_anatomy_part(Pen& pen, const Look& look, const Snapshot& snapshot, float y);

// q, k and v are one product, and so are gate and up: the row of time.* in which a part was measured.
inline std::string timed_with(const std::string& part) {
  if (part == "attn.q" || part == "attn.k" || part == "attn.v") return "attn.qkv";
  return part == "mlp.gate" || part == "mlp.up" ? "mlp.gate_up" : part;
}

}  // namespace tb::figure
