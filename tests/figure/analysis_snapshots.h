// Snapshots of the labs over the analyses, made by hand: consistent where a figure relies on it, and meaning nothing.
#pragma once

#include "tests/figure/snapshots.h"

namespace tb::test {

inline Texts some_tokens(std::size_t count) {
  Texts tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.push_back(awkward[i % awkward.size()]);
  return tokens;
}

// Numbers between -1.3 and 1.3 that go up and down.
inline Numbers waves(std::size_t count) {
  Numbers numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(1.3 * std::sin(0.7 * static_cast<double>(i)));
  return numbers;
}

inline Snapshot lens_snapshot(std::size_t top, std::size_t steps = 31, double depth = 27) {
  Snapshot s;
  s.lab = "lens";
  put_tokens(s, "tokens", some_tokens(9));
  put(s, "unencodable.at", Numbers{20});
  put(s, "unencodable.bytes", Texts{"04"});
  put_tokens(s, "lens", some_tokens(steps * top));
  const auto rows = static_cast<std::int64_t>(steps), columns = static_cast<std::int64_t>(top);
  put(s, "lens.p", Numbers(steps * top, 1.0 / static_cast<double>(top + 1)), {rows, columns});
  put(s, "lens.entropy", Numbers(steps, 11.25));
  put(s, "lens.kl", Numbers(steps, 3.5));
  put(s, "lens.depth", Numbers{depth});
  put(s, "lens.query", Numbers{8});
  put(s, "lens.fitted", Numbers{top > 5 ? 1230.0 : 0.0});
  return s;
}

// The same with a grid of `rows` positions from `first` on.
inline Snapshot lens_grid_snapshot(std::size_t rows, std::size_t first, std::size_t tokens, std::size_t query) {
  Snapshot s = lens_snapshot(5);
  std::erase_if(s.columns, [](const Column& c) { return c.name.starts_with("tokens.") || c.name == "lens.query"; });
  put_tokens(s, "tokens", some_tokens(tokens));
  put(s, "lens.query", Numbers{static_cast<double>(query)});
  put(s, "grid.first", Numbers{static_cast<double>(first)});
  put(s, "grid.step", Numbers{12});
  put_tokens(s, "grid", some_tokens(31 * rows));
  Numbers p, rank;
  for (std::size_t i = 0; i < 31 * rows; ++i) {
    p.push_back(0.5 + 0.5 * std::sin(static_cast<double>(i)));
    rank.push_back(static_cast<double>(i % 3));
  }
  put(s, "grid.p", p, {31, static_cast<std::int64_t>(rows)});
  put(s, "grid.rank", rank, {31, static_cast<std::int64_t>(rows)});
  return s;
}

// `columns`: as many positions as tokens, or heads.
inline Snapshot patching_snapshot(const std::string& component, std::size_t tokens, std::size_t columns,
                                  std::size_t layers = 30, bool partial = false) {
  Snapshot s;
  s.lab = "patching";
  s.partial = partial;
  s.inputs["component"] = component;
  s.inputs["range"] = 0.75;
  Texts other = some_tokens(tokens);
  other.back() = " Пётр";
  put_tokens(s, "clean", some_tokens(tokens));
  put_tokens(s, "corrupted", other);
  put_tokens(s, "right", {" Превысокомногорассмотрительствующий"});
  put_tokens(s, "wrong", {"\xF0\x9F"});
  put(s, "answer.clean", Numbers{3.25});
  put(s, "answer.corrupted", Numbers{-11.5});
  Numbers recovery = waves(layers * columns);
  if (partial) std::fill(recovery.begin(), recovery.end() - static_cast<std::ptrdiff_t>(3 * columns), std::nan(""));
  put(s, "map.recovery", recovery, {static_cast<std::int64_t>(layers), static_cast<std::int64_t>(columns)});
  put(s, "map.first", Numbers{static_cast<double>(tokens - 1)});
  put(s, "chosen.layer", Numbers{static_cast<double>(layers - 1)});
  put(s, "chosen.column", Numbers{0});
  put(s, "chosen.recovery", Numbers{recovery[(layers - 1) * columns]});
  put(s, "chosen.answer", Numbers{-2.5});
  return s;
}

inline Snapshot attribution_snapshot(const std::string& order, std::size_t tokens, bool mlps = true,
                                     std::size_t layers = 30) {
  Snapshot s;
  s.lab = "attribution";
  s.inputs["order"] = order;
  constexpr std::size_t heads = 9;
  put_tokens(s, "tokens", some_tokens(tokens));
  put_tokens(s, "answer", {" Mary"});
  put_tokens(s, "other", mlps ? Texts{" Превысокомногорассмотрительствующий"} : Texts());
  const Numbers terms = waves(layers * heads);
  Numbers attention, running = {0.125};
  for (std::size_t layer = 0; layer < layers; ++layer) {
    double sum = 0;
    for (std::size_t head = 0; head < heads; ++head) sum += terms[layer * heads + head];
    attention.push_back(sum);
    running.push_back(running.back() + sum + (mlps ? 0.5 : 0));
  }
  put(s, "parts.embedding", Numbers{0.125});
  put(s, "parts.heads", terms, {static_cast<std::int64_t>(layers), heads});
  put(s, "parts.mlps", Numbers(mlps ? layers : 0, 0.5));
  if (!mlps) put(s, "parts.biases", Numbers(layers, 0));
  put(s, "layers.attention", attention);
  put(s, "layers.running", running);
  put(s, "total.sum", Numbers{running.back()});
  put(s, "total.answer", Numbers{running.back()});
  put(s, "row.query", Numbers{static_cast<double>(tokens - 1)});
  put(s, "chosen.layer", Numbers{1});
  put(s, "chosen.head", Numbers{7});
  put(s, "chosen.sources", waves(tokens));
  return s;
}

// `heads` heads of as many layers, each read from a token of its own, and an MLP in each layer.
inline Snapshot graph_snapshot(std::size_t heads, std::size_t tokens = 12) {
  Snapshot s;
  s.lab = "graph";
  put_tokens(s, "tokens", some_tokens(tokens));
  put_tokens(s, "answer", {" Превысокомногорассмотрительствующий"});
  put_tokens(s, "other", {" Mary"});
  Texts kind;
  Numbers layer, head, position, value, from, to, weight;
  const auto node = [&](const char* what, double at_layer, double at_head, double at_position) {
    kind.push_back(what);
    layer.push_back(at_layer);
    head.push_back(at_head);
    position.push_back(at_position);
    value.push_back(-12.5);
    return static_cast<double>(kind.size() - 1);
  };
  const auto edge = [&](double a, double b, double w) {
    from.push_back(a);
    to.push_back(b);
    weight.push_back(w);
  };
  Numbers shifts;
  for (std::size_t i = 0; i < heads; ++i) {
    const auto number = static_cast<double>(i);
    const double token = node("token", -1, -1, static_cast<double>(i % tokens));
    const double reads = node("head", number + 90, 31, -1), adds = node("shift", number + 90, -1, -1);
    const double mlp = node(i % 3 == 0 ? "bias" : "mlp", number + 90, -1, -1);
    edge(token, reads, i % 2 == 0 ? 1.25 : -0.5);
    edge(mlp, adds, 0.25);
    edge(reads, adds, -12.5);
    shifts.push_back(adds);
  }
  const double output = node("output", -1, -1, -1);
  for (const double shift : shifts) edge(shift, output, -12.5);
  put(s, "node.kind", kind);
  put(s, "node.layer", layer);
  put(s, "node.head", head);
  put(s, "node.position", position);
  put(s, "node.value", value);
  put(s, "edge.from", from);
  put(s, "edge.to", to);
  put(s, "edge.weight", weight);
  put(s, "graph.answer", Numbers{-12.5});
  put(s, "graph.shown", Numbers{1.5});
  put(s, "graph.edges", Numbers{static_cast<double>(2 * heads)});
  put(s, "graph.all", Numbers{3811});
  put(s, "graph.query", Numbers{static_cast<double>(tokens - 1)});
  return s;
}

inline Snapshot heads_snapshot(const std::string& score, std::size_t tokens, std::size_t heads = 9,
                               std::size_t layers = 30, double rows = 13) {
  Snapshot s;
  s.lab = "heads";
  s.inputs["score"] = score;
  put_tokens(s, "tokens", some_tokens(tokens));
  Numbers values = waves(layers * heads);
  const bool effect = score == "knock-out";
  if (!effect)
    for (double& value : values) value = std::abs(value) / 1.3;
  if (effect) {
    values[0] = std::nan("");
    s.partial = true;
    put_tokens(s, "answer", {" Mary"});
    put_tokens(s, "other", {});
    put(s, "answer.value", Numbers{3.25});
  }
  put(s, "heads." + score, values, {static_cast<std::int64_t>(layers), static_cast<std::int64_t>(heads)});
  put(s, "heads.rows", Numbers{rows});
  put(s, "chosen.layer", Numbers{static_cast<double>(layers - 1)});
  put(s, "chosen.head", Numbers{static_cast<double>(heads - 1)});
  put(s, "chosen.value", Numbers{values.back()});
  const auto n = static_cast<std::int64_t>(tokens);
  put(s, "chosen.pattern", Numbers(tokens * tokens, 0.25), {n, n});
  return s;
}

inline Snapshot control_snapshot(const std::string& action, std::size_t tokens, std::size_t heads, std::size_t controls,
                                 bool other = true) {
  Snapshot s;
  s.lab = "control";
  s.partial = controls == 1;
  s.inputs["action"] = action;
  put_tokens(s, "tokens", some_tokens(tokens));
  put_tokens(s, "answer", {" Превысокомногорассмотрительствующий"});
  put_tokens(s, "other", other ? Texts{"\xF0\x9F"} : Texts{});
  put(s, "edge.query", Numbers{static_cast<double>(tokens - 1)});
  put(s, "edge.key", Numbers{static_cast<double>(tokens / 2)});
  put(s, "heads.layer", Numbers(heads, 24));
  put(s, "heads.head", Numbers(heads, 4));
  const Numbers even(heads * tokens, 1.0 / static_cast<double>(tokens));
  const std::vector<std::int64_t> rows = {static_cast<std::int64_t>(heads), static_cast<std::int64_t>(tokens)};
  put(s, "pattern.before", even, rows);
  put(s, "pattern.after", even, rows);
  put(s, "answer.before", Numbers{-11.5});
  put(s, "answer.after", Numbers{3.25});
  put(s, "answer.change", Numbers{14.75});
  put(s, "answer.p", Numbers{1e-7, 0.9});
  put(s, "other.p", other ? Numbers{0.5, 0.25} : Numbers{});
  put_tokens(s, "top", some_tokens(8));
  put(s, "top.before", Numbers(8, 0.125));
  put(s, "top.after", Numbers(8, 0.001));
  const bool placed = action == "force";
  put(s, "random.heads", Texts(controls, "18.0+18.3"));
  put(s, "random.change", waves(controls));
  put(s, "keys.position", placed ? Numbers(controls, 0) : Numbers{});
  put(s, "keys.change", placed ? waves(controls) : Numbers{});
  put(s, "controls.share", Numbers{controls == 0 ? std::nan("") : 0.5});
  return s;
}

inline Snapshot spread_snapshot(std::size_t prompts, std::size_t draws, double low = 0.5) {
  Snapshot s;
  s.lab = "spread";
  s.partial = draws == 1;
  put(s, "change.mean", Numbers{1.53});
  put(s, "change.low", Numbers{low});
  put(s, "change.high", Numbers{2.5});
  put(s, "change.least", Numbers{-0.63});
  put(s, "change.most", Numbers{2.59});
  for (const char* column : {"count.prompts", "count.raised", "count.right-before", "count.right-after"})
    put(s, column, Numbers{static_cast<double>(prompts)});
  put(s, "prompts.text", Texts(prompts, "When Превысокомногорассмотрительствующий and Mary went to the store, gave it to"));
  for (const char* column : {"prompts.before", "prompts.after", "prompts.change"}) put(s, column, waves(prompts));
  for (const char* column : {"look.before", "look.after"}) put(s, column, Numbers(prompts, 0.25));
  put(s, "random.heads", Texts(draws, "18.0+18.3"));
  put(s, "random.mean", waves(draws));
  put(s, "places.mean", draws > 2 ? Numbers{} : waves(draws));
  put(s, "controls.count", Numbers{static_cast<double>(draws)});
  put(s, "controls.as-large", Numbers{0});
  return s;
}

inline Snapshot rotation_snapshot(std::size_t tokens, std::size_t pairs) {
  Snapshot s;
  s.lab = "rotation";
  put_tokens(s, "tokens", some_tokens(tokens));
  put(s, "edge.layer", Numbers{24});
  put(s, "edge.head", Numbers{4});
  put(s, "edge.query", Numbers{static_cast<double>(tokens - 1)});
  put(s, "edge.key", Numbers{0});
  for (const char* column : {"pair.frequency", "pair.query", "pair.key", "pair.angle", "pair.score"})
    put(s, column, waves(pairs));
  put(s, "pair.period", Numbers(pairs, 438460.25));
  put(s, "pair.length", Numbers(pairs, 23.06));
  put(s, "score.sum", Numbers{-3.5});
  put(s, "distance.score", waves(128));
  return s;
}

inline Snapshot depth_snapshot(std::size_t texts, std::size_t steps, bool translated) {
  Snapshot s;
  s.lab = "depth";
  s.partial = texts == 3;
  put(s, "prompts.text", Texts(texts, "Превысокомногорассмотрительствующий sentence that is far too long for its place"));
  put_tokens(s, "answer", some_tokens(texts));
  put(s, "prompts.p", Numbers(texts, 0.5));
  for (const std::string name : {"plain", "translated"}) {
    if (name == "translated" && !translated) continue;
    put(s, name + ".depth", Numbers(texts, static_cast<double>(steps) / 2));
    put(s, name + ".share", Numbers(steps, 0.25));
    put(s, name + ".median", Numbers{24.5});
    put(s, name + ".first", Numbers{0});
  }
  for (const std::string name : {"unigram", "bigram", "shuffled"}) put(s, name + ".share", Numbers{0.125});
  put(s, "shuffled.led", Numbers(steps, 0.1));
  return s;
}

inline Snapshot probe_snapshot(std::size_t tokens, std::size_t layers) {
  Snapshot s;
  s.lab = "probe";
  put_tokens(s, "tokens", some_tokens(tokens));
  put(s, "row.query", Numbers{static_cast<double>(tokens / 2)});
  put(s, "probe.accuracy", Numbers(layers, 0.9));
  put(s, "probe.shuffled", Numbers(layers, 0.5));
  put(s, "use.recovery", tokens == 1 ? Numbers(layers, std::nan("")) : waves(layers));
  put(s, "use.low", Numbers(layers, -1.5));
  put(s, "use.high", Numbers(layers, 1.5));
  for (const char* count : {"count.fitted", "count.tested", "count.pairs"}) put(s, count, Numbers{60});
  return s;
}

inline Snapshot missed_snapshot(std::size_t texts, std::size_t heads) {
  Snapshot s;
  s.lab = "missed";
  put(s, "prompts.text", Texts(texts, "The Eiffel Tower, of which too much is said here, is in the city of"));
  Numbers rho = waves(texts);
  for (double& value : rho) value /= 1.3;
  if (texts > 1) rho[0] = std::nan("");
  put(s, "prompts.rho", rho);
  for (const char* name : {"rho.mean", "rho.low", "rho.high", "rho.least", "rho.most", "rho.shuffled"})
    put(s, name, Numbers{texts == 1 ? std::nan("") : 0.25});
  put(s, "heads.against", Numbers{texts == 1 ? std::nan("") : 0.3});
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(texts), static_cast<std::int64_t>(heads)};
  put(s, "heads.layer", Numbers(texts * heads, 23), shape);
  put(s, "heads.head", Numbers(texts * heads, 3), shape);
  put(s, "heads.written", waves(texts * heads), shape);
  put(s, "heads.missed", Numbers(texts * heads, -4.5), shape);
  return s;
}

inline std::vector<Snapshot> analysis_snapshots() {
  return {lens_snapshot(5), lens_snapshot(1, 3, 0), lens_snapshot(20, 81),
          lens_grid_snapshot(24, 6, 40, 29), lens_grid_snapshot(1, 0, 1, 0),
          patching_snapshot("resid", 14, 14), patching_snapshot("mlp", 64, 64, 12), patching_snapshot("attn", 1, 1, 2),
          patching_snapshot("heads", 5, 9), patching_snapshot("heads", 14, 64, 24, true),
          attribution_snapshot("layer", 14), attribution_snapshot("layer", 1, false, 2),
          attribution_snapshot("size", 64), attribution_snapshot("size", 5, false, 2),
          graph_snapshot(1, 1), graph_snapshot(5), graph_snapshot(20, 60), graph_snapshot(0),
          heads_snapshot("previous", 14), heads_snapshot("induction", 5, 9, 30, 0),
          heads_snapshot("entropy", 40, 40, 80), heads_snapshot("knock-out", 14), heads_snapshot("sink", 1, 4, 2),
          control_snapshot("force", 14, 1, 20), control_snapshot("temperature", 64, 40, 200, false),
          control_snapshot("silence", 1, 2, 0), control_snapshot("knock-out", 5, 3, 1), rotation_snapshot(14, 32), rotation_snapshot(1, 128),
          rotation_snapshot(64, 1), spread_snapshot(24, 3), spread_snapshot(1, 0, std::nan("")), spread_snapshot(60, 1),
          depth_snapshot(24, 31, true), depth_snapshot(3, 81, false), depth_snapshot(1, 3, true),
          probe_snapshot(14, 30), probe_snapshot(1, 2), missed_snapshot(20, 40), missed_snapshot(1, 3)};
}

}  // namespace tb::test
