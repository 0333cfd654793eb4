// Prompts that have nothing to do with what an adapter learns: does the model go on with them as it did before?
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "labs/model/training/batch.h"
#include "labs/model/transformer.h"

namespace tb {

class Others {
 public:
  static const char* const usual;              // twenty lines that every small model of English goes on with alike

  Others() = default;
  // `prompts` holds the tokens of the lines; blocks below `first_layer` are not adapted. The transformer must outlive it.
  Others(const Transformer& transformer, std::vector<std::string> lines, const std::vector<Example>& prompts,
         std::int64_t first_layer);

  const std::vector<std::string>& lines() const { return lines_; }
  // The most probable next token of each prompt [prompt].
  std::vector<std::int64_t> favourites(const Lora* lora) const;
  // One look, by name, rounded to float32. kept: the share of prompts whose most probable token is the one without the
  // adapter; kl: the mean of KL(p without || p with it), in nats; p.I: the probability of prompt I's former favourite;
  // watched.I: and of the token `watched`.
  std::map<std::string, double> look(const Lora* lora, std::int64_t watched) const;

 private:
  at::Tensor log_p(const Lora* lora) const;    // [prompt, vocab] of what comes after each prompt

  const Transformer* transformer_ = nullptr;
  std::vector<std::string> lines_;
  std::int64_t first_layer_ = 0;
  at::Tensor ids_, last_;                      // [prompt * pos], padded at the ends; the row of each prompt's last token
  at::Tensor lower_;                           // [prompt * pos, d_model] before the first adapted layer, if that is not 0
  at::Tensor before_, favourites_;             // log_p without the adapter, and its most probable tokens [prompt]
};

}  // namespace tb
