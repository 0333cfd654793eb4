// A place in the book with a lab's inputs, as `textbook open` takes it and "copy link" writes it:
// CHAPTER[#ANCHOR][?lab=INSTANCE&key=value...], percent-encoded UTF-8.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb::book {

struct Place {
  std::string chapter;                          // slug, its beginning, or a number: find_chapter resolves it
  std::string anchor;
  std::string lab;                              // instance id
  std::map<std::string, std::string> inputs;
  bool operator==(const Place&) const = default;
};

// Errors: place.chapter (none given), place.encoding (what follows % is no byte, or the bytes are no UTF-8),
// place.lab (inputs without a lab, or lab= not the first), place.twice (a key given again), place.hash.
Result<Place> parse_place(std::string_view text);
// parse_place(to_string(x)) == x for every place that has a chapter, and a lab where it has inputs.
std::string to_string(const Place& place);
// The same place for a file that people read and write: only what would be taken for something else is encoded.
std::string to_readable(const Place& place);

}  // namespace tb::book
