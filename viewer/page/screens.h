// One section of a page alone, and in it one screenful after another: for a projector.
#pragma once

#include <string_view>
#include <vector>

#include "viewer/page/layout.h"

namespace tb::viewer::page {

struct Extent { float top = 0, bottom = 0; };   // on the page, as Strip::y

// From the section's heading to the next section; "": what stands before the first one.
Extent section_extent(const Flow& flow, const Layout& layout, std::string_view anchor);

// The tops of the screenfuls of so many pixels. No line is cut, none comes twice, and a heading goes with what follows
// it; only what is taller than the screen by itself, as a lab can be, is shown in parts that overlap.
std::vector<float> screen_tops(const Flow& flow, const Layout& layout, Extent section, float height);

}  // namespace tb::viewer::page
