// Memory that runs out in the middle of a run: the job fails with an error, and the same context goes on.
#include <cmath>

#include "tests/labs/model_fixture.h"

#pragma push_macro("CHECK")
#undef CHECK
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#pragma pop_macro("CHECK")

using namespace tb;
using namespace tb::testing;

namespace {

// Torch's own allocator, until `left` allocations of a size that counts are done.
class Scarce : public c10::Allocator {
 public:
  explicit Scarce(std::int64_t left) : left_(left) { c10::SetCPUAllocator(this, /*priority=*/1); }
  ~Scarce() override { c10::SetCPUAllocator(own_, /*priority=*/1); }

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes >= 4096 && left_-- <= 0) {
      failed = true;
      // In the words of DefaultCPUAllocator, which has no exception type of its own.
      TORCH_CHECK(false, "DefaultCPUAllocator: not enough memory: you tried to allocate ", bytes, " bytes.");
    }
    return own_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return own_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

  bool failed = false;

 private:
  c10::Allocator* own_ = c10::GetCPUAllocator();
  std::int64_t left_;
};

}  // namespace

TEST_CASE("Wherever memory runs out, the job fails and the context goes on", "[context]") {
  Model& model = bundled_model();
  const auto probes = Probes::of(model, std::vector<std::string>{"*"});
  REQUIRE(probes);
  Context fresh(model);
  REQUIRE(fresh.run(store, *probes, {}, {}));
  const at::Tensor expected = fresh.last_logits().clone(), pattern = fresh.point("blocks.7.attn.pattern").clone();

  std::vector<std::int64_t> longer;                     // so long that all buffers have to grow
  for (int i = 0; i < 8; ++i) longer.insert(longer.end(), store.begin(), store.end());
  for (const std::int64_t allocations : {0, 40, 333}) {
    INFO(allocations << " allocations");
    Context context(model);
    REQUIRE(context.run(store, *probes, {}, {}));
    bool failed = false;
    {
      Scarce scarce(allocations);
      const auto result = context.run(longer, *probes, {}, {});
      failed = scarce.failed;
      if (failed) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code == "torch.memory");
      }
    }
    CHECK(failed);
    // What was shorter and what is longer, both as if nothing had been.
    REQUIRE(context.run(store, *probes, {}, {}));
    CHECK(largest_difference(context.last_logits(), expected) < tolerance);
    CHECK(largest_difference(context.point("blocks.7.attn.pattern"), pattern) < 1e-5);
    REQUIRE(context.run(longer, *probes, {}, {}));
    CHECK(context.point("blocks.7.attn.pattern").size(2) == static_cast<std::int64_t>(longer.size()));
  }
}
