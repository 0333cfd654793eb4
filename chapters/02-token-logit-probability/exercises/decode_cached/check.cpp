#include <algorithm>
#include <cmath>
#include <cstddef>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

constexpr std::size_t d_head = 4;

// What the last position of a whole text gathers: attention over rows first to last - 1 of keys and values [*, d_head].
Doubles gathered(const Floats& query, const Floats& keys, const Floats& values, std::size_t rows, bool scaled = true) {
  Doubles weights;
  for (std::size_t j = 0; j < rows; ++j) {
    double product = 0;
    for (std::size_t i = 0; i < d_head; ++i) product += static_cast<double>(query[i]) * keys[j * d_head + i];
    weights.push_back(scaled ? product / std::sqrt(static_cast<double>(d_head)) : product);
  }
  const double largest = *std::max_element(weights.begin(), weights.end());
  double total = 0;
  for (double& weight : weights) total += weight = std::exp(weight - largest);
  Doubles z(d_head, 0);
  for (std::size_t j = 0; j < rows; ++j)
    for (std::size_t i = 0; i < d_head; ++i) z[i] += weights[j] / total * values[j * d_head + i];
  return z;
}

struct Position {
  Floats key, value;
};

// The cache of a head with room for so many positions, in which an earlier text stood.
struct Cache {
  Array<float> keys, values;
  explicit Cache(std::int64_t room)
      : keys(inout("keys", Floats(room * d_head, 3), {room, d_head})),
        values(inout("values", Floats(room * d_head, 9), {room, d_head})) {}

  void put(std::size_t row, const Position& position) {
    std::copy(position.key.begin(), position.key.end(), keys.values.begin() + row * d_head);
    std::copy(position.value.begin(), position.value.end(), values.values.begin() + row * d_head);
  }
};

const Position a{{1, 0, 2, 0}, {1, 0, 0, 0}}, b{{0, 1, -1, 1}, {0, 2, 0, 0}}, d{{1, 1, 0, 0}, {0, 0, 4, 1}};

Array<float> decode(Case& c, const Floats& query, const Position& position, std::size_t length, Cache& cache) {
  auto z = out("z", {d_head});
  c.call({in("query", query), in("key", position.key), in("value", position.value),
          scalar("length", static_cast<double>(length)), cache.keys, cache.values, z});
  return z;
}

// a and b are in the cache, d comes.
void third(Case& c, const Floats& query, std::int64_t room) {
  Cache cache(room);
  cache.put(0, a);
  cache.put(1, b);
  Cache full = cache;
  const auto without = gathered(query, full.keys.values, full.values.values, 3);
  full.put(2, d);
  const Floats &keys = full.keys.values, &values = full.values.values;
  const auto z = decode(c, query, d, 2, cache);
  c.expect(z, gathered(query, keys, values, 3), 1e-5);
  c.reason("unscaled", near(z, gathered(query, keys, values, 3, false)));
  c.reason("self-left-out", near(z, gathered(query, keys, values, 2)));
  c.reason("not-stored", near(z, without));
  c.reason("stale-rows", near(z, gathered(query, keys, values, static_cast<std::size_t>(room))));
}

}  // namespace

// A query of zeros gives all keys the same weight, so that `leftover` and `two-steps` do not depend on the scores.
TB_CHECK(decode_cached) {
  check.add("attends", [](Case& c) {
    third(c, {1, 2, 0, -1}, 3);
    c.drawn([&](std::uint64_t seed) { third(c, numbers(d_head, seed, -2, 2), 3); });
  });
  check.add("leftover", [](Case& c) { third(c, {0, 0, 0, 0}, 5); });
  check.add("two-steps", [](Case& c) {
    Cache cache(2), full(2);
    full.put(0, a);
    full.put(1, b);
    const Floats query(d_head, 0);
    decode(c, query, a, 0, cache);
    const auto z = decode(c, query, b, 1, cache);
    c.expect(z, gathered(query, full.keys.values, full.values.values, 2), 1e-5);
    c.expect(cache.keys, full.keys.values);
    c.expect(cache.values, full.values.values);
    c.reason("not-stored", true);
  });
}
