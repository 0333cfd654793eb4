// The reader without a display: drawn into a framebuffer of our own and looked at when it has come to rest.
#pragma once

#include <memory>
#include <string>

#include "viewer/window.h"

namespace tb::viewer {

class OffScreen {
 public:
  // A picture of width x height pixels at scale 1, so many times as large. Errors: display.egl, screenshot.size.
  static Result<std::unique_ptr<OffScreen>> open(int width, int height, float scale);
  ~OffScreen();

  // Puts a reader up, in the place of the one before. Errors: those of load_fonts and `make`.
  Result<Reader*> show(const MakeReader& make);
  Result<void> settle();                      // draws until it waits for nothing more. Errors: screenshot.timeout
  void press(ImGuiKey key);
  Result<void> write_png(const std::string& path) const;   // the last frame. Errors: file.write
  void draw_frame();

 private:
  struct State;
  explicit OffScreen(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tb::viewer
