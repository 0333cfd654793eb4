// The number that a lab's input holds, as its card and the exported book word it.
#pragma once

#include <string>

#include "base/strings.h"
#include "labs/lab.h"

namespace tb::figure {

// A word where the lab has one for the value ("off"; strings "lab.<lab>.at.<key>.<value>"), else the number with its
// unit and as many decimals as the field's steps have, or as the value itself where it lies between two of them.
std::string input_number(const Strings& strings, const std::string& lab, const Field& field, double value);

}  // namespace tb::figure
