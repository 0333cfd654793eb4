// What a reader is made of, for the files that it is written in.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "book/learner.h"
#include "book/lesson.h"
#include "viewer/book_index.h"
#include "viewer/directives.h"
#include "viewer/find_bar.h"
#include "viewer/keys.h"
#include "viewer/last_model.h"
#include "viewer/lesson_panel.h"
#include "viewer/link_card.h"
#include "viewer/marks.h"
#include "viewer/open_book.h"
#include "viewer/own_code_switch.h"
#include "viewer/page/page.h"
#include "viewer/palette.h"
#include "viewer/presenter.h"
#include "viewer/panels/lab_panels.h"
#include "viewer/progress_panel.h"
#include "viewer/reader.h"
#include "viewer/search_panel.h"
#include "viewer/settings.h"
#include "viewer/study.h"
#include "viewer/symbol_card.h"
#include "viewer/tour.h"

namespace tb::viewer {

using Clock = std::chrono::steady_clock;

constexpr float kFoldWidth = 1100;                        // under it the contents fold away, pixels at scale 1
constexpr float kLineStep = 60;                           // what j and k scroll, pixels at scale 1
constexpr float kSmallest = 0.7f, kLargest = 2.0f;        // text size

// Somewhere in the book, for going back and forward.
struct Spot {
  std::size_t chapter = 0;
  PagePlace place;
};

// Where a search began, to return to.
struct Return {
  Spot spot;
  std::string language;
  bool marked = true;                                     // what was found is marked on the page
};

struct Reader::State {
  explicit State(ReaderSetup given)
      : setup(std::move(given)), labs(*setup.compute), learner(setup.state), directives(setup.root, labs, theme, &learner, setup.exercises) {
    directives.exercises().set_typesetter(page.typesetter());
    directives.exercises().model_switch = [this](const Theme& look, const std::string& exercise, float width) {
      own_code.draw(look, exercise, file_of(exercise), width);
    };
  }

  ReaderSetup setup;
  Theme theme;
  std::map<std::string, Strings> strings;                 // by language
  std::string language = "en";
  float text_size = 1, display_scale = 1;

  std::size_t chapter = 0;
  OpenChapter opened;
  Page page;
  LabPanels labs;
  book::Learner learner;
  Directives directives;
  Study study{learner, theme};
  Marks marks{learner, theme};
  ProgressPanel progress{learner, setup.chapters, theme};
  LabSeats seats;                                         // as they are remembered
  OwnCodeSwitch own_code{setup.own_code, *setup.compute};
  FindBar find;
  ModelMenu models;
  SearchPanel search{setup.chapters, learner, theme};
  Palette palette{theme};
  LinkCard link_card{setup.glossary};
  SymbolCard symbol_card{setup.symbols, setup.glossary};
  Presenter presenter{setup, strings};
  LessonPanel lesson{setup.lessons};
  std::future<std::shared_ptr<const BookIndex>> reading;  // until it is `book`
  std::shared_ptr<const BookIndex> book;
  std::optional<Return> before_search;
  LastModel last_model;
  Tour tour;
  std::vector<Spot> behind, ahead;
  bool contents_hidden = false;                           // by the learner, where they have room beside the text
  bool contents_open = false;                             // over the text, where they have none
  float enlarged_scroll = 0;                              // that keys ask for in a lab over the whole window
  int lab_edits = 0;                                      // of all labs, for the tour
  std::optional<bool> reduced_motion;                     // the learner's choice
  bool tour_seen = false;                                 // now or at an earlier start
  bool help_open = false, inside_lab = false, full_screen = false;
  bool full_screen_before = false;                        // the presentation

  Settings saved;
  std::string chosen_model;                               // in the menu, now or at an earlier start
  std::set<std::pair<std::string, std::string>> changed_labs;   // chapter, instance
  std::optional<Clock::time_point> changed_at;            // something is not saved yet
  std::optional<double> link_copied_at;                   // by a right click, which says so; ImGui::GetTime()
  int frames_of_page = 0;                                 // drawn since the chapter was put up

  // reader.cpp: what is drawn, remembered and restored.
  Result<void> load_strings();
  void restyle();
  void draw_reader(ImVec2 origin, ImVec2 size);
  void draw_page(ImVec2 origin, ImVec2 size);
  void draw_contents(ImVec2 origin, float height);
  void draw_status(ImVec2 origin, ImVec2 size);
  Settings remembered() const;                            // what to begin with
  void after_bad_end(AfterBadEnd choice);
  Settings current() const;
  void note_changes();
  void save();

  // reader_actions.cpp: what the learner does.
  void show_chapter(std::size_t index, const PagePlace& place);
  void set_language(const std::string& to);
  void go(std::size_t to_chapter, const PagePlace& place);
  void step_history(std::vector<Spot>& from, std::vector<Spot>& to);
  void step_section(int direction);
  void follow(const std::string& link, bool from_card = false);
  void copy_link(std::string anchor = "");
  void copy_link_under_mouse();                           // a right click on the page
  void act(Action action);
  void leave();
  void set_inside(bool inside);
  void choose(const ModelChoice& choice);
  std::filesystem::path file_of(const std::string& exercise) const;   // the learner's; "" where there is none
  void switch_own_code();
  void open_exercise(const std::string& id);   // with the editor, over the place in the text where it stands
  bool has_room_for_contents() const;                     // beside the text
  bool contents_shown() const;

  // reader_labs.cpp: a lab over the whole window, or beside the text.
  void draw_enlarged(ImVec2 origin, ImVec2 size);
  float room_of_page(ImVec2 origin, ImVec2 size);
  void draw_pinned(ImVec2 origin, ImVec2 size);
  bool act_enlarged(Action action);
  bool act_exercise(Action action);

  // reader_presenter.cpp
  Show show_of_chapter() const;
  Show show_of_lesson(const book::Lesson& given, std::size_t first) const;
  void present(Show show);
  void act_presenting(Action action);
  void leave_presentation();
  void end_presentation();
  void draw_presentation(ImVec2 origin, ImVec2 size);

  // reader_lessons.cpp
  book::LessonStep step_before_the_eye() const;
  void add_to_lesson();
  std::string title_of(const book::Place& place) const;
  void draw_lesson(ImVec2 origin, ImVec2 size);

  // reader_tour.cpp
  void offer_tour();
  void begin_tour();
  void draw_tour();

  // reader_study.cpp: what the learner leaves behind.
  void show_traces(bool starting);
  void save_seats();
  void draw_traces(ImVec2 origin, ImVec2 size);
  void open_progress();
  void draw_trace_lists();
  void go_to_spot(const book::Spot& spot);

  // reader_places.cpp: ways through the whole book.
  void read_whole_book();
  void draw_overlays();
  std::string name_of(const std::string& place) const;
  void jump(const book::Hit& hit);
  bool return_from_search();
  std::vector<Command> commands();
  void go_to_directive(std::size_t to_chapter, const std::string& section, const std::string& kind,
                       const std::string& id);
  Result<void> check_place(const book::Place& place) const;                // in the chapter that is open
  void reveal_directive(const std::string& kind, const std::string& id);   // of this chapter
};

}  // namespace tb::viewer
