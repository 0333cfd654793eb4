// Snapshots of the labs that train, made by hand: before the first step, under way, with numbers that are none.
#pragma once

#include "tests/figure/snapshots.h"

namespace tb::test {

// `done` steps of `steps`; with `odd`, values that a run that goes wrong has.
inline Snapshot training_snapshot(const std::string& lab, std::int64_t steps, std::int64_t done, bool odd = false) {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Snapshot s;
  s.lab = lab;
  s.inputs["steps"] = steps;
  s.partial = done < steps;
  Numbers step, loss, norm, rate, probes = {0};
  for (std::int64_t i = 0; i < done; ++i) {
    step.push_back(static_cast<double>(i));
    loss.push_back(odd && i % 7 == 3 ? infinity : 4.7 / (1 + 0.02 * static_cast<double>(i)));
    norm.push_back(odd && i % 5 == 1 ? nan : std::abs(std::sin(0.3 * static_cast<double>(i))));
    rate.push_back(2e-3);
    if ((i + 1) % 10 == 0) probes.push_back(static_cast<double>(i + 1));
  }
  put(s, "training.step", step);
  put(s, "training.loss", loss);
  put(s, "training.gradient_norm", norm);
  put(s, "training.learning_rate", rate);
  put(s, "run.steps", Numbers{static_cast<double>(done)});
  put(s, "saved.error", odd ? Texts{"file.write", "/nowhere/run.safetensors", "No space left on device"} : Texts());
  put(s, "probes.step", probes);
  return s;
}

// Other prompts: every second one goes on in another way now.
inline void put_others(Snapshot& s, std::size_t probes, const Texts& prompts) {
  const std::size_t n = prompts.size();
  Texts was, now;
  for (std::size_t i = 0; i < n; ++i) {
    was.push_back(prompts[i]);
    now.push_back(prompts[i % 2 ? n - 1 - i : i]);
  }
  put_tokens(s, "others.was", was);
  put_tokens(s, "others.now", now);
  put(s, "others.prompt", Texts(n, "Превысокомногорассмотрительствующий prompt that is far too long for its place"));
  const auto rows = static_cast<std::int64_t>(probes);
  put(s, "others.p", Numbers(probes * n, 0.5), {rows, static_cast<std::int64_t>(n)});
  put(s, "others.kept", Numbers(probes, 0.5));
  put(s, "others.kl", Numbers(probes, 0.1));
  put(s, "watch.gain", Numbers(probes, 12.4));
  Numbers gain;
  for (std::size_t i = 0; i < probes; ++i) gain.insert(gain.end(), {-3, 9.5, 14});
  put(s, "others.gain", gain, {rows, 3});
}

inline Snapshot lora_snapshot(std::int64_t steps, std::int64_t done, std::size_t layers, bool odd = false) {
  Snapshot s = training_snapshot("lora", steps, done, odd);
  const std::size_t probes = s.numbers("probes.step").size();
  put_tokens(s, "tokens", odd ? awkward : Texts{"Meaning", " is", " a"});
  put_tokens(s, "watched", odd ? awkward : Texts{" movement"});
  Numbers p, nll, share, layer;
  for (std::size_t i = 0; i < probes; ++i) {
    p.push_back(1 - 1 / (1 + 0.1 * static_cast<double>(i)));
    nll.push_back(3.75 + 0.01 * static_cast<double>(i));
  }
  put(s, "watch.p", p);
  put(s, "neutral.nll", odd ? Numbers() : nll);
  for (const char* prefix : {"before", "after"}) {
    put_tokens(s, prefix, {" Paris", " Превысокомногорассмотрительствующий", "\xF0\x9F", "\n", " movement"});
    put(s, std::string(prefix) + ".p", Numbers{0.5, 0.2, 0.1, 1e-7, 0});
  }
  for (std::size_t i = 0; i < layers; ++i) {
    layer.push_back(static_cast<double>(i));
    share.push_back(done == 0 ? 0 : 0.01 * static_cast<double>(i + 1));
  }
  put(s, "change.layer", layer);
  put(s, "change.norm", share);
  put(s, "change.share", share);
  put(s, "unencodable.at", Numbers{12});
  put(s, "unencodable.bytes", Texts{"04"});
  put_others(s, probes, odd ? awkward : Texts{"The capital of France is", "Once upon a"});
  put(s, "merged.p", done < steps ? Numbers() : Numbers{0.898});
  put(s, "merged.left", done < steps ? Numbers() : Numbers{6.5e-9, 4.6e-4});
  return s;
}

inline Snapshot from_scratch_snapshot(std::int64_t steps, std::int64_t done, std::size_t layers, std::size_t heads,
                                      std::size_t tokens, bool odd = false) {
  Snapshot s = training_snapshot("from-scratch", steps, done, odd);
  const std::size_t probes = s.numbers("probes.step").size();
  const auto falling = [&](double from) {
    Numbers numbers;
    for (std::size_t i = 0; i < probes; ++i) numbers.push_back(from / (1 + 0.05 * static_cast<double>(i)));
    return numbers;
  };
  put(s, "held_out.loss", falling(4.6));
  put(s, "held_out.right", falling(1));
  const auto shape = std::vector<std::int64_t>{static_cast<std::int64_t>(probes), static_cast<std::int64_t>(layers),
                                               static_cast<std::int64_t>(heads)};
  put(s, "heads.previous", Numbers(probes * layers * heads, 0.3), shape);
  put(s, "heads.induction", Numbers(probes * layers * heads, 0.6), shape);
  put(s, "guess.uniform", Numbers{4.16});
  put(s, "guess.piece", Numbers{2.5});
  Numbers id, known, p, pattern;
  for (std::size_t i = 0; i < tokens; ++i) {
    id.push_back(static_cast<double>(i * 37 % 256));
    known.push_back(i > tokens / 2);
    p.push_back(i == 0 ? std::numeric_limits<double>::quiet_NaN()
                       : static_cast<double>(i) / static_cast<double>(tokens));
  }
  for (std::size_t row = 0; row < layers * heads * tokens; ++row)
    for (std::size_t key = 0; key < tokens; ++key)
      pattern.push_back(key > row % tokens ? 0 : 1 / static_cast<double>(row % tokens + 1));
  const auto n = static_cast<std::int64_t>(tokens);
  put(s, "tokens.id", id);
  put(s, "tokens.known", known);
  put(s, "tokens.p", p);
  put(s, "pattern.attention", pattern, {shape[1], shape[2], n, n});
  return s;
}

inline std::vector<Snapshot> training_snapshots() {
  return {lora_snapshot(20, 0, 10),        lora_snapshot(300, 123, 30, true), lora_snapshot(1, 1, 1),
          lora_snapshot(60, 60, 100),      from_scratch_snapshot(500, 0, 2, 4, 48),
          from_scratch_snapshot(5000, 777, 4, 8, 64, true), from_scratch_snapshot(30, 30, 1, 1, 4)};
}

}  // namespace tb::test
