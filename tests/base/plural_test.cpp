// Plural forms by CLDR's rules (cldr, plurals.xml, cardinals without decimals): en: one for 1; ru: one for i mod 10 = 1
// but not i mod 100 = 11, few for i mod 10 in 2..4 but not i mod 100 in 12..14, many for all the rest.
#include "tests/catch.h"

#include "base/strings.h"

using namespace tb;

namespace {

std::string form_by_rule(const std::string& language, int n) {
  if (language == "en") return n == 1 ? "one" : "other";
  const int ones = n % 10, tens = n % 100;
  if (ones == 1 && tens != 11) return "one";
  if (ones >= 2 && ones <= 4 && (tens < 12 || tens > 14)) return "few";
  return "many";
}

}  // namespace

TEST_CASE("every counted text has the form that CLDR's rule asks for, from 0 to 1000", "[strings]") {
  for (const char* language : {"en", "ru"}) {
    const auto strings = Strings::load(TEXTBOOK_SOURCE_DIR "/assets/strings", language);
    REQUIRE(strings);
    std::size_t counted = 0;
    for (const std::string& key : strings->keys()) {
      if (!key.ends_with(".one")) continue;
      const std::string base = key.substr(0, key.size() - 4);
      if (!strings->has(base + ".other")) continue;
      ++counted;
      for (int n = 0; n <= 1000; ++n) {
        // What stands behind the number's place in that form.
        const std::string form = strings->get(base + "." + form_by_rule(language, n));
        const std::size_t place = form.find("{0}");
        if (place == std::string::npos) continue;   // "one token" needs no figure
        std::string end = form.substr(place + 3);
        const bool whole = end.find('{') == std::string::npos;
        if (!whole) end = end.substr(0, end.find('{'));
        const std::string shown = strings->plural(base, n, {"A", "B", "C"});
        INFO(language << ": " << base << ", " << n << ": " << shown);
        REQUIRE((whole ? shown.ends_with(end) : shown.find(end) != std::string::npos));
        REQUIRE(shown.starts_with(form.substr(0, std::min(place, form.find('{')))));
      }
    }
    CHECK(counted > 5);
  }
}
