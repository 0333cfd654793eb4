#include "labs/model/weights.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

#include <ATen/ATen.h>

#include "labs/model/dequantise.h"

namespace tb {

namespace {

// One tensor of the file and where it goes.
struct Load {
  const TensorInfo* source;
  at::Tensor* target;
  at::ScalarType dtype;
  std::int64_t head_rows = 0;   // > 0: rows stand in rotation pairs within heads of this many rows
  std::int64_t offset = 0;      // bytes into the arena

  std::int64_t bytes() const { return source->elements() * (dtype == at::kFloat ? 4 : 2); }
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

Result<void> dequantise_piece(const Piece& piece, std::byte* arena, std::vector<float>& scratch) {
  const Load& load = *piece.load;
  const std::int64_t columns = load.source->columns();
  std::byte* const target = arena + load.offset;
  if (load.dtype == at::kFloat && load.head_rows == 0) {
    float* const rows = reinterpret_cast<float*>(target) + piece.first * columns;
    return dequantise_rows(*load.source, piece.first, piece.count, {rows, static_cast<std::size_t>(piece.count * columns)});
  }
  scratch.resize(static_cast<std::size_t>(piece.count * columns));
  if (const auto done = dequantise_rows(*load.source, piece.first, piece.count, scratch); !done) return done;
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

// The list of all tensors the model needs, with their shapes checked.
class Plan {
 public:
  Plan(const Gguf& file, at::ScalarType dtype) : file_(file), dtype_(dtype) {}

  // A matrix [rows, columns]; a vector [columns] where rows is 0.
  void add(const std::string& name, at::Tensor& target, std::int64_t rows, std::int64_t columns, at::ScalarType dtype,
           std::int64_t head_rows = 0) {
    const TensorInfo* source = file_.tensor(name);
    const std::vector<std::int64_t> wanted = rows ? std::vector{rows, columns} : std::vector{columns};
    if (!source || !std::equal(wanted.begin(), wanted.end(), source->shape().begin(), source->shape().end())) {
      if (!error_) error_ = Error{"model.tensor", file_.path() + ":" + name, {name, text_of(wanted)}};
      return;
    }
    loads_.push_back({source, &target, dtype, head_rows, bytes_});
    bytes_ += (loads_.back().bytes() + 63) / 64 * 64;
  }
  void vector(const std::string& name, at::Tensor& target, std::int64_t size) { add(name, target, 0, size, at::kFloat); }
  void matrix(const std::string& name, at::Tensor& target, std::int64_t rows, std::int64_t columns,
              std::int64_t head_rows = 0) {
    add(name, target, rows, columns, dtype_, head_rows);
  }

  const std::optional<Error>& error() const { return error_; }
  std::int64_t bytes() const { return bytes_; }
  const std::vector<Load>& loads() const { return loads_; }

 private:
  static std::string text_of(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
  }

  const Gguf& file_;
  at::ScalarType dtype_;
  std::optional<Error> error_;
  std::vector<Load> loads_;
  std::int64_t bytes_ = 0;
};

Plan plan(const Gguf& file, const Config& c, at::ScalarType dtype, Weights& weights) {
  Plan p(file, dtype);
  const std::int64_t q_rows = c.n_heads * c.d_head, kv_rows = c.n_kv_heads * c.d_head;
  const std::int64_t head_rows = c.paired_rotation ? c.d_head : 0;
  p.add("token_embd.weight", weights.embedding, c.vocabulary, c.d_model, at::kFloat);
  p.vector("output_norm.weight", weights.final_norm, c.d_model);
  if (!c.tied_head) p.add("output.weight", weights.head, c.vocabulary, c.d_model, at::kFloat);
  weights.blocks.resize(static_cast<std::size_t>(c.n_layers));
  for (std::int64_t layer = 0; layer < c.n_layers; ++layer) {
    Block& block = weights.blocks[layer];
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    p.vector(prefix + "attn_norm.weight", block.norm1, c.d_model);
    p.matrix(prefix + "attn_q.weight", block.q, q_rows, c.d_model, head_rows);
    p.matrix(prefix + "attn_k.weight", block.k, kv_rows, c.d_model, head_rows);
    p.matrix(prefix + "attn_v.weight", block.v, kv_rows, c.d_model);
    if (c.qk_norm) {
      p.vector(prefix + "attn_q_norm.weight", block.q_norm, c.d_head);
      p.vector(prefix + "attn_k_norm.weight", block.k_norm, c.d_head);
    }
    p.matrix(prefix + "attn_output.weight", block.out, c.d_model, q_rows);
    p.vector(prefix + "ffn_norm.weight", block.norm2, c.d_model);
    p.matrix(prefix + "ffn_gate.weight", block.gate, c.d_mlp, c.d_model);
    p.matrix(prefix + "ffn_up.weight", block.up, c.d_mlp, c.d_model);
    p.matrix(prefix + "ffn_down.weight", block.down, c.d_model, c.d_mlp);
  }
  return p;
}

// One piece of memory for all weights, unmapped with the last tensor in it.
std::shared_ptr<std::byte> map_arena(std::int64_t bytes) {
  const auto size = static_cast<std::size_t>((bytes + page - 1) / page * page);
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, size, MADV_HUGEPAGE);   // a wish: without it everything works, with more page faults
  return {static_cast<std::byte*>(memory), [size](std::byte* p) { munmap(p, size); }};
}

}  // namespace

Result<Weights> load_weights(const Gguf& file, const Config& config, at::Device device, at::ScalarType dtype,
                             int threads, const Progress& progress) {
  Weights weights;
  const Plan wanted = plan(file, config, dtype, weights);
  if (wanted.error()) return tl::unexpected(*wanted.error());

  // Cut the work into pieces of about a megabyte.
  std::vector<Piece> pieces;
  for (const Load& load : wanted.loads()) {
    const std::int64_t rows = load.source->rows(), step = std::max<std::int64_t>(1, (1 << 18) / load.source->columns());
    for (std::int64_t first = 0; first < rows; first += step) pieces.push_back({&load, first, std::min(step, rows - first)});
  }

  // Let the threads take one piece after the other.
  const std::shared_ptr<std::byte> arena = map_arena(wanted.bytes());
  if (!arena) return fail("device.memory", file.path(), {std::to_string(wanted.bytes())});
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Result<void> outcome;
  const auto work = [&](bool reports) {
    std::vector<float> scratch;
    for (std::size_t i; (i = next++) < pieces.size();) {
      Result<void> done = dequantise_piece(pieces[i], arena.get(), scratch);
      if (done && progress.stop.stop_requested()) done = fail("job.stopped", file.path());
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
  for (const Load& load : wanted.loads()) {
    const at::Tensor here = at::from_blob(arena.get() + load.offset, load.source->shape(), [arena](void*) {},
                                          at::TensorOptions().dtype(load.dtype));
    *load.target = here.to(device);
  }
  if (config.tied_head) weights.head = weights.embedding;
  return weights;
}

std::int64_t bytes_of(const Weights& weights) {
  std::int64_t sum = 0;
  const auto add = [&](const at::Tensor& tensor) {
    if (tensor.defined()) sum += static_cast<std::int64_t>(tensor.nbytes());
  };
  add(weights.embedding);
  if (!weights.head.is_same(weights.embedding)) add(weights.head);
  add(weights.final_norm);
  for (const Block& b : weights.blocks)
    for (const at::Tensor* t : {&b.norm1, &b.q, &b.k, &b.v, &b.q_norm, &b.k_norm, &b.out, &b.norm2, &b.gate, &b.up, &b.down})
      add(*t);
  return sum;
}

}  // namespace tb
