// What becomes of a block that has been read: a figure, a caption, a part of a footnote.
#pragma once

#include <vector>

#include "book/document.h"

namespace tb::book {

// A paragraph of one image, alone or with an emphasised line under it, becomes a figure.
void make_figure(Block& paragraph);

// A paragraph that is all emphasis, under a table or a block of code without a caption, becomes that caption.
bool take_caption(std::vector<Block>& siblings, Block& paragraph);

bool can_have_anchor(const Block& block);                     // from a line before it
bool fits_note(const Block& block);                           // may stand in a footnote

}  // namespace tb::book
