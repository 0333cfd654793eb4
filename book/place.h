// A place in the book with a lab's inputs, as `textbook open` takes it and "copy link" writes it:
// CHAPTER[#ANCHOR][?lab=INSTANCE&key=value...], percent-encoded UTF-8.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb::book {

struct Place {
  std::string chapter;                          // slug; an unambiguous beginning such as "02" or "2" is accepted by find
  std::string anchor;
  std::string lab;                              // instance id
  std::map<std::string, std::string> inputs;
  bool operator==(const Place&) const = default;
};

Result<Place> parse_place(std::string_view text);   // errors: place.syntax
std::string to_string(const Place& place);          // parse_place(to_string(x)) == x

}  // namespace tb::book
