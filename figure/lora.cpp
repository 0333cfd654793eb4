// An adapter while it is trained: the watched continuation's probability and the price on another text, step by step;
// what the model would say before and after; how much each layer was changed.
#include "figure/training.h"

namespace tb::figure {
namespace {

class LoraFigure {
 public:
  LoraFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), prompt_(tokens_of(snapshot, "tokens")),
        watched_(tokens_of(snapshot, "watched")), before_(tokens_of(snapshot, "before")),
        after_(tokens_of(snapshot, "after")), was_(tokens_of(snapshot, "others.was")),
        now_(tokens_of(snapshot, "others.now")) {}

  Figure draw() {
    figure_.width = look_.width;
    float y = pen_.px(6) + draw_progress(pen_, snapshot_, look_, draw_watched(0), pen_.px(4));
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_legend(pen_, legend(), 0, y + pen_.px(2), look_.width);
    y = draw_charts(pen_, charts(), y + pen_.px(2), look_.width);
    y = draw_candidates(y + pen_.px(6));
    y = draw_others(y + pen_.px(14));
    y = draw_change(y + pen_.px(12));
    y = draw_merged(y + pen_.px(6));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  std::string percent(double p) const { return format_percent(p, pen_.language()); }

  // The prompt's last tokens and, framed, what is watched behind it; returns the x behind.
  float draw_watched(float y) {
    const float height = pen_.px(24), gap = pen_.px(3), arrow = pen_.px(22);
    const auto wide = [&](const TokenView& token) { return std::min(pen_.chip_width(token, 13.5f), look_.width / 3); };
    float watched = arrow;
    std::size_t shown = 0;
    while (shown < watched_.size() && watched + wide(watched_[shown]) <= look_.width * 0.6f)
      watched += wide(watched_[shown++]) + gap;
    std::size_t first = prompt_.size();
    float room = look_.width - watched - pen_.px(24);
    while (first > 0 && (room -= wide(prompt_[first - 1]) + gap) > 0) --first;
    float x = 0;
    if (first > 0) {
      pen_.text(0, y + height * 0.68f, "…", pen_.colors().muted);
      x = pen_.px(20);
    }
    const auto put = [&](const TokenView& token, std::size_t index, const std::string& id, bool framed) {
      const Box box{x, y, wide(token), height};
      pen_.chip(token, index, box, 13.5f);
      if (framed || pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, token_tip(look_, token, -1), {}});
      x += box.w + gap;
    };
    for (std::size_t i = first; i < prompt_.size(); ++i) put(prompt_[i], i, "token/" + std::to_string(i), false);
    pen_.text(x + arrow / 2 - gap / 2, y + height * 0.68f, "→", pen_.colors().muted, 15, 0.5f);
    x += arrow - gap;
    for (std::size_t i = 0; i < shown; ++i) put(watched_[i], i, "watched/" + std::to_string(i), true);
    if (shown == watched_.size()) return x;
    pen_.text(x, y + height * 0.68f, "…", pen_.colors().muted);
    return x + pen_.px(20);
  }

  // The other prompt whose former answer the first chart follows: the one pointed at in the list, else the first.
  std::size_t followed() const {
    for (std::size_t i = 1; i < was_.size(); ++i)
      if (pen_.marked("other/" + std::to_string(i))) return i;
    return 0;
  }
  Series former_answer() const {
    const std::vector<double>& p = snapshot_.numbers("others.p");
    const std::vector<std::string>& prompts = snapshot_.texts("others.prompt");
    const std::size_t n = was_.size(), i = followed();
    if (n == 0 || prompts.size() != n) return {};
    Series series{.name = pen_.word("figure.lora.former", {visible(was_[i].bytes), prompts[i]}),
                  .x = snapshot_.numbers("probes.step"), .y = {}, .color = pen_.colors().ink, .width = 1.3f};
    for (std::size_t at = i; at < p.size(); at += n) series.y.push_back(p[at]);
    return series;
  }

  // Strokes that mean the same in all charts.
  std::vector<Series> legend() const {
    std::vector<Series> strokes = {{.name = pen_.word("figure.lora.here"), .color = pen_.colors().ours}};
    if (was_.empty()) return strokes;
    strokes.push_back({.name = pen_.word("figure.lora.elsewhere"), .color = pen_.colors().theirs});
    strokes.push_back({.name = pen_.word("figure.lora.range"), .color = pen_.colors().theirs, .dashed = true,
                       .width = 1});
    strokes.push_back(former_answer());
    return strokes;
  }

  std::vector<Chart> charts() const {
    const Color ours = pen_.colors().ours, theirs = pen_.colors().theirs, muted = pen_.colors().muted;
    const double end = steps_of(snapshot_);
    const auto tip = [&](const char* column) { return std::vector<std::string>{column}; };
    std::vector<Chart> all;
    all.push_back({.id = "watch", .title = pen_.word("figure.lora.watch"),
                   .series = {probe_series(snapshot_, "watch.p", ours)}, .levels = {}, .x_end = end,
                   .low = 0, .high = 1,
                   .tick_label = [this](double p) { return whole_percent(p, pen_.language()); },
                   .value_label = [this](double p) { return percent(p); }, .tip = tip("watch.p")});
    if (Series former = former_answer(); !former.x.empty()) {
      all.back().series.front().name = pen_.word("figure.lora.here");
      all.back().series.push_back(std::move(former));
      all.back().tip = tip("watch.p, others.p");
    }
    if (const std::vector<double>& nll = snapshot_.numbers("neutral.nll"); !nll.empty())
      all.push_back({.id = "neutral", .title = pen_.word("figure.lora.neutral"),
                     .series = {probe_series(snapshot_, "neutral.nll", theirs)},
                     .levels = {{pen_.word("figure.lora.without"), nll.front()}}, .x_end = end,
                     .span = 0.5, .tip = tip("neutral.nll")});
    if (!was_.empty()) {
      all.push_back({.id = "kept", .title = pen_.word("figure.lora.kept"),
                     .series = {probe_series(snapshot_, "others.kept", theirs)}, .levels = {}, .x_end = end,
                     .low = 0, .high = 1,
                     .tick_label = [this](double p) { return whole_percent(p, pen_.language()); },
                     .value_label = [this](double p) { return percent(p); }, .tip = tip("others.kept")});
      all.push_back({.id = "kl", .title = pen_.word("figure.lora.kl"),
                     .series = {probe_series(snapshot_, "others.kl", theirs)}, .levels = {}, .x_end = end,
                     .from_zero = true, .span = 0.5, .tip = tip("others.kl")});
    }
    if (const std::vector<double>& spread = snapshot_.numbers("others.gain"); !spread.empty()) {
      Chart gain{.id = "gain", .title = pen_.word("figure.lora.gain"),
                 .series = {probe_series(snapshot_, "watch.gain", ours)}, .levels = {}, .x_end = end, .span = 4,
                 .tip = tip("watch.gain, others.gain")};
      gain.series.front().name = pen_.word("figure.lora.here");
      for (const std::size_t which : {0u, 1u, 2u}) {   // the lowest, the median and the highest
        Series series{.name = pen_.word(which == 1 ? "figure.lora.elsewhere" : "figure.lora.range"),
                      .x = snapshot_.numbers("probes.step"), .y = {}, .color = theirs, .dashed = which != 1,
                      .width = which == 1 ? 1.6f : 1};
        for (std::size_t i = which; i < spread.size(); i += 3) series.y.push_back(spread[i]);
        gain.series.push_back(std::move(series));
      }
      all.insert(all.begin() + 1, std::move(gain));
    }
    all.push_back({.id = "loss", .title = pen_.word("figure.chart.loss"),
                   .series = {training_series(snapshot_, "loss", ours)}, .levels = {}, .x_end = end,
                   .from_zero = true, .tip = tip("training.loss")});
    all.push_back({.id = "norm", .title = pen_.word("figure.chart.gradient"),
                   .series = {training_series(snapshot_, "gradient_norm", muted)}, .x_end = end, .from_zero = true,
                   .tip = tip("training.gradient_norm")});
    return all;
  }

  // The most probable next tokens without the adapter and with it, side by side.
  float draw_candidates(float y) {
    const float gap = pen_.px(24), wide = (look_.width - gap) / 2;
    const float a = draw_list(0, y, wide, "before", before_), b = draw_list(wide + gap, y, wide, "after", after_);
    return std::max(a, b);
  }

  float draw_list(float x, float y, float width, const std::string& prefix, const std::vector<TokenView>& tokens) {
    pen_.text(x, y + pen_.px(13), pen_.fit(pen_.word("figure.lora." + prefix), width, 13, Face::text_bold),
              pen_.colors().ink, 13, 0, Face::text_bold);
    y += pen_.px(20);
    const std::vector<double>& p = snapshot_.numbers(prefix + ".p");
    const float number = pen_.px(56), most = std::min(pen_.px(110), width * 0.42f);
    for (std::size_t row = 0; row < tokens.size() && row < p.size(); ++row) {
      const float height = pen_.px(24), bar = pen_.px(11), from = x + most + pen_.px(8);
      const std::string id = prefix + "/" + std::to_string(row);
      if (pen_.marked(id))
        pen_.rect({.box = {x, y, width, height}, .fill = pen_.colors().paper, .radius = pen_.px(4)});
      const Box chip{x, y + pen_.px(2), std::min(pen_.chip_width(tokens[row], 13), most), height - pen_.px(4)};
      pen_.chip(tokens[row], row, chip, 13);
      if (!watched_.empty() && tokens[row].id == watched_[0].id) pen_.frame(chip);
      const float track = width - most - pen_.px(8) - number, top = y + (height - bar) / 2;
      pen_.rect({.box = {from, top, track, bar}, .fill = pen_.colors().paper, .radius = pen_.px(2)});
      pen_.rect({.box = {from, top, std::max(pen_.px(1), track * static_cast<float>(p[row])), bar},
                 .fill = prefix == "before" ? pen_.colors().muted : pen_.colors().ours, .radius = pen_.px(2)});
      pen_.text(x + width, y + height / 2 + pen_.px(5), percent(p[row]), pen_.colors().ink, 13, 1);
      std::vector<std::string> tip = token_tip(look_, tokens[row], -1);
      tip.push_back(prefix + ".p[" + std::to_string(row) + "] = " + format_fixed(p[row], 8, pen_.language()));
      pen_.hit({{x, y, width, height}, id, std::move(tip), {}});
      y += height;
    }
    return y;
  }

  // How the model goes on with the other prompts: as before, or with what instead.
  float draw_others(float y) {
    const std::vector<std::string>& prompts = snapshot_.texts("others.prompt");
    const std::vector<double>& p = snapshot_.numbers("others.p");
    const std::size_t n = prompts.size();
    if (n == 0 || was_.size() != n || now_.size() != n || p.size() < n) return y;
    y = pen_.heading(y, pen_.word("figure.lora.others"));
    const float height = pen_.px(22), chips = look_.width * 0.24f, first = look_.width * 0.5f;
    const float numbers = look_.width * 0.76f;
    for (std::size_t i = 0; i < n; ++i) {
      const std::string id = "other/" + std::to_string(i);
      const bool same = was_[i].id == now_[i].id;
      const Box row{0, y, look_.width, height};
      if (pen_.marked(id)) pen_.rect({.box = row, .fill = pen_.colors().paper, .radius = pen_.px(4)});
      pen_.text(0, y + pen_.px(15), pen_.fit(prompts[i], first - pen_.px(26), 13), pen_.colors().ink, 13);
      const auto chip = [&](const TokenView& token, float x, std::size_t tint) {
        pen_.chip(token, tint, {x, y + pen_.px(1), std::min(pen_.chip_width(token, 12.5f), chips - pen_.px(20)),
                                height - pen_.px(3)}, 12.5f);
      };
      const double before = p[i], after = p[p.size() - n + i];
      if (same) {
        chip(was_[i], first, 0);
      } else {
        chip(now_[i], first, 1);
        pen_.text(first - pen_.px(8), y + pen_.px(15), "≠", pen_.colors().warn, 13, 1);
      }
      pen_.text(numbers + (look_.width - numbers) / 2, y + pen_.px(15), percent(before) + " →", pen_.colors().muted,
                12.5f, 1);
      pen_.text(look_.width, y + pen_.px(15), percent(after), pen_.colors().ink, 12.5f, 1);
      std::vector<std::string> tip = {prompts[i],
                                      pen_.word("figure.lora.was", {visible(was_[i].bytes), percent(before)}),
                                      pen_.word("figure.lora.now", {visible(now_[i].bytes), percent(after)}),
                                      "others.p[·, " + std::to_string(i) + "]"};
      pen_.hit({row, id, std::move(tip), {}});
      y += height;
    }
    return pen_.paragraph(0, y + pen_.px(2), look_.width, pen_.word("figure.lora.others-note"), pen_.colors().muted,
                          12);
  }

  // What merging changes: the words stay the same, and taking it out again does not give back every bit.
  float draw_merged(float y) {
    const std::vector<double>&p = snapshot_.numbers("merged.p"), &left = snapshot_.numbers("merged.left");
    if (p.empty() || left.size() != 2) return y;
    return pen_.paragraph(0, y, look_.width,
                          pen_.word("figure.lora.merged", {percent(p[0]), percent(left[0]), percent(left[1])}),
                          pen_.colors().ink, 12.5f);
  }

  // One bar for each adapted layer, as high as its change against the layer's own matrices.
  float draw_change(float y) {
    const std::vector<double>&layers = snapshot_.numbers("change.layer"), &shares = snapshot_.numbers("change.share");
    if (layers.empty() || shares.size() != layers.size()) return y;
    const double most = *std::max_element(shares.begin(), shares.end());
    pen_.text(0, y + pen_.px(13), pen_.fit(pen_.word("figure.lora.change", {percent(most)}), look_.width, 13,
                                           Face::text_bold),
              pen_.colors().ink, 13, 0, Face::text_bold);
    y += pen_.px(22);
    const float height = pen_.px(44), step = std::min(pen_.px(48), look_.width / static_cast<float>(layers.size()));
    const float label = pen_.width("88", Face::text, 11.5f) + pen_.px(4);
    const auto every = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(label / step)));
    const float base = y + height;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const float x = step * static_cast<float>(i);
      const float tall = most > 0 ? height * static_cast<float>(shares[i] / most) : 0;
      const std::string id = "layer/" + std::to_string(i);
      const float inset = std::min(pen_.px(3), step * 0.15f);
      pen_.rect({.box = {x + inset, base - std::max(tall, pen_.px(1)), step - 2 * inset, std::max(tall, pen_.px(1))},
                 .fill = pen_.marked(id) ? pen_.colors().accent : pen_.colors().ours, .radius = pen_.px(2)});
      const std::string name = std::to_string(static_cast<std::int64_t>(layers[i]));
      const float half = pen_.width(name, Face::text, 11.5f) / 2;
      if (i % every == 0)
        pen_.text(std::clamp(x + step / 2, half, look_.width - half), base + pen_.px(15), name, pen_.colors().muted,
                  11.5f, 0.5f);
      pen_.hit({{x, y, step, height + pen_.px(17)}, id,
                {pen_.word("figure.lora.layer", {name}), "change.share = " + percent(shares[i]),
                 "change.norm = " + format_fixed(snapshot_.numbers("change.norm")[i], 4, pen_.language())},
                {}});
    }
    pen_.line(0, base, step * static_cast<float>(layers.size()), base, pen_.colors().muted);
    return pen_.paragraph(0, base + pen_.px(20), look_.width, pen_.word("figure.lora.note"), pen_.colors().muted, 12);
  }

  std::string alt() const {
    const std::vector<double>&p = snapshot_.numbers("watch.p"), &nll = snapshot_.numbers("neutral.nll");
    if (p.empty()) return "";
    std::string watched;
    for (const TokenView& token : watched_) watched += visible(token.bytes);
    const auto whole = [&](const char* column) {
      return format_integer(static_cast<std::int64_t>(number_of(snapshot_, column)), pen_.language());
    };
    std::string words =
        pen_.word("figure.alt.lora", {watched, percent(p.front()), percent(p.back()), whole("run.steps")});
    if (!nll.empty())
      words += " " + pen_.word("figure.alt.lora-neutral", {format_fixed(nll.front(), 2, pen_.language()),
                                                          format_fixed(nll.back(), 2, pen_.language())});
    return words;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> prompt_, watched_, before_, after_, was_, now_;
};

}  // namespace

Figure draw_lora(const Snapshot& snapshot, const Look& look) { return LoraFigure(snapshot, look).draw(); }

}  // namespace tb::figure
