// Snapshots made by hand: figures are tested without a model. The numbers are consistent (rows sum to one)
// but mean nothing.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/text.h"
#include "labs/lab.h"

namespace tb::test {

using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;

inline void put(Snapshot& s, std::string name, Numbers data, std::vector<std::int64_t> shape = {}) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(data.size())};
  s.columns.push_back({std::move(name), "", std::move(shape), std::move(data)});
}
inline void put(Snapshot& s, std::string name, Texts data) {
  const auto size = static_cast<std::int64_t>(data.size());
  s.columns.push_back({std::move(name), "", {size}, std::move(data)});
}

inline void put_tokens(Snapshot& s, const std::string& prefix, const Texts& tokens) {
  Numbers id, special, start, end;
  Texts hex;
  double at = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    id.push_back(static_cast<double>(1237 * i % 49152));
    special.push_back(tokens[i].starts_with("<|"));
    hex.push_back(to_hex(tokens[i]));
    start.push_back(at);
    end.push_back(at += static_cast<double>(tokens[i].size()));
  }
  put(s, prefix + ".id", id);
  put(s, prefix + ".bytes", hex);
  put(s, prefix + ".text", tokens);
  put(s, prefix + ".special", special);
  if (prefix != "tokens") return;
  put(s, "tokens.start", start);
  put(s, "tokens.end", end);
}

// Awkward on purpose: a special token, Cyrillic, a long word, whitespace, parts of characters, markup, emoji, Chinese.
inline const Texts awkward = {"<|im_start|>", "user", "\n", " Пож", "алуйста", " Превысокомногорассмотрительствующий",
                              " internationalization", "  ", "\t", "\r\n", " \xF0\x9F", "\x99", "\x82", "<b>&\"'", "👋🏽",
                              "中文", "\xE4\xB8", "\xAD", "\xEF\xBF\xBD", "\x01", "\xE2\x80\x8B", "\xC2\xA0", "x"};

inline Snapshot tokens_snapshot(const Texts& tokens = awkward) {
  Snapshot s;
  s.lab = "tokens";
  put_tokens(s, "tokens", tokens);
  put(s, "unencodable.at", Numbers{20, 21});
  put(s, "unencodable.bytes", Texts{"04", "04"});
  put(s, "count.tokens", Numbers{static_cast<double>(tokens.size())});
  put(s, "count.bytes", Numbers{161});
  put(s, "count.characters", Numbers{121});
  return s;
}

inline Snapshot next_token_snapshot(double temperature = 1) {
  Snapshot s;
  s.lab = "next-token";
  s.inputs["temperature"] = temperature;
  s.inputs["continuation"] = std::vector<std::int64_t>{5, 6};
  put_tokens(s, "tokens", awkward);
  Numbers drawn(awkward.size(), 0.0);
  drawn[awkward.size() - 1] = drawn[awkward.size() - 2] = 1;
  put(s, "tokens.drawn", drawn);
  put_tokens(
      s, "bars",
      {" Paris", " Превысокомногорассмотрительствующий", "\xF0\x9F", "\n", " internationalization", "<|im_end|>"});
  const Numbers logit = {17.32, 14.9, 14.2, 13.9, 3.1, -101.9};
  Numbers scaled, shifted, exponential, p, cumulative, kept;
  double sum = 0, mass = 0;
  for (const double l : logit) {
    scaled.push_back(temperature > 0 ? l / temperature : l);
    shifted.push_back(scaled.back() - scaled.front());
    exponential.push_back(std::exp(shifted.back()));
    sum += exponential.back();
  }
  for (const double e : exponential) {
    p.push_back(e / sum);
    cumulative.push_back(mass += p.back());
  }
  for (std::size_t i = 0; i < p.size(); ++i) kept.push_back(i < 3 ? p[i] / cumulative[2] : 0);
  put(s, "bars.logit", logit);
  put(s, "bars.adjusted", logit);
  put(s, "bars.p", p);
  put(s, "bars.cumulative", cumulative);
  put(s, "bars.kept", kept);
  put(s, "softmax.scaled", scaled);
  put(s, "softmax.shifted", shifted);
  put(s, "softmax.exp", exponential);
  put(s, "softmax.max", Numbers{scaled.front()});
  put(s, "softmax.sum", Numbers{sum});
  put(s, "softmax.entropy", Numbers{2.31});
  put(s, "tail.count", Numbers{49146});
  put(s, "tail.p", Numbers{0});
  put(s, "kept.count", Numbers{3});
  put(s, "kept.mass", Numbers{cumulative[2]});
  put_tokens(s, "sampled", {" Превысокомногорассмотрительствующий"});
  put(s, "sampled.p", Numbers{kept[1]});
  put(s, "sampled.uniform", Numbers{0.3745});
  put(s, "unencodable.at", Numbers{20});
  put(s, "unencodable.bytes", Texts{"04"});
  return s;
}

// `count` tokens and `heads` heads, the last row chosen.
inline Snapshot attention_snapshot(std::size_t count, std::size_t heads = 9, bool without_sink = false) {
  Snapshot s;
  s.lab = "attention";
  s.inputs["without-sink"] = without_sink;
  Texts tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.push_back(awkward[i % awkward.size()]);
  put_tokens(s, "tokens", tokens);
  Numbers pattern;
  for (std::size_t row = 0; row < heads * count; ++row) {
    const std::size_t query = row % count;
    for (std::size_t key = 0; key < count; ++key)
      pattern.push_back(key > query ? 0 : 1.0 / static_cast<double>(query + 1));
  }
  const auto n = static_cast<std::int64_t>(count);
  put(s, "attention.pattern", pattern, {static_cast<std::int64_t>(heads), n, n});
  put(s, "attention.sink", Numbers(heads, 0.25));
  Numbers score(count, -12.5), masked = score, exponential(count, 1.0), weight(count, 1.0 / static_cast<double>(count));
  if (without_sink) masked[0] = -std::numeric_limits<double>::infinity();
  put(s, "row.score", score);
  put(s, "row.masked", masked);
  put(s, "row.exp", exponential);
  put(s, "row.weight", weight);
  put(s, "row.max", Numbers{-12.5});
  put(s, "row.sum", Numbers{static_cast<double>(count)});
  put(s, "row.layer", Numbers{7});
  put(s, "row.head", Numbers{static_cast<double>(heads - 1)});
  put(s, "row.query", Numbers{static_cast<double>(count - 1)});
  return s;
}

// Of a lab that has no picture of its own: short and long columns, a matrix, numbers that are none.
inline Snapshot table_snapshot() {
  Snapshot s;
  s.lab = "no-picture";
  put(s, "costs.form", Texts{"blocks", "bfloat16"});
  put(s, "costs.mean", Numbers{9.4e-6, 0.0342909});
  put(s, "costs.max", Numbers{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()});
  put(s, "costs.a-column-with-a-rather-long-name", Numbers{1234567, -0.5});
  put(s, "costs.another-column-with-a-long-name", Numbers{0, 12});
  put(s, "lens.p", Numbers(60, 0.25), {20, 3});
  put(s, "map.large", Numbers(4000, 1), {2, 40, 50});
  put(s, "words", Texts(30, "слово, which is rather long for a cell of a table that stands beside others in a row"));
  put(s, "nothing", Numbers{});
  return s;
}

}  // namespace tb::test
