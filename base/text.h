// Small services on text that several folders need: UTF-8, hexadecimal, the nearest known name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tb {

// True if `bytes` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes);
// The code point that starts at `at`, and moves `at` behind it; an ill-formed byte gives nullopt and moves by one.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);

std::string to_hex(std::string_view bytes);                       // "c3a9"
std::optional<std::string> from_hex(std::string_view hex);

// The member of `known` with the smallest edit distance to `word`, if it is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);
// True if `name` matches `pattern`, where '*' stands for any run of characters.
bool matches_glob(std::string_view pattern, std::string_view name);

}  // namespace tb
