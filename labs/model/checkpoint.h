// A model as it is found on disk: a GGUF file, or a folder as Hugging Face's transformers keeps one (config.json beside
// weights in safetensors, in one file or in several with an index). One face for both; tensors have GGUF's names. No
// torch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "labs/model/config.h"
#include "labs/model/gguf.h"
#include "labs/model/tokenizer.h"

namespace tb {

// Immutable once open; every const member may be called from several threads at once. The files are mapped, not read:
// they must not be written to meanwhile.
class Checkpoint {
 public:
  // Opening checks everything but the numbers: every tensor that the configuration asks for is there, in its shape.
  // Errors: file.*, gguf.*, safetensors.*, model.* (config.h); checkpoint.* for what is wrong with a folder.
  static Result<Checkpoint> open(const std::filesystem::path& file_or_folder);
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  const std::string& path() const;
  std::string name() const;                             // the file's or the folder's, without path and extension
  const Config& config() const;
  // "token_embd.weight", "blk.0.attn_q.weight", ...; nullptr: no such tensor. A folder's list has only what the model
  // needs, in the order of the computation; a file's has all that is in it.
  const TensorInfo* tensor(std::string_view gguf_name) const;
  const std::vector<TensorInfo>& tensors() const;
  std::int64_t parameters() const;                      // numbers in all tensors
  std::int64_t file_bytes() const;                      // of the GGUF file; of a folder's weights

  Result<Tokenizer> tokenizer() const;                  // Tokenizer::absent where there is none
  std::optional<std::string> chat_template() const;     // the Jinja text
  std::string licence() const;                          // "apache-2.0"; "" where it does not say
  // SHA-256 in hexadecimal: of the GGUF file; of a folder's config.json and its weight files, sorted by name, one
  // behind the other (cat config.json *.safetensors | sha256sum).
  std::string checksum() const;

 private:
  struct State;
  explicit Checkpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The tensors of a model with this configuration.
struct TensorNeed {
  std::string name;                 // in a GGUF
  std::string hugging_face;         // in a folder
  std::vector<std::int64_t> shape;
};
// Tells `visit` of one after the other, in the order of the computation, until it returns false.
void for_each_tensor(const Config& config, const std::function<bool(const TensorNeed&)>& visit);

}  // namespace tb
