#include "tests/catch.h"

#include <cmath>

#include "base/numbers.h"

using namespace tb;

TEST_CASE("numbers are written as the language writes them", "[numbers]") {
  CHECK(format_integer(134515008, "en") == "134,515,008");
  CHECK(format_integer(134515008, "ru") == "134\u202F515\u202F008");
  CHECK(format_integer(-7, "en") == "\u22127");
  CHECK(format_integer(1024, "ru") == "1024");
  CHECK(format_logit(-3.25, "ru") == "\u22123,25");
  CHECK(format_logit(-0.001, "en") == "0.00");
  CHECK(format_fixed(INFINITY, 2, "en") == "\u221E");
  CHECK(format_fixed(NAN, 2, "en") == "NaN");
  CHECK(format_fixed(3.4e38, 2, "en") == "3.4e38");
  CHECK(format_fixed(-1e300, 2, "ru") == "\u22121,0e300");
  CHECK(format_fixed(999999999999.0, 0, "en") == "999,999,999,999");
}

TEST_CASE("per cent: one decimal, two significant digits under one", "[numbers]") {
  CHECK(format_percent(0.91, "en") == "91.0%");
  CHECK(format_percent(0.91, "ru") == "91,0\u00A0%");
  CHECK(format_percent(1, "en") == "100.0%");
  CHECK(format_percent(0.0123, "en") == "1.2%");
  CHECK(format_percent(0.00999, "en") == "1.0%");
  CHECK(format_percent(0.00734, "en") == "0.73%");
  CHECK(format_percent(0.00099, "en") == "0.099%");
  CHECK(format_percent(0.000999, "en") == "0.10%");
  CHECK(format_percent(0.0000123, "en") == "0.0012%");
  CHECK(format_percent(1e-9, "en") == "<0.0001%");
  CHECK(format_percent(0, "ru") == "0\u00A0%");
}

TEST_CASE("bytes and seconds take the unit that fits", "[numbers]") {
  CHECK(format_bytes(98362432, "en") == "98.4\u00A0MB");
  CHECK(format_bytes(98362432, "ru") == "98,4\u00A0МБ");
  CHECK(format_bytes(999, "en") == "999\u00A0B");
  CHECK(format_bytes(999999, "en") == "1.0\u00A0MB");
  CHECK(format_seconds(0.0421, "en") == "42\u00A0ms");
  CHECK(format_seconds(0.0042, "ru") == "4,2\u00A0мс");
  CHECK(format_seconds(1.44, "en") == "1.4\u00A0s");
  CHECK(format_seconds(0.9999, "en") == "1.0\u00A0s");
}
