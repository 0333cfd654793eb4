// The quiet icons at a card's upper right: undo, redo, reset, compare, save, copy link, beside the text, full
// window; and what they answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "viewer/panels/lab_compare.h"
#include "viewer/panels/lab_instance.h"
#include "viewer/panels/lab_save.h"
#include "viewer/theme.h"

namespace tb::viewer {

// Where a card stands, and whether it could stand beside the text.
struct LabSeat {
  enum class Where { text, beside, window } where = Where::text;
  std::string no_room;                // why it cannot stand beside the text; empty where it can
  std::string question;               // that is to be answered before the result is seen; empty: it is seen
  bool result_first = false;          // under its texts, before its other inputs: at a projector both are to be seen
  bool enter = false;                 // the keyboard comes in, at the first input
};
// Pin and enlarge, pressed again in that seat: back into the text. The others where a question covers the result.
enum class LabWish { none, pin, enlarge, compare, to_question, show_anyway };

// What the icons need to know of the card.
struct CardView {
  std::string_view chapter, instance;
  float width = 0;                    // of the figure, pixels at scale 1
  std::string selected;               // in the figure
  const LabSeat& seat;
  Comparison* comparison = nullptr;   // where the card compares
};

class LabActions {
 public:
  static float width(const Theme& theme);   // of the icons, pixels
  // Draws the icons from the cursor to the right.
  LabWish draw(LabInstance& a, const Theme& theme, const CardView& card);
  bool busy() const { return saver_.busy(); }   // an answer will come: wants frames

 private:
  void draw_menu(const LabInstance& a, const Theme& theme, const CardView& card, ImVec2 below);
  // What was saved, copied or went wrong, at the window's lower edge, since a card may be taller than the window. An
  // error stays until it is closed, all else until the learner has had the time to read it and does something.
  void draw_answer(const LabInstance& lab, const Theme& theme, const CardView& card);
  void draw_saved(const Theme& theme, float width) const;
  void say(std::string text, const LabInstance& lab);

  Saver saver_;
  std::string text_;                  // the answer
  std::filesystem::path path_;        // of what was saved
  std::optional<Error> error_;
  Inputs said_at_;                    // the inputs that it was said at
  double said_when_ = 0;              // ImGui::GetTime()
};

}  // namespace tb::viewer
