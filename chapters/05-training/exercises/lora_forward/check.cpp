#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

struct Layer {
  std::size_t in, out, rank;
  Floats w, a, b;
  double scale;
};

// The definition: number (p, o) is sum x W + scale * sum (sum x A) B; a part is left out where its factor is 0.
Doubles forward(const Layer& l, const Floats& x, double base, double adapter) {
  Doubles y;
  for (std::size_t p = 0; p < x.size() / l.in; ++p)
    for (std::size_t o = 0; o < l.out; ++o) {
      double total = 0;
      for (std::size_t i = 0; i < l.in; ++i) {
        total += base * x[p * l.in + i] * l.w[o * l.in + i];
        for (std::size_t k = 0; k < l.rank; ++k)
          total += adapter * x[p * l.in + i] * l.a[k * l.in + i] * l.b[o * l.rank + k];
      }
      y.push_back(total);
    }
  return y;
}

// A square matrix with rows for columns.
Floats transposed(const Floats& matrix, std::size_t size) {
  Floats result;
  for (std::size_t i = 0; i < matrix.size(); ++i) result.push_back(matrix[i % size * size + i / size]);
  return result;
}

void judge(Case& c, const Layer& l, const Floats& x) {
  const auto shape = [](std::size_t rows, std::size_t columns) {
    return Shape{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)};
  };
  const std::size_t rows = x.size() / l.in;
  auto y = out("y", shape(rows, l.out));
  c.call({in("x", x, shape(rows, l.in)), in("w", l.w, shape(l.out, l.in)), in("a", l.a, shape(l.rank, l.in)),
          in("b", l.b, shape(l.out, l.rank)), scalar("scale", l.scale), y});
  c.expect(y, forward(l, x, 1, l.scale), 1e-5);
  c.reason("base-missing", near(y, forward(l, x, 0, l.scale)));
  c.reason("base-scaled", near(y, forward(l, x, l.scale, l.scale)));
  c.reason("adapter-missing", near(y, forward(l, x, 1, 0)));
  c.reason("scale-missing", near(y, forward(l, x, 1, 1)));
  // What the adapter makes of row p, where those before it are still in the sum.
  Floats piled = x;
  for (std::size_t i = l.in; i < x.size(); ++i) piled[i] += piled[i - l.in];
  Doubles both = forward(l, x, 1, 0);
  const Doubles adapter = forward(l, piled, 0, l.scale);
  for (std::size_t i = 0; i < both.size(); ++i) both[i] += adapter[i];
  c.reason("not-reset", near(y, both));
  if (l.in != l.out || l.in != l.rank) return;
  for (Floats Layer::*matrix : {&Layer::w, &Layer::a, &Layer::b}) {
    Layer turned = l;
    turned.*matrix = transposed(l.*matrix, l.in);
    c.reason("transposed", near(y, forward(turned, x, 1, l.scale)));
  }
}

}  // namespace

// A matrix that is not tried is zero, or its own transpose.
TB_CHECK(lora_forward) {
  const Floats one{1, 0, 0, 1};
  check.add("base", [](Case& c) {
    const Layer layer{2, 2, 2, {1, 2, 3, 4}, {1, 2, 0, 1}, {0, 0, 0, 0}, 2};
    judge(c, layer, {1, 0, 2, 1});
    c.drawn([&](std::uint64_t seed) { judge(c, layer, numbers(4, seed, 1, 2)); });
  });
  check.add("adapter", [=](Case& c) { judge(c, {2, 2, 2, one, {1, 2, 0, 1}, {1, 0, 3, 1}, 1}, {1, 2, 3, 1}); });
  check.add("scale", [](Case& c) { judge(c, {2, 2, 2, {0, 0, 0, 0}, {1, 0, 0, 2}, {3, 0, 0, 1}, 0.5}, {2, 4}); });
  check.add("narrow", [](Case& c) {
    judge(c, {3, 2, 1, {1, 0, 0, 0, 1, 0}, {1, 1, 1}, {2, -1}, 1}, {1, 2, 3});
  });
}
