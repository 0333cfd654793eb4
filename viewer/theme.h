// How everything looks: faces, sizes and colours in one place, never widget by widget.
#pragma once

#include <imgui.h>

#include "base/strings.h"
#include "figure/figure.h"

namespace tb::viewer {

struct Fonts {            // Dear ImGui sizes fonts when they are pushed: ImGui::PushFont(fonts.text, pixels)
  ImFont *text = nullptr, *text_bold = nullptr, *text_italic = nullptr, *text_bold_italic = nullptr;   // PT Serif
  ImFont *ui = nullptr, *ui_bold = nullptr;                                                            // PT Sans
  ImFont *mono = nullptr;                                                                              // JetBrains Mono
};

// Sizes in pixels at display scale 1 and text size 100 %; multiply by Theme::scale.
struct Sizes {
  float text = 18, leading = 28, ui = 15, code = 15.5f, caption = 14;
  float heading[3] = {34, 26, 21};
  int measure_characters = 66;      // the text column's width, in average characters
  float contents = 260;             // the sidebar
};

struct Theme {
  figure::Theme id = figure::Theme::light;
  Fonts fonts;
  Sizes sizes;
  float scale = 1;                  // display scale x the learner's text size
  bool reduced_motion = false;
  const Strings* strings = nullptr;

  const figure::Palette& colors() const { return figure::palette(id); }
  float px(float size) const { return size * scale; }
};

inline ImU32 to_imgui(figure::Color c) { return IM_COL32(c.r, c.g, c.b, c.a); }
inline ImVec4 to_vec(figure::Color c) { return ImVec4(c.r / 255.f, c.g / 255.f, c.b / 255.f, c.a / 255.f); }

// Loads the faces of assets/fonts.toml into ImGui's atlas, with fallbacks for Greek, mathematics, emoji and Chinese.
// Errors: fonts.missing (names the Debian package).
Result<Fonts> load_fonts();
// Sets ImGui's style (colours, spacing, rounding) for the theme. Call when theme or scale changes.
void apply_style(const Theme& theme);
// Glyphs as dense as the display's pixels (Wayland) also in the fonts that are drawn with but never pushed, as the page's
// are: Dear ImGui tells the density to pushed ones only. Call when a frame has begun.
void draw_glyphs_densely();

}  // namespace tb::viewer
