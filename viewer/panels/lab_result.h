// What a lab has come to: the figure of its newest snapshot, how far it is, what went wrong; and the quiet line below.
#pragma once

#include "viewer/figure_view.h"
#include "viewer/panels/lab_instance.h"
#include "viewer/theme.h"

namespace tb::viewer {

struct ShownResult {
  FigureView figure;
  float height = 0;                                // of the last figure, kept free while there is none
};

// At the cursor, `width` pixels wide. A click in the figure sets the lab's inputs. The line below gives device, time,
// tokens computed and reused; while the lab computes, that, with a button that stops it.
void draw_result(ShownResult& shown, LabInstance& lab, const Theme& theme, float width);

// It computes for longer than one would not notice.
bool is_late(const LabInstance& lab);

}  // namespace tb::viewer
