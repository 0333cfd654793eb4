// After a bad end: the reader opens with nothing of the last state but language, colours and size, so that whatever broke
// it is not brought back, and asks what to do.
#pragma once

#include <optional>
#include <string>

#include "viewer/theme.h"

namespace tb::viewer {

struct BadEnd {
  std::string log;   // the crash log's path; "" where none was written
};

enum class AfterBadEnd { go_on, begin_anew };   // as it was left; or labs at their presets, the bundled model

// Draws the question at the top of the window.
std::optional<AfterBadEnd> draw_safe_start(const Theme& theme, const BadEnd& end);

}  // namespace tb::viewer
