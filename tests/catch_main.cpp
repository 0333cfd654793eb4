// The main of every test program: Catch2's own, with one more line at the end that scripts can read.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using ListenerBase = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
using ListenerBase = Catch::TestEventListenerBase;
#endif

#include <cstdio>

namespace {

struct Counts { std::size_t passed = 0, failed = 0; } counts;

struct CountingListener : ListenerBase {
  using ListenerBase::ListenerBase;
  void testRunEnded(const Catch::TestRunStats& stats) override {
    counts = {static_cast<std::size_t>(stats.totals.testCases.passed),
              static_cast<std::size_t>(stats.totals.testCases.failed)};
  }
};
CATCH_REGISTER_LISTENER(CountingListener)

}  // namespace

int main(int argc, char** argv) {
  const int code = Catch::Session().run(argc, argv);
  std::printf("%zu passed, %zu failed\n", counts.passed, counts.failed);
  return code;
}
