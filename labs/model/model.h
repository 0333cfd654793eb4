// A loaded model: its file's tokenizer, its transformer, and what they take. Compute thread only.
#pragma once

#include <memory>
#include <string>

#include "labs/lab.h"
#include "labs/model/tokenizer.h"

namespace tb {

class Transformer;   // labs/model/transformer.h

class Model {
 public:
  // From a GGUF file or a folder. Errors: model.missing, those of Checkpoint::open and the tokenizer, device.unknown,
  // device.memory, job.stopped.
  static Result<std::shared_ptr<Model>> load(const LoadOptions& options, const Progress& progress);
  ~Model();

  const ModelInfo& info() const { return info_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  Transformer& transformer() { return *transformer_; }
  const Transformer& transformer() const { return *transformer_; }

 private:
  Model(ModelInfo info, Tokenizer tokenizer, std::unique_ptr<Transformer> transformer);
  ModelInfo info_;
  Tokenizer tokenizer_;
  std::unique_ptr<Transformer> transformer_;
};

}  // namespace tb
