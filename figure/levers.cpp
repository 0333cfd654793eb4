// Five levers at the same effect: what each costs, and how it moves every prompt, with random ones of equal size in
// grey; below, the chosen lever from nothing to its strongest.
#include <cmath>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class LeversFigure {
 public:
  LeversFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), names_(snapshot.texts("levers.name")),
        prompts_(snapshot.texts("prompts.text")), kl_(snapshot.numbers("levers.kl")),
        effects_(snapshot.numbers("levers.effects")), means_(snapshot.numbers("levers.mean")),
        random_kl_(snapshot.numbers("random.kl")), random_means_(snapshot.numbers("random.mean")),
        wanted_(input("wanted")) {
    const std::size_t levers = std::max<std::size_t>(names_.size(), 1);
    draws_ = random_kl_.size() / levers;
  }

  Figure draw() {
    figure_.width = look_.width;
    if (names_.empty() || effects_.size() != names_.size() * prompts_.size()) return {};
    float y = draw_table(0);
    y = draw_sweep(y + pen_.px(18));
    figure_.height = std::ceil(y);
    std::string costs;
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (!std::isnan(kl_[i])) costs += (costs.empty() ? "" : "; ") + name(i) + " " + cost(kl_[i]);
    figure_.alt = pen_.word("figure.alt.levers", {pen_.term(wanted_), costs});
    return std::move(figure_);
  }

 private:
  double input(std::string_view key) const {
    const auto found = snapshot_.inputs.find(key);
    const auto* value = found == snapshot_.inputs.end() ? nullptr : std::get_if<double>(&found->second);
    return value ? *value : 0;
  }
  double at(std::string_view column, std::size_t i) const {
    const std::vector<double>& all = snapshot_.numbers(column);
    return i < all.size() ? all[i] : std::nan("");
  }
  std::string name(std::size_t i) const { return pen_.word("lab.levers.lever." + names_[i]); }
  std::string cost(double kl) const { return format_fixed(kl, kl == 0 ? 0 : kl < 0.0995 ? 3 : 2, pen_.language()); }
  std::string fixed(double value) const { return format_fixed(value, 2, pen_.language()); }
  std::string whole(std::size_t value) const {
    return format_integer(static_cast<std::int64_t>(value), pen_.language());
  }
  std::string strength(std::size_t i) const {
    const double value = at("levers.strength", i);
    if (names_[i] == "prompt")
      return look_.strings.plural("figure.levers.lines", static_cast<std::int64_t>(std::llround(value)));
    return pen_.word("figure.levers.strength." + names_[i], {fixed(value)});
  }

  std::string share_of(std::size_t right) const {
    return pen_.word("figure.levers.right", {whole(right), whole(prompts_.size())});
  }

  // One row a lever: its name and strength, its cost, its effects.
  float draw_table(float y) {
    y = pen_.heading(y, pen_.word("figure.levers.title", {pen_.term(wanted_)}));
    y = draw_legend(pen_, legend(), 0, y + pen_.px(2), look_.width) + pen_.px(2);
    float label = pen_.px(60);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      label = std::max(label, pen_.width(name(i), Face::text, 13));
      if (!std::isnan(kl_[i])) label = std::max(label, pen_.width(strength(i), Face::text, 11.5f));
    }
    label = std::min(label, look_.width * 0.27f);
    const float number = pen_.px(40), gap = pen_.px(14);
    const float share = pen_.width(share_of(prompts_.size()), Face::text, 12) + pen_.px(10);
    const float bar = label + gap, bar_end = bar + (look_.width - label) * 0.26f;
    const float strip = bar_end + number + gap, strip_end = look_.width - share;
    pen_.text(bar, y + pen_.px(12), pen_.fit(pen_.word("figure.levers.cost"), strip - bar - pen_.px(8), 12),
              pen_.colors().muted, 12);
    const std::string prompts =
        look_.strings.plural("figure.levers.prompts", static_cast<std::int64_t>(prompts_.size()));
    pen_.text(strip, y + pen_.px(12), pen_.fit(prompts, look_.width - strip, 12), pen_.colors().muted, 12);
    y += pen_.px(20);

    // What a random lever costs may be many times as much: then it stands, hollow, at the end of the axis.
    double dearest = 1e-9, low = 0, high = wanted_;
    const auto widen = [&](double value) {
      if (!std::isfinite(value)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    };
    for (const double value : kl_)
      if (std::isfinite(value)) dearest = std::max(dearest, value * 1.25);
    if (dearest < 1e-6)
      for (const double value : random_kl_)
        if (std::isfinite(value)) dearest = std::max(dearest, value);
    for (const std::vector<double>* list : {&effects_, &means_, &random_means_})
      for (const double value : *list) widen(value);
    for (const char* end : {"levers.low", "levers.high"})
      for (std::size_t i = 0; i < names_.size(); ++i) widen(at(end, i));
    const auto cost_x = [&](double value) {
      return bar + static_cast<float>(std::min(value / dearest, 1.0)) * (bar_end - bar);
    };
    const auto effect_x = [&](double value) {
      return strip + static_cast<float>((value - low) / std::max(high - low, 1e-9)) * (strip_end - strip);
    };
    const float row = pen_.px(44), top = y;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      draw_row(i, y, row, label, dearest, cost_x, effect_x);
      y += row;
    }
    pen_.line(bar, top, bar, y, pen_.colors().rule);
    pen_.line(effect_x(0), top, effect_x(0), y, pen_.colors().muted, 1, true);
    pen_.line(effect_x(wanted_), top, effect_x(wanted_), y, pen_.colors().accent, 1, true);
    const float base = y + pen_.px(13);
    const std::string goal = pen_.term(wanted_);
    pen_.text(effect_x(0), base, "0", pen_.colors().muted, 12, 0.5f);
    if (effect_x(wanted_) - effect_x(0) > pen_.width(goal, Face::text, 12))
      pen_.text(effect_x(wanted_), base, goal, pen_.colors().accent, 12, 0.5f);
    y += pen_.px(18);
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == "attention" && kl_[i] == 0)
        y = pen_.paragraph(0, y, look_.width, pen_.word("figure.levers.untouched"), pen_.colors().muted, 12.5f);
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.patching.partial"), pen_.colors().muted, 12);
    return y;
  }

  std::vector<Series> legend() const {
    const auto entry = [&](const char* key, Color color) {
      return Series{.name = pen_.word(key), .x = {}, .y = {}, .color = color, .width = 3};
    };
    std::vector<Series> all = {entry("figure.levers.lever", pen_.colors().ours)};
    if (draws_ > 0) all.push_back(entry("figure.levers.random", pen_.colors().muted));
    return all;
  }

  template <class CostX, class EffectX>
  void draw_row(std::size_t i, float y, float row, float label, double dearest, const CostX& cost_x,
                const EffectX& effect_x) {
    const std::string id = "lever/" + names_[i];
    const bool there = !std::isnan(kl_[i]), reached = at("levers.reached", i) == 1;
    const Box all{0, y + pen_.px(2), look_.width, row - pen_.px(4)};
    if (pen_.marked(id)) pen_.frame(all);
    pen_.text(0, y + pen_.px(18), pen_.fit(name(i), label, 13), pen_.colors().ink, 13);
    if (!there) {
      const char* why = snapshot_.partial ? "figure.levers.waiting" : "figure.levers.missing";
      const float room = cost_x(dearest) - cost_x(0) + pen_.px(40);   // up to the strip of effects
      pen_.text(cost_x(0) + pen_.px(6), y + pen_.px(18), pen_.fit(pen_.word(why), room, 12), pen_.colors().muted, 12);
      return;
    }
    pen_.text(0, y + pen_.px(34), pen_.fit(strength(i), label, 11.5f), pen_.colors().muted, 11.5f);
    std::vector<std::string> tip = {
        name(i) + ", " + strength(i),
        pen_.word("figure.levers.costs", {cost(kl_[i]), pen_.term(at("levers.nll", i), 3)}),
        pen_.word("figure.levers.moves", {pen_.term(means_[i]), pen_.term(at("levers.least", i)),
                                          pen_.term(at("levers.most", i))})};
    if (!reached) tip.insert(tip.begin() + 1, pen_.word("figure.levers.only", {pen_.term(at("levers.first", i))}));
    tip.push_back("levers.kl[" + std::to_string(i) + "], levers.effects[" + std::to_string(i) + ", ·]");
    pen_.hit({all, id, std::move(tip), {{"lever", names_[i]}}});

    // The cost: a bar, hatched where the wanted effect was never reached; its random ones below.
    const Color ours = pen_.colors().ours, muted = pen_.colors().muted;
    const Box bar{cost_x(0), y + pen_.px(8), std::max(cost_x(kl_[i]) - cost_x(0), pen_.px(1.5f)), pen_.px(12)};
    pen_.rect({.box = bar, .fill = ours, .stroke = ours, .radius = pen_.px(2), .hatched = !reached});
    pen_.text(std::max(bar.x + bar.w, cost_x(0)) + pen_.px(5), y + pen_.px(18.5f), cost(kl_[i]), pen_.colors().ink, 12);
    const float size = pen_.px(7);
    for (std::size_t draw = 0; draw < draws_; ++draw) {
      const double kl = random_kl_[i * draws_ + draw], mean = random_means_[i * draws_ + draw];
      const std::string which = "[" + std::to_string(i) + ", " + std::to_string(draw) + "]";
      dot(cost_x(kl), y + pen_.px(31), size, muted, kl, "random/kl/" + names_[i] + std::to_string(draw),
          {pen_.word("figure.levers.random-costs", {cost(kl)}), "random.kl" + which}, kl > dearest);
      dot(effect_x(mean), y + pen_.px(31), size, muted, mean, "random/mean/" + names_[i] + std::to_string(draw),
          {pen_.word("figure.levers.random-moves", {pen_.term(mean)}), "random.mean" + which});
    }

    // The effects: a dot a prompt, the mean with its interval as a bar behind.
    const double from = at("levers.low", i), to = at("levers.high", i);
    const float lane = y + pen_.px(14);
    if (std::isfinite(from))
      pen_.rect({.box = {effect_x(from), lane - pen_.px(7), std::max(effect_x(to) - effect_x(from), pen_.px(1)),
                         pen_.px(14)},
                 .fill = {ours.r, ours.g, ours.b, 45}, .radius = pen_.px(2)});
    pen_.line(effect_x(means_[i]), lane - pen_.px(8), effect_x(means_[i]), lane + pen_.px(8), ours, 2);
    for (std::size_t prompt = 0; prompt < prompts_.size(); ++prompt) {
      const double effect = effects_[i * prompts_.size() + prompt];
      dot(effect_x(effect), lane, size, {ours.r, ours.g, ours.b, 170}, effect,
          "prompt/" + names_[i] + "/" + std::to_string(prompt),
          {prompts_[prompt], name(i) + ": " + pen_.term(effect) + " " + pen_.word("figure.levers.nats"),
           "levers.effects[" + std::to_string(i) + ", " + std::to_string(prompt) + "]"});
    }
    const auto right = static_cast<std::size_t>(
        std::llround(at("levers.right", i) * static_cast<double>(prompts_.size())));
    pen_.text(look_.width, y + pen_.px(18.5f), share_of(right), pen_.colors().ink, 12, 1);
  }

  void dot(float x, float y, float size, Color color, double value, const std::string& id,
           std::vector<std::string> tip, bool hollow = false) {
    if (!std::isfinite(value)) return;
    const Box box{x - size / 2, y - size / 2, size, size};
    if (hollow) pen_.rect({.box = box, .stroke = color, .radius = size / 2, .stroke_width = 1.3f});
    else pen_.rect({.box = box, .fill = color, .radius = size / 2});
    if (pen_.marked(id)) pen_.frame(box);
    pen_.hit({box, id, std::move(tip), {}});
  }

  // The chosen lever, pulled further and further.
  float draw_sweep(float y) {
    const std::vector<double>& x = snapshot_.numbers("sweep.strength");
    const auto chosen = snapshot_.inputs.find("lever");
    if (x.size() < 2 || chosen == snapshot_.inputs.end()) return y;
    const auto& lever = std::get<std::string>(chosen->second);
    y = pen_.heading(y, pen_.word("figure.levers.sweep", {pen_.word("lab.levers.lever." + lever)}));
    const float gap = pen_.px(20), wide = (look_.width - gap) / 2, tall = pen_.px(160);
    Chart effect = chart("sweep.effect", "sweep.random-effect", pen_.word("figure.levers.sweep-effect"), lever);
    effect.levels.push_back({pen_.word("figure.levers.wanted"), wanted_});
    draw_chart(pen_, effect, {0, y, wide, tall});
    Chart price = chart("sweep.kl", "sweep.random-kl", pen_.word("figure.levers.sweep-cost"), lever);
    price.from_zero = true;
    draw_chart(pen_, price, {wide + gap, y, wide, tall});
    return y + tall + pen_.px(6);
  }

  Chart chart(const std::string& column, const std::string& random, const std::string& title,
              const std::string& lever) const {
    const std::vector<double>& x = snapshot_.numbers("sweep.strength");
    Chart chart{.id = column, .title = title, .series = {}, .levels = {}, .x_end = x.back(),
                .x_step = "figure.levers.at", .x_title = pen_.word("figure.levers.unit." + lever),
                .span = 0.05, .tip = {column + ", " + random}};
    const std::vector<double>& draws = snapshot_.numbers(random);
    for (std::size_t from = 0; from + x.size() <= draws.size(); from += x.size())
      chart.series.push_back({.name = pen_.word("figure.levers.random"), .x = x,
                              .y = {draws.begin() + static_cast<std::ptrdiff_t>(from),
                                    draws.begin() + static_cast<std::ptrdiff_t>(from + x.size())},
                              .color = pen_.colors().muted, .dashed = true, .width = 1.2f});
    chart.series.push_back({.name = pen_.word("figure.levers.lever"), .x = x, .y = snapshot_.numbers(column),
                            .color = pen_.colors().ours, .width = 2});
    return chart;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<std::string>&names_, &prompts_;
  const std::vector<double>&kl_, &effects_, &means_, &random_kl_, &random_means_;
  double wanted_;
  std::size_t draws_ = 0;
};

}  // namespace

Figure draw_levers(const Snapshot& snapshot, const Look& look) { return LeversFigure(snapshot, look).draw(); }

}  // namespace tb::figure
