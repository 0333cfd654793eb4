#include "viewer/page/links.h"

namespace tb::viewer::page {

LinkPlace place_of(const Flow& flow, const Strip& strip, const Line& line, const Fragment& fragment) {
  return {flow.links[static_cast<std::size_t>(fragment.link)], fragment.range.begin, fragment.x, strip.y + line.y,
          fragment.width, line.height};
}

std::vector<LinkPlace> links_between(const Flow& flow, const Layout& layout, float top, float bottom,
                                     std::string_view scheme) {
  std::vector<LinkPlace> places;
  if (layout.strips.empty()) return places;
  int last_link = -1;
  Offset last_end = 0;
  for (std::size_t i = layout.strip_at(top); i < layout.strips.size() && layout.strips[i].y <= bottom; ++i) {
    const Strip& strip = layout.strips[i];
    for (const Line& line : layout.lines_of(strip)) {
      const float y = strip.y + line.y;
      for (const Fragment& fragment : layout.fragments_of(line)) {
        if (fragment.link < 0) continue;
        // A link that goes on in another style or line is one link.
        const bool goes_on = fragment.link == last_link && fragment.range.begin <= last_end + 1;
        last_link = fragment.link;
        last_end = fragment.range.end;
        const LinkPlace place = place_of(flow, strip, line, fragment);
        if (!goes_on && place.target.starts_with(scheme) && y >= top && y + line.height <= bottom)
          places.push_back(place);
      }
    }
  }
  return places;
}

}  // namespace tb::viewer::page
