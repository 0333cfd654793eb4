// steering: the sandbox. All five levers at once, each at a strength of its own (0: off; what they are and their units:
// labs/levers/lever.h), on the first prompt and on all others; what the model writes on with and without them; and the
// set-up as a folder that `textbook generate` takes.
//   top.{id, bytes, text, special}, top.{before, after}   probabilities of the five best next tokens of either run
//   sides.{towards, away} [before, after]   the probability of either side after the first prompt
//   prompts.text, prompts.{before, after, effect} [prompt]   log-odds and their growth (labs/levers/measure.h)
//   effect.{first, mean, low, high, least, most, right}   of all prompts, as in the lab levers
//   cost.{kl, nll}                          nats a token of the neutral text
//   plain.{id, bytes, text, special} [token], steered.{...}   how the first prompt goes on without and with the levers
//   setup.spec [n]                          SPECs for the first prompt (the vector is in vector.safetensors, as v)
//   setup.prefix [0 or 1]                   what stands before the text
//   setup.adapter [0 or 1]                  the scale of the adapter
//   setup.command                           a shell's line that writes the same, to be run in the folder
//   setup.folder [0 or 1]                   the folder, under that of long runs: run.sh, prompt.txt, setup.json,
//                                           vector.safetensors, adapter/; none where nothing is kept
#pragma once

#include "labs/lab.h"

namespace tb {

struct SteeringLab : Lab {
  std::string_view type() const override { return "steering"; }
  std::vector<Field> fields(const Model*) const override;
  Result<Snapshot> run(Job& job) const override;
};

}  // namespace tb
