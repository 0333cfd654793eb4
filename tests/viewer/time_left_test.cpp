// How long a run will still take.
#include "viewer/panels/time_left.h"

#include "tests/catch.h"

using tb::viewer::TimeLeft;
using namespace std::chrono_literals;

TEST_CASE("at an even pace what is left is what remains of it") {
  TimeLeft left;
  const TimeLeft::Clock::time_point begin{};
  CHECK_FALSE(left.seconds());
  left.see(begin, begin, 0);
  CHECK_FALSE(left.seconds());
  left.see(begin + 1s, begin, 0.1);
  CHECK_FALSE(left.seconds());                   // too early to tell
  left.see(begin + 4s, begin, 0.4);
  CHECK(left.seconds().value() == Approx(6));
  left.see(begin + 10s, begin, 1);
  CHECK(left.seconds().value() == Approx(0));
}

TEST_CASE("a run that goes on counts its own part only, and another run begins anew") {
  TimeLeft left;
  const TimeLeft::Clock::time_point begin{};
  left.see(begin, begin, 0.5);
  left.see(begin + 10s, begin, 0.6);
  CHECK(left.seconds().value() == Approx(40));
  const auto second = begin + 20s;
  left.see(second, second, 0);
  CHECK_FALSE(left.seconds());
  left.see(second + 3s, second, 0.001);          // hardly moved
  CHECK_FALSE(left.seconds());
  left.see(second + 4s, second, 0.5);
  CHECK(left.seconds().value() == Approx(4));
  left.forget();
  CHECK_FALSE(left.seconds());
}
