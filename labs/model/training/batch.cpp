#include "labs/model/training/batch.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>

namespace tb {

std::int64_t Batch::learned() const {
  return std::count_if(targets.begin(), targets.end(), [](std::int64_t target) { return target >= 0; });
}

Batch Batch::part(std::int64_t first, std::int64_t count) const {
  const auto from = first * pos(), to = (first + count) * pos();
  return {count, {ids.begin() + from, ids.begin() + to}, {targets.begin() + from, targets.begin() + to}};
}

Batch batch_of(std::span<const Example> examples) {
  std::size_t longest = 0;
  for (const Example& example : examples) longest = std::max(longest, example.ids.size());
  Batch batch;
  batch.texts = static_cast<std::int64_t>(examples.size());
  if (longest < 2) return batch;   // nothing comes next
  for (const Example& example : examples) {
    for (std::size_t i = 0; i + 1 < longest; ++i) {
      const bool here = i < example.ids.size(), next = i + 1 < example.ids.size();
      batch.ids.push_back(here ? example.ids[i] : 0);
      batch.targets.push_back(next && (example.learned.empty() || example.learned[i + 1]) ? example.ids[i + 1] : -1);
    }
  }
  return batch;
}

// [loss]
at::Tensor next_token_loss(const at::Tensor& logits, const at::Tensor& targets, std::int64_t learned) {
  const at::Tensor sum = at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum, /*ignore_index=*/-1);
  return sum / (learned > 0 ? learned : targets.ge(0).sum().item<std::int64_t>());
}
// [/loss]

std::vector<Example> windows(std::span<const std::int64_t> ids, std::int64_t length) {
  std::vector<Example> all;
  const auto size = static_cast<std::int64_t>(ids.size());
  for (std::int64_t first = 0; length > 0 && first + 1 < size; first += length) {
    const auto last = ids.begin() + std::min(first + length + 1, size);
    all.push_back({{ids.begin() + first, last}, {}});
  }
  return all;
}

Random random_for(std::uint64_t seed, std::uint64_t index) {
  // Mixed twice, since the states of one generator lie at equal distances from each other.
  return Random(Random(Random(seed).next() ^ index).next());
}

Data shuffled(std::vector<Example> examples, std::int64_t texts, std::uint64_t seed) {
  struct Pass {
    std::int64_t number = -1;
    std::vector<std::int64_t> order;
  };
  const auto all = std::make_shared<const std::vector<Example>>(std::move(examples));
  const auto pass = std::make_shared<Pass>();   // the one that was read last
  return [all, pass, texts, seed](std::int64_t step) {
    const auto count = static_cast<std::int64_t>(all->size());
    std::vector<Example> chosen;
    for (std::int64_t i = step * texts; count > 0 && i < (step + 1) * texts; ++i) {
      if (pass->number != i / count) {
        pass->number = i / count;
        pass->order.resize(all->size());
        std::iota(pass->order.begin(), pass->order.end(), 0);
        Random random = random_for(seed, static_cast<std::uint64_t>(pass->number));
        for (std::int64_t k = count - 1; k > 0; --k) std::swap(pass->order[k], pass->order[random.below(k + 1)]);
      }
      chosen.push_back((*all)[pass->order[i % count]]);
    }
    return batch_of(chosen);
  };
}

Data together(Data first, Data second) {
  return [first = std::move(first), second = std::move(second)](std::int64_t step) {
    const Batch parts[] = {first(step), second(step)};
    const std::int64_t longest = std::max(parts[0].pos(), parts[1].pos());
    Batch batch{.texts = parts[0].texts + parts[1].texts, .ids = {}, .targets = {}};
    for (const Batch& part : parts) {
      for (std::int64_t text = 0; text < part.texts; ++text) {
        for (std::int64_t i = 0; i < longest; ++i) {   // shorter ones are filled up at their end
          const bool here = i < part.pos();
          batch.ids.push_back(here ? part.ids[text * part.pos() + i] : 0);
          batch.targets.push_back(here ? part.targets[text * part.pos() + i] : -1);
        }
      }
    }
    return batch;
  };
}

Data repeated_pieces(const Repeats& sizes, std::uint64_t seed) {
  return [sizes, seed](std::int64_t step) {
    Random random = random_for(seed, static_cast<std::uint64_t>(step));
    std::vector<Example> examples(static_cast<std::size_t>(sizes.texts));
    for (Example& example : examples) {
      const std::int64_t piece = sizes.shortest + random.below(sizes.longest - sizes.shortest + 1);
      for (std::int64_t i = 0; i < sizes.length; ++i) {
        example.ids.push_back(i < piece ? random.below(sizes.vocabulary) : example.ids[i - piece]);
        example.learned.push_back(i > piece);   // the first token of the second round cannot be known
      }
    }
    return batch_of(examples);
  };
}

}  // namespace tb
