// The named characters that a chapter may use, and numbered ones: "&nbsp;", "&#8212;", "&#x2014;".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tb::book {

// UTF-8 of an entity written with its & and ; (nullopt: a name we do not know; better to type the character).
std::optional<std::string> decode_entity(std::string_view entity);

}  // namespace tb::book
