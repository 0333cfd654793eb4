// The book at a projector: one section, or one step of a lesson, at a time over the whole screen, in type that the last
// row reads. Its labs, its place and its language are its own, so that the reader finds everything as it was.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viewer/directives.h"
#include "viewer/keys.h"
#include "viewer/notes_window.h"
#include "viewer/open_book.h"
#include "viewer/page/page.h"
#include "viewer/panels/lab_panels.h"
#include "viewer/reader.h"
#include "viewer/light_spot.h"
#include "viewer/link_card.h"

namespace tb::viewer {

// The body's size is this part of the screen's height. The last row of a room sits at most six screen heights away (the
// rule by which screens are chosen), and a letter is read without effort from 16 minutes of arc on (ISO 9241-303): its
// capitals have to be 6 tan(16') = 0.028 of the height, and PT Serif's are 0.7 of its size.
constexpr float kPresentedText = 1 / 25.f;

struct Slide {
  std::size_t chapter = 0;
  std::string anchor;                                     // of its section; "": the chapter's beginning
  std::string lab;                                        // whose inputs the step gives; "": none
  std::map<std::string, std::string> inputs;
  bool lab_alone = false;                                 // over the whole screen
  std::string notes;
  double minutes = 0;                                     // planned; 0: none
};

struct Show {
  std::string title, language;
  std::vector<Slide> slides;
  std::size_t first = 0;
  bool is_lesson = false;                                 // its steps have states of labs of their own
  // What the labs of a chapter without a lesson begin with: the learner's inputs.
  std::function<std::map<std::string, std::string>(const std::string& chapter, const std::string& instance)> inputs;
};

class Presenter {
 public:
  Presenter(const ReaderSetup& setup, const std::map<std::string, Strings>& strings);
  ~Presenter();

  // `theme`: the reader's; sepia is shown light.
  void start(Show show, const Theme& theme);
  void stop();
  bool is_on() const { return on_; }

  // Before anything of a frame is begun: sizes and colours for this screen.
  void fit(ImVec2 screen);
  void draw(ImVec2 origin, ImVec2 size);                  // into the current window
  void draw_over();                                       // what lies over everything: the glossary's card, the spot
  void act(Action action);                                // of those that belong to a presentation
  bool close_one();                                       // what Esc closes before it leaves; false: nothing was open
  bool animating() const;
  double patience() const;                                // seconds until something changes by itself
  bool settled() const;                                   // no lab in sight waits for a result

  const Theme& theme() const { return theme_; }
  std::string page_label() const;                         // "3 / 12"
  // What the lecturer is to see; nullopt where that is not wanted, with so many displays.
  std::optional<NotesView> notes(int displays);
  void close_notes() { notes_wish_ = false; }
  // Notes on the only display: the presentation leaves room for them.
  bool shares_display() const { return notes_shown_ && displays_ == 1; }
  bool swapped() const { return swapped_; }               // the audience's display and the lecturer's
  void restart_clock() { began_ = std::chrono::steady_clock::now(); }

 private:
  struct Stage;                                           // the labs of a step, or of a chapter without a lesson
  Stage& stage() { return stage(at_); }
  Stage& stage(std::size_t slide);
  Stage& prepare(std::size_t slide, const book::Document& document);
  std::size_t stage_of(std::size_t slide) const { return show_.is_lesson ? slide : 0; }
  void look_ahead();                                      // computes the labs of this step and the next, one at a time
  const OpenChapter& chapter_of(std::size_t slide);
  bool at_end() const { return at_ >= show_.slides.size(); }
  const Slide& slide() const { return show_.slides[at_]; }
  std::string section_of(std::size_t slide);              // its anchor; of a lab alone: where that stands
  std::string title_of(std::size_t slide);
  void show_slide(std::size_t index, int screen);
  void next();
  void previous();
  void reset();
  void enlarge();
  void resize(float zoom);
  void follow(const std::string& link);
  void draw_end(ImVec2 origin, ImVec2 size) const;
  void draw_foot(ImVec2 origin, ImVec2 size) const;

  const ReaderSetup& setup_;
  const std::map<std::string, Strings>& strings_;
  bool on_ = false;
  Show show_;
  std::size_t at_ = 0;                                    // show_.slides.size(): the end
  std::string language_;
  Theme theme_;
  float zoom_ = 1;                                        // the lecturer's
  bool styled_ = false;
  std::map<std::pair<std::size_t, std::string>, OpenChapter> chapters_;   // by language, too
  std::map<std::size_t, std::unique_ptr<Stage>> stages_;
  std::string ahead_;                                     // what is computed before it is in sight: its slot; "": none
  std::shared_ptr<const book::Document> shown_;           // in the page
  Page page_;
  LinkCard link_card_;
  LightSpot spot_;
  bool blank_ = false;
  float lab_scroll_ = 0, lab_below_ = 0, lab_above_ = 0;  // of a lab alone: wanted; what is out of sight, pixels
  std::optional<bool> notes_wish_;
  bool notes_shown_ = false, swapped_ = false;
  int displays_ = 1;
  std::chrono::steady_clock::time_point began_, step_began_;
};

}  // namespace tb::viewer
