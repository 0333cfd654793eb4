// GLFW, an OpenGL 3 context and Dear ImGui on it, for as long as the object lives.
#pragma once

#include <vector>

#include "base/error.h"
#include "viewer/displays.h"

struct GLFWwindow;

namespace tb::viewer {

// How much larger than at scale 1 things are to be drawn in a window, in its own coordinates.
float scale_of(GLFWwindow* window);

std::vector<Area> display_areas();           // the desktop's main display first
// Where it lies, without its frame. Wayland tells nobody where windows are: at the origin.
Area area_of(GLFWwindow* window);

class Graphics {
 public:
  // Errors: display.none, display.gl.
  static Result<Graphics> on_display(int width, int height, const char* title);
  // No window system: GLFW's null platform and EGL. Errors: display.egl.
  static Result<Graphics> off_screen();
  Graphics(Graphics&& other) noexcept;
  ~Graphics();

  GLFWwindow* window() const { return window_; }
  // Keys that come to another window are ours: a lecturer's hand need not care which one has the focus.
  void take_keys_of(GLFWwindow* other) const;
  float scale() const { return scale_of(window_); }

 private:
  explicit Graphics(GLFWwindow* window, bool display);
  GLFWwindow* window_;
  bool display_;
};

}  // namespace tb::viewer
