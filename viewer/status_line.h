// The line at the bottom: which model runs where, in what precision, on how many threads, in how much memory; how far
// it is while it loads; what went wrong where it did not.
#pragma once

#include <optional>

#include "labs/compute.h"
#include "viewer/keys.h"
#include "viewer/last_model.h"
#include "viewer/own_code_switch.h"
#include "viewer/theme.h"

namespace tb::viewer {

constexpr float kStatusHeight = 30;   // pixels at scale 1

// Fills the current ImGui window; `lost`: the model in whose place this one was opened; `own_code`: that it runs on a
// learner's functions, and whether all is well with them; `unkept`: why what the learner did last could not be stored,
// which goes before all else. The action is what was clicked.
std::optional<Action> draw_status_line(const Theme& theme, const ModelView& model, const std::optional<LostModel>& lost,
                                       const OwnCodeSwitch::Notice& own_code,
                                       const std::optional<Error>& unkept);

// Bytes of this process in physical memory.
std::int64_t resident_bytes();

}  // namespace tb::viewer
