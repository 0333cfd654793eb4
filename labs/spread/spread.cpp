#include "labs/spread/spread.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>

#include "base/random.h"
#include "labs/answers.h"
#include "labs/columns.h"
#include "labs/control/change.h"
#include "labs/model/analysis/question.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/reading.h"
#include "labs/spread/prompts.h"
#include "labs/stats/bootstrap.h"

namespace tb {
namespace {

// Answers that are known, by prompt and SPECs: another seed or one control more computes only what is new.
using Known = std::map<std::string, double>;
constexpr std::size_t remembered = 20000;

constexpr const char* written = "written";   // the action that takes the field of interventions

struct SpreadSession : Session {
  std::unique_ptr<Context> context;
  Known known;
};

struct Item {
  FilledPrompt prompt;
  std::vector<std::int64_t> ids;
  Question question;
  std::vector<std::int64_t> places;   // where the chosen word stands
  double before = 0, after = 0, look_before = 0, look_after = 0;
};

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

class Experiment {
 public:
  Experiment(Job& job, SpreadSession& kept) : job_(job), kept_(kept), config_(job.model->transformer().config()) {}

  Result<Snapshot> run() {
    const auto start = std::chrono::steady_clock::now();
    change_ = {.action = text_input(job_.inputs, "action"), .heads = {},
               .queries = switch_input(job_.inputs, "every-row") ? "*" : "-1",
               .keys = {}, .value = number_input(job_.inputs, "strength")};
    if (change_.action == written) {
      auto interventions = interventions_of(job_);
      if (!interventions) return tl::unexpected(interventions.error());
      written_ = std::move(*interventions);
    } else {
      auto heads = parse_heads(text_input(job_.inputs, "heads"), config_.n_layers, config_.n_heads, "heads");
      if (!heads) return tl::unexpected(heads.error());
      change_.heads = std::move(*heads);
    }
    const auto prompts = fill_templates(text_input(job_.inputs, "templates"), text_input(job_.inputs, "pairs"),
                                        SpreadLab::most);
    if (!prompts) return tl::unexpected(prompts.error());
    if (kept_.known.size() > remembered) kept_.known.clear();

    // 1. Every prompt as it is, and with the change.
    for (const FilledPrompt& prompt : *prompts) {
      auto item = measure(prompt);
      if (!item) return tl::unexpected(item.error());
      items_.push_back(std::move(*item));
      report(items_.size(), prompts->size(), "prompts");
    }
    Snapshot snapshot = begin_snapshot("spread", job_.inputs, job_.model->info());
    if (const auto done = describe(snapshot); !done) return tl::unexpected(done.error());

    // 2. The same elsewhere, draw by draw.
    if (const auto done = run_controls(snapshot); !done) return tl::unexpected(done.error());
    add_controls(snapshot);
    snapshot.tokens_computed = computed_;
    snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return snapshot;
  }

 private:
  void report(std::size_t done, std::size_t all, const char* stage) const {
    if (job_.progress.report) job_.progress.report(static_cast<double>(done) / static_cast<double>(all), stage);
    if (job_.yield) job_.yield();
  }

  // Reads the ids with the change, null for none. The logits of the last row [vocab], and the mean over the chosen heads
  // of its attention to the item's places, where that is asked for.
  Result<at::Tensor> logits(const std::vector<std::int64_t>& ids, const Change* change,
                            const std::vector<std::string>& points) {
    std::vector<Intervention> interventions;
    if (change && change->action == written) interventions = written_;
    else if (change)
      for (const std::string& spec : change->specs()) {
        auto parsed = Intervention::parse(spec, config_);
        if (!parsed) return tl::unexpected(parsed.error());
        interventions.push_back(std::move(*parsed));
      }
    const auto probes = Probes::of(*job_.model, points);
    if (!probes) return tl::unexpected(probes.error());
    if (!kept_.context) kept_.context = std::make_unique<Context>(*job_.model);
    const auto done = kept_.context->run(ids, *probes, interventions, {.stop = job_.progress.stop, .report = {}});
    if (!done) return tl::unexpected(done.error());
    computed_ += done->computed;
    return kept_.context->last_logits();
  }

  double ahead(const at::Tensor& logits, const Question& question) const {
    return logits[question.target].item<double>() - logits[*question.foil].item<double>();
  }

  // Of the last run: what the chosen heads' last rows give to the places, as a mean. NaN: no heads were chosen.
  double look(const Item& item) const {
    double sum = 0;
    for (const auto& [layer, head] : change_.heads) {
      const at::Tensor row = kept_.context->point(block_point(layer, "attn.pattern"))[head][-1];
      for (const std::int64_t place : item.places) sum += row[place].item<double>();
    }
    return sum / static_cast<double>(change_.heads.size());
  }

  std::vector<std::string> patterns_of_chosen() const {
    std::vector<std::string> points;
    for (const auto& [layer, head] : change_.heads)
      if (const auto point = block_point(layer, "attn.pattern"); points.empty() || points.back() != point)
        points.push_back(point);
    return points;
  }

  Result<Item> measure(const FilledPrompt& prompt) {
    const Tokenizer& tokenizer = job_.model->tokenizer();
    Item item{.prompt = prompt, .ids = tokenizer.encode(prompt.text).ids(), .question = {}, .places = {}};
    const auto n = static_cast<std::int64_t>(item.ids.size());
    if (n == 0) return no_token(tokenizer, "templates");
    if (n > SpreadLab::longest)
      return fail("lab.too_long", "templates", {std::to_string(n), std::to_string(SpreadLab::longest)});
    const auto points = patterns_of_chosen();
    const auto plain = logits(item.ids, nullptr, points);
    if (!plain) return tl::unexpected(plain.error());
    const at::Tensor wide = plain->contiguous();
    const std::span<const float> all(wide.const_data_ptr<float>(), static_cast<std::size_t>(wide.numel()));
    const auto b = answer_token(tokenizer, all, prompt.b, "pairs"), a = answer_token(tokenizer, all, prompt.a, "pairs");
    if (!b) return tl::unexpected(b.error());
    if (!a) return tl::unexpected(a.error());
    item.question = {.target = *b, .foil = *a};
    item.before = ahead(*plain, item.question);

    if (change_.action != written) {
      const std::string& place = text_input(job_.inputs, "place");
      if (place == "first") item.places = {0};
      else
        for (std::int64_t at = 0; at < n; ++at)
          if (item.ids[at] == (place == "answer" ? *b : *a)) item.places.push_back(at);
      if (item.places.empty())
        return fail("spread.place", "place", {place == "answer" ? prompt.b : prompt.a, prompt.text});
    }
    item.look_before = look(item);

    Change change = change_;
    change.keys = item.places;
    const auto changed = logits(item.ids, &change, points);
    if (!changed) return tl::unexpected(changed.error());
    item.after = ahead(*changed, item.question);
    item.look_after = look(item);
    return item;
  }

  // Everything but the controls.
  Result<void> describe(Snapshot& snapshot) const {
    std::vector<std::string> texts, answers, others;
    std::vector<double> before, after, change, look_before, look_after;
    std::vector<std::int64_t> of;
    std::size_t raised = 0, right_before = 0, right_after = 0;
    for (const Item& item : items_) {
      texts.push_back(item.prompt.text);
      answers.push_back(item.prompt.b);
      others.push_back(item.prompt.a);
      before.push_back(item.before);
      after.push_back(item.after);
      change.push_back(item.after - item.before);
      look_before.push_back(item.look_before);
      look_after.push_back(item.look_after);
      of.push_back(item.prompt.of);
      raised += change.back() > 0;
      right_before += item.before > 0;
      right_after += item.after > 0;
    }
    stats::Interval interval{std::nan(""), std::nan("")};
    if (of.back() > 0) {
      const auto spread = stats::bootstrap_mean(change, of);
      if (!spread) return tl::unexpected(spread.error());
      interval = spread->interval;
    }
    add_number(snapshot, "change.mean", "logit", mean(change));
    add_number(snapshot, "change.low", "logit", interval.low);
    add_number(snapshot, "change.high", "logit", interval.high);
    add_number(snapshot, "change.least", "logit", *std::min_element(change.begin(), change.end()));
    add_number(snapshot, "change.most", "logit", *std::max_element(change.begin(), change.end()));
    add_number(snapshot, "count.prompts", "", static_cast<double>(items_.size()));
    add_number(snapshot, "count.raised", "", static_cast<double>(raised));
    add_number(snapshot, "count.right-before", "", static_cast<double>(right_before));
    add_number(snapshot, "count.right-after", "", static_cast<double>(right_after));
    add_texts(snapshot, "prompts.text", std::move(texts));
    add_texts(snapshot, "prompts.answer", std::move(answers));
    add_texts(snapshot, "prompts.other", std::move(others));
    add_numbers(snapshot, "prompts.before", "logit", std::move(before));
    add_numbers(snapshot, "prompts.after", "logit", std::move(after));
    add_numbers(snapshot, "prompts.change", "logit", std::move(change));
    add_number(snapshot, "look.mean", "probability", mean(look_before));
    add_numbers(snapshot, "look.before", "probability", std::move(look_before));
    add_numbers(snapshot, "look.after", "probability", std::move(look_after));
    return {};
  }

  struct Draw {
    HeadSet heads;
    std::vector<double> changes;   // [prompt]
  };

  // `count` of the values without repetition, or all of them.
  template <class T>
  static std::vector<T> drawn(std::vector<T> from, std::size_t count, Random& random) {
    std::vector<T> out;
    while (out.size() < count && !from.empty()) {
      const auto at = from.begin() + static_cast<std::ptrdiff_t>(random.below(static_cast<std::int64_t>(from.size())));
      out.push_back(*at);
      from.erase(at);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  Result<void> run_controls(const Snapshot& described) {
    Random random(static_cast<std::uint64_t>(integer_input(job_.inputs, "seed")));
    if (change_.action == written) return {};   // the same elsewhere is for the learner to write
    const auto wanted = static_cast<std::size_t>(integer_input(job_.inputs, "controls"));
    std::vector<std::pair<std::int64_t, std::int64_t>> others;
    for (std::int64_t layer = 0; layer < config_.n_layers; ++layer)
      for (std::int64_t head = 0; head < config_.n_heads; ++head)
        if (!change_.heads.contains({layer, head})) others.emplace_back(layer, head);
    const bool heads_left = others.size() >= change_.heads.size();
    const std::size_t all = wanted * ((heads_left ? 1 : 0) + (change_.on_a_place() ? 1 : 0));
    for (std::size_t i = 0; i < wanted; ++i) {
      if (heads_left) {
        const auto list = drawn(others, change_.heads.size(), random);
        const HeadSet heads(list.begin(), list.end());
        if (const auto done = draw(random_, heads, [&](const Item& item) { return item.places; }); !done) return done;
      }
      if (change_.on_a_place()) {
        const auto elsewhere = [&](const Item& item) {
          std::vector<std::int64_t> free(item.ids.size());
          std::iota(free.begin(), free.end(), std::int64_t{0});
          std::erase_if(free, [&](std::int64_t at) {
            return std::find(item.places.begin(), item.places.end(), at) != item.places.end();
          });
          return drawn(free, item.places.size(), random);
        };
        if (const auto done = draw(places_, change_.heads, elsewhere); !done) return done;
      }
      report(random_.size() + places_.size(), all, "controls");
      if (!job_.publish || i + 1 == wanted) continue;
      Snapshot partial = described;
      add_controls(partial);
      partial.partial = true;
      job_.publish(std::move(partial));
    }
    return {};
  }

  // One draw: the same change for every prompt, in these heads, at the places that `places` names for it.
  template <class Places>
  Result<void> draw(std::vector<Draw>& into, const HeadSet& heads, const Places& places) {
    Draw one{.heads = heads, .changes = {}};
    for (const Item& item : items_) {
      Change change = change_;
      change.heads = heads;
      change.keys = places(item);
      if (change.on_a_place() && change.keys.empty()) return {};   // a text of one token has no other place
      std::string key = item.prompt.text;
      for (const std::string& spec : change.specs()) key += "\n" + spec;
      auto known = kept_.known.find(key);
      if (known == kept_.known.end()) {
        const auto changed = logits(item.ids, &change, {});
        if (!changed) return tl::unexpected(changed.error());
        known = kept_.known.emplace(key, ahead(*changed, item.question) - item.before).first;
      }
      one.changes.push_back(known->second);
    }
    into.push_back(std::move(one));
    return {};
  }

  void add_controls(Snapshot& snapshot) const {
    const double size = std::abs(snapshot.numbers("change.mean").front());
    const auto prompts = static_cast<std::int64_t>(items_.size());
    std::size_t as_large = 0;
    const auto add = [&](const std::string& name, const std::vector<Draw>& draws) {
      std::vector<double> means, changes;
      for (const Draw& one : draws) {
        means.push_back(mean(one.changes));
        as_large += std::abs(means.back()) >= size;
        changes.insert(changes.end(), one.changes.begin(), one.changes.end());
      }
      add_numbers(snapshot, name + ".change", "logit", std::move(changes),
                  {static_cast<std::int64_t>(draws.size()), prompts});
      add_numbers(snapshot, name + ".mean", "logit", std::move(means));
    };
    std::vector<std::string> heads;
    for (const Draw& one : random_) heads.push_back(to_text(one.heads));
    add_texts(snapshot, "random.heads", std::move(heads));
    add("random", random_);
    add("places", places_);
    add_number(snapshot, "controls.count", "", static_cast<double>(random_.size() + places_.size()));
    add_number(snapshot, "controls.as-large", "", static_cast<double>(as_large));
  }

  Job& job_;
  SpreadSession& kept_;
  const Config& config_;
  Change change_;
  std::vector<Intervention> written_;   // what the learner wrote, for the action of that name
  std::int64_t computed_ = 0;
  std::vector<Item> items_;
  std::vector<Draw> random_, places_;
};

}  // namespace

std::vector<Field> SpreadLab::fields(const Model*) const {
  const std::vector<Condition> on_heads = {{.key = "action", .except = {written}}};
  return {
      {.key = "templates",
       .initial = std::string("When [A] and [B] went to the store, [A] gave a drink to\n"
                              "When [B] and [A] got a snack at the house, [A] decided to give it to\n"
                              "Then, [A] and [B] had a long argument. Afterwards [A] said to\n"
                              "After [B] and [A] went to the school, [A] gave a book to\n"
                              "While [A] and [B] were working at the office, [A] gave a letter to\n"
                              "The friends [B] and [A] met at the station, and [A] handed the ticket to"),
       .max = 2000},
      {.key = "pairs", .initial = std::string("John Mary, Tom Anna, James Sarah, Paul Kate"), .max = 400},
      {.key = "action", .initial = std::string("knock-out"),
       .choices = {"knock-out", "bias", "temperature", "silence", written}},
      {.key = "heads", .initial = std::string("24.4"), .max = 60, .when = on_heads},
      {.key = "place", .initial = std::string("answer"), .choices = {"answer", "other", "first"}, .when = on_heads},
      {.key = "strength", .initial = 4.0, .min = -10, .max = 10, .step = 0.5,
       .when = {{.key = "action", .among = {"bias", "temperature"}}}},
      {.key = "every-row", .initial = false, .when = on_heads},
      {.key = "controls", .initial = std::int64_t{4}, .min = 0, .max = 40, .step = 1, .when = on_heads},
      {.key = "seed", .initial = std::int64_t{1}, .min = 0, .max = 99, .step = 1,
       .when = {{.key = "controls", .except = {0}}}},
      interventions_field({{.key = "action", .among = {written}}}),
  };
}

Result<Snapshot> SpreadLab::run(Job& job) const {
  return guarded("templates", [&] {
    auto* kept = dynamic_cast<SpreadSession*>(job.kept.get());
    if (!kept) {
      job.kept = std::make_unique<SpreadSession>();
      kept = static_cast<SpreadSession*>(job.kept.get());
    }
    return Experiment(job, *kept).run();
  });
}

}  // namespace tb
