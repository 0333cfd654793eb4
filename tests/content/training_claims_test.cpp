// The numbers that need training hold too: minutes, so this belongs to `./textbook test full`.
#include "tests/content/run_claims.h"

TEST_CASE("every claim of the book holds") { tb::testing::check_all(""); }
