// The numbers of figures, tables, listings and formulas, and the links that show them (book/document.h has the rules).
#pragma once

#include <set>
#include <string>

#include "book/document.h"

namespace tb::book {

// Gives numbers, and anchors to what has a number and none. `anchors`: those of the chapter, to which they are added.
void number_blocks(Document& document, std::set<std::string>& anchors);

// Adds the number to each link within the chapter that leads to one. Errors: document.link-wordless.
void show_numbers(Document& document);

}  // namespace tb::book
