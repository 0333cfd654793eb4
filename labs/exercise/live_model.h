// The running model, for exercises whose result is put into it and judged by what that does (exercise.toml: `model`).
// Here is what a check may ask of it. labs answers (labs/live_model.h), since that needs torch; whoever knows both hands
// the one to the other as an `OpenLiveModel`. The learner's process never sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace tb::exercise {

// One question in many wordings: how much more probable are the words `towards` than the words `away`, as what comes
// next? And a text that has nothing to do with it.
struct Task {
  std::vector<std::string> prompts;
  std::string towards, away;                  // " good, great": divided by commas, each one token with its space
  std::string neutral;
};

// The residual stream: [row, column], row by row.
struct Stream {
  std::int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

// Every member may be called on any thread. Errors: those of the model; nothing that a submission is at fault for.
struct LiveModel {
  virtual ~LiveModel() = default;
  // What the stream holds after block `layer` (from 0) at all tokens of these texts but the first of each, text after
  // text: the first token's row is a hundred times as long as the others and means nothing.
  virtual Result<Stream> stream(const std::vector<std::string>& texts, std::int64_t layer) = 0;
  // What it does to add `vector` to every row but the first, after block `layer`: the growth of the log-odds of towards
  // against away for each prompt, in nats; and what it costs on the neutral text, mean KL(without || with), in nats a
  // token. labs/levers/measure.h says how both are measured.
  virtual Result<std::vector<double>> effects(const Task& task, std::int64_t layer, const std::vector<float>& vector) = 0;
  virtual Result<double> cost(const Task& task, std::int64_t layer, const std::vector<float>& vector) = 0;
};

// By the name that exercise.toml has. Loading takes a second; who judges often keeps what it gave.
using OpenLiveModel = std::function<Result<std::shared_ptr<LiveModel>>(const std::string& name)>;

}  // namespace tb::exercise
