#include "labs/model/source.h"

#include <cstring>

#include <ATen/ATen.h>

#include "labs/model/context.h"

namespace tb {

namespace {

std::optional<at::ScalarType> floating_type(std::string_view name) {
  if (name == "F32") return at::kFloat;
  if (name == "F16") return at::kHalf;
  if (name == "BF16") return at::kBFloat16;
  if (name == "F64") return at::kDouble;
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const Source> Source::of(const std::map<std::string, at::Tensor>& tensors) {
  auto source = std::make_shared<Source>();
  for (const auto& [name, tensor] : tensors)
    source->tensors_[name] = tensor.detach().to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  return source;
}

std::shared_ptr<const Source> Source::of(const Context& context) {
  std::map<std::string, at::Tensor> tensors;
  for (const Probe& probe : context.probes().points()) tensors[probe.name] = context.point(probe.name);
  return of(tensors);
}

Result<std::shared_ptr<const Source>> Source::open(const std::filesystem::path& path) {
  auto file = SafetensorsFile::open(path);
  if (!file) return tl::unexpected(file.error());
  auto source = std::make_shared<Source>();
  source->file_ = std::move(*file);
  return source;
}

at::Tensor Source::find(std::string_view name) const {
  if (const auto found = tensors_.find(name); found != tensors_.end()) return found->second;
  const SafetensorsTensor* const tensor = file_ ? file_->tensor(name) : nullptr;
  const auto type = tensor ? floating_type(tensor->type) : std::nullopt;
  if (!type) return {};
  at::Tensor numbers = at::empty(tensor->shape, at::TensorOptions().dtype(*type));
  std::memcpy(numbers.mutable_data_ptr(), tensor->bytes.data(), tensor->bytes.size());
  return numbers.to(at::kFloat);
}

}  // namespace tb
