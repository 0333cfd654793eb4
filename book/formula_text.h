// A formula as a line of text, for where none can be set: "p_i = exp(z_i)/(∑_j exp(z_j))".
#pragma once

#include <string>
#include <string_view>

namespace tb::book {

// What is not understood is left as it stands.
std::string formula_text(std::string_view latex);

}  // namespace tb::book
