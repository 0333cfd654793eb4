#include "labs/configuration/cost.h"

#include "labs/anatomy/parts.h"

namespace tb {

std::vector<PartCount> count_parts(const Config& config) {
  std::vector<PartCount> counts = {{"embedding"}, {"attention"}, {"mlp"}, {"norms"}, {"head"}};
  for (const Part& part : parts_of(config)) {
    if (holds_others(part)) continue;
    const bool norm = part.name.find("norm") != part.name.npos || part.name == "attn.rotate";   // of q and k, if any
    const std::size_t at = part.name == "embedding" ? 0 : part.name == "head" ? 4
                           : norm ? 3 : part.name.starts_with("attn.") ? 1 : 2;
    counts[at].parameters += static_cast<double>(part.parameters * (part.in_block ? config.n_layers : 1));
  }
  return counts;
}

double bytes_of_weight(std::string_view form) {
  if (form == "bfloat16") return 2;
  if (form == "q8_0") return 34.0 / 32;
  if (form == "q4_1") return 20.0 / 32;
  return 4;
}

Cost cost_of(const Config& c, double context, double weight_bytes, double cache_number) {
  Cost cost;
  for (const PartCount& part : count_parts(c)) cost.parameters += part.parameters;
  const auto d = [](std::int64_t n) { return static_cast<double>(n); };
  const double table = d(c.vocabulary) * d(c.d_model);
  cost.weights = cost.parameters * weight_bytes;
  cost.read = c.tied_head ? cost.weights : cost.weights - (table - d(c.d_model)) * weight_bytes;
  cost.cache_of_token = 2 * d(c.n_layers) * d(c.n_kv_heads) * d(c.d_head) * cache_number;
  cost.cache = cost.cache_of_token * context;
  const double q = d(c.n_heads) * d(c.d_head), kv = d(c.n_kv_heads) * d(c.d_head);
  const double block = d(c.d_model) * (2 * q + 2 * kv + 3 * d(c.d_mlp));
  cost.products = d(c.n_layers) * block + table;   // the head reads the table whole, tied or not
  cost.attention = 2 * d(c.n_layers) * q * context;
  return cost;
}

double fastest(const Cost& cost, double bandwidth) { return bandwidth / (cost.read + cost.cache); }

}  // namespace tb
