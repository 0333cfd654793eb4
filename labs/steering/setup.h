// A set-up on disk: a folder that gives `textbook generate` and `textbook trace` all they need to do the same. No torch
// but for what the vector and the adapter are made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/lab.h"

namespace tb {

class Lora;   // labs/model/lora.h

struct SetupFiles {
  std::string text;                        // prefix and prompt
  bool exact = true;                       // the text is cut into just these tokens; else the ids are named
  std::vector<std::int64_t> ids;
  std::vector<std::string> specs;          // a vector is read from vector.safetensors
  at::Tensor vector;                       // v [d_model]; undefined: none
  std::shared_ptr<const Lora> adapter;     // null: none
  std::int64_t tokens = 0;                 // to be written on
  double temperature = 0;
  std::int64_t seed = 0;
};

// One line for a shell: textbook generate ..., with the names of the folder's files.
std::string command_of(const SetupFiles& setup, const ModelInfo& model);

// run.sh, prompt.txt, setup.json, vector.safetensors (tensor "v") and adapter/ in peft's format; the last two where there
// are any. What stood there is replaced. Errors: file.write.
Result<void> write_setup(const std::filesystem::path& folder, const SetupFiles& setup, const ModelInfo& model,
                         const Inputs& inputs);

}  // namespace tb
