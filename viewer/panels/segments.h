// A switch of a few words side by side, one of which is chosen; and the signs of two runs that are compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "viewer/theme.h"

namespace tb::viewer {

// `run`: 'a' or 'b' for the sign of a run in the place of a text.
struct Segment { std::string id, text, tip; char run = 0; };

// At the cursor, which moves on behind it. Returns what was pressed in this frame.
std::optional<std::size_t> draw_segments(const Theme& theme, const std::vector<Segment>& segments, std::size_t chosen);
float segments_width(const Theme& theme, const std::vector<Segment>& segments);
float segments_height(const Theme& theme);

// The letter of a run, on the colour of A or in a dashed frame of the colour of B, around `center`, `side` pixels wide.
void draw_run_sign(ImDrawList& list, const Theme& theme, bool of_b, ImVec2 center, float side);

}  // namespace tb::viewer
