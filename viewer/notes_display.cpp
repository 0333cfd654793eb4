#include "viewer/notes_display.h"

#include <ctime>
#include <utility>

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>

namespace tb::viewer {

namespace {

constexpr int kWidth = 960, kHeight = 680;                // at scale 1

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  char text[16] = "";
  std::strftime(text, sizeof text, "%H:%M", std::localtime(&now));
  return text;
}

// What is current, put back at the end.
class Current {
 public:
  Current(GLFWwindow* window, ImGuiContext* context)
      : window_(glfwGetCurrentContext()), context_(ImGui::GetCurrentContext()) {
    glfwMakeContextCurrent(window);
    ImGui::SetCurrentContext(context);
  }
  Current(const Current&) = delete;
  ~Current() {
    ImGui::SetCurrentContext(context_);
    glfwMakeContextCurrent(window_);
  }

 private:
  GLFWwindow* window_;
  ImGuiContext* context_;
};

}  // namespace

bool NotesDisplay::open(const Graphics& presentation) {
  glfwWindowHint(GLFW_FOCUSED, GLFW_FALSE);
  glfwWindowHint(GLFW_FOCUS_ON_SHOW, GLFW_FALSE);
  window_ = glfwCreateWindow(kWidth, kHeight, glfwGetWindowTitle(presentation.window()), nullptr, nullptr);
  glfwWindowHint(GLFW_FOCUSED, GLFW_TRUE);
  glfwWindowHint(GLFW_FOCUS_ON_SHOW, GLFW_TRUE);
  if (!window_) return false;
  ImGuiContext* const before = ImGui::GetCurrentContext();
  context_ = ImGui::CreateContext();
  ImGui::SetCurrentContext(before);
  const Current ours(window_, context_);
  glfwSwapInterval(0);                                    // one window waits for its display: the presentation
  ImGui::GetIO().IniFilename = ImGui::GetIO().LogFilename = nullptr;
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  presentation.take_keys_of(window_);
  ImGui_ImplOpenGL3_Init("#version 150");
  auto fonts = load_fonts();
  if (fonts) fonts_ = *fonts;
  return fonts.has_value();
}

// In the middle of its display, again when displays come or go; where windows cannot be placed (Wayland) the desktop
// does it, and where there is one display only the desktop knows better at first.
void NotesDisplay::place(bool swapped) {
  int count = 0;
  GLFWmonitor** displays = glfwGetMonitors(&count);
  if (count == 0 || (count == 1 && !placed_)) return;
  const std::size_t wanted = display_of_notes(static_cast<std::size_t>(count), swapped);
  if (std::exchange(placed_, displays[wanted]) == displays[wanted]) return;
  Area room;
  glfwGetMonitorWorkarea(displays[wanted], &room.x, &room.y, &room.width, &room.height);
  const Area own = area_of(window_), to = in_the_middle(own.width, own.height, room);
  glfwSetWindowSize(window_, to.width, to.height);
  if (glfwGetPlatform() != GLFW_PLATFORM_WAYLAND) glfwSetWindowPos(window_, to.x, to.y);
}

NotesDisplay::Wish NotesDisplay::draw(const NotesView& view, const Theme& theme, const Graphics& presentation,
                                      bool swapped) {
  if (failed_) return Wish::none;
  if (!window_ && !open(presentation)) {
    close();
    failed_ = true;
    return Wish::none;
  }
  if (glfwWindowShouldClose(window_)) {
    close();
    return Wish::close;
  }
  place(swapped);
  const Current ours(window_, context_);
  Theme own = theme;
  own.fonts = fonts_;
  own.scale = scale_of(window_);
  apply_style(own);
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  draw_glyphs_densely();
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  ImGui::Begin("notes", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
  const bool restart = draw_notes(own, view, time_of_day());
  ImGui::End();
  ImGui::Render();
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  const ImVec4 paper = to_vec(own.colors().paper);
  glViewport(0, 0, width, height);
  glClearColor(paper.x, paper.y, paper.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  glfwSwapBuffers(window_);
  return restart ? Wish::restart_clock : Wish::none;
}

bool NotesDisplay::has_input() const { return context_ && context_->InputEventsQueue.Size > 0; }

void NotesDisplay::close() {
  if (context_) {
    const Current ours(window_, context_);
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext(context_);
  }
  if (window_) glfwDestroyWindow(window_);
  window_ = nullptr;
  context_ = nullptr;
  placed_ = nullptr;
}

}  // namespace tb::viewer
