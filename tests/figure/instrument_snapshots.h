// Snapshots of the instruments of chapters 1 and 2, made by hand: consistent where a figure relies on it, and meaning
// nothing.
#pragma once

#include "tests/figure/analysis_snapshots.h"

namespace tb::test {

inline Snapshot anatomy_snapshot(const std::string& part, const std::string& kind, Numbers values,
                                 std::vector<std::int64_t> shape, std::size_t layers = 30, bool by_time = false) {
  Snapshot s;
  s.lab = "anatomy";
  s.model = "SmolLM2-135M-Instruct.Q4_1 Превысокомногорассмотрительствующий";
  s.inputs["colour"] = std::string(by_time ? "time" : "parameters");
  const Texts names = {"embedding", "block",   "norm1", "attn",     "attn.q", "attn.k",  "attn.v",   "attn.rotate",
                       "attn.scores", "attn.pattern", "attn.z", "attn.out", "norm2",  "mlp", "mlp.gate", "mlp.up",
                       "mlp.act",   "mlp.down", "final_norm", "head"};
  put_tokens(s, "tokens", some_tokens(9));
  put(s, "unencodable.at", Numbers{20});
  put(s, "unencodable.bytes", Texts{"04"});
  for (const auto& [name, value] : {std::pair{"layers", static_cast<double>(layers)}, {"heads", 64.0}, {"kv_heads", 8.0},
                                    {"parameters", 32762123264.0}})
    put(s, std::string("model.") + name, Numbers{value});
  put(s, "parts.name", names);
  Numbers times(names.size(), static_cast<double>(layers)), numbers(names.size(), 25e6);
  times[0] = times[18] = times[19] = 1;
  put(s, "parts.times", times);
  put(s, "parts.parameters", numbers);
  put(s, "part.name", Texts{part});
  put(s, "part.kind", Texts{kind});
  put(s, "part.layer", Numbers{part.starts_with("blocks.") ? static_cast<double>(layers - 1) : -1});
  put(s, "part.formula", Texts{"a = silu(g) ⊙ u_{ij}^2,   silu(g) = g / (1 + exp(−g)) + Превысокомногорассмотрительств^"});
  put(s, "part.shape", Numbers{151936, 5120});
  put(s, "part.parameters", Numbers{777912320});
  put(s, "part.dense", Numbers{777912320.0 * 4});
  put(s, "part.blocks", Numbers{437575680});
  put(s, "part.share", Numbers{0.0237});
  Numbers index, largest;
  for (std::size_t i = 0; i < 8; ++i) {
    index.push_back(static_cast<double>(i * 131));
    largest.push_back(-22712.329 / static_cast<double>(i + 1));
  }
  if (kind == "head") put_tokens(s, "largest", some_tokens(8));
  put(s, "largest.index", index);
  put(s, "largest.value", largest);
  put(s, "vector.size", Numbers{static_cast<double>(values.size())});
  put(s, "vector.values", std::move(values), std::move(shape));
  for (const char* name : {"norm", "mean", "deviation", "least", "most"})
    put(s, std::string("vector.") + name, Numbers{-22712.329});
  Numbers norm = {0};   // a zero vector has no logarithm
  for (std::size_t i = 0; i < layers; ++i) norm.push_back(i % 7 == 0 ? 22712.3 : 3.5);
  put(s, "layers.norm", norm);
  put(s, "layers.attn", Numbers(layers, 0.01));
  put(s, "layers.mlp", Numbers(layers, kind == "head" ? 0 : 512.25));
  put(s, "layers.cosine", waves(layers));
  put(s, "query", Numbers{8});
  const Texts timed = {"embedding", "norm1", "attn.qkv", "attn.rotate", "mlp.gate_up", "mlp.act", "adding", "head"};
  put(s, "time.name", timed);
  put(s, "time.seconds", Numbers(timed.size(), 0.0123));
  put(s, "time.share", Numbers(timed.size(), 1.0 / static_cast<double>(timed.size())));
  put(s, "time.part", Numbers{kind == "attn" ? std::nan("") : 0.125});
  return s;
}

inline Snapshot configuration_snapshot(double scale, bool changed, double bandwidth) {
  Snapshot s;
  s.lab = "configuration";
  s.inputs["context"] = std::int64_t{1048576};
  s.inputs["form"] = std::string("q4_1");
  put(s, "preset.title", Texts{"Превысокомногорассмотрительствующий-32B"});
  put(s, "preset.source", Texts{changed ? "huggingface.co/Qwen/Qwen3-32B" : ""});
  put(s, "config.name", Texts{"layers", "width", "heads", "kv-heads", "head-width", "mlp", "vocabulary", "tied"});
  put(s, "config.base", Numbers{64, 5120, 64, 8, 128, 25600, 151936, 0});
  put(s, "config.value", changed ? Numbers{1, 1, 1, 1, 2, 1, 1, 1} : Numbers{64, 5120, 64, 8, 128, 25600, 151936, 0});
  put(s, "parts.name", Texts{"embedding", "attention", "mlp", "norms", "head"});
  put(s, "parts.base", Numbers{777912320, 6039797760, 25165824000, 676864, 777912320});
  put(s, "parts.value", Numbers{777912320 * scale, 6039797760 * scale, 25165824000 * scale, 676864, 0});
  for (const char* name : {"total", "weights", "cache", "work", "speed"})
    for (const char* which : {".base", ".value"}) put(s, std::string(name) + which, Numbers{32762123264 * scale});
  put(s, "cache.token", Numbers{262144});
  put(s, "work.attention", Numbers{4294967296 * scale});
  put(s, "bandwidth", Numbers{bandwidth});
  put(s, "bandwidth.measured", Numbers{bandwidth > 1e10 ? 0.0 : 1.0});
  put(s, "curve.context", Numbers{1, 524288, 1048576});
  put(s, "curve.cache", Numbers{262144, 137e9 * scale, 275e9 * scale});
  put(s, "curve.speed", Numbers{20, 0.5, 0.25});
  return s;
}

inline Snapshot surprise_snapshot(const Texts& tokens, std::size_t top, bool excess, std::size_t read) {
  Snapshot s;
  s.lab = "surprise";
  s.partial = read < tokens.size();
  s.inputs["show"] = std::string(excess ? "excess" : "bits");
  s.inputs["range"] = std::int64_t{12};
  const std::size_t n = tokens.size();
  put_tokens(s, "tokens", tokens);
  put(s, "unencodable.at", Numbers{20});
  put(s, "unencodable.bytes", Texts{"04"});
  Numbers bits, p, mean;
  for (std::size_t i = 0; i < n; ++i) {
    const bool told = i > 0 && i < read;
    bits.push_back(told ? static_cast<double>(i % 30) : std::nan(""));
    p.push_back(told ? std::exp2(-bits.back()) : std::nan(""));
    mean.push_back(told ? 7.5 : std::nan(""));
  }
  put(s, "surprise.bits", bits);
  put(s, "surprise.p", p);
  put(s, "surprise.rank", Numbers(n, 49152));
  put(s, "surprise.entropy", Numbers(n, 3.25));
  put_tokens(s, "expected", some_tokens(n * top));
  put(s, "expected.p", Numbers(n * top, 0.25), {static_cast<std::int64_t>(n), static_cast<std::int64_t>(top)});
  put(s, "running.mean", mean);
  put(s, "total.predicted", Numbers{static_cast<double>(read > 0 ? read - 1 : 0)});
  for (const char* name : {"mean", "expected", "perplexity", "per-character", "per-byte"})
    put(s, std::string("total.") + name, Numbers{n > 1 ? 1234567.875 : std::nan("")});
  return s;
}

inline std::vector<Snapshot> instrument_snapshots() {
  return {anatomy_snapshot("blocks.29.attn.q", "attn.q", waves(64 * 128), {64, 128}),
          anatomy_snapshot("blocks.29.attn.pattern", "attn.pattern", Numbers(18, 0.5), {2, 9}, 30, true),
          anatomy_snapshot("embedding", "embedding", waves(576), {1, 576}, 1),
          anatomy_snapshot("blocks.63", "block", waves(5120), {1, 5120}, 64),
          anatomy_snapshot("blocks.1.attn", "attn", waves(3), {1, 3}, 2, true),
          anatomy_snapshot("head", "head", {}, {1, 0}),
          configuration_snapshot(1, false, 4e12), configuration_snapshot(1e4, true, 2.9e9),
          configuration_snapshot(1e-9, true, 0),
          surprise_snapshot(awkward, 5, false, awkward.size()), surprise_snapshot(some_tokens(60), 10, true, 31),
          surprise_snapshot({"Hello"}, 5, false, 1)};
}

}  // namespace tb::test
