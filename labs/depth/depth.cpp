#include "labs/depth/depth.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <optional>

#include <ATen/ATen.h>

#include "base/files.h"
#include "base/random.h"
#include "labs/columns.h"
#include "labs/lens/prose.h"
#include "labs/model/analysis/lens.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"
#include "labs/stats/bootstrap.h"

namespace tb {
namespace {

constexpr const char* usual_prompts =
    "The capital of France is\n"
    "The capital of Japan is\n"
    "The Eiffel Tower is in the city of\n"
    "Paris is in France. Berlin is in\n"
    "When John and Mary went to the store, John gave a drink to\n"
    "Anna and Tom sat in the park. Tom gave a ball to\n"
    "The opposite of hot is\n"
    "The opposite of big is\n"
    "To be or not to\n"
    "Once upon a time, there was a\n"
    "A B C D E F\n"
    "one two three four five\n"
    "Monday Tuesday Wednesday\n"
    "January February March\n"
    "The cat sat on the\n"
    "The sun rises in the\n"
    "Water freezes at zero degrees\n"
    "The largest planet in the solar system is\n"
    "def add(a, b): return a +\n"
    "for i in range(10):\n"
    "He opened the door and walked into the\n"
    "She was so tired that she fell\n"
    "Thank you very\n"
    "The zorblat flew over the hill. We all cheered because the zor";

struct DepthSession : Session {
  std::optional<Translator> translator;
};

// What one text gives.
struct OfPrompt {
  std::string text;
  std::int64_t answer = 0;
  double p = 0;
  std::vector<std::int64_t> plain, translated, shuffled;   // the most probable token after each step
  bool bigram = false;
};

std::vector<std::int64_t> leading(const Lens& lens) {
  std::vector<std::int64_t> ids;
  for (const LensStep& step : lens.steps) ids.push_back(step.ids.front());
  return ids;
}

// The commonest token of the prose that the translator is fitted on. Errors: file.open.
Result<std::int64_t> commonest_token(const Tokenizer& tokenizer) {
  const auto prose = read_file(textbook_root() / "assets/texts/prose.txt");
  if (!prose) return tl::unexpected(prose.error());
  std::map<std::int64_t, std::int64_t> counts;
  for (const std::int64_t id : tokenizer.encode(*prose).ids()) ++counts[id];
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })->first;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

class Depths {
 public:
  Depths(Job& job, const Translator* translator) : job_(job), translator_(translator), context_(*job.model) {}

  // The lens on the text itself, on its tokens in another order, and on its last token alone.
  Result<OfPrompt> of(const std::string& text, const Probes& probes, Random& random) {
    OfPrompt result{.text = text};
    std::vector<std::int64_t> ids = job_.model->tokenizer().encode(text).ids();
    if (ids.empty()) return no_token(job_.model->tokenizer(), "prompts");
    if (static_cast<std::int64_t>(ids.size()) > DepthLab::longest)
      return fail("lab.too_long", "prompts", {std::to_string(ids.size()), std::to_string(DepthLab::longest)});
    const auto lens = read(ids, probes, nullptr);
    if (!lens) return tl::unexpected(lens.error());
    result.plain = leading(*lens);
    result.answer = result.plain.back();
    result.p = lens->steps.back().p.front();
    if (translator_) {
      const auto translated = read(ids, probes, translator_);
      if (!translated) return tl::unexpected(translated.error());
      result.translated = leading(*translated);
    }
    for (std::size_t i = ids.size() - 1; i-- > 1;)
      std::swap(ids[i], ids[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i) + 1))]);
    const auto shuffled = read(ids, probes, nullptr);
    if (!shuffled) return tl::unexpected(shuffled.error());
    result.shuffled = leading(*shuffled);
    const auto alone = read(std::span(ids).last(1), probes, nullptr);
    if (!alone) return tl::unexpected(alone.error());
    result.bigram = leading(*alone).back() == result.answer;
    return result;
  }

  std::int64_t computed = 0;

 private:
  Result<Lens> read(std::span<const std::int64_t> ids, const Probes& probes, const Translator* translator) {
    const auto run = context_.run(ids, probes, {}, {.stop = job_.progress.stop, .report = {}});
    if (!run) return tl::unexpected(run.error());
    computed += run->computed;
    return logit_lens(job_.model->transformer(), context_, -1, 1, translator);
  }

  Job& job_;
  const Translator* translator_;
  Context context_;
};

// depth [prompt], their median and ends, and the share of the texts in which the answer leads, by step.
void add_reading(Snapshot& snapshot, const std::string& name, const std::vector<OfPrompt>& prompts,
                 std::vector<std::int64_t> OfPrompt::*tops) {
  std::vector<double> depth, share((prompts.front().*tops).size());
  for (const OfPrompt& prompt : prompts) {
    depth.push_back(static_cast<double>(decision_depth(prompt.*tops)));
    for (std::size_t step = 0; step < share.size(); ++step)
      share[step] += ((prompt.*tops)[step] == prompt.answer) / static_cast<double>(prompts.size());
  }
  add_number(snapshot, name + ".median", "block", median(depth));
  // The median moves with the texts: by how much, if others of the same kind had been drawn?
  const auto spread = stats::bootstrap(static_cast<std::int64_t>(depth.size()), [&](auto drawn) {
    std::vector<double> again;
    for (const std::int64_t at : drawn) again.push_back(depth[static_cast<std::size_t>(at)]);
    return median(std::move(again));
  });
  add_number(snapshot, name + ".low", "block", spread ? spread->interval.low : std::nan(""));
  add_number(snapshot, name + ".high", "block", spread ? spread->interval.high : std::nan(""));
  add_number(snapshot, name + ".first", "block", *std::min_element(depth.begin(), depth.end()));
  add_number(snapshot, name + ".last", "block", *std::max_element(depth.begin(), depth.end()));
  add_numbers(snapshot, name + ".depth", "block", std::move(depth));
  add_numbers(snapshot, name + ".share", "probability", std::move(share));
}

void add_baseline(Snapshot& snapshot, const std::string& name, std::vector<double> same) {
  add_number(snapshot, name + ".share", "probability",
             std::accumulate(same.begin(), same.end(), 0.0) / static_cast<double>(same.size()));
  add_numbers(snapshot, name + ".same", "", std::move(same));
}

Snapshot snapshot_of(const Job& job, const std::vector<OfPrompt>& prompts, std::int64_t commonest) {
  Snapshot snapshot = begin_snapshot("depth", job.inputs, job.model->info());
  std::vector<std::string> texts;
  std::vector<std::int64_t> answers;
  std::vector<double> p, unigram, bigram, same, led(prompts.front().shuffled.size());
  for (const OfPrompt& prompt : prompts) {
    texts.push_back(prompt.text);
    answers.push_back(prompt.answer);
    p.push_back(prompt.p);
    unigram.push_back(prompt.answer == commonest);
    bigram.push_back(prompt.bigram);
    same.push_back(prompt.shuffled.back() == prompt.answer);
    for (std::size_t step = 0; step < led.size(); ++step)
      led[step] += (prompt.shuffled[step] == prompt.answer) / static_cast<double>(prompts.size());
  }
  add_texts(snapshot, "prompts.text", std::move(texts));
  add_token_columns(snapshot, "answer", job.model->tokenizer(), answers);
  add_numbers(snapshot, "prompts.p", "probability", std::move(p));
  add_reading(snapshot, "plain", prompts, &OfPrompt::plain);
  if (!prompts.front().translated.empty()) add_reading(snapshot, "translated", prompts, &OfPrompt::translated);
  add_baseline(snapshot, "unigram", std::move(unigram));
  add_baseline(snapshot, "bigram", std::move(bigram));
  add_baseline(snapshot, "shuffled", std::move(same));
  add_numbers(snapshot, "shuffled.led", "probability", std::move(led));
  return snapshot;
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  auto* kept = dynamic_cast<DepthSession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<DepthSession>();
    kept = static_cast<DepthSession*>(job.kept.get());
  }
  const auto texts = read_lines(job, "prompts", 1, DepthLab::most);
  if (!texts) return tl::unexpected(texts.error());
  const auto commonest = commonest_token(job.model->tokenizer());
  if (!commonest) return tl::unexpected(commonest.error());
  const auto probes = Probes::of(*job.model, lens_points(job.model->transformer().config()));
  if (!probes) return tl::unexpected(probes.error());
  const bool translated = switch_input(job.inputs, "translated");
  if (translated && !kept->translator) {
    auto translator = translator_from_prose(job, *probes);
    if (!translator) return tl::unexpected(translator.error());
    kept->translator = std::move(*translator);
  }

  Depths depths(job, translated ? &*kept->translator : nullptr);
  Random random(static_cast<std::uint64_t>(integer_input(job.inputs, "seed")));
  std::vector<OfPrompt> prompts;
  for (const std::string& text : *texts) {
    auto one = depths.of(text, *probes, random);
    if (!one) return tl::unexpected(one.error());
    prompts.push_back(std::move(*one));
    if (job.progress.report)
      job.progress.report(static_cast<double>(prompts.size()) / static_cast<double>(texts->size()), "texts");
    if (prompts.size() % 6 == 0 && prompts.size() < texts->size() && job.publish) {
      Snapshot snapshot = snapshot_of(job, prompts, *commonest);
      snapshot.partial = true;
      job.publish(std::move(snapshot));
    }
    if (job.yield) job.yield();
  }
  Snapshot snapshot = snapshot_of(job, prompts, *commonest);
  snapshot.tokens_computed = depths.computed;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> DepthLab::fields(const Model*) const {
  return {
      {.key = "prompts", .initial = std::string(usual_prompts), .max = 8000, .unit = "lines"},
      {.key = "translated", .initial = false},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1},
  };
}

Result<Snapshot> DepthLab::run(Job& job) const {
  return guarded("prompts", [&] { return run_model(job); });
}

}  // namespace tb
