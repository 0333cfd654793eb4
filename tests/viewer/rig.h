// The reader without a display: Dear ImGui on its null backend, driven by the test engine, over a small book and a
// state of its own in a temporary folder, with the real model behind its labs.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <imgui_te_context.h>
#include <imgui_te_engine.h>

#include "book/state.h"
#include "labs/compute.h"
#include "viewer/reader.h"

namespace tb::test {

// The file of the bundled model, in the cache folder; the first of the reader's models, before a tiny one of the Qwen3
// family and one that is gone.
std::string bundled_model();

class Rig {
 public:
  // `model`: the file that the labs load; "" shares one loaded model among all rigs. `labs`: Markdown that stands in the
  // chapter instead of its next-token lab.
  explicit Rig(const std::string& model = "", const std::string& labs = "");
  ~Rig();

  // Runs `test` as the test engine runs tests, a frame at each Yield; true if no IM_CHECK failed.
  bool run(const std::function<void(ImGuiTestContext*)>& test);

  // For use inside a test:
  bool wait(ImGuiTestContext* context, const std::function<bool()>& until);   // at most two minutes
  bool settle(ImGuiTestContext* context);                                     // Reader::settled()
  // Closes the reader and starts another; a model of the rig's own is loaded anew, as at a start of the program.
  void restart();
  std::shared_ptr<const Snapshot> snapshot(const std::string& instance) const;
  viewer::Reader& reader() { return *reader_; }
  book::State& state() { return *state_; }
  Compute& compute() const { return *compute_; }
  ImVec2 display{1280, 2200};
  std::vector<viewer::ModelChoice> models;   // of the menu
  viewer::Exercises* exercises = nullptr;    // of the next restart
  std::string exercise;                      // likewise: which to open
  OwnCode* own_code = nullptr;               // likewise
  std::optional<viewer::BadEnd> bad_end;     // what the next restart is told of this one
  bool offer_tour = false;                   // at the next restart
  std::filesystem::path chapters;            // of the book that the next restart opens; at first the small one
  std::optional<book::Lesson> lesson;        // what the next restart presents
  bool show_notes = false;                   // beside a presentation, as on a second display
  int restarts_of_clock = 0;                 // asked for in the notes
  std::filesystem::path lessons() const { return folder_ / "lessons"; }
  std::optional<book::Place> place;          // where the next restart opens; none: where it was left

 private:
  void make_reader();
  void frame();

  std::filesystem::path folder_;
  std::unique_ptr<Compute> own_compute_;
  Compute* compute_ = nullptr;
  std::optional<book::State> state_;
  viewer::Fonts fonts_;
  ImGuiTestEngine* engine_ = nullptr;
  std::unique_ptr<viewer::Reader> reader_;
};

}  // namespace tb::test
