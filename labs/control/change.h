// What is done to the attention of chosen heads, as a learner asks for it and as the model is told. No torch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "labs/control/chosen_heads.h"

namespace tb {

struct Change {
  std::string action;                // knock-out, bias, force, swap (needs a Source), temperature or silence
  HeadSet heads;
  std::string queries;               // as a SPEC writes them
  std::vector<std::int64_t> keys;    // the places; one for "force"
  double value = 0;                  // bias: added to the score; temperature: its logarithm to base 2

  bool on_a_place() const { return action == "bias" || action == "knock-out" || action == "force"; }
  // One SPEC for each layer.
  std::vector<std::string> specs() const;
};

}  // namespace tb
