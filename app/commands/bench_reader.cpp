// Benchmarks of the reader: how soon the page stands and the model answers, what a frame costs, what waiting costs.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <thread>

#include <csignal>
#include <fcntl.h>
#include <imgui.h>
#include <imgui_impl_null.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/commands/bench.h"
#include "app/commands/reading.h"
#include "base/memory.h"
#include "viewer/offscreen.h"
#include "viewer/status_line.h"
#include "viewer/window.h"

namespace tb::app {

namespace {

using Clock = std::chrono::steady_clock;   // the same for all processes since the machine started

double now_ms() { return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count(); }

double thread_cpu_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// This program once more, as `bench --child kind`, its output in a pipe.
struct Child {
  pid_t pid = -1;
  FILE* output = nullptr;

  Child(const Shell& shell, const std::string& kind) {
    std::vector<std::string> words = {"textbook", "bench", "--child", kind, "--model", shell.model,
                                      "--device", shell.device, "--threads", std::to_string(shell.threads),
                                      "--lang", shell.lang};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);   // its notes say what failed
    if (posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments.data(), environ) != 0) pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output = fdopen(ends[0], "r");
  }
  ~Child() {
    if (pid > 0) {
      kill(pid, SIGTERM);
      waitpid(pid, nullptr, 0);
    }
    if (output) std::fclose(output);
  }
  Child(const Child&) = delete;

  // The next "name milliseconds" line; false at the end.
  bool read(std::string& name, double& at) const {
    std::array<char, 64> word{};
    if (!output || std::fscanf(output, "%63s %lf", word.data(), &at) != 2) return false;
    name = word.data();
    return true;
  }
};

void tell(const char* name) {
  std::printf("%s %.3f\n", name, now_ms());
  std::fflush(stdout);
}

Result<std::vector<Measurement>> start(const Shell& shell) {
  std::map<std::string, std::vector<double>> samples;
  for (int i = 0; i < 6; ++i) {
    const double began = now_ms();
    const Child child(shell, "start");
    std::string name;
    double at = 0;
    while (child.read(name, at))
      if (i > 0) samples[name].push_back(at - began);      // the first one warms the disk's cache up
  }
  std::vector<Measurement> measured;
  const std::pair<const char*, double> aims[] = {{"first-frame", 300}, {"model-ready", 1000}};
  for (const auto& [name, aim] : aims) {
    const auto& times = samples[name];
    measured.push_back({name, "", "ms", times.empty() ? 0 : median(times), aim, static_cast<int>(times.size()),
                        times.empty() ? "child" : ""});
  }
  return measured;
}

// Frames of 1280 x 800 that nothing draws.
class Undrawn {
 public:
  Undrawn() {
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui_ImplNull_Init();
  }
  ~Undrawn() {
    ImGui_ImplNull_Shutdown();
    ImGui::DestroyContext();
  }
  Undrawn(const Undrawn&) = delete;

  // Its CPU in milliseconds.
  double frame(viewer::Reader& reader) const {
    ImGui_ImplNull_NewFrame();
    ImGui::GetIO().DisplaySize = {1280, 800};
    const double before = thread_cpu_ms();
    ImGui::NewFrame();
    reader.frame();
    ImGui::Render();
    const double after = thread_cpu_ms();
    ImGui_ImplNullRender_RenderDrawData(ImGui::GetDrawData());
    return after - before;
  }
  void press_page_down(viewer::Reader& reader) const {
    ImGui::GetIO().AddKeyEvent(ImGuiKey_PageDown, true);
    frame(reader);
    ImGui::GetIO().AddKeyEvent(ImGuiKey_PageDown, false);
  }
};

// The CPU of one frame at 1280 x 800, median and worst over a walk through chapter 2 with its labs answered.
Result<std::vector<Measurement>> layout(const Shell& shell) {
  auto setup = reading_setup("02");
  if (!setup) return tl::unexpected(setup.error());
  const auto model = reading_model(shell);
  if (!model) return tl::unexpected(model.error());
  Compute compute(open_engine, nullptr);
  compute.load(*model);
  setup->compute = &compute;
  setup->reduced_motion = true;
  setup->language = shell.lang;

  const Undrawn screen;
  auto fonts = viewer::load_fonts();
  if (!fonts) return tl::unexpected(fonts.error());
  setup->fonts = *fonts;
  auto created = viewer::Reader::create(*setup);
  if (!created) return tl::unexpected(created.error());
  viewer::Reader& reader = **created;
  std::vector<double> samples;
  for (int page = 0; page < 30; ++page) {
    for (int i = 0; i < 4000 && (i < 5 || !reader.settled()); ++i) {
      screen.frame(reader);
      if (i >= 5) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (int i = 0; i < 10; ++i) samples.push_back(screen.frame(reader));
    screen.press_page_down(reader);
  }
  const int count = static_cast<int>(samples.size());
  return std::vector<Measurement>{
      {"frame", "", "ms", median(samples), 2.0, count, ""},
      {"frame-worst", "", "ms", *std::max_element(samples.begin(), samples.end()), std::nullopt, count, ""}};
}

// Clock ticks that a process has used, of all its threads.
double cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  long user = 0, system = 0;
  std::sscanf(text.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Result<std::vector<Measurement>> idle(const Shell& shell) {
  Measurement m{"idle", "", "%", 0, 1.0, 1, ""};
  const Child child(shell, "idle");
  std::string name;
  double at = 0;
  if (!child.read(name, at)) {               // no display to open a window on
    m.note = "display";
    return std::vector<Measurement>{m};
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));    // tooltips, labs in sight and caches come to rest
  const double before = cpu_seconds(child.pid);
  constexpr double seconds = 10;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  m.value = (cpu_seconds(child.pid) - before) / seconds * 100;
  return std::vector<Measurement>{m};
}

// Without a model and without the library of labs, whose libtorch alone takes twice as much. `reader-memory-own`: the
// same where nothing is drawn, so that the difference is the graphics driver's; a software renderer takes most.
Result<std::vector<Measurement>> footprint(const Shell& shell) {
  std::vector<Measurement> measured;
  for (const auto& [kind, name] : {std::pair("bare", "reader-memory"), std::pair("bare-undrawn", "reader-memory-own")}) {
    Measurement m{name, "", "MB", 0, std::nullopt, 1, ""};
    const Child child(shell, kind);
    std::string said;
    if (!child.read(said, m.value)) m.note = "child";
    measured.push_back(std::move(m));
  }
  measured.front().aim = 200;
  return measured;
}

// Thirty pages of the chapter, at rest as a window leaves it.
int tell_footprint(const std::function<void()>& turn_page) {
  for (int page = 0; page < 30; ++page) turn_page();
  return_freed_memory();
  std::printf("reader-memory %.1f\n", static_cast<double>(viewer::resident_bytes()) / 1e6);
  return kDone;
}

int run_bare(const Shell& shell, viewer::ReaderSetup setup) {
  Compute compute(open_engine, nullptr);
  setup.compute = &compute;
  auto screen = viewer::OffScreen::open(1280, 800, 1);
  if (!screen) return shell.report(screen.error());
  const auto reader = (*screen)->show([&](viewer::Fonts fonts, float scale) {
    setup.fonts = fonts;
    setup.display_scale = scale;
    return viewer::Reader::create(setup);
  });
  if (!reader) return shell.report(reader.error());
  return tell_footprint([&] {
    (*screen)->press(ImGuiKey_PageDown);
    for (int i = 0; i < 10; ++i) (*screen)->draw_frame();
  });
}

int run_bare_undrawn(const Shell& shell, viewer::ReaderSetup setup) {
  Compute compute(open_engine, nullptr);
  setup.compute = &compute;
  Undrawn screen;
  auto fonts = viewer::load_fonts();
  if (!fonts) return shell.report(fonts.error());
  setup.fonts = *fonts;
  const auto reader = viewer::Reader::create(std::move(setup));
  if (!reader) return shell.report(reader.error());
  return tell_footprint([&] {
    screen.press_page_down(**reader);
    for (int i = 0; i < 10; ++i) screen.frame(**reader);
  });
}

}  // namespace

std::vector<Benchmark> reader_benchmarks() {
  return {{"start", start}, {"layout", layout}, {"idle", idle}, {"footprint", footprint}};
}

int run_bench_child(const Shell& shell, const std::string& kind) {
  auto setup = reading_setup("02");
  const auto model = reading_model(shell);
  if (!setup || !model) return shell.report(setup ? model.error() : setup.error());
  if (kind == "bare") return run_bare(shell, std::move(*setup));
  if (kind == "bare-undrawn") return run_bare_undrawn(shell, std::move(*setup));
  const bool window = kind == "idle";
  const Compute* ready = nullptr;
  Compute compute(open_engine, [&] {
    viewer::wake();
    if (!ready || ready->model().state != ModelView::State::ready) return;
    tell("model-ready");
    if (!window) std::_Exit(kDone);          // what follows is not measured
    ready = nullptr;
  });
  setup->compute = &compute;
  setup->language = shell.lang;
  viewer::WindowOptions options;
  options.after_first_frame = [&] {
    if (!window) tell("first-frame");
    ready = &compute;
    compute.load(*model);
  };
  const viewer::MakeReader make = [&](viewer::Fonts fonts, float scale) {
    setup->fonts = fonts;
    setup->display_scale = scale;
    return viewer::Reader::create(*setup);
  };
  const auto done = window ? viewer::run_window(options, make) : viewer::write_screenshot(options, make, "/dev/null");
  return done ? kDone : shell.report(done.error());
}

}  // namespace tb::app
