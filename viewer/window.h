// The reader in a window (GLFW, OpenGL 3), or off screen for a screenshot (GLFW's null platform with EGL).
#pragma once

#include <functional>
#include <string>

#include "viewer/reader.h"

namespace tb::viewer {

struct WindowOptions {
  int width = 1280, height = 800;             // pixels at scale 1
  float scale = 0;                            // of a screenshot; a window has its display's
  std::string title;
  std::function<void()> after_first_frame;    // once, when the first frame has been shown
};

// Makes the window and its ImGui context, calls `make` with the fonts, then runs until it is closed. Frames are drawn
// on input, on wake(), and while Reader::animating(). Errors: display.none (says how to run without one), display.gl.
using MakeReader = std::function<Result<std::unique_ptr<Reader>>(Fonts fonts, float scale)>;
Result<void> run_window(const WindowOptions& options, const MakeReader& make);
// Draws until the reader is settled and writes the last frame as PNG, width x scale pixels wide. Needs no display.
// Errors: display.egl, screenshot.size, screenshot.timeout, file.write.
Result<void> write_screenshot(const WindowOptions& options, const MakeReader& make, const std::string& path);
void wake();                                  // from any thread: draw a frame

}  // namespace tb::viewer
