// The reader's whole interface, one frame at a time, without a window: the program's window, off-screen screenshots
// and driven tests all call frame() between ImGui::NewFrame and ImGui::Render.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "book/catalogue.h"
#include "book/glossary.h"
#include "book/lesson.h"
#include "book/place.h"
#include "book/symbols.h"
#include "book/state.h"
#include "labs/compute.h"
#include "labs/own_code.h"
#include "viewer/exercises/exercises.h"
#include "viewer/model_menu.h"
#include "viewer/notes_window.h"
#include "viewer/safe_start.h"
#include "viewer/theme.h"

namespace tb::viewer {

struct ReaderSetup {
  std::filesystem::path root;                 // holds assets/ and chapters/
  std::vector<book::Chapter> chapters;
  book::Glossary glossary;                    // may be empty
  book::Symbols symbols;                      // likewise
  Exercises* exercises = nullptr;             // outlives the reader; may be null
  std::string exercise;                       // which of them to open, with the editor; "": none
  Compute* compute = nullptr;                 // outlives the reader
  OwnCode* own_code = nullptr;                // likewise; null: the model runs on its own functions only
  book::State* state = nullptr;               // may be null: nothing is remembered
  std::optional<Error> unkept;                // why it is null, for the learner to see
  ListModels models;                          // what the learner may switch to; may be empty
  LoadOptions model;                          // what to open with where no other was chosen last time
  bool model_asked_for = false;               // open with it in any case
  std::optional<BadEnd> bad_end;              // of the last run: what it left is not used before the learner says so
  Fonts fonts;
  std::string language;                       // "" : what is remembered, else `system_language`
  std::string system_language = "en";
  std::optional<figure::Theme> theme;         // none: what is remembered, else light
  std::optional<book::Place> place;           // none: where it was left
  std::filesystem::path lessons;              // where the learner's own are kept
  bool present = false;                       // begins with the presentation: of the chapter, or
  std::optional<book::Lesson> lesson;         // of this lesson, which has no faults
  float display_scale = 1;
  bool offer_tour = false;                    // at the first start, unless a place was asked for
  bool reduced_motion = false;                // nothing glides, unless the learner chose otherwise
};

class Reader {
 public:
  // Errors: those of Strings::load; catalogue.unknown, place.section, place.instance where the book has
  // no such chapter, the chapter no such section or lab (each names the nearest).
  static Result<std::unique_ptr<Reader>> create(ReaderSetup setup);
  ~Reader();

  // Loads the model to open with. To be called when the page stands: the library of labs takes a good part of a second
  // to open.
  void load_model();
  void frame();
  void set_display_scale(float scale);
  bool animating() const;                     // wants another frame soon; else only input or a snapshot makes one
  // Seconds until a frame is wanted although nothing happened: to save what changed; infinite where nothing did.
  double patience() const;
  void go_to_section(const std::string& anchor);   // of the chapter at hand; "": its beginning
  bool settled() const;                       // no lab in sight waits for a result (screenshots wait for this)
  // While it presents: whether on the display where otherwise the notes would be.
  std::optional<bool> presents_swapped() const;
  bool full_screen() const;                   // what the learner wants the window to be
  // What the lecturer is to see on another display; nullopt while nothing is presented, or where the lecturer does not
  // want it, with so many displays.
  std::optional<NotesView> notes(int displays);
  void restart_clock();                       // of the presentation
  void close_notes();
  void save();                                // place, language, theme, size, model, lab inputs

  const Theme& theme() const;                 // of what is on the screen: of the presentation while there is one
  int matches() const;                        // of what is searched for; 0 while the find bar is closed
  std::size_t search_hits() const;            // of the search of the whole book; 0 while it is closed
  book::Place place() const;
  float fraction() const;                     // how far into the place's section, 0..1
  std::string language() const;

 private:
  Reader();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tb::viewer
