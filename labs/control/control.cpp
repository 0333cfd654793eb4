#include "labs/control/control.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>

#include <ATen/ATen.h>

#include "base/random.h"
#include "labs/columns.h"
#include "labs/control/change.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/source.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr std::int64_t listed = 5;           // tokens of either run
constexpr std::size_t between_looks = 8;     // controls from one published snapshot to the next

struct ControlSession : Session {
  std::unique_ptr<Context> base, changed, donor;
  std::vector<std::int64_t> ids, donor_ids;
  std::shared_ptr<const Source> of_donor;
  Question question;
  std::map<std::vector<std::string>, double> effects;   // of the controls, by their SPECs: how the answer changes
};

double ahead(const at::Tensor& logits, const Question& question) {
  const double target = logits[question.target].item<double>();
  return question.foil ? target - logits[*question.foil].item<double>() : target;
}

class Experiment {
 public:
  Experiment(Job& job, ControlSession& kept) : job_(job), kept_(kept), config_(job.model->transformer().config()) {}

  Result<Snapshot> run() {
    const auto start = std::chrono::steady_clock::now();
    auto reading = read_text(job_, kept_.base, "prompt", ControlLab::longest, {"blocks.*.attn.pattern", "final_norm"});
    if (!reading) return tl::unexpected(reading.error());
    const auto n = static_cast<std::int64_t>(reading->ids.size());
    const auto question = question_of(job_, *reading->context, n - 1);
    if (!question) return tl::unexpected(question.error());
    if (kept_.ids != reading->ids || !(kept_.question == *question)) kept_.effects.clear();
    kept_.ids = reading->ids;
    kept_.question = *question;
    computed_ = reading->report.computed;

    // 1. What is changed.
    auto heads = parse_heads(text_input(job_.inputs, "heads"), config_.n_layers, config_.n_heads, "heads");
    if (!heads) return tl::unexpected(heads.error());
    query_ = nearest_row(integer_input(job_.inputs, "query"), n);
    const bool every_row = switch_input(job_.inputs, "every-row");
    change_ = {.action = text_input(job_.inputs, "action"), .heads = std::move(*heads),
               .queries = every_row ? "*" : std::to_string(query_),
               .keys = {std::min(nearest_row(integer_input(job_.inputs, "key"), n), every_row ? n - 1 : query_)},
               .value = number_input(job_.inputs, "strength")};

    if (change_.action == "swap")
      if (const auto done = read_donor(n); !done) return tl::unexpected(done.error());

    // 2. The run with it.
    before_ = reading->context->last_logits();
    const auto after = logits_with(change_, patterns_of_chosen());
    if (!after) return tl::unexpected(after.error());
    after_ = *after;
    Snapshot snapshot = begin_snapshot("control", job_.inputs, job_.model->info());
    describe(snapshot, *reading);

    // 3. The same elsewhere.
    if (const auto done = run_controls(snapshot, n); !done) return tl::unexpected(done.error());
    add_controls(snapshot);
    snapshot.tokens_computed = computed_;
    snapshot.tokens_reused = reading->report.reused;
    snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return snapshot;
  }

 private:
  // The text whose attention is put in the place of this one's: token for token, so it must be as long.
  Result<void> read_donor(std::int64_t n) {
    const auto reading = read_text(job_, kept_.donor, "donor", ControlLab::longest, {"blocks.*.attn.pattern"});
    if (!reading) return tl::unexpected(reading.error());
    computed_ += reading->report.computed;
    if (static_cast<std::int64_t>(reading->ids.size()) != n)
      return fail("control.donor", "donor", {std::to_string(reading->ids.size()), std::to_string(n)});
    if (kept_.donor_ids == reading->ids) return {};
    kept_.donor_ids = reading->ids;
    kept_.of_donor = Source::of(*reading->context);
    kept_.effects.clear();
    return {};
  }

  std::vector<std::string> patterns_of_chosen() const {
    std::vector<std::string> points;
    for (const auto& [layer, head] : change_.heads)
      if (points.empty() || points.back() != block_point(layer, "attn.pattern"))
        points.push_back(block_point(layer, "attn.pattern"));
    return points;
  }

  // Of the last row, float32 [vocab].
  Result<at::Tensor> logits_with(const Change& change, const std::vector<std::string>& points) {
    std::vector<Intervention> interventions;
    for (const std::string& spec : change.specs()) {
      auto parsed = Intervention::parse(spec, config_, change.action == "swap" ? kept_.of_donor : nullptr);
      if (!parsed) return tl::unexpected(parsed.error());
      interventions.push_back(std::move(*parsed));
    }
    const auto probes = Probes::of(*job_.model, points);
    if (!probes) return tl::unexpected(probes.error());
    if (!kept_.changed) kept_.changed = std::make_unique<Context>(*job_.model);
    const auto report = kept_.changed->run(kept_.ids, *probes, interventions, {.stop = job_.progress.stop, .report = {}});
    if (!report) return tl::unexpected(report.error());
    computed_ += report->computed;
    return kept_.changed->last_logits();
  }

  // Everything but the controls.
  void describe(Snapshot& snapshot, const Reading& reading) const {
    const Tokenizer& tokenizer = job_.model->tokenizer();
    add_token_columns(snapshot, "tokens", tokenizer, reading.ids);
    add_unencodable(snapshot, reading.encoding);
    add_question(snapshot, tokenizer, kept_.question);
    add_number(snapshot, "edge.query", "", static_cast<double>(query_));
    add_number(snapshot, "edge.key", "", static_cast<double>(change_.keys[0]));

    std::vector<double> layers, heads;
    std::vector<at::Tensor> rows_before, rows_after;
    for (const auto& [layer, head] : change_.heads) {
      layers.push_back(static_cast<double>(layer));
      heads.push_back(static_cast<double>(head));
      const std::string point = block_point(layer, "attn.pattern");
      rows_before.push_back(kept_.base->point(point)[head][query_]);
      rows_after.push_back(kept_.changed->point(point)[head][query_]);
    }
    add_numbers(snapshot, "heads.layer", "", std::move(layers));
    add_numbers(snapshot, "heads.head", "", std::move(heads));
    add_tensor(snapshot, "pattern.before", "probability", at::stack(rows_before));
    add_tensor(snapshot, "pattern.after", "probability", at::stack(rows_after));

    add_number(snapshot, "answer.before", "logit", ahead(before_, kept_.question));
    add_number(snapshot, "answer.after", "logit", ahead(after_, kept_.question));
    add_number(snapshot, "answer.change", "logit", change_of(after_));
    const at::Tensor p = at::softmax(at::stack({before_, after_}).to(at::kDouble), 1);   // [run, vocab]
    add_tensor(snapshot, "answer.p", "probability", p.select(1, kept_.question.target));
    if (kept_.question.foil) add_tensor(snapshot, "other.p", "probability", p.select(1, *kept_.question.foil));

    // The best of both runs, by their larger probability.
    std::vector<std::int64_t> top;
    for (const std::int64_t run : {0, 1}) {
      const at::Tensor best = std::get<1>(p[run].topk(std::min(listed, p.size(1))));
      for (std::int64_t i = 0; i < best.numel(); ++i)
        if (const auto id = best[i].item<std::int64_t>(); std::find(top.begin(), top.end(), id) == top.end())
          top.push_back(id);
    }
    const at::Tensor of_top = p.index_select(1, at::tensor(top, at::kLong));             // [run, token]
    add_token_columns(snapshot, "top", tokenizer, top);
    add_tensor(snapshot, "top.before", "probability", of_top[0]);
    add_tensor(snapshot, "top.after", "probability", of_top[1]);
  }

  double change_of(const at::Tensor& logits) const {
    return ahead(logits, kept_.question) - ahead(before_, kept_.question);
  }

  struct Drawn {
    Change change;
    bool random_heads = false;
  };

  // As many as were asked for of each kind, or as there are.
  std::vector<Drawn> draw(std::int64_t n) const {
    Random random(static_cast<std::uint64_t>(integer_input(job_.inputs, "seed")));
    const auto wanted = static_cast<std::size_t>(integer_input(job_.inputs, "controls"));
    const auto any_of = [&](auto& list) {   // takes one out
      const auto at = static_cast<std::ptrdiff_t>(random.below(static_cast<std::int64_t>(list.size())));
      const auto one = list[static_cast<std::size_t>(at)];
      list.erase(list.begin() + at);
      return one;
    };

    std::vector<Drawn> out;
    std::vector<std::pair<std::int64_t, std::int64_t>> others;
    for (std::int64_t layer = 0; layer < config_.n_layers; ++layer)
      for (std::int64_t head = 0; head < config_.n_heads; ++head)
        if (!change_.heads.contains({layer, head})) others.emplace_back(layer, head);
    if (others.size() >= change_.heads.size())
      for (std::size_t i = 0; i < wanted; ++i) {
        Drawn control{change_, true};
        control.change.heads.clear();
        auto left = others;
        while (control.change.heads.size() < change_.heads.size()) control.change.heads.insert(any_of(left));
        out.push_back(std::move(control));
      }
    if (!change_.on_a_place()) return out;
    std::vector<std::int64_t> places;
    for (std::int64_t key = 0; key < (change_.queries == "*" ? n : query_ + 1); ++key)
      if (key != change_.keys[0]) places.push_back(key);
    for (std::size_t i = 0; i < wanted && !places.empty(); ++i) {
      out.push_back({change_, false});
      out.back().change.keys = {any_of(places)};
    }
    return out;
  }

  Result<void> run_controls(const Snapshot& described, std::int64_t n) {
    controls_ = draw(n);
    std::size_t since_look = between_looks;                // what was asked for is shown at once
    for (std::size_t i = 0; i < controls_.size(); ++i) {
      const std::vector<std::string> specs = controls_[i].change.specs();
      if (kept_.effects.contains(specs)) continue;
      if (job_.publish && ++since_look > between_looks) {
        Snapshot partial = described;
        add_controls(partial);
        partial.partial = true;
        job_.publish(std::move(partial));
        since_look = 0;
      }
      const auto logits = logits_with(controls_[i].change, {});
      if (!logits) return tl::unexpected(logits.error());
      kept_.effects[specs] = change_of(*logits);
      if (job_.progress.report)
        job_.progress.report(static_cast<double>(i + 1) / static_cast<double>(controls_.size()), "controls");
      if (job_.yield) job_.yield();
    }
    return {};
  }

  // Those that are known by now.
  void add_controls(Snapshot& snapshot) const {
    std::vector<std::string> heads;
    std::vector<double> by_heads, places, by_places;
    std::size_t as_large = 0;
    const double change = std::abs(snapshot.numbers("answer.change").front());
    for (const Drawn& control : controls_) {
      const auto known = kept_.effects.find(control.change.specs());
      if (known == kept_.effects.end()) continue;
      as_large += std::abs(known->second) >= change;
      if (control.random_heads) heads.push_back(to_text(control.change.heads));
      else places.push_back(static_cast<double>(control.change.keys[0]));
      (control.random_heads ? by_heads : by_places).push_back(known->second);
    }
    const std::size_t all = by_heads.size() + by_places.size();
    add_texts(snapshot, "random.heads", std::move(heads));
    add_numbers(snapshot, "random.change", "logit", std::move(by_heads));
    add_numbers(snapshot, "keys.position", "", std::move(places));
    add_numbers(snapshot, "keys.change", "logit", std::move(by_places));
    add_number(snapshot, "controls.share", "", all == 0 ? std::nan("") : static_cast<double>(as_large) /
                                                                         static_cast<double>(all));
  }

  Job& job_;
  ControlSession& kept_;
  const Config& config_;
  std::int64_t query_ = 0, computed_ = 0;
  Change change_;
  at::Tensor before_, after_;                // logits [vocab]
  std::vector<Drawn> controls_;
};

}  // namespace

std::vector<Field> ControlLab::fields(const Model*) const {
  const double rows = longest;
  return {
      {.key = "prompt", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = 4000},
      {.key = "answer", .initial = std::string("Mary"), .max = 60},
      {.key = "other", .initial = std::string("John"), .max = 60},
      {.key = "action", .initial = std::string("knock-out"),
       .choices = {"knock-out", "bias", "force", "swap", "temperature", "silence"}},
      {.key = "heads", .initial = std::string("24.4"), .max = 60},
      {.key = "donor", .initial = std::string("When Mary and John went to the store, John gave a drink to"),
       .max = 4000, .when = {{.key = "action", .among = {"swap"}}}},
      {.key = "strength", .initial = 4.0, .min = -10, .max = 10, .step = 0.5,
       .when = {{.key = "action", .among = {"bias", "temperature"}}}},
      {.key = "every-row", .initial = false},
      {.key = "controls", .initial = std::int64_t{20}, .min = 0, .max = 200, .step = 1},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1,
       .when = {{.key = "controls", .except = {0}}}},
      {.key = "query", .initial = std::int64_t{-1}, .min = -rows, .max = rows - 1, .step = 1},
      {.key = "key", .initial = std::int64_t{3}, .min = -rows, .max = rows - 1, .step = 1},
  };
}

Result<Snapshot> ControlLab::run(Job& job) const {
  return guarded("prompt", [&] {
    auto* kept = dynamic_cast<ControlSession*>(job.kept.get());
    if (!kept) {
      job.kept = std::make_unique<ControlSession>();
      kept = static_cast<ControlSession*>(job.kept.get());
    }
    return Experiment(job, *kept).run();
  });
}

}  // namespace tb
