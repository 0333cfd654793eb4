// Blocks that stand in the text column: a card with a small title, an answer to choose.
#pragma once

#include <string_view>

#include "viewer/theme.h"

namespace tb::viewer {

// A card around what is drawn while the object lives.
class Block {
 public:
  Block(const Theme& theme, float width, std::string_view title);
  ~Block();
  Block(const Block&) = delete;
  float inner() const;               // width inside the card, pixels

 private:
  const Theme& theme_;
  float width_;
  ImVec2 top_;
  ImDrawListSplitter channels_;
};

// True where it was chosen in this frame.
bool draw_choice(const Theme& theme, std::size_t number, std::string_view text, bool chosen, float width);

}  // namespace tb::viewer
