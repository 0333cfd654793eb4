// What one step of training reads, and in which order the steps read a text. No random state is kept anywhere: a batch
// is a function of the seed and of the step's number: a run that goes on after a crash reads what it would have read.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/random.h"

namespace tb {

// One text.
struct Example {
  std::vector<std::int64_t> ids;
  std::vector<bool> learned;       // which ids are to be predicted from those before them; empty: all but the first
};

// Texts of one length, one behind the other.
struct Batch {
  std::int64_t texts = 1;
  std::vector<std::int64_t> ids;       // [text * pos]
  std::vector<std::int64_t> targets;   // [text * pos] the id that comes next; -1 where nothing is to be learned

  std::int64_t pos() const { return static_cast<std::int64_t>(ids.size()) / texts; }
  std::int64_t learned() const;        // how many targets there are
  // The texts first, first + 1, ... of this batch.
  Batch part(std::int64_t first, std::int64_t count) const;
};

// Shorter texts are filled up at their end, where no token that counts can see it.
Batch batch_of(std::span<const Example> examples);

// The mean of -log p(target) over the targets, in nats. logits [text * pos, vocab], targets [text * pos] -> []
// With `learned` > 0, the sum is divided by that instead: so parts of a batch add up to its mean.
at::Tensor next_token_loss(const at::Tensor& logits, const at::Tensor& targets, std::int64_t learned = 0);

// Batch number `step`, 0, 1, ...
using Data = std::function<Batch(std::int64_t step)>;

// A long text, cut into windows of `length` targets. Neighbours share one token, so that every token but the very first
// is a target once. The last window may be shorter.
std::vector<Example> windows(std::span<const std::int64_t> ids, std::int64_t length);

// `texts` examples a step. Every pass over all examples has an order of its own; the next pass follows without a gap.
Data shuffled(std::vector<Example> examples, std::int64_t texts, std::uint64_t seed);

// Each step reads what both read, one batch after the other.
Data together(Data first, Data second);

// Random tokens, again and again: each text is one random piece of `shortest` to `longest` tokens, repeated until
// `length` tokens stand there. What stands there a second time is to be learned: it can be found by looking for the
// earlier occurrence (induction, Olsson et al. 2022), and since each text repeats at another distance, by nothing else.
struct Repeats {
  std::int64_t vocabulary = 64, length = 64, shortest = 8, longest = 32, texts = 32;
};
Data repeated_pieces(const Repeats& sizes, std::uint64_t seed);

// An independent source of random numbers for each index.
Random random_for(std::uint64_t seed, std::uint64_t index);

}  // namespace tb
