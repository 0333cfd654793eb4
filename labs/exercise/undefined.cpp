#include "labs/exercise/undefined.h"

#include <regex>
#include <string>

#include <fmt/format.h>

namespace tb::exercise {
namespace {

struct Known {
  const char* kinds;                          // separated by spaces
  const char* words;                          // of the message, an expression; "" where any will do
  const char* reason;
  const char* detail;                         // $1, $2: what the expression found
};

// libubsan's kinds and messages (GCC 12 to 14), and after them our own.
constexpr Known kKnown[] = {
    {"signed-integer-overflow", R"((?:[^:]*: )?(?:Negation of )?(.+) cannot be represented in type '([^']*)'.*)", "signed-overflow", "$1 ($2)"},
    {"integer-divide-by-zero", "", "division-by-zero", ""},
    {"invalid-shift-exponent invalid-shift-base invalid-shift", "(.*)", "shift", "$1"},
    {"out-of-bounds-index", R"(Index (-?\d+) out of bounds for type '[^']*\[(\d+)\].*)", "outside", "$1 / $2"},
    {"out-of-bounds-index insufficient-object-size local-array", "", "outside-variable", ""},
    {"null-pointer-use null invalid-null-return invalid-null-argument nullptr-with-offset nullptr-with-nonzero-offset "
     "nullptr-after-nonzero-offset", "", "null", ""},
    {"float-cast-overflow", R"((\S+) is outside the range of representable values of type '([^']*)'.*)", "float-cast", "$1 ($2)"},
    {"missing-return", "", "no-return", ""},
    {"invalid-bool-load", "Load of value 254,.*", "uninitialised", "bool"},
    {"memory-outside", R"((-?\d+) (\d+))", "outside", "$1 / $2 bytes"},
    {"given-back", "", "given-back", ""},
    {"crash", "(SIG[A-Z]+)", "crash", "$1"},
    {"memory", "", "memory", ""},
};

bool is_one_of(std::string_view kinds, std::string_view kind) {
  return (" " + std::string(kinds) + " ").find(" " + std::string(kind) + " ") != std::string::npos;
}

}  // namespace

CallFailure undefined_behaviour(std::string_view said, const std::vector<Argument>& arguments) {
  const auto colon = std::min(said.find(": "), said.size());
  const std::string kind(said.substr(0, colon)), message(said.substr(std::min(colon + 2, said.size())));
  std::smatch found;
  static const std::regex argument(R"(([01]) (\d)(?: (-?\d+) (\d+))?)");
  if ((kind == "argument" || kind == "changed-input") && std::regex_match(message, found, argument)) {
    int number = std::stoi(found[2]);         // of those that are only read, or of the others
    for (const auto& one : arguments) {
      if (one.role == Role::scalar || (one.role == Role::in) != (found[1] == "0") || number-- > 0) continue;
      if (kind == "changed-input") return {kind, one.name};
      return {"outside", fmt::format("{} / {} {}", found[3].str(), found[4].str(), one.name)};
    }
  }
  for (const auto& known : kKnown) {
    if (!is_one_of(known.kinds, kind)) continue;
    if (!*known.words) return {known.reason, ""};
    const std::regex words(known.words);
    if (std::regex_match(message, found, words)) return {known.reason, found.format(known.detail)};
  }
  return {"undefined", message.empty() ? kind : message};
}

}  // namespace tb::exercise
