#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

constexpr std::size_t d_head = 2, d_model = 4;

struct Input {
  Floats z, output, difference, weight;
  double rms;
};

// The definition, with the parts that are easily mistaken as switches.
struct Mistake {
  bool transposed = false, unweighted = false, unscaled = false;
};

double contribution(const Input& input, std::size_t head, Mistake mistake = {}) {
  const std::size_t width = input.z.size();   // of all heads side by side
  double total = 0;
  for (std::size_t i = 0; i < d_model; ++i)
    for (std::size_t e = 0; e < d_head; ++e) {
      const std::size_t column = head * d_head + e;
      const std::size_t place = mistake.transposed ? column * width + i % width : i * width + column;
      total += input.difference[i] * (mistake.unweighted ? 1.0 : input.weight[i]) * input.output[place] *
               input.z[column] / (mistake.unscaled ? 1 : input.rms);
    }
  return total;
}

void judge(Case& c, const Input& input, std::size_t head) {
  const auto heads = static_cast<std::int64_t>(input.z.size() / d_head);
  auto got = returned("edge_contribution");
  c.call({in("z", input.z, {heads, d_head}), scalar("head", static_cast<double>(head)),
          in("output", input.output, {d_model, heads * static_cast<std::int64_t>(d_head)}),
          in("difference", input.difference), in("weight", input.weight), scalar("rms", input.rms), got});
  double all = 0;
  bool other = false;
  for (std::size_t h = 0; h < static_cast<std::size_t>(heads); ++h) {
    all += contribution(input, h);
    other |= h != head && near(got, Doubles{contribution(input, h)});
  }
  c.expect(got, Doubles{contribution(input, head)}, 1e-5);
  c.reason("unwritten", got[0] == 0);
  c.reason("all-heads", near(got, Doubles{all}));
  c.reason("wrong-head", other);
  c.reason("transposed", near(got, Doubles{contribution(input, head, {.transposed = true})}));
  c.reason("weight-ignored", near(got, Doubles{contribution(input, head, {.unweighted = true})}));
  c.reason("scale-ignored", near(got, Doubles{contribution(input, head, {.unscaled = true})}));
}

}  // namespace

// A head that stands alone is its own slice. Only in `weighted` are there weights other than 1, only in `scaled` is the
// stream of another size than 1.
TB_CHECK(edge_contribution) {
  const Floats ones(d_model, 1), difference{1, -1, 2, 0}, alone{1, 0, 0, 1, 1, 1, 2, 0};
  check.add("slice", [=](Case& c) {
    const Floats output{1, 0, 2, 1, 0, 3, 0, 1, 1, 0, 2, 1, 3, 1, 0, 1, 1, 0, 1, 1, 0, 2, 0, 1};
    judge(c, {{1, 2, 2, 1, 1, 3}, output, difference, ones, 1}, 1);
    c.drawn([&](std::uint64_t seed) { judge(c, {numbers(6, seed, 1, 3), output, difference, ones, 1}, 1); });
  });
  check.add("weighted", [=](Case& c) { judge(c, {{3, 1}, alone, difference, {2, 0.5f, 3, 1}, 1}, 0); });
  check.add("scaled", [=](Case& c) { judge(c, {{3, 1}, alone, difference, ones, 2}, 0); });
}
