// The numbers of another run, for interventions that put them in the place of a run's own.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "labs/model/safetensors_file.h"

namespace tb {

class Context;

// Immutable, and shared by the interventions that use it. Tensors have the names and shapes of labs/model/probes.h.
class Source {
 public:
  // Copies: later changes to the tensors do not show. Where they lie and in which precision does not matter.
  static std::shared_ptr<const Source> of(const std::map<std::string, at::Tensor>& tensors);
  // Everything a context has captured, copied.
  static std::shared_ptr<const Source> of(const Context& context);
  // A safetensors file, as `textbook trace` writes it. It is mapped, and a tensor is read when it is used.
  // Errors: those of SafetensorsFile::open.
  static Result<std::shared_ptr<const Source>> open(const std::filesystem::path& path);

  // float32 on the CPU; undefined where there is no tensor of floating-point numbers of that name.
  at::Tensor find(std::string_view name) const;

 private:
  std::map<std::string, at::Tensor, std::less<>> tensors_;
  std::optional<SafetensorsFile> file_;
};

}  // namespace tb
