#include "labs/control/change.h"

#include <cmath>
#include <map>

namespace tb {

std::vector<std::string> Change::specs() const {
  std::map<std::int64_t, std::string> by_layer;
  for (const auto& [layer, head] : heads) {
    std::string& list = by_layer[layer];
    list += (list.empty() ? "" : "+") + std::to_string(head);
  }
  std::string places;
  for (const std::int64_t key : keys) places += (places.empty() ? "" : "+") + std::to_string(key);
  std::vector<std::string> out;
  for (const auto& [layer, list] : by_layer) {
    const std::string where = ":layer=" + std::to_string(layer) + ",head=" + list + ",query=" + queries;
    const std::string place = where + ",key=" + places;
    if (action == "bias") out.push_back("bias-key" + place + ",value=" + std::to_string(value));
    if (action == "knock-out") out.push_back("knock-out" + place);
    if (action == "force") out.push_back("set-pattern" + place + ",value=1");
    if (action == "swap") out.push_back("patch-from:point=attn.pattern," + where.substr(1));
    if (action == "temperature") out.push_back("temperature" + where + ",value=" + std::to_string(std::exp2(value)));
    if (action == "silence") out.push_back("ablate-head" + where);
  }
  return out;
}

}  // namespace tb
