// Which display a window goes to, in the coordinates that all displays share. No window system: it is asked elsewhere.
#pragma once

#include <cstddef>
#include <span>

namespace tb::viewer {

struct Area {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Area&) const = default;
};

// The display that most of a window lies on; the first where it lies on none.
std::size_t display_of(const Area& window, std::span<const Area> displays);

// Of so many displays (1 or more) the first is the desktop's main one, the lecturer's laptop: a presentation goes to the
// second, where the projector is, and the notes to the first. `swapped`: the other way round.
std::size_t display_of_presentation(std::size_t displays, bool swapped);
std::size_t display_of_notes(std::size_t displays, bool swapped);

// Not larger than `room`, in its middle.
Area in_the_middle(int width, int height, const Area& room);

// Where a window is put back: its old place, or the middle of the first display where the one it lay on is gone.
Area put_back(const Area& before, std::span<const Area> displays);

}  // namespace tb::viewer
