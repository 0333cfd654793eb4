#include "viewer/offscreen.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#define GLFW_INCLUDE_GLEXT
#include <GLFW/glfw3.h>
#include <cairo.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include "viewer/graphics.h"

namespace tb::viewer {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(180);    // for a model that loads from a cold, slow disk
constexpr auto kPause = std::chrono::milliseconds(30);   // between looks, so that the labs have the processor
constexpr int kSettledFrames = 4;                        // a jump, its layout and the labs it brings into sight
constexpr int kLargest = 16384;                          // pixels a side

// A colour buffer to draw into, bound while the object lives.
class Target {
 public:
  Target(int width, int height) {
    load(gen_framebuffers_, "glGenFramebuffers");
    load(bind_framebuffer_, "glBindFramebuffer");
    load(gen_renderbuffers_, "glGenRenderbuffers");
    load(bind_renderbuffer_, "glBindRenderbuffer");
    load(storage_, "glRenderbufferStorage");
    load(attach_, "glFramebufferRenderbuffer");
    load(status_, "glCheckFramebufferStatus");
    load(delete_framebuffers_, "glDeleteFramebuffers");
    load(delete_renderbuffers_, "glDeleteRenderbuffers");
    gen_framebuffers_(1, &framebuffer_);
    bind_framebuffer_(GL_FRAMEBUFFER, framebuffer_);
    gen_renderbuffers_(1, &color_);
    bind_renderbuffer_(GL_RENDERBUFFER, color_);
    storage_(GL_RENDERBUFFER, GL_RGBA8, width, height);
    attach_(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, color_);
  }
  ~Target() {
    delete_framebuffers_(1, &framebuffer_);
    delete_renderbuffers_(1, &color_);
  }
  Target(const Target&) = delete;
  bool complete() const { return status_(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE; }

 private:
  template <class Function>
  static void load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(glfwGetProcAddress(name));
  }
  PFNGLGENFRAMEBUFFERSPROC gen_framebuffers_;
  PFNGLBINDFRAMEBUFFERPROC bind_framebuffer_;
  PFNGLGENRENDERBUFFERSPROC gen_renderbuffers_;
  PFNGLBINDRENDERBUFFERPROC bind_renderbuffer_;
  PFNGLRENDERBUFFERSTORAGEPROC storage_;
  PFNGLFRAMEBUFFERRENDERBUFFERPROC attach_;
  PFNGLCHECKFRAMEBUFFERSTATUSPROC status_;
  PFNGLDELETEFRAMEBUFFERSPROC delete_framebuffers_;
  PFNGLDELETERENDERBUFFERSPROC delete_renderbuffers_;
  GLuint framebuffer_ = 0, color_ = 0;
};

}  // namespace

struct OffScreen::State {
  Graphics graphics;
  int width, height;                    // of the picture
  float scale;
  std::unique_ptr<Target> target;
  std::optional<Fonts> fonts;
  std::unique_ptr<Reader> reader;
};

OffScreen::OffScreen(std::unique_ptr<State> state) : state_(std::move(state)) {}
OffScreen::~OffScreen() = default;      // the reader first, the context last

Result<std::unique_ptr<OffScreen>> OffScreen::open(int width, int height, float scale) {
  width = static_cast<int>(static_cast<float>(width) * scale);
  height = static_cast<int>(static_cast<float>(height) * scale);
  const auto too_large = [&] {
    return fail("screenshot.size", "", {std::to_string(width), std::to_string(height), std::to_string(kLargest)});
  };
  if (width < 1 || height < 1 || width > kLargest || height > kLargest) return too_large();
  auto graphics = Graphics::off_screen();
  if (!graphics) return tl::unexpected(graphics.error());
  auto target = std::make_unique<Target>(width, height);
  if (!target->complete()) return too_large();
  std::unique_ptr<State> state(new State{std::move(*graphics), width, height, scale, std::move(target), {}, {}});
  return std::unique_ptr<OffScreen>(new OffScreen(std::move(state)));
}

Result<Reader*> OffScreen::show(const MakeReader& make) {
  State& s = *state_;
  if (!s.fonts) {
    auto fonts = load_fonts();
    if (!fonts) return tl::unexpected(fonts.error());
    s.fonts = *fonts;
  }
  s.reader.reset();
  auto reader = make(*s.fonts, s.scale);
  if (!reader) return tl::unexpected(reader.error());
  s.reader = std::move(*reader);
  return s.reader.get();
}

void OffScreen::draw_frame() {
  const State& s = *state_;
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(s.width), static_cast<float>(s.height)};
  io.DeltaTime = 1.0f / 60;
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
  s.reader->frame();
  ImGui::Render();
  const ImVec4 paper = to_vec(s.reader->theme().colors().paper);
  glViewport(0, 0, s.width, s.height);
  glClearColor(paper.x, paper.y, paper.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

void OffScreen::press(ImGuiKey key) {
  for (const bool down : {true, false}) {
    ImGui::GetIO().AddKeyEvent(key, down);
    draw_frame();
  }
}

Result<void> OffScreen::settle() {
  const auto deadline = Clock::now() + kPatience;
  for (int settled = 0, frames = 0; settled < kSettledFrames; ++frames) {
    if (Clock::now() > deadline) return fail("screenshot.timeout", "", {std::to_string(kPatience.count())});
    draw_frame();
    settled = frames > 0 && state_->reader->settled() ? settled + 1 : 0;
    if (settled == 0) std::this_thread::sleep_for(kPause);
  }
  return {};
}

Result<void> OffScreen::write_png(const std::string& path) const {
  const int width = state_->width, height = state_->height;
  // OpenGL's rows begin at the bottom.
  std::vector<std::uint32_t> pixels(static_cast<std::size_t>(width) * height), flipped(pixels.size());
  glPixelStorei(GL_PACK_ALIGNMENT, 4);
  glReadPixels(0, 0, width, height, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, pixels.data());
  for (int y = 0; y < height; ++y)
    std::copy_n(pixels.begin() + static_cast<std::ptrdiff_t>(height - 1 - y) * width, width,
                flipped.begin() + static_cast<std::ptrdiff_t>(y) * width);
  cairo_surface_t* surface = cairo_image_surface_create_for_data(reinterpret_cast<unsigned char*>(flipped.data()),
                                                                 CAIRO_FORMAT_RGB24, width, height, width * 4);
  const cairo_status_t status = cairo_surface_write_to_png(surface, path.c_str());
  cairo_surface_destroy(surface);
  if (status != CAIRO_STATUS_SUCCESS) return fail("file.write", path, {cairo_status_to_string(status)});
  return {};
}

Result<void> write_screenshot(const WindowOptions& options, const MakeReader& make, const std::string& path) {
  auto screen = OffScreen::open(options.width, options.height, options.scale > 0 ? options.scale : 1);
  if (!screen) return tl::unexpected(screen.error());
  if (auto shown = (*screen)->show(make); !shown) return tl::unexpected(shown.error());
  if (options.after_first_frame) {
    (*screen)->draw_frame();
    glFinish();
    options.after_first_frame();
  }
  if (auto settled = (*screen)->settle(); !settled) return settled;
  return (*screen)->write_png(path);
}

}  // namespace tb::viewer
