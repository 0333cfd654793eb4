// The words of the interface in one language: assets/strings/<lang>/*.toml, merged. Keys follow the place they are
// shown at ("status.memory"); errors stand under "error.<code>" with `what` and `remedy`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

class Strings {
 public:
  // Reads every .toml of `folder`/`lang`. Errors: strings.missing, strings.syntax (file:line), strings.twice.
  static Result<Strings> load(const std::filesystem::path& folder, std::string_view lang);

  std::string_view language() const { return lang_; }
  bool has(std::string_view key) const;
  // The text, or the key in double brackets where there is none: visible at once, and a content test forbids it.
  std::string get(std::string_view key) const;
  // The text with {0}, {1}, ... replaced.
  std::string format(std::string_view key, const std::vector<std::string>& args) const;
  // A key whose table has the plural forms one, few, many, other (CLDR's rules for en and ru); {0} is the number,
  // written as the language writes it, {1}... the further arguments.
  std::string plural(std::string_view key, std::int64_t n, const std::vector<std::string>& args = {}) const;

  std::vector<std::string> keys() const;

 private:
  std::string lang_;
  std::map<std::string, std::string, std::less<>> texts_;
};

// An error's two sentences. A code without an entry gives the code and the arguments, so that nothing is hidden.
struct Message {
  std::string what, where, remedy;
};
Message describe(const Error& error, const Strings& strings);

}  // namespace tb
