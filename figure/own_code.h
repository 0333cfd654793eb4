// Why a learner's function was ended in the running model, in words.
#pragma once

#include <cstdint>
#include <string>

#include "base/strings.h"

namespace tb::figure {

struct Ended {
  std::string exercise, reason, detail;      // "softmax", "crash", "SIGSEGV"
  std::int64_t layer = 0;
};
// What happened, and where. `layers` of the model: a layer beyond them is the final norm.
std::string ended_text(const Ended& ended, std::int64_t layers, const Strings& strings);

}  // namespace tb::figure
