// The images of a chapter (PNG, JPEG), decoded once and scaled down to the size they are shown at.
#pragma once

#include <filesystem>
#include <map>
#include <utility>

#include "viewer/page/formulas.h"

namespace tb::viewer::page {

class Images {
 public:
  // The image no wider than `max_width` pixels; `scale` pixels for each of its own. nullptr: no readable image there.
  const Picture* get(const std::filesystem::path& path, float scale, float max_width);

 private:
  std::map<std::pair<std::filesystem::path, int>, Picture> known_;   // by path and width shown
  std::map<std::filesystem::path, std::pair<int, int>> sizes_;       // pixels; {0, 0}: unreadable
};

}  // namespace tb::viewer::page
