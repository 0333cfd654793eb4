#include "base/memory.h"

#include <unistd.h>

#include "tests/catch.h"

TEST_CASE("available memory is some of what the machine has", "[memory]") {
  const std::int64_t all = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  CHECK(tb::available_memory() > (std::int64_t{1} << 20));
  CHECK(tb::available_memory() <= all);
}
