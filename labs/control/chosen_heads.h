// Heads as a learner writes them: "24.4", "18.0+18.3", "15..29.*". No torch.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace tb {

using HeadSet = std::set<std::pair<std::int64_t, std::int64_t>>;   // layer, head

// LAYER.HEAD, joined by + or commas; each of the two a number, a range A..B with both ends, or * for all.
// Errors, at `where`: control.heads.
Result<HeadSet> parse_heads(std::string_view text, std::int64_t layers, std::int64_t heads, const std::string& where);

// "18.0+18.3".
std::string to_text(const HeadSet& heads);

}  // namespace tb
