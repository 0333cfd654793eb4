// Where the links of a page stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "viewer/page/layout.h"

namespace tb::viewer::page {

struct LinkPlace {                // the first line of a link, in pixels of the page
  std::string target;
  Offset at = 0;
  float x = 0, y = 0, width = 0, height = 0;
};

LinkPlace place_of(const Flow& flow, const Strip& strip, const Line& line, const Fragment& fragment);
// The links whose targets begin with `scheme` between two heights of the page, from top to bottom.
std::vector<LinkPlace> links_between(const Flow& flow, const Layout& layout, float top, float bottom,
                                     std::string_view scheme);

}  // namespace tb::viewer::page
