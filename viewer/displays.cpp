#include "viewer/displays.h"

#include <algorithm>
#include <cstdint>

namespace tb::viewer {

namespace {

std::int64_t common(const Area& a, const Area& b) {
  const std::int64_t width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const std::int64_t height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

}  // namespace

std::size_t display_of(const Area& window, std::span<const Area> displays) {
  std::size_t most = 0;
  for (std::size_t i = 1; i < displays.size(); ++i)
    if (common(window, displays[i]) > common(window, displays[most])) most = i;
  return most;
}

std::size_t display_of_presentation(std::size_t displays, bool swapped) { return displays > 1 && !swapped ? 1 : 0; }

std::size_t display_of_notes(std::size_t displays, bool swapped) { return displays > 1 && swapped ? 1 : 0; }

Area in_the_middle(int width, int height, const Area& room) {
  const int w = std::min(width, room.width), h = std::min(height, room.height);
  return {room.x + (room.width - w) / 2, room.y + (room.height - h) / 2, w, h};
}

Area put_back(const Area& before, std::span<const Area> displays) {
  if (displays.empty() || common(before, displays[display_of(before, displays)]) > 0) return before;
  return in_the_middle(before.width, before.height, displays.front());
}

}  // namespace tb::viewer
