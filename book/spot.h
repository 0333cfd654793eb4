// Places in a chapter that survive its being edited: by section, by how far into it, and by words that stand there.
#pragma once

#include <optional>
#include <string>

#include "book/document.h"
#include "book/traces.h"

namespace tb::book {

// The words of a block as the page shows them; of a lab or question those that the chapter gives it.
std::string block_text(const Block& block);

// The place of one of the document's blocks.
Spot spot_of(const Document& document, const std::string& chapter, std::size_t block);

// The block where the spot is now. Its words decide where they still stand: in its section, else anywhere in the chapter,
// of several the one nearest to where it was. Else, or in another language, it is as far into the section as it was.
// nullopt where the section is gone, too.
std::optional<std::size_t> find_spot(const Document& document, const Spot& spot);

}  // namespace tb::book
