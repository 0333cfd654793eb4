// configuration: what a configuration costs, from published ones or the loaded model's, with any size changed.
//   config.{name, base, value}            layers, width, heads, kv-heads, head-width, mlp, vocabulary, tied: as
//                                         published and as changed
//   preset.{title, source}
//   parts.{name, base, value}             parameters of embedding, attention, mlp, norms, head
//   parts.share [part]                    of all parameters, as changed
//   total.{base, value}                   parameters
//   weights.{base, value}                 bytes in the chosen form
//   cache.{token, base, value}            bytes: of one token as changed, and for the whole context
//   work.{products, attention}            multiply-adds of one token at the end of the context: with the weights, and of
//                                         attention
//   work.{base, value}                    both together
//   curve.context, curve.{cache, speed}   the cache's bytes and the bound on the speed over the length of the context
//   bandwidth, bandwidth.measured         bytes a second; 1: measured on this machine just now, 0: the input
//   speed.{base, value}                   tokens a second at most: bandwidth / (weights that a token reads + cache)
// With a bandwidth given all columns follow from the inputs; without one, bandwidth, speed.* and curve.speed are what
// this machine measured.
#pragma once

#include "labs/lab.h"

namespace tb {

struct ConfigurationLab : Lab {
  std::string_view type() const override { return "configuration"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
