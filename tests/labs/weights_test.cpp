// The forms that weights are kept in: which one is chosen, and that a product does not depend on it.
#include <cstring>
#include <numeric>

#include "labs/model/matrix.h"
#include "labs/model/transformer.h"
#include "labs/weights/weights.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

// A matrix of float16 rows above bfloat16 ones, as blocks: a file may give the parts of one matrix different types.
struct TwoParts {
  at::Tensor exact;                       // [out, in], float32
  std::vector<at::Tensor> parts;          // what the blocks' bytes belong to
  Matrix matrix;

  TwoParts(std::int64_t above, std::int64_t below, std::int64_t in) {
    at::manual_seed(7);
    parts = {at::randn({above, in}).to(at::kHalf), at::randn({below, in}).to(at::kBFloat16)};
    exact = at::cat({parts[0].to(at::kFloat), parts[1].to(at::kFloat)});
    const TensorType types[] = {TensorType::f16, TensorType::bf16};
    for (int i = 0; i < 2; ++i) {
      const auto* const first = static_cast<const std::byte*>(parts[i].const_data_ptr());
      const std::span<const std::byte> bytes(first, parts[i].nbytes());
      matrix.blocks.push_back({{}, bytes, types[i], 2, {parts[i].size(0), in}});
    }
  }
};

}  // namespace

TEST_CASE("A product does not depend on the form of the matrix", "[weights]") {
  for (const std::int64_t in : {32, 100}) {
    TwoParts two(37, 91, in);
    two.matrix.bias = at::randn({128});
    CHECK(two.matrix.out() == 128);
    CHECK(two.matrix.in() == in);
    CHECK(two.matrix.block_bytes() == 128 * in * 2);
    CHECK(at::equal(unpacked(two.matrix), two.exact));
    const at::Tensor ids = at::tensor({0L, 127L, 36L, 37L, 36L});
    CHECK(at::equal(look_up(two.matrix, ids), two.exact.index_select(0, ids)));
    for (const std::int64_t n : {1, 2, 7, 8, 9, 33, 100}) {
      const at::Tensor x = at::randn({in, n}).t();   // not contiguous
      const at::Tensor expected =
          at::addmm(two.matrix.bias.to(at::kDouble), x.to(at::kDouble), two.exact.t().to(at::kDouble));
      CHECK(largest_difference(multiply(x, two.matrix), expected) < 1e-4);
      Matrix both = two.matrix;
      both.dense = two.exact;
      CHECK(largest_difference(multiply(x, both), expected) < 1e-4);
    }
  }
}

TEST_CASE("A matrix larger than a tile is unpacked in several", "[weights]") {
  const TwoParts two(1500, 700, 1000);   // 2.2 million numbers
  const at::Tensor x = at::randn({20, 1000});
  const at::Tensor expected = at::mm(x.to(at::kDouble), two.exact.t().to(at::kDouble));
  CHECK(largest_difference(multiply(x, two.matrix), expected) < 1e-3);
}

TEST_CASE("Autograd goes through blocks to x", "[weights]") {
  const TwoParts two(20, 12, 64);
  for (const std::int64_t n : {1, 12}) {
    at::Tensor x = at::randn({n, 64}).requires_grad_(true);
    multiply(x, two.matrix).sum().backward();
    CHECK(largest_difference(x.grad(), two.exact.sum(0).expand({n, 64})) < 1e-4);
  }
}

TEST_CASE("A bfloat16 matrix gives the same for few rows as for many", "[weights]") {
  at::manual_seed(8);
  const Matrix matrix{.dense = at::randn({300, 160}).to(at::kBFloat16)};
  const at::Tensor x = at::randn({40, 160});
  const at::Tensor all = multiply(x, matrix);
  for (const std::int64_t n : {1, 3, 8}) {
    // torch gives the product back as bfloat16, which has 8 bits; we keep the sums.
    const at::Tensor few = multiply(x.slice(0, 0, n), matrix);
    CHECK(((few - all.slice(0, 0, n)).abs() / (few.abs() + 1)).max().item<double>() < 1.0 / 128);
  }
}

TEST_CASE("The form of the weights can be asked for", "[weights]") {
  CHECK(bundled_model().info().weights == "float32+blocks");
  const ModelInfo dense = bundled_model("float32", "dense").info(), blocks = bundled_model("float32", "blocks").info();
  CHECK(dense.block_bytes == 0);
  CHECK(blocks.block_bytes < dense.weight_bytes / 5);
  CHECK(blocks.weight_bytes - blocks.block_bytes < 200'000);   // the gains of the norms
  CHECK(bundled_model("bfloat16").info().weights == "bfloat16+blocks");   // the head's

  LoadOptions options;
  options.path = model_path();
  options.device = "cpu";
  options.weights = "paper";
  auto wrong = Model::load(options, {});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == "weights.unknown");
  options.weights = "blocks";
  options.dtype = "bfloat16";
  wrong = Model::load(options, {});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == "weights.blocks");
}

TEST_CASE("The lab says what the weights take, and what other forms of them would change", "[weights]") {
  Model& model = bundled_model();
  const WeightsLab lab;
  const auto inputs = parse(lab.fields(&model), {{"prompt", "The capital of France is Paris"}}, "test");
  REQUIRE(inputs);
  std::unique_ptr<Session> kept;
  Job job{.inputs = *inputs, .model = &model, .kept = kept};
  const auto snapshot = lab.run(job);
  REQUIRE(snapshot);
  const auto sum = [&](const char* name) {
    const auto& numbers = snapshot->numbers(name);
    return std::accumulate(numbers.begin(), numbers.end(), 0.0);
  };
  CHECK(snapshot->texts("form.name") == std::vector<std::string>{"float32+blocks"});
  CHECK(sum("parts.numbers") == static_cast<double>(model.info().parameters));
  CHECK(sum("parts.blocks") == static_cast<double>(model.info().block_bytes));
  CHECK(sum("parts.dense") + sum("parts.blocks") == static_cast<double>(model.info().weight_bytes));

  // The lab rounds the weights itself; the loader does so too, in another way.
  REQUIRE(snapshot->texts("costs.form") == std::vector<std::string>{"blocks", "bfloat16"});
  const std::vector<std::int64_t> ids = model.tokenizer().encode("The capital of France is Paris").ids();
  const auto logits = [&](const char* dtype) {
    Model& loaded = bundled_model(dtype, "dense");
    Context context(loaded);
    const auto probes = Probes::of(loaded, std::vector<std::string>{"logits"});
    REQUIRE(context.run(ids, *probes, {}, {}));
    return context.point("logits").clone();
  };
  const at::Tensor difference = (logits("float32") - logits("bfloat16")).abs();
  CHECK(snapshot->numbers("costs.max")[0] < tolerance);
  CHECK(snapshot->numbers("costs.agreement")[0] == 1);
  CHECK(snapshot->numbers("costs.mean")[1] == Approx(difference.mean().item<double>()).epsilon(0.02));
  CHECK(snapshot->numbers("costs.max")[1] == Approx(difference.max().item<double>()).epsilon(0.05));
}
