// The names of headings, which links lead to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tb::book {

// The id of `<a id="softmax"></a>`, where that is all the HTML there is; ids are of a-z, 0-9 and hyphens.
std::optional<std::string> anchor_of(std::string_view html);

// The anchor of a heading that was given none: its letters and digits in lower case, all else one hyphen.
std::string slug(std::string_view title);

}  // namespace tb::book
