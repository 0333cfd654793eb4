#include "labs/probe/probe.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include <ATen/ATen.h>

#include "base/random.h"
#include "labs/columns.h"
#include "labs/model/analysis/lens.h"
#include "labs/model/analysis/patching.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr std::int64_t draws = 20;   // of shuffled labels

struct Item {
  std::vector<std::int64_t> ids;
  std::int64_t a = 0, b = 0;         // tokens of the names
  bool first = false;                // S is A
};

std::string filled(std::string text, const std::string& a, const std::string& b, const std::string& s) {
  const std::pair<const char*, const std::string&> slots[] = {{"[A]", a}, {"[B]", b}, {"[S]", s}};
  for (const auto& [slot, name] : slots)
    for (std::size_t at = text.find(slot); at != std::string::npos; at = text.find(slot, at + name.size()))
      text.replace(at, 3, name);
  return text;
}

// The two texts of each ordered pair of names: S is A, then S is B. Errors: probe.length (texts of unequal length).
class Items {
 public:
  explicit Items(const Job& job) : tokenizer_(job.model->tokenizer()), form_(text_input(job.inputs, "template")) {}

  Result<std::vector<Item>> of(std::span<const std::string> names) {
    std::vector<Item> items;
    for (const std::string& a : names)
      for (const std::string& b : names) {
        if (a == b) continue;
        for (const bool first : {true, false}) {
          Item item{.ids = tokenizer_.encode(filled(form_, a, b, first ? a : b)).ids(), .first = first};
          if (item.ids.empty()) return no_token(tokenizer_, "template");
          if (static_cast<std::int64_t>(item.ids.size()) > ProbeLab::longest)
            return fail("lab.too_long", "template",
                        {std::to_string(item.ids.size()), std::to_string(ProbeLab::longest)});
          if (length_ == 0) length_ = item.ids.size();
          if (item.ids.size() != length_) return fail("probe.length", "names", {a, b});
          item.a = tokenizer_.encode(" " + a).ids().front();
          item.b = tokenizer_.encode(" " + b).ids().front();
          items.push_back(std::move(item));
        }
      }
    return items;
  }
  std::int64_t length() const { return static_cast<std::int64_t>(length_); }

 private:
  const Tokenizer& tokenizer_;
  std::string form_;
  std::size_t length_ = 0;
};

// One row of the stream before each block, of unit root mean square, for every item: [item, layer, d_model].
Result<at::Tensor> rows_of(Job& job, std::span<const Item> items, std::int64_t row, std::int64_t& computed) {
  const Config& config = job.model->transformer().config();
  const auto probes = Probes::of(*job.model, lens_points(config));
  if (!probes) return tl::unexpected(probes.error());
  Context context(*job.model);
  std::vector<at::Tensor> rows;
  for (const Item& item : items) {
    const auto run = context.run(item.ids, *probes, {}, {.stop = job.progress.stop, .report = {}});
    if (!run) return tl::unexpected(run.error());
    computed += run->computed;
    const auto stream = stream_of_row(config, context, row);
    if (!stream) return tl::unexpected(stream.error());
    const at::Tensor before = stream->slice(0, 0, config.n_layers).to(at::kDouble);
    rows.push_back(before / before.pow(2).mean(1, true).sqrt());
    if (job.progress.report)
      job.progress.report(static_cast<double>(rows.size()) / static_cast<double>(items.size()), "texts");
    if (job.yield) job.yield();
  }
  return at::stack(rows);
}

// The probe is the difference of the two means, its threshold halfway between them: how many of the tested items fall on
// the right side, by layer. `first` [item] is 1 where the label is "A".
at::Tensor accuracy(const at::Tensor& fitted, const at::Tensor& first, const at::Tensor& tested,
                    const at::Tensor& truth) {
  const at::Tensor second = 1 - first;
  const at::Tensor a = at::einsum("ild,i->ld", {fitted, first}) / first.sum();
  const at::Tensor b = at::einsum("ild,i->ld", {fitted, second}) / second.sum();
  const at::Tensor side = at::einsum("ild,ld->il", {tested - ((a + b) / 2).unsqueeze(0), a - b});
  return (side.gt(0) == truth.gt(0.5).unsqueeze(1)).to(at::kDouble).mean(0);
}

at::Tensor labels(std::span<const Item> items) {
  std::vector<double> values;
  for (const Item& item : items) values.push_back(item.first);
  return at::tensor(values, at::kDouble);
}

// Recovery of every pair, layer by layer from the last one.
struct Use {
  std::vector<double> mean, low, high;   // [layer]; NaN: not yet
};

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  const std::int64_t layers = job.model->transformer().config().n_layers;
  const auto names = read_lines(job, "names", ProbeLab::least_names, ProbeLab::most_names);
  if (!names) return tl::unexpected(names.error());
  const std::string& form = text_input(job.inputs, "template");
  for (const char* slot : {"[A]", "[B]", "[S]"})
    if (form.find(slot) == std::string::npos) return fail("probe.slot", "template", {slot});

  // Fit on one half of the names, test on the other.
  Items items(job);
  const std::size_t half = names->size() / 2;
  const auto fit = items.of(std::span(*names).first(half)), test = items.of(std::span(*names).subspan(half));
  if (!fit) return tl::unexpected(fit.error());
  if (!test) return tl::unexpected(test.error());
  const std::int64_t row = nearest_row(integer_input(job.inputs, "query"), items.length());
  std::int64_t computed = 0;
  const auto fitted = rows_of(job, *fit, row, computed);
  if (!fitted) return tl::unexpected(fitted.error());
  const auto tested = rows_of(job, *test, row, computed);
  if (!tested) return tl::unexpected(tested.error());
  const at::Tensor first = labels(*fit), truth = labels(*test);
  const at::Tensor right = accuracy(*fitted, first, *tested, truth);
  at::Tensor shuffled = at::zeros({layers}, at::kDouble);
  Random random(static_cast<std::uint64_t>(integer_input(job.inputs, "seed")));
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    std::vector<std::int64_t> order(fit->size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto j = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i) + 1));
      order[i] = order[j];
      order[j] = static_cast<std::int64_t>(i);
    }
    shuffled += accuracy(*fitted, first.index_select(0, at::tensor(order)), *tested, truth) / draws;
  }

  const auto wanted = static_cast<std::size_t>(integer_input(job.inputs, "pairs"));
  const std::size_t pairs = std::min(wanted, test->size() / 2);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto count = static_cast<std::size_t>(layers);
  Use use{std::vector<double>(count, nan), std::vector<double>(count, nan), std::vector<double>(count, nan)};
  const auto snapshot_of = [&] {
    Snapshot snapshot = begin_snapshot("probe", job.inputs, job.model->info());
    add_token_columns(snapshot, "tokens", job.model->tokenizer(), test->front().ids);
    add_number(snapshot, "row.query", "", static_cast<double>(row));
    add_tensor(snapshot, "probe.accuracy", "probability", right);
    add_tensor(snapshot, "probe.shuffled", "probability", shuffled);
    add_numbers(snapshot, "use.recovery", "", use.mean);
    add_numbers(snapshot, "use.low", "", use.low);
    add_numbers(snapshot, "use.high", "", use.high);
    add_number(snapshot, "count.fitted", "", static_cast<double>(fit->size()));
    add_number(snapshot, "count.tested", "", static_cast<double>(test->size()));
    add_number(snapshot, "count.pairs", "", static_cast<double>(pairs));
    return snapshot;
  };

  // Patch the row in the text where S is B from the one where S is A, whose answer is B.
  std::vector<std::vector<double>> recovery(count);
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const Item& clean = (*test)[2 * (pair * (test->size() / 2) / pairs)];
    const Item& corrupted = (&clean)[1];
    auto patching = Patching::of(*job.model, {clean.ids, corrupted.ids, {clean.b, clean.a}},
                                 {.stop = job.progress.stop, .report = {}});
    if (!patching) return tl::unexpected(patching.error());
    for (std::int64_t layer = layers; layer-- > 0;) {
      const auto answer = patching->patched(Point::resid_pre, layer, {&row, 1}, {}, job.progress.stop);
      if (!answer) return tl::unexpected(answer.error());
      recovery[static_cast<std::size_t>(layer)].push_back(patching->recovery(*answer));
    }
    computed += 2 * patching->tokens();
    for (std::size_t layer = 0; layer < count; ++layer) {
      const std::vector<double>& of = recovery[layer];
      double sum = 0;
      for (const double one : of) sum += one;
      use.mean[layer] = sum / static_cast<double>(of.size());
      use.low[layer] = *std::min_element(of.begin(), of.end());
      use.high[layer] = *std::max_element(of.begin(), of.end());
    }
    if (job.progress.report)
      job.progress.report(static_cast<double>(pair + 1) / static_cast<double>(pairs), "patching");
    if (job.publish && pair + 1 < pairs && pair % 4 == 0) {
      Snapshot snapshot = snapshot_of();
      snapshot.partial = true;
      job.publish(std::move(snapshot));
    }
    if (job.yield) job.yield();
  }
  Snapshot snapshot = snapshot_of();
  snapshot.tokens_computed = computed;
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace

std::vector<Field> ProbeLab::fields(const Model*) const {
  return {
      {.key = "template",
       .initial = std::string("When [A] and [B] went to the store, [S] gave a drink to"), .max = 1000},
      {.key = "names",
       .initial = std::string("John\nMary\nTom\nAnna\nJames\nSarah\nPaul\nKate\nMark\nLucy\nPeter\nAlice"),
       .max = 1000, .unit = "lines"},
      {.key = "query", .initial = std::int64_t{-2}, .min = -longest, .max = longest - 1, .step = 1},
      {.key = "pairs", .initial = std::int64_t{20}, .min = 1, .max = 56, .step = 1},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1},
  };
}

Result<Snapshot> ProbeLab::run(Job& job) const {
  return guarded("template", [&] { return run_model(job); });
}

}  // namespace tb
