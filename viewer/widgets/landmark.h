// Where the controls are that the tour points at, and whether they are being used: each says so where it is drawn.
#pragma once

#include <optional>

#include <imgui.h>

namespace tb::viewer {

enum class Landmark { contents, search, colors, keys, prompt, figure, seat };

struct Sighted {
  ImVec2 min, max;
  bool in_use = false;
};

// What is not at least half in sight is not noted; of several in one frame the one in use counts, else the one nearest
// to the middle of the window.
void note_landmark(Landmark what, ImVec2 min, ImVec2 max, bool in_use = false);
void note_item(Landmark what, bool in_use = false);         // the item drawn last
std::optional<Sighted> sighted(Landmark what);              // since forget_landmarks()
void forget_landmarks();                                    // once a frame, by whoever asks

}  // namespace tb::viewer
