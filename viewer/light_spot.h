// A laser pointer: a soft dot, large enough for a hall, that follows the mouse and goes out when the mouse rests. The
// mouse's own arrow goes when it rests, too.
#pragma once

#include <chrono>

#include "viewer/theme.h"

namespace tb::viewer {

class LightSpot {
 public:
  bool is_on() const { return on_; }
  void toggle();
  void put_out() { on_ = false; }
  void draw(const Theme& theme, ImVec2 screen);           // over everything; once a frame
  bool in_sight() const { return in_sight_; }
  double patience() const;                                // seconds until it goes out; infinite when it is

 private:
  bool on_ = false, in_sight_ = false;
  std::chrono::steady_clock::time_point moved_;
};

}  // namespace tb::viewer
