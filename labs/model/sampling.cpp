#include "labs/model/sampling.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <string>

namespace tb {

namespace {

constexpr double largest_logit = 1e300;

// Ids by falling number, ties to the lower id. No NaN. By the digits of the numbers from the last to the first (radix
// sort, base 2048), each pass keeping what the one before it has ordered: a fourth of the time that comparing takes, and
// this happens for every token that is written.
std::vector<std::int64_t> falling(std::span<const double> numbers) {
  constexpr int digit_bits = 11, digits = 1 << digit_bits;
  struct Item { std::uint64_t key; std::int64_t id; };
  std::vector<Item> items(numbers.size()), sorted(numbers.size());
  for (std::size_t id = 0; id < numbers.size(); ++id) {
    // IEEE 754 orders positive numbers as their bits, negative ones the other way round; + 0.0 makes one zero of two.
    const auto bits = std::bit_cast<std::uint64_t>(numbers[id] + 0.0);
    const std::uint64_t rising = bits >> 63 ? ~bits : bits | std::uint64_t{1} << 63;
    items[id] = {~rising, static_cast<std::int64_t>(id)};
  }
  for (int shift = 0; shift < 64; shift += digit_bits) {
    const auto digit = [&](const Item& item) { return item.key >> shift & (digits - 1); };
    std::array<std::size_t, digits + 1> starts = {};
    for (const Item& item : items) ++starts[digit(item) + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    for (const Item& item : items) sorted[starts[digit(item)]++] = item;
    items.swap(sorted);
  }
  std::vector<std::int64_t> ids(items.size());
  std::ranges::transform(items, ids.begin(), &Item::id);
  return ids;
}

// Divides by the sum. The sum is positive: the most probable token is never filtered out.
void renormalise(std::vector<double>& p) {
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= sum;
}

// Keeps the k largest, and whatever ties with the k-th.
void keep_top_k(std::vector<double>& p, const std::vector<std::int64_t>& order, std::int64_t k) {
  if (k <= 0 || k >= static_cast<std::int64_t>(p.size())) return;
  const double threshold = p[order[k - 1]];
  for (double& x : p) {
    if (x < threshold) x = 0;
  }
  renormalise(p);
}

// Keeps the fewest tokens, from the most probable on, whose mass reaches top_p.
void keep_top_p(std::vector<double>& p, const std::vector<std::int64_t>& order, double top_p) {
  if (top_p >= 1) return;
  double mass = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    double& x = p[order[rank]];
    if (rank > 0 && mass >= top_p) {
      x = 0;
    } else {
      mass += x;
    }
  }
  renormalise(p);
}

// Keeps the tokens that have at least min_p times the largest probability.
void keep_min_p(std::vector<double>& p, const std::vector<std::int64_t>& order, double min_p) {
  if (min_p <= 0) return;
  const double threshold = std::min(min_p, 1.0) * p[order[0]];
  for (double& x : p) {
    if (x < threshold) x = 0;
  }
  renormalise(p);
}

}  // namespace

std::vector<double> adjusted_logits(std::span<const float> logits, std::span<const std::int64_t> ids,
                                    const SamplingOptions& options) {
  std::vector<double> result(logits.begin(), logits.end());
  const auto known = [&](std::int64_t id) { return id >= 0 && id < static_cast<std::int64_t>(result.size()); };
  for (const auto& [id, bias] : options.logit_bias)
    if (known(id)) result[id] += bias;
  if (options.repetition_penalty != 1) {
    for (const std::int64_t id : std::set<std::int64_t>(ids.begin(), ids.end())) {
      if (!known(id)) continue;
      double& x = result[id];
      x = x > 0 ? x / options.repetition_penalty : x * options.repetition_penalty;   // less probable either way
    }
  }
  // An intervention may have driven the model out of all numbers; sorting and the softmax need them.
  for (double& x : result) x = std::isnan(x) ? -largest_logit : std::clamp(x, -largest_logit, largest_logit);
  return result;
}

Distribution distribution(std::span<const float> raw, const SamplingOptions& options,
                          std::span<const std::int64_t> ids) {
  Distribution result;
  const std::vector<double> logits = adjusted_logits(raw, ids, options);
  const std::size_t vocabulary = logits.size();
  if (vocabulary == 0) return result;

  result.order = falling(logits);
  result.p.assign(vocabulary, 0.0);
  const double largest = logits[result.order[0]];

  // Greedy; and so is a temperature so small that the quotients are no numbers any more.
  if (options.temperature <= 0 || std::isinf(largest / options.temperature)) {
    result.p[result.order[0]] = 1;
    result.kept = result.p;
    result.max = largest;
    result.sum = 1;
    return result;
  }

  // [softmax]
  // Divide the logits by the temperature, and subtract the largest so that no exponential overflows.
  result.max = largest / options.temperature;
  for (std::size_t id = 0; id < vocabulary; ++id) {
    result.p[id] = std::exp(logits[id] / options.temperature - result.max);
    result.sum += result.p[id];
  }
  // Divide by the sum: what comes out adds up to 1.
  for (double& x : result.p) x /= result.sum;
  // [/softmax]

  // [filters]
  result.kept = result.p;
  keep_top_k(result.kept, result.order, options.top_k);
  keep_top_p(result.kept, result.order, options.top_p);
  keep_min_p(result.kept, result.order, options.min_p);
  // [/filters]
  return result;
}

std::int64_t sample(const Distribution& distribution, double uniform) {
  // [sample]
  // Lay the probabilities end to end on [0, 1), the largest first,
  // and take the token that the uniform number falls on.
  double upper = 0;
  std::int64_t last = 0;
  for (const std::int64_t id : distribution.order) {
    if (distribution.kept[id] == 0) continue;
    last = id;
    upper += distribution.kept[id];
    if (uniform < upper) return last;
  }
  return last;   // rounding left the sum a hair under 1
  // [/sample]
}

Result<std::map<std::int64_t, double>> parse_logit_bias(std::string_view text, std::string_view where) {
  std::map<std::int64_t, double> result;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    const auto refused = [&] { return fail("sampling.bias", std::string(where), {std::string(pair)}); };
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return refused();
    std::int64_t id = 0;
    double bias = 0;
    const char *middle = pair.data() + equals, *value = middle + 1, *end = pair.data() + pair.size();
    if (value != end && *value == '+' && value + 1 != end && value[1] != '-') ++value;
    const auto read_id = std::from_chars(pair.data(), middle, id);
    const auto read_bias = std::from_chars(value, end, bias);
    const bool whole = read_id.ec == std::errc() && read_id.ptr == middle && read_bias.ec == std::errc() &&
                       read_bias.ptr == end;
    if (!whole || id < 0 || std::isnan(bias) || bias == std::numeric_limits<double>::infinity()) return refused();
    if (!result.emplace(id, bias).second) return refused();   // twice: which one is meant?
    if (pair.size() == text.size()) break;
    text.remove_prefix(pair.size() + 1);
    if (text.empty()) return refused();                       // a comma at the end
  }
  return result;
}

std::vector<double> log_softmax(std::span<const float> logits) {
  double largest = -std::numeric_limits<double>::infinity();
  for (float x : logits) largest = std::max<double>(largest, x);
  double sum = 0;
  for (float x : logits) sum += std::exp(x - largest);
  const double log_sum = largest + std::log(sum);
  std::vector<double> result(logits.size());
  for (std::size_t id = 0; id < logits.size(); ++id) result[id] = logits[id] - log_sum;
  return result;
}

}  // namespace tb
