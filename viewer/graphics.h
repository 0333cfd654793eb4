// GLFW, an OpenGL 3 context and Dear ImGui on it, for as long as the object lives.
#pragma once

#include "base/error.h"

struct GLFWwindow;

namespace tb::viewer {

class Graphics {
 public:
  // Errors: display.none, display.gl.
  static Result<Graphics> on_display(int width, int height, const char* title);
  // No window system: GLFW's null platform and EGL. Errors: display.egl.
  static Result<Graphics> off_screen();
  Graphics(Graphics&& other) noexcept;
  ~Graphics();

  GLFWwindow* window() const { return window_; }
  // How much larger than at scale 1 things are to be drawn, in the window's own coordinates.
  float scale() const;

 private:
  explicit Graphics(GLFWwindow* window, bool display);
  GLFWwindow* window_;
  bool display_;
};

}  // namespace tb::viewer
