#include "labs/levers/levers.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include "labs/columns.h"
#include "labs/levers/lever.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"

namespace tb {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr int coarse_steps = 8, halvings = 7;

// One lever at the strength that was looked for.
struct Pulled {
  double strength = nothing, first = nothing;
  bool reached = false;
  std::optional<Measured> all;
  std::vector<std::optional<Measured>> random;   // [draw]
};

struct Sweep {
  std::vector<double> strengths, effects, kl, nll;
  std::vector<std::vector<double>> random_effects, random_kl;   // [draw][step]
};

class Experiment {
 public:
  Experiment(Job& job, Levers levers)
      : job_(job), levers_(std::move(levers)), draws_(integer_input(job.inputs, "controls")),
        wanted_(number_input(job.inputs, "wanted")) {}

  Result<Snapshot> run() {
    const auto start = std::chrono::steady_clock::now();
    auto before = levers_.meter().before(quiet());
    if (!before) return tl::unexpected(before.error());
    before_ = std::move(*before);
    // The adapter has to be trained: it comes last, when all else is there to look at.
    for (const Lever lever : all_levers) {
      if (const auto done = pull(lever); !done) return tl::unexpected(done.error());
      if (lever == chosen())
        if (const auto done = sweep(); !done) return tl::unexpected(done.error());
      if (job_.progress.report)
        job_.progress.report(static_cast<double>(pulled_.size()) / static_cast<double>(all_levers.size()), "levers");
      if (job_.yield) job_.yield();
      if (job_.publish && lever != all_levers.back()) {
        Snapshot partial = snapshot();
        partial.partial = true;
        job_.publish(std::move(partial));
      }
    }
    Snapshot whole = snapshot();
    whole.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return whole;
  }

 private:
  Progress quiet() const { return {.stop = job_.progress.stop, .report = {}}; }
  Lever chosen() const {
    for (const Lever lever : all_levers)
      if (name_of(lever) == text_input(job_.inputs, "lever")) return lever;
    return Lever::logit_bias;
  }

  // From 0 to the strongest, in equal steps; in whole ones where the lever knows no others.
  std::vector<double> steps_of(Lever lever) const {
    const double strongest = levers_.strongest(lever);
    const int steps = levers_.in_steps(lever) ? static_cast<int>(strongest) : coarse_steps;
    std::vector<double> all = {0};
    for (int i = 1; i <= steps; ++i) all.push_back(strongest * i / steps);
    return all;
  }

  // The effect on the first prompt; NaN where the lever cannot be pulled.
  Result<double> first_effect(Lever lever, double strength) {
    const auto setup = levers_.setup(lever, strength);
    if (!setup) return tl::unexpected(setup.error());
    if (!*setup) return nothing;
    return levers_.meter().first_effect(**setup, quiet());
  }

  // Walks to the first step that is far enough, and halves the way between it and the one before.
  Result<Pulled> find(Lever lever) {
    Pulled best;
    double below = 0;
    for (const double strength : steps_of(lever)) {
      if (strength == 0) continue;
      const auto effect = first_effect(lever, strength);
      if (!effect) return tl::unexpected(effect.error());
      if (std::isnan(*effect)) return Pulled{};
      if (std::isnan(best.first) || *effect > best.first) best = {.strength = strength, .first = *effect};
      if (*effect >= wanted_) {
        best.reached = true;
        break;
      }
      below = strength;
    }
    if (!best.reached || levers_.in_steps(lever)) return best;
    for (int i = 0; i < halvings && best.first - wanted_ > 0.005; ++i) {
      const double middle = (below + best.strength) / 2;
      const auto effect = first_effect(lever, middle);
      if (!effect) return tl::unexpected(effect.error());
      if (*effect >= wanted_) {
        best.strength = middle;
        best.first = *effect;
      } else {
        below = middle;
      }
    }
    return best;
  }

  Result<void> pull(Lever lever) {
    auto found = find(lever);
    if (!found) return tl::unexpected(found.error());
    if (!std::isnan(found->strength)) {
      auto all = levers_.measure(lever, found->strength);
      if (!all) return tl::unexpected(all.error());
      found->all = std::move(*all);
      for (std::int64_t draw = 0; draw < draws_; ++draw) {
        auto random = levers_.measure(lever, found->strength, draw);
        if (!random) return tl::unexpected(random.error());
        found->random.push_back(std::move(*random));
      }
    }
    pulled_.push_back(std::move(*found));
    return {};
  }

  Result<void> sweep() {
    sweep_.strengths = steps_of(chosen());
    for (std::int64_t draw = -1; draw < draws_; ++draw) {
      std::vector<double> effects, kl, nll;
      for (const double strength : sweep_.strengths) {
        const auto setup = levers_.setup(chosen(), strength, draw < 0 ? std::optional<std::int64_t>() : draw);
        if (!setup) return tl::unexpected(setup.error());
        const bool can = setup->has_value();
        const auto effect = can ? levers_.meter().first_effect(**setup, quiet()) : Result<double>(nothing);
        if (!effect) return tl::unexpected(effect.error());
        const auto cost = can ? levers_.meter().cost(**setup, quiet()) : Result<Cost>(Cost{nothing, nothing});
        if (!cost) return tl::unexpected(cost.error());
        effects.push_back(*effect);
        kl.push_back(cost->kl);
        nll.push_back(cost->nll);
      }
      if (draw < 0) {
        sweep_.effects = std::move(effects);
        sweep_.kl = std::move(kl);
        sweep_.nll = std::move(nll);
      } else {
        sweep_.random_effects.push_back(std::move(effects));
        sweep_.random_kl.push_back(std::move(kl));
      }
    }
    return {};
  }

  Snapshot snapshot() {
    Snapshot snapshot = begin_snapshot("levers", job_.inputs, job_.model->info());
    snapshot.tokens_computed = levers_.meter().tokens() - read_;
    add_levers(snapshot);
    std::vector<double> log_odds, towards, away;
    for (const Answer& answer : before_) {
      log_odds.push_back(answer.log_odds);
      towards.push_back(answer.towards);
      away.push_back(answer.away);
    }
    add_texts(snapshot, "prompts.text", levers_.prompts());
    const auto right = std::ranges::count_if(log_odds, [](double odds) { return odds > 0; });
    add_number(snapshot, "prompts.right", "probability",
               static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(log_odds.size(), 1)));
    add_numbers(snapshot, "prompts.before", "nat", std::move(log_odds));
    add_numbers(snapshot, "prompts.towards", "probability", std::move(towards));
    add_numbers(snapshot, "prompts.away", "probability", std::move(away));
    const auto lengths = levers_.vector_lengths();
    add_number(snapshot, "vector.length", "", lengths ? lengths->first : nothing);
    add_number(snapshot, "vector.row", "", lengths ? lengths->second : nothing);

    const auto steps = static_cast<std::int64_t>(sweep_.strengths.size());
    add_numbers(snapshot, "sweep.strength", "", sweep_.strengths);
    add_numbers(snapshot, "sweep.effect", "nat", sweep_.effects);
    add_numbers(snapshot, "sweep.kl", "nat", sweep_.kl);
    add_numbers(snapshot, "sweep.nll", "nat", sweep_.nll);
    for (const auto& [name, draws] : {std::pair("sweep.random-effect", &sweep_.random_effects),
                                      std::pair("sweep.random-kl", &sweep_.random_kl)}) {
      std::vector<double> all;
      for (const std::vector<double>& one : *draws) all.insert(all.end(), one.begin(), one.end());
      add_numbers(snapshot, name, "nat", std::move(all), {static_cast<std::int64_t>(draws->size()), steps});
    }
    return snapshot;
  }

  void add_levers(Snapshot& snapshot) const {
    std::vector<std::string> names;
    std::map<std::string, std::vector<double>> numbers;
    const auto prompts = static_cast<std::int64_t>(levers_.prompts().size());
    for (std::size_t i = 0; i < all_levers.size(); ++i) {
      names.emplace_back(name_of(all_levers[i]));
      const Pulled one = i < pulled_.size() ? pulled_[i] : Pulled{};
      numbers["strength"].push_back(one.strength);
      numbers["reached"].push_back(one.all ? (one.reached ? 1 : 0) : nothing);
      numbers["first"].push_back(one.first);
      const std::vector<double> effects = one.all ? one.all->effects : std::vector<double>(prompts, nothing);
      const EffectSpread spread = spread_of(effects, static_cast<std::uint64_t>(integer_input(job_.inputs, "seed")));
      numbers["mean"].push_back(one.all ? spread.mean : nothing);
      numbers["low"].push_back(one.all ? spread.interval.low : nothing);
      numbers["high"].push_back(one.all ? spread.interval.high : nothing);
      numbers["least"].push_back(one.all ? spread.least : nothing);
      numbers["most"].push_back(one.all ? spread.most : nothing);
      numbers["right"].push_back(one.all ? spread.right : nothing);
      numbers["kl"].push_back(one.all ? one.all->cost.kl : nothing);
      numbers["nll"].push_back(one.all ? one.all->cost.nll : nothing);
      numbers["effects"].insert(numbers["effects"].end(), effects.begin(), effects.end());
      for (std::int64_t draw = 0; draw < draws_; ++draw) {
        const bool there = draw < static_cast<std::int64_t>(one.random.size()) && one.random[draw];
        numbers["random.mean"].push_back(there ? spread_of(one.random[draw]->effects).mean : nothing);
        numbers["random.kl"].push_back(there ? one.random[draw]->cost.kl : nothing);
      }
    }
    const auto levers = static_cast<std::int64_t>(names.size());
    add_texts(snapshot, "levers.name", std::move(names));
    for (const char* name : {"strength", "reached"})
      add_numbers(snapshot, std::string("levers.") + name, "", numbers[name]);
    for (const char* name : {"first", "mean", "low", "high", "least", "most", "kl", "nll"})
      add_numbers(snapshot, std::string("levers.") + name, "nat", numbers[name]);
    add_numbers(snapshot, "levers.right", "probability", numbers["right"]);
    add_numbers(snapshot, "levers.effects", "nat", numbers["effects"], {levers, prompts});
    for (const char* name : {"random.mean", "random.kl"})
      add_numbers(snapshot, name, "nat", numbers[name], {levers, draws_});
  }

  Job& job_;
  Levers levers_;
  std::int64_t read_ = levers_.meter().tokens();   // by earlier jobs
  std::int64_t draws_;
  double wanted_;
  std::vector<Answer> before_;
  std::vector<Pulled> pulled_;   // [lever], as far as they are done
  Sweep sweep_;
};

}  // namespace

std::vector<Field> LeversLab::fields(const Model* model) const {
  std::vector<Field> fields = {
      {.key = "lever", .initial = std::string("steering"),
       .choices = {"logit-bias", "prompt", "attention", "steering", "lora"}},
      {.key = "wanted", .initial = 2.0, .min = 0.1, .max = 10, .step = 0.1}};
  for (Field& field : lever_fields(model)) fields.push_back(std::move(field));
  fields.push_back({.key = "controls", .initial = std::int64_t{3}, .min = 0, .max = 20, .step = 1});
  fields.push_back({.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1});
  return fields;
}

Result<Snapshot> LeversLab::run(Job& job) const {
  return guarded("levers", [&]() -> Result<Snapshot> {
    auto* session = dynamic_cast<LeverSession*>(job.kept.get());
    if (!session) {
      job.kept = std::make_unique<LeverSession>();
      session = static_cast<LeverSession*>(job.kept.get());
    }
    auto levers = Levers::of(job, *session);
    if (!levers) return tl::unexpected(levers.error());
    return Experiment(job, std::move(*levers)).run();
  });
}

}  // namespace tb
