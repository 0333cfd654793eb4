#include "labs/model/matrix.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/custom_function.h>

#include "labs/model/dequantise.h"
#include "labs/model/packed.h"

namespace tb {

namespace {

constexpr std::int64_t few = 16;   // rows of x for which blocks are faster than a dense matrix: four times at 8

// Shares rows first .. first + count - 1 of the blocks among the threads, at least `least` for each: `rows` is given a
// part of the matrix, its rows from .. to - 1, and the matrix's row where the part starts. All parts in one go: to meet
// after each of them would cost as much as a small part itself.
template <class Rows>
void share_rows(std::span<const TensorInfo> blocks, std::int64_t first, std::int64_t count, std::int64_t least,
                const Rows& rows) {
  at::parallel_for(first, first + count, least, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t start = 0;
    for (const TensorInfo& part : blocks) {
      const std::int64_t from = std::max(begin, start), to = std::min(end, start + part.rows());
      if (from < to) rows(part, from - start, to - start, start);
      start += part.rows();
    }
  });
}

// Rows first .. first + count - 1 of the blocks, as float32 into `out` [count, in].
void unpack(const Matrix& matrix, std::int64_t first, std::int64_t count, float* out) {
  const std::int64_t in = matrix.in();
  share_rows(matrix.blocks, first, count, 16, [&](const TensorInfo& part, auto from, auto to, auto start) {
    const std::span<float> rows(out + (start + from - first) * in, static_cast<std::size_t>((to - from) * in));
    const auto done = dequantise_rows(part, from, to - from, rows);
    TORCH_INTERNAL_ASSERT(done);
  });
}

// A few rows of x [pos, in] by blocks [out, in] as they are.
at::Tensor multiply_blocks(const at::Tensor& x, std::span<const TensorInfo> blocks, std::int64_t out) {
  const at::Tensor rows = x.contiguous(), y = at::empty({x.size(0), out}, x.options());
  const float* const from_x = rows.const_data_ptr<float>();
  float* const into = y.data_ptr<float>();
  share_rows(blocks, 0, out, 64, [&](const TensorInfo& part, auto from, auto to, auto start) {
    multiply_packed(part, from, to - from, from_x, x.size(0), into + start, out);
  });
  return y;
}

// A matrix whose blocks stand alone, tile by tile: each is unpacked, used, and forgotten. `use` is told the tile's first
// row and given its rows [count, in].
template <class Use>
void for_each_tile(const Matrix& matrix, const Use& use) {
  constexpr std::int64_t tile_size = std::int64_t{1} << 20;   // numbers: what the processor's caches hold
  const std::int64_t out = matrix.out(), in = matrix.in();
  const std::int64_t step = std::clamp<std::int64_t>(tile_size / in, 1, out);
  const at::Tensor tile = at::empty({step, in}, at::kFloat);
  for (std::int64_t first = 0; first < out; first += step) {
    const std::int64_t count = std::min(step, out - first);
    unpack(matrix, first, count, tile.data_ptr<float>());
    use(first, tile.slice(0, 0, count));
  }
}

// Many rows of x by blocks that stand alone.
at::Tensor multiply_tiles(const at::Tensor& x, const Matrix& matrix) {
  at::Tensor y = at::empty({x.size(0), matrix.out()}, x.options());
  for_each_tile(matrix, [&](std::int64_t first, const at::Tensor& tile) {
    at::Tensor columns = y.slice(1, first, first + tile.size(0));
    at::mm_out(columns, x, tile.t());
  });
  return y;
}

// The same where autograd goes through it to x: dL/dx = dL/dy W. The blocks are unpacked once more on the way back, so
// that what learns beside them needs room for a tile and not for the whole model.
class TilesProduct : public torch::autograd::Function<TilesProduct> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const Matrix& matrix) {
    context->saved_data["matrix"] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(matrix));
    return multiply_tiles(x, matrix);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto kept = context->saved_data["matrix"].toCapsule();
    const Matrix& matrix = static_cast<const Kept&>(*kept).matrix;
    const at::Tensor& of_y = gradients[0];   // [pos, out]
    const at::Tensor of_x = at::zeros({of_y.size(0), matrix.in()}, of_y.options());
    for_each_tile(matrix, [&](std::int64_t first, const at::Tensor& tile) {
      of_x.addmm_(of_y.slice(1, first, first + tile.size(0)), tile);
    });
    return {of_x, at::Tensor()};
  }

 private:
  struct Kept : torch::CustomClassHolder {
    explicit Kept(Matrix whole) : matrix(std::move(whole)) {}
    Matrix matrix;
  };
};

// A bfloat16 matrix rounds x as well. A few rows need no unpacking to be multiplied by it either.
at::Tensor multiply_dense(const at::Tensor& x, const at::Tensor& matrix, bool is_few) {
  if (matrix.scalar_type() == at::kFloat) return at::linear(x, matrix);
  const at::Tensor rounded = x.to(matrix.scalar_type());
  if (!is_few || !matrix.is_cpu()) return at::linear(rounded, matrix).to(at::kFloat);
  const std::span<const std::byte> bytes(static_cast<const std::byte*>(matrix.const_data_ptr()), matrix.nbytes());
  const TensorInfo whole{{}, bytes, TensorType::bf16, 2, {matrix.size(0), matrix.size(1)}};
  return multiply_blocks(rounded.to(at::kFloat), {&whole, 1}, matrix.size(0));
}

}  // namespace

std::int64_t Matrix::out() const {
  if (dense.defined()) return dense.size(0);
  std::int64_t rows = 0;
  for (const TensorInfo& part : blocks) rows += part.rows();
  return rows;
}

std::int64_t Matrix::in() const { return dense.defined() ? dense.size(1) : blocks.front().columns(); }

std::int64_t Matrix::block_bytes() const {
  std::int64_t sum = 0;
  for (const TensorInfo& part : blocks) sum += static_cast<std::int64_t>(part.bytes.size());
  return sum;
}

at::Tensor multiply(const at::Tensor& x, const Matrix& matrix) {
  // Autograd knows tensors, not blocks.
  const bool learns = at::GradMode::is_enabled() &&
                      (x.requires_grad() || (matrix.dense.defined() && matrix.dense.requires_grad()));
  const bool packed = !matrix.blocks.empty() && !learns, is_few = x.size(0) <= few && !learns;
  at::Tensor y;
  if (packed && is_few) y = multiply_blocks(x, matrix.blocks, matrix.out());
  else if (matrix.dense.defined()) y = multiply_dense(x, matrix.dense, is_few);
  else if (packed) y = multiply_tiles(x, matrix);
  else y = TilesProduct::apply(x, matrix);
  return matrix.bias.defined() ? y + matrix.bias : y;
}

// [look-up]
at::Tensor look_up(const Matrix& matrix, const at::Tensor& ids) {
  if (matrix.dense.defined()) return matrix.dense.index_select(0, ids).to(at::kFloat);
  const at::Tensor rows = at::empty({ids.size(0), matrix.in()}, at::kFloat);
  for (std::int64_t i = 0; i < ids.size(0); ++i)
    unpack(matrix, ids.const_data_ptr<std::int64_t>()[i], 1, rows.data_ptr<float>() + i * matrix.in());
  return rows;
}
// [/look-up]

at::Tensor unpacked(const Matrix& matrix) {
  if (matrix.dense.defined()) return matrix.dense.to(at::kFloat);
  const at::Tensor dense = at::empty({matrix.out(), matrix.in()}, at::kFloat);
  unpack(matrix, 0, matrix.out(), dense.data_ptr<float>());
  return dense;
}

}  // namespace tb
