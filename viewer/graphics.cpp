#include "viewer/graphics.h"

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

// The backend's table from GLFW's keys to Dear ImGui's; it has no declaration in a header.
ImGuiKey ImGui_ImplGlfw_KeyToImGuiKey(int keycode, int scancode);

namespace tb::viewer {

namespace {

std::string glfw_reason() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text ? text : "";
}

void ask_for_opengl() {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
}

// Five bars, as of the most probable tokens.
void set_icon(GLFWwindow* window) {
  constexpr int side = 64;
  constexpr std::array<int, 5> heights = {48, 30, 20, 14, 10};
  std::array<unsigned char, side * side * 4> pixels{};
  const auto paint = [&](int x, int y, unsigned char r, unsigned char g, unsigned char b) {
    unsigned char* at = &pixels[static_cast<std::size_t>(y * side + x) * 4];
    at[0] = r, at[1] = g, at[2] = b, at[3] = 255;
  };
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      paint(x, y, 0xFB, 0xFA, 0xF7);
      const int bar = (x - 6) / 11;
      if (x >= 6 && bar < 5 && (x - 6) % 11 < 8 && y >= 56 - heights[static_cast<std::size_t>(bar)] && y < 56)
        paint(x, y, 0x24, 0x57, 0xC5);
    }
  const GLFWimage icon{side, side, pixels.data()};
  glfwSetWindowIcon(window, 1, &icon);
}

bool layout_has_latin_letters() {
  const char* name = glfwGetKeyName(GLFW_KEY_Q, 0);
  return name && name[1] == 0 && ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
}

// Dear ImGui's backend names a key by the character on it: under a Russian layout the key of "/" would be ".". There
// we name the key by its place. (Letters of such a layout it leaves at their place itself; where a layout has Latin
// letters, as Dvorak or AZERTY, a learner expects Ctrl+C where C is printed.)
void on_key(GLFWwindow* window, int key, int scancode, int action, int mods) {
  const bool letter = key >= GLFW_KEY_A && key <= GLFW_KEY_Z;
  const bool sign = key >= GLFW_KEY_APOSTROPHE && key <= GLFW_KEY_GRAVE_ACCENT && !letter;
  if (!sign || layout_has_latin_letters() || (action != GLFW_PRESS && action != GLFW_RELEASE)) {
    ImGui_ImplGlfw_KeyCallback(window, key, scancode, action, mods);
    return;
  }
  ImGuiIO& io = ImGui::GetIO();
  io.AddKeyEvent(ImGuiMod_Ctrl, (mods & GLFW_MOD_CONTROL) != 0);
  io.AddKeyEvent(ImGuiMod_Shift, (mods & GLFW_MOD_SHIFT) != 0);
  io.AddKeyEvent(ImGuiMod_Alt, (mods & GLFW_MOD_ALT) != 0);
  io.AddKeyEvent(ImGui_ImplGlfw_KeyToImGuiKey(key, scancode), action == GLFW_PRESS);
}

void make_imgui() {
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;                  // what is remembered stands in book::State
  io.LogFilename = nullptr;
  io.ConfigInputTextCursorBlink = false;     // a blinking cursor would be the only reason to draw
}

}  // namespace

Graphics::Graphics(GLFWwindow* window, bool display) : window_(window), display_(display) {}
Graphics::Graphics(Graphics&& other) noexcept
    : window_(std::exchange(other.window_, nullptr)), display_(other.display_) {}

Result<Graphics> Graphics::on_display(int width, int height, const char* title) {
  // Without a Wayland session Wayland's library complains on stderr when it is asked.
  glfwInitHint(GLFW_PLATFORM, std::getenv("WAYLAND_DISPLAY") ? GLFW_ANY_PLATFORM : GLFW_PLATFORM_X11);
  if (!glfwInit()) return fail("display.none", "", {glfw_reason()});
  ask_for_opengl();
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "textbook");
  glfwWindowHintString(GLFW_WAYLAND_APP_ID, "textbook");
  GLFWwindow* window = glfwCreateWindow(width, height, title, nullptr, nullptr);
  if (!window) {
    const std::string reason = glfw_reason();
    glfwTerminate();
    return fail("display.gl", "", {reason});
  }
  glfwMakeContextCurrent(window);
  glfwSwapInterval(1);
  if (glfwGetPlatform() == GLFW_PLATFORM_X11) set_icon(window);   // Wayland takes it from the desktop file
  make_imgui();
  ImGui_ImplGlfw_InitForOpenGL(window, true);
  glfwSetKeyCallback(window, on_key);
  ImGui_ImplOpenGL3_Init("#version 150");
  return Graphics(window, true);
}

Result<Graphics> Graphics::off_screen() {
  glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_NULL);
  if (!glfwInit()) return fail("display.egl", "", {glfw_reason()});
  ask_for_opengl();
  glfwWindowHint(GLFW_CONTEXT_CREATION_API, GLFW_EGL_CONTEXT_API);
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  GLFWwindow* window = glfwCreateWindow(64, 64, "", nullptr, nullptr);
  if (!window) {
    const std::string reason = glfw_reason();
    glfwTerminate();
    return fail("display.egl", "", {reason});
  }
  glfwMakeContextCurrent(window);
  make_imgui();
  ImGui_ImplOpenGL3_Init("#version 150");
  return Graphics(window, false);
}

float scale_of(GLFWwindow* window) {
  // Where a window's coordinates are pixels (X11) the display's scale is ours to apply; where they are larger units
  // already (Wayland), Dear ImGui draws the glyphs denser by itself.
  float content = 1, unused = 1;
  int width = 0, pixels = 0, height = 0;
  glfwGetWindowContentScale(window, &content, &unused);
  glfwGetWindowSize(window, &width, &height);
  glfwGetFramebufferSize(window, &pixels, &height);
  return width > 0 && pixels > 0 ? content * static_cast<float>(width) / static_cast<float>(pixels) : content;
}

std::vector<Area> display_areas() {
  int count = 0;
  GLFWmonitor** displays = glfwGetMonitors(&count);
  std::vector<Area> areas(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < areas.size(); ++i) {
    glfwGetMonitorPos(displays[i], &areas[i].x, &areas[i].y);
    if (const GLFWvidmode* mode = glfwGetVideoMode(displays[i]))
      areas[i].width = mode->width, areas[i].height = mode->height;
  }
  return areas;
}

Area area_of(GLFWwindow* window) {
  Area area;
  if (glfwGetPlatform() != GLFW_PLATFORM_WAYLAND) glfwGetWindowPos(window, &area.x, &area.y);
  glfwGetWindowSize(window, &area.width, &area.height);
  return area;
}

void Graphics::take_keys_of(GLFWwindow* other) const {
  glfwSetWindowUserPointer(other, window_);
  glfwSetKeyCallback(other, [](GLFWwindow* from, int key, int scancode, int action, int mods) {
    on_key(static_cast<GLFWwindow*>(glfwGetWindowUserPointer(from)), key, scancode, action, mods);
  });
  glfwSetCharCallback(other, [](GLFWwindow* from, unsigned int character) {
    ImGui_ImplGlfw_CharCallback(static_cast<GLFWwindow*>(glfwGetWindowUserPointer(from)), character);
  });
}

Graphics::~Graphics() {
  if (!window_) return;
  ImGui_ImplOpenGL3_Shutdown();
  if (display_) ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

}  // namespace tb::viewer
