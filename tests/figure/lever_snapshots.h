// Snapshots of the labs of levers, made by hand: consistent where a figure relies on it, and meaning nothing.
#pragma once

#include "tests/figure/analysis_snapshots.h"

namespace tb::test {

// `done`: so many of the five levers have been pulled.
inline Snapshot levers_snapshot(std::size_t prompts, std::size_t draws, std::size_t done, const std::string& lever) {
  Snapshot s;
  s.lab = "levers";
  s.partial = done < 4;
  s.inputs["lever"] = lever;
  s.inputs["wanted"] = 2.0;
  const Texts names = {"logit-bias", "prompt", "attention", "steering", "lora"};
  const std::size_t n = names.size();
  const auto so_far = [&](Numbers all, std::size_t each) {
    for (std::size_t i = done * each; i < all.size(); ++i) all[i] = std::nan("");
    return all;
  };
  put(s, "levers.name", names);
  put(s, "prompts.text", Texts(prompts, "Превысокомногорассмотрительствующий sentence, too long, I think it is"));
  for (const char* column : {"levers.strength", "levers.first", "levers.mean", "levers.least", "levers.most"})
    put(s, column, so_far({2, 2.25, -0.5, 123.25, 2}, 1));
  put(s, "levers.low", so_far(Numbers(n, prompts > 1 ? 1.5 : std::nan("")), 1));
  put(s, "levers.high", so_far(Numbers(n, prompts > 1 ? 2.5 : std::nan("")), 1));
  put(s, "levers.reached", so_far({1, 0, 0, 1, 1}, 1));
  put(s, "levers.right", so_far({1, 0.5, 0, 1, 1}, 1));
  put(s, "levers.kl", so_far({0.002, 0.45, 0, 3.25, 0.0711}, 1));
  put(s, "levers.nll", so_far({0.003, -0.09, 0, 1, 0.1}, 1));
  const auto rows = static_cast<std::int64_t>(n);
  put(s, "levers.effects", so_far(waves(n * prompts), prompts), {rows, static_cast<std::int64_t>(prompts)});
  put(s, "random.mean", so_far(waves(n * draws), draws), {rows, static_cast<std::int64_t>(draws)});
  put(s, "random.kl", so_far(Numbers(n * draws, 17.5), draws), {rows, static_cast<std::int64_t>(draws)});
  const bool swept = done > 3;
  put(s, "sweep.strength", swept ? Numbers{0, 1, 2, 3, 4} : Numbers{});
  for (const char* column : {"sweep.effect", "sweep.kl", "sweep.nll"}) put(s, column, swept ? waves(5) : Numbers{});
  for (const char* column : {"sweep.random-effect", "sweep.random-kl"})
    put(s, column, swept ? waves(5 * draws) : Numbers{});
  return s;
}

inline Snapshot steering_snapshot(std::size_t prompts, std::size_t tokens, bool on) {
  Snapshot s;
  s.lab = "steering";
  put(s, "prompts.text", Texts(prompts, "Превысокомногорассмотрительствующий sentence, too long, I think it is"));
  for (const char* column : {"prompts.before", "prompts.after", "prompts.effect"})
    put(s, column, on ? waves(prompts) : Numbers(prompts, 0));
  for (const char* column : {"effect.first", "effect.mean", "effect.least", "effect.most"})
    put(s, column, Numbers{on ? -1.25 : 0});
  for (const char* column : {"effect.low", "effect.high"}) put(s, column, Numbers{prompts > 1 ? 0.0 : std::nan("")});
  put(s, "effect.right", Numbers{0.5});
  put(s, "cost.kl", Numbers{on ? 123.0 : 0});
  put(s, "cost.nll", Numbers{-0.5});
  put(s, "sides.towards", Numbers{0.006, 0.9});
  put(s, "sides.away", Numbers{1e-9, 0.1});
  put_tokens(s, "top", some_tokens(8));
  put(s, "top.before", Numbers(8, 0.125));
  put(s, "top.after", Numbers(8, 0.001));
  put_tokens(s, "plain", some_tokens(tokens));
  put_tokens(s, "steered", some_tokens(tokens));
  put(s, "setup.spec", on ? Texts(3, "add-residual:layer=15,query=1..,value=0.70703125,tensor=v,file=vector.safetensors")
                          : Texts{});
  put(s, "setup.prefix", on ? Texts{"Превысокомногорассмотрительствующий\nsentence that is far too long\n"} : Texts{});
  put(s, "setup.adapter", on ? Numbers{0.5} : Numbers{});
  return s;
}

inline std::vector<Snapshot> lever_snapshots() {
  return {levers_snapshot(24, 3, 5, "steering"), levers_snapshot(1, 0, 5, "lora"),
          levers_snapshot(8, 2, 0, "prompt"),    levers_snapshot(8, 20, 4, "logit-bias"),
          levers_snapshot(3, 1, 2, "attention"), steering_snapshot(24, 60, true),
          steering_snapshot(1, 0, false),        steering_snapshot(8, 20, true)};
}

}  // namespace tb::test
