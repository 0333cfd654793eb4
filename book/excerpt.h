// What a link within a chapter leads to, so that it can be read without going there.
#pragma once

#include <optional>
#include <string_view>

#include "book/document.h"

namespace tb::book {

struct Excerpt {
  enum class Kind { note, source, block } kind = Kind::note;   // block: a formula, figure or table
  Document document;                                           // its blocks alone
};

// `target`: "note:name" or "#anchor". nullopt: nothing of this chapter, a heading, or a listing, which is better read
// in its place.
std::optional<Excerpt> excerpt(const Document& chapter, std::string_view target);

}  // namespace tb::book
