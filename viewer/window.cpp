#include "viewer/window.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>

#include "base/memory.h"
#include "viewer/graphics.h"
#include "viewer/notes_display.h"

namespace tb::viewer {

namespace {

// After the last input frames go on for a while, for tooltips that wait and values that glide; then nothing is drawn.
constexpr double kLinger = 0.5;              // seconds
constexpr double kFrame = 1.0 / 120;         // where vertical sync does not pace us
constexpr double kLongest = 3600;
constexpr double kQuiet = 2;                 // seconds without anything, after which memory is tidied up

std::atomic<bool> window_open = false;       // GLFW takes events from other threads only between init and terminate
std::atomic<bool> woken = false;

void draw_frame(GLFWwindow* window, Reader& reader) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  reader.frame();
  ImGui::Render();
  int width = 0, height = 0;
  glfwGetFramebufferSize(window, &width, &height);
  const ImVec4 paper = to_vec(reader.theme().colors().paper);
  glViewport(0, 0, width, height);
  glClearColor(paper.x, paper.y, paper.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  glfwSwapBuffers(window);
}

std::vector<GLFWmonitor*> displays_now() {
  int count = 0;
  GLFWmonitor** displays = glfwGetMonitors(&count);
  return {displays, displays + count};
}

// The display to fill; null: none. A presentation has one of its own; the reader fills the one that it is on.
GLFWmonitor* display_to_fill(GLFWwindow* window, const Reader& reader, const std::vector<GLFWmonitor*>& displays) {
  if (!reader.full_screen() || displays.empty()) return nullptr;
  if (const auto swapped = reader.presents_swapped())
    return displays[display_of_presentation(displays.size(), *swapped)];
  GLFWmonitor* const filled = glfwGetWindowMonitor(window);
  return filled ? filled : displays[display_of(area_of(window), display_areas())];
}

// `before`: the place of the window that it goes back to, while it fills a display. Of a display that was unplugged the
// window system has taken it off already.
void fill_display(GLFWwindow* window, GLFWmonitor* display, std::optional<Area>& before) {
  if (display == glfwGetWindowMonitor(window) && (display || !before)) return;
  if (display) {
    if (!before) before = area_of(window);
    glfwSetWindowAttrib(window, GLFW_AUTO_ICONIFY, GLFW_FALSE);   // it stays when the notes have the focus
    const GLFWvidmode* mode = glfwGetVideoMode(display);
    // It is put there first: not every window manager heeds a wish for another display than the window's.
    int x = 0, y = 0, width = 0, height = 0;
    glfwGetMonitorWorkarea(display, &x, &y, &width, &height);
    glfwSetWindowMonitor(window, nullptr, x, y, std::min(before->width, width), std::min(before->height, height), 0);
    glfwSetWindowMonitor(window, display, 0, 0, mode->width, mode->height, mode->refreshRate);
  } else {
    const Area place = put_back(*std::exchange(before, std::nullopt), display_areas());
    glfwSetWindowMonitor(window, nullptr, place.x, place.y, place.width, place.height, 0);
  }
}

void show_notes(NotesDisplay& notes, Reader& reader, const Graphics& graphics, std::size_t displays) {
  const std::optional<NotesView> view = reader.notes(static_cast<int>(displays));
  if (!view) return notes.close();
  const NotesDisplay::Wish wish = notes.draw(*view, reader.theme(), graphics, reader.presents_swapped().value_or(false));
  if (wish == NotesDisplay::Wish::restart_clock) reader.restart_clock();
  if (wish == NotesDisplay::Wish::close) reader.close_notes();
}

// Until something happens. Where nothing does for a while, what was freed goes back to the system first: a software
// renderer alone leaves tens of megabytes behind when it has compiled its shaders.
void rest(double longest) {
  const double began = glfwGetTime(), quiet = std::min(longest, kQuiet);
  glfwWaitEventsTimeout(quiet);
  if (longest <= quiet || glfwGetTime() - began < quiet) return;
  return_freed_memory();
  glfwWaitEventsTimeout(longest - quiet);
}

void loop(GLFWwindow* window, const Graphics& graphics, Reader& reader,
          const std::function<void()>& after_first_frame) {
  double awake_until = glfwGetTime() + kLinger;
  float scale = graphics.scale();
  std::optional<Area> before;
  std::vector<GLFWmonitor*> displays;
  NotesDisplay notes;
  std::string title;
  for (bool first = true; !glfwWindowShouldClose(window); first = false) {
    draw_frame(window, reader);
    if (first && after_first_frame) after_first_frame();
    const bool rearranged = displays != displays_now();
    displays = displays_now();
    if (const std::string now = reader.theme().strings->get("book.title"); now != title)
      glfwSetWindowTitle(window, (title = now).c_str());    // in the language of the book
    show_notes(notes, reader, graphics, displays.size());
    fill_display(window, display_to_fill(window, reader, displays), before);

    const double now = glfwGetTime();
    if (rearranged) awake_until = now + kLinger;
    const bool awake = now < awake_until || reader.animating();
    if (awake) glfwWaitEventsTimeout(kFrame);
    else rest(std::min(kLongest, reader.patience()));
    const bool input = ImGui::GetCurrentContext()->InputEventsQueue.Size > 0 || notes.has_input();
    if (woken.exchange(false) || input || !awake) awake_until = glfwGetTime() + kLinger;
    if (const float now_scale = graphics.scale(); now_scale != scale) reader.set_display_scale(scale = now_scale);
  }
}

}  // namespace

void wake() {
  woken = true;
  if (window_open) glfwPostEmptyEvent();
}

Result<void> run_window(const WindowOptions& options, const MakeReader& make) {
  auto graphics = Graphics::on_display(options.width, options.height, options.title.c_str());
  if (!graphics) return tl::unexpected(graphics.error());
  auto fonts = load_fonts();
  if (!fonts) return tl::unexpected(fonts.error());
  auto reader = make(*fonts, graphics->scale());
  if (!reader) return tl::unexpected(reader.error());
  window_open = true;
  loop(graphics->window(), *graphics, **reader, options.after_first_frame);
  window_open = false;
  return {};
}

}  // namespace tb::viewer
