// The models that are known by name: the bundled one (assets/models.toml) and those that the learner has registered
// (models.toml in the data folder), which stay where they are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb::app {

struct KnownModel {
  std::string name, title;
  std::filesystem::path path;       // a GGUF file or a Hugging Face folder
  std::string licence;              // "" where the files do not say
  std::string sha256;               // Checkpoint::checksum
  std::int64_t bytes = 0, changed = 0;   // all its files together; the newest one's time, in nanoseconds
  bool bundled = false;
};

class Registry {
 public:
  // Errors: models.syntax (file:line), file.read.
  static Result<Registry> open();

  const std::vector<KnownModel>& models() const { return models_; }   // the bundled ones first
  const KnownModel* find(std::string_view name) const;

  // Opens the file or folder to check it, and writes it down under `name`, or, where that is empty, the file's or
  // folder's own name. What is there already under the same path is renewed.
  // Errors: those of Checkpoint::open and its tokenizer; models.name, models.taken, file.write.
  Result<KnownModel> add(const std::filesystem::path& path, std::string name);
  // Errors: model.unknown, models.bundled, file.write.
  Result<void> remove(std::string_view name);

 private:
  Result<void> save() const;
  std::vector<KnownModel> models_;
};

// Whether the files are those that were written down. Errors: model.missing (bundled), models.gone, models.changed.
Result<void> check_unchanged(const KnownModel& model);

// The file or folder that --model means: a known name, else a path. Errors: those above; model.unknown.
Result<std::filesystem::path> resolve_model(const std::string& name_or_path);

}  // namespace tb::app
