// How far queries and keys are turned from one position to the next (rotary position embedding, Su et al. 2021), and
// the ways to stretch that for texts longer than a model was trained on first. No torch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tb {

struct Rope {
  enum class Scaling { none, linear, llama3, yarn };
  Scaling scaling = Scaling::none;
  double theta = 10000;
  double factor = 1;                          // how many times longer the texts may become
  double original_context = 0;                // tokens; llama3 and yarn
  double low_turns = 1, high_turns = 4;       // llama3: between so many turns within the original context it fades
  double slow_turns = 1, fast_turns = 32;     // yarn: likewise
  bool whole_pairs = true;                    // yarn: the fading begins and ends at whole numbers of pairs
  std::optional<double> attention_factor;     // yarn: what q and k are multiplied by, if not what follows from factor
};

// By what angle each pair of a head's numbers turns at each position, [d_head / 2] radians: theta^(-2i / d_head) for
// pair i, and where scaled, up to `factor` times less. linear (Chen et al. 2023): all pairs. llama3 (Llama 3.1) and
// yarn (Peng et al. 2023): only slow pairs, which hardly make a whole turn in the original context; fast ones stay.
std::vector<float> frequencies(const Rope& rope, std::int64_t d_head);

// What cosines and sines are multiplied by, 1 unless yarn: scores grow by its square.
double amplitude(const Rope& rope);

}  // namespace tb
