#include "labs/lora/change.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace tb {
namespace {

// The rows of a projection within the matrix of its product.
at::Tensor rows_of(const Config& config, const Block& block, Projection projection) {
  for (const Product product : {Product::qkv, Product::out, Product::gate_up, Product::down}) {
    std::int64_t row = 0;
    for (const Projection part : parts_of(product)) {
      const std::int64_t rows = shape_of(config, part)[0];
      if (part == projection) {
        const Matrix& matrix = product == Product::qkv       ? block.qkv
                               : product == Product::out     ? block.out
                               : product == Product::gate_up ? block.gate_up
                                                             : block.down;
        return unpacked(matrix).narrow(0, row, rows);
      }
      row += rows;
    }
  }
  return {};
}

double squared_length(const at::Tensor& x) { return x.to(at::kDouble).square().sum().item<double>(); }

}  // namespace

double length_of(const Lora& lora, const Weights& weights, const Config& config, std::int64_t layer) {
  double squares = 0;
  for (const Projection projection : lora.options().projections)
    squares += squared_length(rows_of(config, weights.blocks[layer], projection));
  return std::sqrt(squares);
}

double change_of(const Lora& lora, std::int64_t layer) {
  double squares = 0;
  for (const Projection projection : lora.options().projections) {
    const Lora::Pair& pair = lora.pair(layer, projection);
    const at::Tensor a = pair.a.detach().to(at::kDouble), b = pair.b.detach().to(at::kDouble);
    squares += (b.t().mm(b) * a.mm(a.t())).sum().item<double>();   // |B A|^2 = trace(A^T B^T B A)
  }
  return std::abs(lora.scale()) * std::sqrt(std::max(0.0, squares));
}

double left_behind(const Lora& lora, const Weights& weights, const Config& config, at::ScalarType type) {
  double behind = 0, all = 0;
  for (const std::int64_t layer : lora.options().layers) {
    for (const Projection projection : lora.options().projections) {
      const Lora::Pair& pair = lora.pair(layer, projection);
      const at::Tensor change = pair.b.detach().mm(pair.a.detach()) * lora.scale();
      const at::Tensor start = rows_of(config, weights.blocks[layer], projection).to(type);
      const at::Tensor merged = (start + change).to(type), back = (merged - change).to(type);
      behind += squared_length(back.to(at::kDouble) - start.to(at::kDouble));
      all += squared_length(start);
    }
  }
  return std::sqrt(behind / all);
}

}  // namespace tb
