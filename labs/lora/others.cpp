#include "labs/lora/others.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace tb {

const char* const Others::usual =
    "The capital of France is\nThe capital of Japan is\nThe Eiffel Tower is in the city of\n"
    "The first president of the United States was George\nShakespeare wrote Romeo and\n"
    "The chemical symbol for gold is\nThe opposite of hot is\nThe opposite of big is\nTo be or not to\n"
    "Once upon a\nThe sun rises in the\nOne, two, three, four,\nMonday, Tuesday, Wednesday,\nA B C D E F\n"
    "A triangle has three\nBirds can fly, and fish can\nHe put the key into the\nimport numpy as\n"
    "def add(a, b): return a +\nWhen John and Mary went to the store, John gave a drink to";

Others::Others(const Transformer& transformer, std::vector<std::string> lines, const std::vector<Example>& prompts,
               std::int64_t first_layer)
    : transformer_(&transformer), lines_(std::move(lines)), first_layer_(first_layer) {
  if (lines_.empty()) return;
  const c10::InferenceMode no_gradients;
  std::size_t longest = 0;
  for (const Example& prompt : prompts) longest = std::max(longest, prompt.ids.size());
  std::vector<std::int64_t> ids, last;
  for (const Example& prompt : prompts) {
    last.push_back(static_cast<std::int64_t>(ids.size() + prompt.ids.size()) - 1);
    ids.insert(ids.end(), prompt.ids.begin(), prompt.ids.end());
    ids.resize(last.size() * longest);
  }
  ids_ = at::tensor(ids, at::kLong).to(transformer.device());
  last_ = at::tensor(last, at::kLong).to(transformer.device());

  // The blocks below the adapter say the same all along: they are asked once.
  Run run{.texts = last_.size(0), .stopped = [this] { return lower_.defined(); }};
  run.watch = [this](Point point, std::int64_t layer, at::Tensor x) {
    if (point == Point::resid_post && layer == first_layer_ - 1) lower_ = x;
    return x;
  };
  if (first_layer_ > 0) transformer.forward(ids_, run);
  before_ = log_p(nullptr);
  favourites_ = before_.argmax(-1);
}

at::Tensor Others::log_p(const Lora* lora) const {
  Run run{.lora = lora, .texts = last_.size(0)};
  const at::Tensor x = lower_.defined() ? transformer_->forward_from(first_layer_, lower_, run)
                                        : transformer_->forward(ids_, run);
  return transformer_->logits(x.index_select(0, last_)).to(at::kFloat).log_softmax(-1).cpu();
}

std::vector<std::int64_t> Others::favourites(const Lora* lora) const {
  if (lines_.empty()) return {};
  const c10::InferenceMode no_gradients;
  const at::Tensor ids = lora ? log_p(lora).argmax(-1) : favourites_;
  return {ids.const_data_ptr<std::int64_t>(), ids.const_data_ptr<std::int64_t>() + ids.numel()};
}

std::map<std::string, double> Others::look(const Lora* lora, std::int64_t watched) const {
  std::map<std::string, double> all;
  if (lines_.empty()) return all;
  const c10::InferenceMode no_gradients;
  const at::Tensor now = log_p(lora).to(at::kDouble), before = before_.to(at::kDouble);
  all["kept"] = now.argmax(-1).eq(favourites_).to(at::kDouble).mean().item<double>();
  all["kl"] = (before.exp() * (before - now)).sum(-1).mean().item<double>();
  const at::Tensor p = now.gather(1, favourites_.unsqueeze(1)).exp(), of_watched = now.select(1, watched).exp();
  for (std::int64_t i = 0; i < p.size(0); ++i) {
    all["p." + std::to_string(i)] = p[i].item<double>();
    all["watched." + std::to_string(i)] = of_watched[i].item<double>();
  }
  for (auto& [name, x] : all) x = static_cast<float>(x);
  return all;
}

}  // namespace tb
