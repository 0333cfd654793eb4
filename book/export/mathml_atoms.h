// One thing in a row of a formula as MathML, and how it behaves beside others.
#pragma once

#include <string>
#include <string_view>

#include "book/export/mathml.h"

namespace tb::book::mathml {

struct Atom {
  std::string xml;
  Kind kind = Kind::letter;
};

std::string element(std::string_view name, std::string_view content, std::string_view attributes = "");
std::string gap(std::string_view em);
// A bracket as high as what it encloses, `form` prefix or postfix; "" for no sign.
std::string fence(std::string_view sign, std::string_view form);

Atom symbol(const Symbol& symbol, Kind previous);
// + and its like: after another operator, a bracket or nothing they belong to what follows.
Atom signed_operator(std::string_view sign, Kind previous);

}  // namespace tb::book::mathml
