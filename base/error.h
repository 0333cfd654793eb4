// What every fallible function of the textbook returns. Libraries never print, never exit and hold no prose:
// an error carries a code, and its sentences stand in assets/strings under "error.<code>".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace tb {

struct Error {
  std::string code;               // key of a message, such as "gguf.truncated"
  std::string where;              // file:line, file:byte, tensor or input key
  std::vector<std::string> args;  // what {0}, {1}, ... stand for; "@type.text" is a key of the strings
};

template <class T>
using Result = tl::expected<T, Error>;

// return fail("gguf.truncated", path + ":1024", {"40", "16"});
inline tl::unexpected<Error> fail(std::string code, std::string where, std::vector<std::string> args = {}) {
  return tl::unexpected<Error>(Error{std::move(code), std::move(where), std::move(args)});
}

}  // namespace tb
