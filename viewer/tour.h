// The first minute: small cards, each beside a real control, that go on when the learner has used it. Nothing is
// covered or dimmed meanwhile; Esc or a button ends it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "viewer/theme.h"
#include "viewer/widgets/landmark.h"

namespace tb::viewer {

// What the tour sees of the reader in a frame: a step is done when what it asks for has changed here.
struct TourScene {
  std::string language, anchor;            // anchor: of the section at the top
  figure::Theme look = figure::Theme::light;
  bool contents = false;                   // shown
  bool search = false, palette = false;    // open
  bool covered = false;                    // by these or another card over the window: the tour waits
  bool inside = false;                     // the keyboard is in a lab
  bool seated = false;                     // a lab stands beside the text or over the window
  int edits = 0;                           // of labs' inputs so far
};

class Tour {
 public:
  enum class Step { language, contents, prompt, mark, search, palette, look, seat, end };

  // Without labs in the chapter at hand, only what needs none.
  void begin(bool with_labs);
  void close() { steps_.clear(); }
  bool is_open() const { return !steps_.empty(); }
  bool waiting() const { return done_at_ >= 0 && is_open(); }   // to go on by itself: wants frames
  Step step() const { return steps_.at(at_); }

  struct Answer {
    std::string language;                  // chosen in this frame; "" : none
    bool lab = false;                      // a lab should come into sight
  };
  // To be called in every frame, when all else is drawn: reads the landmarks, and forgets them.
  Answer draw(const Theme& theme, const TourScene& scene);

 private:
  void move(int direction);
  bool is_done(const TourScene& now);
  Answer draw_card(const Theme& theme, const std::optional<Sighted>& target, const TourScene& scene);
  std::string draw_languages(const Theme& theme, const std::string& current, float width);
  void draw_foot(const Theme& theme, float width, bool keys);

  std::vector<Step> steps_;                // empty: no tour
  std::size_t at_ = 0;
  std::optional<TourScene> began_;         // when the step began
  bool opened_ = false;                    // search or palette, in this step
  bool fresh_ = true;                      // the step has not been drawn
  double done_at_ = -1;                    // ImGui::GetTime()
};

struct Area {
  ImVec2 min, max;
};
// The left upper corner of a card of so many pixels that shows beside `target` and covers nothing of it: right of it,
// left, below or above, the first that has room; where none has, in the corner of `room` farthest from it.
ImVec2 place_beside(const Area& room, const Area& target, ImVec2 size, float gap);

}  // namespace tb::viewer
