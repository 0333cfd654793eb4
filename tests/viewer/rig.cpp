#include "tests/viewer/rig.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <imgui_impl_null.h>
#include <unistd.h>

#include "base/files.h"

namespace tb::test {

namespace fs = std::filesystem;

namespace {

const char* const kCatalogue = R"([[chapter]]
slug = "01-small"
number = "1"
title = { en = "A small chapter", ru = "Маленькая глава" }
)";

const char* const kGlossary = R"([[term]]
id = "needle"
see = "01-small#third"
en = "needle"
ru = "иголка"
define.en = "Thin and hard to find."
define.ru = "Тонкая, и найти её трудно."
)";

// Long enough to scroll, with the same anchors and labs in both languages.
std::string chapter(bool english, const std::string& labs) {
  const auto pick = [&](const char* en, const char* ru) { return std::string(english ? en : ru); };
  std::string text = "# " + pick("A small chapter", "Маленькая глава") + "\n\n";
  text += pick("The needle is here, a Needle and a third needle.", "Здесь иголка, Иголка и третья иголка.") + "\n\n";
  text += "<a id=\"first\"></a>\n## " + pick("First part", "Первая часть") + "\n\n";
  const std::string lab =
      "```lab\nlab: next-token\nid: capital\nprompt: " + pick("The capital of France is", "Столица Франции") + "\n```";
  text += (labs.empty() ? lab : labs) + "\n\n";
  text += "<a id=\"second\"></a>\n## " + pick("Second part", "Вторая часть") + "\n\n";
  for (int i = 0; i < 60; ++i) text += pick("A paragraph of the second part.", "Абзац второй части.") + "\n\n";
  text += "<a id=\"third\"></a>\n## " + pick("Third part", "Третья часть") + "\n\n";
  for (int i = 0; i < 60; ++i) text += pick("A paragraph of the third part.", "Абзац третьей части.") + "\n\n";
  return text;
}

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}

// One loaded model for all rigs; it lives until the process ends.
Compute& shared_compute() {
  static Compute compute(open_engine, {});
  static const bool loading = (compute.load({bundled_model()}), true);
  (void)loading;
  return compute;
}

}  // namespace

std::string bundled_model() { return (cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf").string(); }

Rig::Rig(const std::string& model, const std::string& labs) {
  static int number = 0;
  const std::string name = "textbook-driven-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
  folder_ = fs::temp_directory_path() / name;
  fs::create_directories(folder_ / "chapters/01-small");
  require(write_file(folder_ / "chapters/catalogue.toml", kCatalogue).has_value(), "catalogue");
  require(write_file(folder_ / "chapters/01-small/en.md", chapter(true, labs)).has_value(), "en.md");
  require(write_file(folder_ / "chapters/01-small/ru.md", chapter(false, labs)).has_value(), "ru.md");
  require(write_file(folder_ / "chapters/glossary.toml", kGlossary).has_value(), "glossary.toml");
  if (model.empty()) {
    compute_ = &shared_compute();
  } else {
    own_compute_ = std::make_unique<Compute>(open_engine, nullptr);
    own_compute_->load({model});
    compute_ = own_compute_.get();
  }

  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  ImGui_ImplNull_Init();
  engine_ = ImGuiTestEngine_CreateContext();
  ImGuiTestEngineIO& io = ImGuiTestEngine_GetIO(engine_);
  io.ConfigRunSpeed = ImGuiTestRunSpeed_Fast;
  io.ConfigNoThrottle = true;
  io.ConfigSavedSettings = false;
  io.ConfigLogToTTY = true;
  // Seconds of the engine's own clock, which runs on while a lab computes: a slow machine is no failure.
  io.ConfigWatchdogWarning = io.ConfigWatchdogKillTest = 7200;
  ImGuiTestEngine_Start(engine_, ImGui::GetCurrentContext());
  auto fonts = viewer::load_fonts();
  require(fonts.has_value(), "fonts");
  fonts_ = *fonts;
  chapters = folder_ / "chapters";
  const std::string tiny = TEXTBOOK_SOURCE_DIR "/tests/reference/qwen3-tiny/tiny.gguf", gone = "/nowhere/gone.gguf";
  models = {{"smollm2-135m", {bundled_model()}, {}},
            {"tiny", {tiny}, {}},
            {"gone", {gone}, Error{"models.gone", gone, {"gone"}}}};
  make_reader();
}

Rig::~Rig() {
  reader_.reset();
  state_.reset();
  ImGuiTestEngine_Stop(engine_);
  ImGui_ImplNull_Shutdown();
  ImGui::DestroyContext();
  ImGuiTestEngine_DestroyContext(engine_);
  own_compute_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Rig::make_reader() {
  auto state = book::State::open(folder_ / "state.sqlite3");
  require(state.has_value(), "state");
  state_.emplace(std::move(*state));
  viewer::ReaderSetup setup;
  setup.root = TEXTBOOK_SOURCE_DIR;
  auto catalogue = book::read_catalogue(chapters);
  require(catalogue.has_value(), "chapters");
  setup.chapters = *catalogue;
  auto glossary = book::read_glossary(chapters / "glossary.toml");
  require(glossary.has_value(), "glossary");
  setup.glossary = *glossary;
  auto symbols = book::read_symbols(fs::path(TEXTBOOK_SOURCE_DIR) / "chapters/symbols.toml");
  require(symbols.has_value(), "symbols");
  setup.symbols = *symbols;
  setup.compute = compute_;
  setup.exercises = exercises;
  setup.exercise = exercise;
  setup.own_code = own_code;
  setup.state = &*state_;
  setup.fonts = fonts_;
  setup.reduced_motion = true;
  setup.models = [this] { return models; };
  setup.bad_end = bad_end;
  setup.place = place;
  setup.offer_tour = offer_tour;
  setup.lessons = lessons();
  setup.lesson = lesson;
  setup.model = {bundled_model()};
  auto reader = viewer::Reader::create(std::move(setup));
  require(reader.has_value(), reader ? "" : reader.error().code + " " + reader.error().args.back());
  reader_ = std::move(*reader);
}

void Rig::restart() {
  reader_.reset();
  state_.reset();
  make_reader();
  if (own_compute_) reader_->load_model();
}

void Rig::frame() {
  ImGui_ImplNull_NewFrame();
  ImGui::GetIO().DisplaySize = display;
  ImGui::NewFrame();
  reader_->frame();
  if (const auto view = show_notes ? reader_->notes(2) : std::nullopt) {
    viewer::Theme theme = reader_->theme();
    theme.scale = 1;
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize({640, 480});
    ImGui::Begin("notes", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings);
    if (viewer::draw_notes(theme, *view, "09:41")) ++restarts_of_clock;
    ImGui::End();
  }
  ImGui::Render();
  ImGui_ImplNullRender_RenderDrawData(ImGui::GetDrawData());
  ImGuiTestEngine_PostSwap(engine_);
}

bool Rig::run(const std::function<void(ImGuiTestContext*)>& test) {
  ImGuiTest* registered = ImGuiTestEngine_RegisterTest(engine_, "reader", "driven", __FILE__, __LINE__);
  registered->TestFunc = test;
  ImGuiTestEngine_QueueTest(engine_, registered, ImGuiTestRunFlags_RunFromCommandLine);
  while (!ImGuiTestEngine_IsTestQueueEmpty(engine_)) frame();
  return registered->Output.Status == ImGuiTestStatus_Success;
}

bool Rig::wait(ImGuiTestContext* context, const std::function<bool()>& until) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  for (context->Yield(3); !until(); context->Yield()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return true;
}

bool Rig::settle(ImGuiTestContext* context) {
  return wait(context, [this] { return reader_->settled(); });
}

std::shared_ptr<const Snapshot> Rig::snapshot(const std::string& instance) const {
  return compute_->view("01-small/" + instance).snapshot;
}

}  // namespace tb::test
