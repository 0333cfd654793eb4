#include "viewer/page/break_lines.h"

#include <algorithm>

namespace tb::viewer::page {

namespace {

constexpr float line_cost = 1;          // fewer lines, other things equal
constexpr float short_last_line = 1.5f; // a last line of a single short word looks like an accident
constexpr float too_wide = 1e6f;        // only where nothing else is left

}  // namespace

std::vector<std::size_t> break_lines(std::span<const Chunk> chunks, float width) {
  const std::size_t count = chunks.size();
  std::vector<float> best(count + 1, never_break);      // cost of the best lines that end before chunk i
  std::vector<std::size_t> start(count + 1, 0);         // where the last of them begins
  best[0] = 0;
  for (std::size_t end = 1; end <= count; ++end) {
    const Chunk& last = chunks[end - 1];
    const bool final_line = end == count;
    if (last.cost == never_break && !final_line) continue;
    const bool free_end = final_line || last.cost == must_break;
    float natural = last.hyphen - last.space;
    for (std::size_t begin = end; begin-- > 0;) {
      if (begin + 1 < end && chunks[begin].cost == must_break) break;
      natural += chunks[begin].width + chunks[begin].space;
      const bool fits = natural <= width + 0.01f;
      // Ever longer lines no longer fit; one that is too wide is kept if there is no other way to get here.
      if (!fits && best[end] < never_break) break;
      if (best[begin] == never_break) continue;
      const float slack = fits ? (width - natural) / width : 0;
      float cost = best[begin] + line_cost + (fits ? 0 : too_wide);
      if (free_end) cost += begin > 0 && natural < 0.1f * width ? short_last_line : 0;
      else cost += 100 * slack * slack + last.cost;
      if (cost < best[end]) {
        best[end] = cost;
        start[end] = begin;
      }
    }
  }
  std::vector<std::size_t> ends;
  for (std::size_t end = count; end > 0; end = start[end]) ends.push_back(end);
  std::reverse(ends.begin(), ends.end());
  return ends;
}

}  // namespace tb::viewer::page
