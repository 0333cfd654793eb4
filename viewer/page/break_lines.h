// Where the lines of a ragged-right paragraph end: the whole paragraph is looked at, so that its right edge is even
// (after Knuth and Plass 1981, "Breaking paragraphs into lines", without stretching of spaces).
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace tb::viewer::page {

inline constexpr float never_break = std::numeric_limits<float>::infinity();
inline constexpr float must_break = -std::numeric_limits<float>::infinity();

// A piece of text that stays in one line, and what follows it.
struct Chunk {
  float width = 0;
  float space = 0;      // width of the space behind it, which vanishes at a line's end
  float hyphen = 0;     // width of the hyphen that shows if the line ends here
  float cost = 0;       // of ending a line behind it; 1 is as bad as a line that is a tenth too short
};

// The ends of the lines: for each line the index behind its last chunk. Lines are no wider than `width` wherever the
// chunks between two permitted breaks are not; what cannot be broken stands in a line of its own.
std::vector<std::size_t> break_lines(std::span<const Chunk> chunks, float width);

}  // namespace tb::viewer::page
