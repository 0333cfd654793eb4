#include "labs/model/weights.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "labs/model/dequantise.h"

namespace tb {

namespace {

constexpr std::int64_t nowhere = -1;

// One tensor of the file, and where its numbers and its blocks go: bytes into the arenas, or nowhere.
struct Load {
  TensorInfo source;
  at::ScalarType dtype;
  std::int64_t head_rows;       // > 0: rows stand in rotation pairs within heads of this many rows
  std::int64_t dense, blocks;
};

// One tensor of the model. It may be made of several of the file, one below the other.
struct Target {
  at::Tensor* tensor;
  std::vector<std::int64_t> shape;
  at::ScalarType dtype;
  std::int64_t dense;           // bytes into the arena
};

// The memory of all dense tensors, and that of all blocks.
struct Arenas {
  std::shared_ptr<std::byte> dense, blocks;
};

// The blocks of some tensors of the file, as one matrix of the model keeps them.
struct Packed {
  Matrix* matrix;
  TensorInfo part;              // its bytes are still the file's
  std::int64_t blocks;          // bytes into the arena
};

// A tensor's rows, cut so that threads can share the work.
struct Piece {
  const Load* load;
  std::int64_t first, count;
};

constexpr std::int64_t page = std::int64_t{1} << 21;   // of huge pages: 256 times fewer page faults

// Where row `row` of the file stands in the model. The file turns Q and K with pairs of neighbouring rows (2i, 2i + 1),
// we with halves (i, i + head_rows / 2), as the model was trained.
std::int64_t target_row(std::int64_t row, std::int64_t head_rows) {
  if (head_rows == 0) return row;
  const std::int64_t head = row / head_rows, within = row % head_rows;
  return head * head_rows + within % 2 * (head_rows / 2) + within / 2;
}

// Rounds to the nearest bfloat16, ties to even. Weights are finite.
void round_to_bfloat16(std::span<const float> from, std::uint16_t* to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(from[i]);
    to[i] = static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

void copy_blocks(const Piece& piece, std::byte* arena) {
  const Load& load = *piece.load;
  const std::size_t row_bytes = load.source.bytes.size() / static_cast<std::size_t>(load.source.rows());
  for (std::int64_t row = piece.first; row < piece.first + piece.count; ++row)
    std::memcpy(arena + load.blocks + target_row(row, load.head_rows) * static_cast<std::int64_t>(row_bytes),
                load.source.bytes.data() + static_cast<std::size_t>(row) * row_bytes, row_bytes);
}

Result<void> dequantise_piece(const Piece& piece, std::byte* arena, std::vector<float>& scratch) {
  const Load& load = *piece.load;
  const std::int64_t columns = load.source.columns();
  std::byte* const target = arena + load.dense;
  if (load.dtype == at::kFloat && load.head_rows == 0) {
    const std::span<float> rows(reinterpret_cast<float*>(target) + piece.first * columns,
                                static_cast<std::size_t>(piece.count * columns));
    return dequantise_rows(load.source, piece.first, piece.count, rows);
  }
  scratch.resize(static_cast<std::size_t>(piece.count * columns));
  if (const auto done = dequantise_rows(load.source, piece.first, piece.count, scratch); !done) return done;
  for (std::int64_t i = 0; i < piece.count; ++i) {
    const std::span<const float> row(scratch.data() + i * columns, static_cast<std::size_t>(columns));
    const std::int64_t at = target_row(piece.first + i, load.head_rows) * columns;
    if (load.dtype == at::kFloat) {
      std::copy(row.begin(), row.end(), reinterpret_cast<float*>(target) + at);
    } else {
      round_to_bfloat16(row, reinterpret_cast<std::uint16_t*>(target) + at);
    }
  }
  return {};
}

// The list of all tensors the model needs, with their places. The checkpoint has checked that they are there.
class Plan {
 public:
  struct Part {
    std::string name;             // without ".weight"
    std::int64_t head_rows = 0;
  };

  Plan(const Checkpoint& checkpoint, at::ScalarType dtype, WeightForm form)
      : checkpoint_(checkpoint), dtype_(dtype), form_(form) {}

  // [size], float32.
  void vector(at::Tensor& target, const std::string& name) {
    const TensorInfo& source = find(name + ".weight");
    begin(target, {source.elements()}, at::kFloat);
    add({source, at::kFloat, 0, nowhere, nowhere}, true, nullptr);
  }
  // [rows of all parts, columns], and [rows of all parts] where there is a bias.
  void matrix(Matrix& target, const std::vector<Part>& parts, bool bias, at::ScalarType dtype) {
    // A matrix rounded to bfloat16 is multiplied as such: the file's exact blocks would give other results.
    // And blocks of float32 beside float32 would be the same numbers once more.
    const bool dense = form_ != WeightForm::blocks;
    const bool blocks = !dense || (form_ == WeightForm::both && dtype == at::kFloat && any_smaller(parts));
    std::int64_t rows = 0;
    for (const Part& part : parts) rows += find(part.name + ".weight").rows();
    if (dense) begin(target.dense, {rows, find(parts[0].name + ".weight").columns()}, dtype);
    block_bytes_ = aligned(block_bytes_);
    for (const Part& part : parts)
      add({find(part.name + ".weight"), dtype, part.head_rows, nowhere, nowhere}, dense, blocks ? &target : nullptr);
    if (!bias) return;
    begin(target.bias, {rows}, at::kFloat);
    for (const Part& part : parts)
      add({column(find(part.name + ".bias")), at::kFloat, part.head_rows, nowhere, nowhere}, true, nullptr);
  }
  void matrix(Matrix& target, const std::vector<Part>& parts, bool bias) { matrix(target, parts, bias, dtype_); }

  std::int64_t dense_bytes() const { return dense_bytes_; }
  std::int64_t block_bytes() const { return block_bytes_; }
  const std::vector<Load>& loads() const { return loads_; }
  const std::vector<Target>& targets() const { return targets_; }
  const std::vector<Packed>& packed() const { return packed_; }

 private:
  const TensorInfo& find(const std::string& name) const { return *checkpoint_.tensor(name); }
  // A bias stands in rows of one number, so that it is put in order as the rows of its matrix are.
  static TensorInfo column(TensorInfo bias) {
    bias.rank = 2;
    bias.sizes[1] = 1;
    return bias;
  }
  bool any_smaller(const std::vector<Part>& parts) const {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const Part& part) { return find(part.name + ".weight").type != TensorType::f32; });
  }
  static std::int64_t aligned(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }   // to a cache line
  void begin(at::Tensor& target, std::vector<std::int64_t> shape, at::ScalarType dtype) {
    dense_bytes_ = aligned(dense_bytes_);
    targets_.push_back({&target, std::move(shape), dtype, dense_bytes_});
  }
  // The next rows of the last target, and of the blocks of `packed` where that is given.
  void add(Load load, bool dense, Matrix* packed) {
    if (dense) {
      load.dense = dense_bytes_;
      dense_bytes_ += load.source.elements() * static_cast<std::int64_t>(at::elementSize(load.dtype));
    }
    if (packed) {
      load.blocks = block_bytes_;
      packed_.push_back({packed, load.source, block_bytes_});
      block_bytes_ += static_cast<std::int64_t>(load.source.bytes.size());
    }
    loads_.push_back(load);
  }

  const Checkpoint& checkpoint_;
  at::ScalarType dtype_;
  WeightForm form_;
  std::vector<Load> loads_;
  std::vector<Target> targets_;
  std::vector<Packed> packed_;
  std::int64_t dense_bytes_ = 0, block_bytes_ = 0;
};

Plan plan(const Checkpoint& checkpoint, at::ScalarType dtype, WeightForm form, Weights& weights) {
  Plan p(checkpoint, dtype, form);
  const Config& c = checkpoint.config();
  const std::int64_t head_rows = c.paired_rotation ? c.d_head : 0;
  p.matrix(weights.embedding, {{"token_embd"}}, false, at::kFloat);
  p.vector(weights.final_norm, "output_norm");
  if (!c.tied_head) p.matrix(weights.head, {{"output"}}, false, at::kFloat);
  weights.blocks.resize(static_cast<std::size_t>(c.n_layers));
  for (std::int64_t layer = 0; layer < c.n_layers; ++layer) {
    Block& block = weights.blocks[layer];
    const auto name = [&](const char* part) { return "blk." + std::to_string(layer) + "." + part; };
    p.vector(block.norm1, name("attn_norm"));
    p.matrix(block.qkv, {{name("attn_q"), head_rows}, {name("attn_k"), head_rows}, {name("attn_v")}}, c.qkv_bias);
    if (c.qk_norm) {
      p.vector(block.q_norm, name("attn_q_norm"));
      p.vector(block.k_norm, name("attn_k_norm"));
    }
    p.matrix(block.out, {{name("attn_output")}}, c.out_bias);
    p.vector(block.norm2, name("ffn_norm"));
    p.matrix(block.gate_up, {{name("ffn_gate")}, {name("ffn_up")}}, c.mlp_bias);
    p.matrix(block.down, {{name("ffn_down")}}, c.mlp_bias);
  }
  return p;
}

// One piece of memory for many tensors, unmapped with the last of them.
std::shared_ptr<std::byte> map_arena(std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes / page + 1) * static_cast<std::size_t>(page);   // never 0
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, size, MADV_HUGEPAGE);   // a wish: without it everything works, with more page faults
  return {static_cast<std::byte*>(memory), [size](std::byte* p) { munmap(p, size); }};
}

// Tells the matrix of its next blocks. Blocks of one type that follow each other are one part: one product does them.
void hand_over(const Packed& packed, const std::shared_ptr<std::byte>& arena) {
  Matrix& matrix = *packed.matrix;
  const TensorInfo& part = packed.part;
  matrix.memory = arena;
  if (!matrix.blocks.empty() && matrix.blocks.back().type == part.type) {
    TensorInfo& above = matrix.blocks.back();
    above.bytes = {above.bytes.data(), above.bytes.size() + part.bytes.size()};
    above.sizes[0] += part.rows();
  } else {
    const std::span<const std::byte> bytes(arena.get() + packed.blocks, part.bytes.size());
    matrix.blocks.push_back({{}, bytes, part.type, 2, {part.rows(), part.columns()}});
  }
}

bool same(const Matrix& a, const Matrix& b) {
  if (a.blocks.empty() || b.blocks.empty()) return a.dense.is_same(b.dense);
  return a.blocks.front().bytes.data() == b.blocks.front().bytes.data();
}

}  // namespace

WeightBytes weight_bytes(const Checkpoint& checkpoint, at::ScalarType dtype, WeightForm form) {
  Weights weights;
  const Plan wanted = plan(checkpoint, dtype, form, weights);
  return {wanted.dense_bytes(), wanted.block_bytes()};
}

Result<Weights> load_weights(const Checkpoint& checkpoint, at::Device device, at::ScalarType dtype, WeightForm form,
                             int threads, const Progress& progress) {
  Weights weights;
  const Plan wanted = plan(checkpoint, dtype, form, weights);

  // Cut the work into pieces of about a megabyte.
  std::vector<Piece> pieces;
  for (const Load& load : wanted.loads()) {
    const std::int64_t rows = load.source.rows();
    const std::int64_t step = std::max<std::int64_t>(1, (1 << 18) / load.source.columns());
    for (std::int64_t first = 0; first < rows; first += step)
      pieces.push_back({&load, first, std::min(step, rows - first)});
  }

  // Let the threads take one piece after the other.
  const Arenas arenas{map_arena(wanted.dense_bytes()), map_arena(wanted.block_bytes())};
  if (!arenas.dense || !arenas.blocks)
    return fail("device.memory", checkpoint.path(), {std::to_string(wanted.dense_bytes() + wanted.block_bytes())});
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Result<void> outcome;
  const auto work = [&](bool reports) {
    std::vector<float> scratch;
    for (std::size_t i; (i = next++) < pieces.size();) {
      Result<void> done;
      if (pieces[i].load->blocks != nowhere) copy_blocks(pieces[i], arenas.blocks.get());
      if (pieces[i].load->dense != nowhere) done = dequantise_piece(pieces[i], arenas.dense.get(), scratch);
      if (done && progress.stop.stop_requested()) done = fail("job.stopped", checkpoint.path());
      if (!done) {
        const std::lock_guard lock(mutex);
        outcome = done;
        next = pieces.size();
      }
      if (reports && progress.report && i % 16 == 0)
        progress.report(static_cast<double>(i) / static_cast<double>(pieces.size()), "weights");
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int i = 1; i < threads; ++i) helpers.emplace_back(work, false);
    work(true);
  }
  if (!outcome) return tl::unexpected(outcome.error());

  // Give each tensor its part of the memory; on another device a copy, after which the memory here goes away.
  for (const Target& target : wanted.targets()) {
    const at::Tensor here = at::from_blob(arenas.dense.get() + target.dense, target.shape,
                                          [arena = arenas.dense](void*) {}, at::TensorOptions().dtype(target.dtype));
    *target.tensor = here.to(device);
  }
  for (const Packed& packed : wanted.packed()) hand_over(packed, arenas.blocks);
  if (checkpoint.config().tied_head) weights.head = weights.embedding;
  return weights;
}

WeightBytes bytes_of(const Weights& weights) {
  WeightBytes sum;
  const auto add = [&](const at::Tensor& tensor) {
    if (tensor.defined()) sum.dense += static_cast<std::int64_t>(tensor.nbytes());
  };
  const auto add_matrix = [&](const Matrix& matrix) {
    add(matrix.dense);
    add(matrix.bias);
    sum.blocks += matrix.block_bytes();
  };
  add_matrix(weights.embedding);
  if (!same(weights.head, weights.embedding)) add_matrix(weights.head);
  add(weights.final_norm);
  for (const Block& b : weights.blocks) {
    for (const at::Tensor* t : {&b.norm1, &b.q_norm, &b.k_norm, &b.norm2}) add(*t);
    for (const Matrix* m : {&b.qkv, &b.out, &b.gate_up, &b.down}) add_matrix(*m);
  }
  return sum;
}

}  // namespace tb
