// Draws a figure in the reader: the same shapes that become SVG, through ImDrawList, with the theme's fonts; tips under
// the mouse, clicks, and arrow keys that walk from one hit to the next.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "figure/figure.h"
#include "viewer/theme.h"

namespace tb::viewer {

class FigureView {
 public:
  // Draws the figure of a snapshot at the cursor, `width` pixels wide; dimmed while it is out of date. Returns what a
  // click or Enter on a hit sets. The figure is made anew only where snapshot, width, theme, language or mark changed.
  // `between`: the two runs that the snapshot is the difference of.
  std::optional<Inputs> draw(const std::shared_ptr<const Snapshot>& snapshot, const Theme& theme, float width,
                             bool dimmed, figure::Between between = {});
  bool animating() const;            // on its way to new values, and in sight
  float height() const { return figure_.height; }
  const std::string& selected() const { return selected_; }

 private:
  void rebuild(const Snapshot& snapshot, figure::Between between, const Theme& theme, float width, bool new_values);
  const figure::Hit* hit_at(ImVec2 point) const;
  bool walk(const Theme& theme);
  void step(int along, int across, float least);
  void paint(ImVec2 origin, const Theme& theme, float alpha) const;

  struct Key {
    std::shared_ptr<const Snapshot> snapshot;
    float width = 0, scale = 0;
    figure::Theme theme = figure::Theme::light;
    const Strings* strings = nullptr;
    std::string hovered, selected;
    bool operator==(const Key&) const = default;
  } key_;
  figure::Figure figure_, before_;   // before_: what moves to its new place
  float progress_ = 1;               // of that movement, 0..1
  int last_frame_ = -1;              // that drew it
  std::string hovered_, selected_;
};

// Text widths as the reader draws them.
figure::Measure imgui_measure(const Fonts& fonts);

}  // namespace tb::viewer
