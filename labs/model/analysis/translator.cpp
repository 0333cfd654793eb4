#include "labs/model/analysis/translator.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "labs/model/analysis/lens.h"
#include "labs/model/safetensors.h"
#include "labs/model/safetensors_file.h"

namespace tb {

Ridge::Ridge(std::int64_t in, std::int64_t out)
    : weight_(at::zeros({}, at::kDouble)), x_(at::zeros({in}, at::kDouble)), y_(at::zeros({out}, at::kDouble)),
      xx_(at::zeros({in, in}, at::kDouble)), xy_(at::zeros({in, out}, at::kDouble)) {}

void Ridge::add(const at::Tensor& x, const at::Tensor& y, const at::Tensor& weights) {
  const c10::NoGradGuard no_gradients;
  const at::Tensor w = weights.to(at::kDouble).unsqueeze(-1);
  const at::Tensor wide_x = x.to(at::kDouble), wide_y = y.to(at::kDouble), weighted = (w * wide_x).t();
  weight_ = weight_ + w.sum();
  x_ = x_ + weighted.sum(1);
  y_ = y_ + (w * wide_y).sum(0);
  xx_ = at::addmm(xx_, weighted, wide_x);
  xy_ = at::addmm(xy_, weighted, wide_y);
  rows_ += x.size(0);
}

Result<Ridge::Solution> Ridge::solve(double r) const {
  const c10::NoGradGuard no_gradients;
  if (rows_ == 0) return fail("translator.rows", "rows");
  if (!(r > 0) || !std::isfinite(r)) return fail("translator.ridge", "ridge", {std::to_string(r)});
  if (!(xx_.sum() + xy_.sum()).isfinite().item<bool>()) return fail("translator.numbers", "rows");

  // [ridge]
  // Around the means no bias is needed.
  const at::Tensor mean_x = x_ / weight_, mean_y = y_ / weight_;
  const at::Tensor covariance = xx_ - weight_ * at::outer(mean_x, mean_x);
  const at::Tensor cross = xy_ - weight_ * at::outer(mean_x, mean_y);

  // In units in which every number of x has variance 1 the penalty is r for each.
  // What never varies tells nothing.
  const at::Tensor variance = covariance.diagonal();
  const at::Tensor varies = variance > 1e-12 * xx_.diagonal();
  const at::Tensor unit = at::where(varies, variance.clamp_min(0).rsqrt(), at::zeros_like(variance)).unsqueeze(-1);
  const at::Tensor correlation = unit * covariance * unit.t();
  const at::Tensor system = correlation + r * at::eye(correlation.size(0), at::kDouble);
  const at::Tensor weight = unit * at::cholesky_solve(unit * cross, at::linalg_cholesky(system));
  return Solution{weight, mean_y - mean_x.matmul(weight)};
  // [/ridge]
}

at::Tensor Translator::translate(const at::Tensor& rows, std::int64_t layer) const {
  return at::addmm(maps_[layer].bias, rows, maps_[layer].weight);
}

at::Tensor Translator::translate(const at::Tensor& stream) const {
  std::vector<at::Tensor> rows;
  for (std::int64_t layer = 0; layer < layers(); ++layer)
    rows.push_back(translate(stream.slice(0, layer, layer + 1), layer));
  rows.push_back(stream.slice(0, layers(), layers() + 1));
  return at::cat(rows);
}

Result<void> Translator::save(const std::filesystem::path& path) const {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, at::Tensor> tensors;
  for (std::int64_t layer = 0; layer < layers(); ++layer) {
    tensors[block_point(layer, "weight")] = maps_[layer].weight.contiguous();
    tensors[block_point(layer, "bias")] = maps_[layer].bias.contiguous();
  }
  for (const auto& [name, tensor] : tensors)
    entries.push_back({name, SafetensorsEntry::Type::f32, tensor.sizes().vec()});
  auto writer = SafetensorsWriter::create(
      path, entries, {{"translator.rows", std::to_string(rows_)}, {"translator.ridge", std::to_string(ridge_)}});
  if (!writer) return tl::unexpected(writer.error());
  for (const auto& [name, tensor] : tensors) {
    const std::span<const float> numbers(tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
    if (const auto written = writer->write(name, numbers); !written) return written;
  }
  return writer->finish();
}

Result<Translator> Translator::load(const std::filesystem::path& path, const Config& config) {
  const auto file = SafetensorsFile::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto read = [&](const std::string& name, const std::vector<std::int64_t>& shape) -> Result<at::Tensor> {
    const SafetensorsTensor* found = file->tensor(name);
    if (!found || found->type != "F32" || found->shape != shape)
      return fail("translator.file", path.string() + ":" + name, {name});
    at::Tensor tensor = at::empty(shape, at::kFloat);   // the file's bytes may start at any address
    std::memcpy(tensor.mutable_data_ptr<float>(), found->bytes.data(), found->bytes.size());
    return tensor;
  };
  Translator translator;
  for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
    const auto weight = read(block_point(layer, "weight"), {config.d_model, config.d_model});
    if (!weight) return tl::unexpected(weight.error());
    const auto bias = read(block_point(layer, "bias"), {config.d_model});
    if (!bias) return tl::unexpected(bias.error());
    translator.maps_.push_back({*weight, *bias});
  }
  const auto metadata = [&](const char* key) {
    const auto found = file->metadata().find(key);
    return found == file->metadata().end() ? 0.0 : std::strtod(found->second.c_str(), nullptr);
  };
  translator.rows_ = static_cast<std::int64_t>(metadata("translator.rows"));
  translator.ridge_ = metadata("translator.ridge");
  return translator;
}

TranslatorFit::TranslatorFit(const Config& config)
    : config_(&config), layers_(config.n_layers, Ridge(config.d_model, config.d_model)) {}

Result<void> TranslatorFit::add(const Context& context) {
  const c10::NoGradGuard no_gradients;
  const auto last = captured(context, block_point(config_->n_layers - 1, "resid_post"));
  if (!last) return tl::unexpected(last.error());
  const at::Tensor weights = 1 / last->to(at::kDouble).square().mean(-1).clamp_min(config_->norm_epsilon);
  for (std::int64_t layer = 0; layer < config_->n_layers; ++layer) {
    const auto before = captured(context, block_point(layer, "resid_pre"));
    if (!before) return tl::unexpected(before.error());
    layers_[layer].add(*before, *last, weights);
  }
  return {};
}

Result<Translator> TranslatorFit::solve(double ridge) const {
  Translator translator;
  translator.ridge_ = ridge;
  for (const Ridge& layer : layers_) {
    const auto solution = layer.solve(ridge);
    if (!solution) return tl::unexpected(solution.error());
    translator.rows_ = layer.rows();
    translator.maps_.push_back({solution->weight.to(at::kFloat), solution->bias.to(at::kFloat)});
  }
  return translator;
}

}  // namespace tb
