// A small transformer that learns from nothing: its loss beside what a guess costs, what its heads turn to, and where
// they look in one text.
#include "figure/training.h"

namespace tb::figure {
namespace {

class FromScratchFigure {
 public:
  FromScratchFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look) {
    if (const Column* pattern = snapshot.find("pattern.attention"); pattern && pattern->shape.size() == 4) {
      layers_ = static_cast<std::size_t>(pattern->shape[0]);
      heads_ = static_cast<std::size_t>(pattern->shape[1]);
      tokens_ = static_cast<std::size_t>(pattern->shape[2]);
    }
  }

  Figure draw() {
    figure_.width = look_.width;
    float y = draw_progress(pen_, snapshot_, look_, 0, 0);
    y = draw_legend(pen_, legend(), 0, y, look_.width);
    y = draw_charts(pen_, charts(), y + pen_.px(6), look_.width);
    y = draw_text(y + pen_.px(4));
    y = draw_patterns(y + pen_.px(12));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string fixed(double x) const { return format_fixed(x, 2, pen_.language()); }

  // The column heads.<kind> of one head over the probes.
  Series head_series(const char* kind, std::size_t head) const {
    const bool looks_back = std::string_view(kind) == "induction";
    Series series = probe_series(snapshot_, "", looks_back ? pen_.colors().ours : pen_.colors().theirs);
    const std::vector<double>& all = snapshot_.numbers("heads." + std::string(kind));
    const std::size_t heads = layers_ * heads_;
    for (std::size_t i = head; i < all.size(); i += heads) series.y.push_back(all[i]);
    series.dashed = !looks_back;
    series.width = 1.3f;
    return series;
  }
  std::string head_name(std::size_t head) const {
    return std::to_string(head / heads_) + "." + std::to_string(head % heads_);
  }

  // Strokes that mean the same in all charts.
  std::vector<Series> legend() const {
    return {{.name = pen_.word("figure.from-scratch.new"), .color = pen_.colors().ink},
            {.name = pen_.word("figure.from-scratch.trained"), .color = pen_.colors().muted, .width = 1},
            {.name = pen_.word("figure.from-scratch.induction"), .color = pen_.colors().ours},
            {.name = pen_.word("figure.from-scratch.previous"), .color = pen_.colors().theirs, .dashed = true}};
  }

  std::vector<Chart> charts() const {
    const auto per_cent = [this](double p) { return whole_percent(p, pen_.language()); };
    const auto exact = [this](double p) { return percent(p); };
    const double end = steps_of(snapshot_);
    Series trained = training_series(snapshot_, "loss", pen_.colors().muted);
    trained.name = pen_.word("figure.from-scratch.trained");
    trained.width = 1;
    Series other = probe_series(snapshot_, "held_out.loss", pen_.colors().ink);
    other.name = pen_.word("figure.from-scratch.new");
    Series right = probe_series(snapshot_, "held_out.right", pen_.colors().ink);
    Chart heads{.id = "heads", .title = pen_.word("figure.from-scratch.heads"), .series = {}, .levels = {},
                .x_end = end, .low = 0, .high = 1, .tick_label = per_cent, .value_label = exact,
                .tip = {"heads.induction, heads.previous"}};
    for (std::size_t head = 0; head < layers_ * heads_; ++head) {
      for (const char* kind : {"previous", "induction"}) {
        heads.series.push_back(head_series(kind, head));
        heads.series.back().name = head_name(head) + ", " + pen_.word(std::string("figure.from-scratch.") + kind);
      }
    }
    std::vector<Chart> all;
    all.push_back({.id = "loss", .title = pen_.word("figure.from-scratch.loss"), .series = {trained, other},
                   .levels = {{pen_.word("figure.from-scratch.uniform"), number_of(snapshot_, "guess.uniform")},
                              {pen_.word("figure.from-scratch.piece"), number_of(snapshot_, "guess.piece")}},
                   .x_end = end, .from_zero = true, .tip = {"training.loss, held_out.loss"}});
    all.push_back({.id = "right", .title = pen_.word("figure.from-scratch.right"), .series = {right}, .levels = {},
                   .x_end = end, .low = 0, .high = 1, .tick_label = per_cent, .value_label = exact,
                   .tip = {"held_out.right"}});
    all.push_back({.id = "norm", .title = pen_.word("figure.chart.gradient"),
                   .series = {training_series(snapshot_, "gradient_norm", pen_.colors().muted)}, .levels = {},
                   .x_end = end, .from_zero = true, .tip = {"training.gradient_norm"}});
    all.push_back(std::move(heads));
    return all;
  }

  // One text: filled chips are tokens that can be known, the fuller the more probable the model found them.
  float draw_text(float y) {
    const std::vector<double>&ids = snapshot_.numbers("tokens.id"), &known = snapshot_.numbers("tokens.known"),
                             &p = snapshot_.numbers("tokens.p");
    if (ids.empty() || known.size() != ids.size() || p.size() != ids.size()) return y;
    pen_.text(0, y + pen_.px(13), pen_.fit(pen_.word("figure.from-scratch.text"), look_.width, 13, Face::text_bold),
              pen_.colors().ink, 13, 0, Face::text_bold);
    y += pen_.px(22);
    const float wide = pen_.width("888", Face::text, 12.5f) + pen_.px(6), height = pen_.px(22), gap = pen_.px(3);
    float x = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (x > 0 && x + wide > look_.width) {
        x = 0;
        y += height + gap;
      }
      const Box box{x, y, wide, height};
      const std::string id = "token/" + std::to_string(i), name = std::to_string(static_cast<std::int64_t>(ids[i]));
      const Color fill = known[i] != 0 ? ramp(pen_.colors().sequential, p[i]) : Color{0, 0, 0, 0};
      pen_.rect({.box = box, .fill = fill, .stroke = pen_.colors().rule, .radius = pen_.px(4)});
      pen_.text(x + wide / 2, y + height / 2 + pen_.px(4.5f), name,
                known[i] == 0 ? pen_.colors().muted : p[i] > 0.35 ? ink_on(fill) : pen_.colors().ink, 12.5f, 0.5f);
      if (pen_.marked(id)) pen_.frame(box);
      std::vector<std::string> tip = {pen_.word("figure.from-scratch.token", {name}),
                                      look_.strings.format("figure.tip.position", {std::to_string(i)})};
      if (std::isfinite(p[i])) tip.push_back("tokens.p = " + percent(p[i]));
      tip.push_back(pen_.word(known[i] != 0 ? "figure.from-scratch.known" : "figure.from-scratch.unknown"));
      pen_.hit({box, id, std::move(tip), {}});
      x += wide + gap;
    }
    y += height + pen_.px(16);
    const std::string shades = pen_.word("figure.from-scratch.shades");
    const float ramp_width = pen_.px(190);
    pen_.text(0, y, pen_.fit(shades, look_.width, 12), pen_.colors().muted, 12);
    if (pen_.width(shades, Face::text, 12) > look_.width - ramp_width) y += pen_.px(18);
    pen_.legend(look_.width, y, pen_.colors().sequential, pen_.word("figure.none"), pen_.word("figure.all"));
    return y + pen_.px(6);
  }

  // Every head's pattern on that text: a row of the grid is a layer.
  float draw_patterns(float y) {
    const std::vector<double>& pattern = snapshot_.numbers("pattern.attention");
    if (pattern.empty() || pattern.size() != layers_ * heads_ * tokens_ * tokens_) return y;
    pen_.text(0, y + pen_.px(13), pen_.fit(pen_.word("figure.from-scratch.patterns"), look_.width, 13, Face::text_bold),
              pen_.colors().ink, 13, 0, Face::text_bold);
    y += pen_.px(20);
    const float gap = pen_.px(10);
    const auto across = static_cast<float>(std::max<std::size_t>(heads_, 4));
    const float side = std::min((look_.width - gap * (across - 1)) / across, pen_.px(170));
    for (std::size_t head = 0; head < layers_ * heads_; ++head) {
      const std::size_t column = head % heads_;
      const float x = (side + gap) * static_cast<float>(column), top = y + pen_.px(17);
      draw_pattern(head, {x, top, side, side}, pattern.data() + head * tokens_ * tokens_);
      draw_title(head, x, y + pen_.px(13), side);
      if (column + 1 == heads_) y = top + side + pen_.px(6);
    }
    return pen_.paragraph(0, y, look_.width, pen_.word("figure.from-scratch.note"), pen_.colors().muted, 12);
  }

  double score(const char* kind, std::size_t head) const {
    const std::vector<double>& all = snapshot_.numbers("heads." + std::string(kind));
    const std::size_t heads = layers_ * heads_;
    return all.size() < heads ? 0 : all[all.size() - heads + head];
  }

  // "1.2 · induction 87 %", by whichever score is higher; where that is too long, its colour names the kind.
  void draw_title(std::size_t head, float x, float y, float width) {
    const double induction = score("induction", head), previous = score("previous", head);
    const bool back = induction > previous;
    const std::string value = percent(std::max(induction, previous)), name = head_name(head) + " · ";
    const char* key = back ? "figure.from-scratch.is-induction" : "figure.from-scratch.is-previous";
    std::string kind = pen_.word(key, {value});
    const float begin = pen_.width(name, Face::text, 11.5f);
    if (begin + pen_.width(kind, Face::text, 11.5f) > width) kind = value;
    pen_.text(x, y, name, pen_.colors().muted, 11.5f);
    pen_.text(x + begin, y, pen_.fit(kind, width - begin, 11.5f), back ? pen_.colors().ours : pen_.colors().theirs,
              11.5f);
  }

  void draw_pattern(std::size_t head, Box box, const double* weights) {
    CellsShape cells{.box = box, .rows = static_cast<int>(tokens_), .columns = static_cast<int>(tokens_), .cells = {}};
    for (std::size_t i = 0; i < tokens_ * tokens_; ++i)
      cells.cells.push_back(ramp(pen_.colors().sequential, i % tokens_ > i / tokens_ ? 0 : weights[i]));
    const std::string id = "head/" + std::to_string(head);
    pen_.cells(std::move(cells));
    pen_.rect({.box = box, .stroke = pen_.marked(id) ? pen_.colors().accent : pen_.colors().rule});
    pen_.hit({box, id,
              {pen_.word("figure.attention.head", {std::to_string(head / heads_), std::to_string(head % heads_)}),
               "heads.induction = " + percent(score("induction", head)),
               "heads.previous = " + percent(score("previous", head))},
              {}});
  }

  std::string alt() const {
    const std::vector<double>&loss = snapshot_.numbers("held_out.loss"), &right = snapshot_.numbers("held_out.right");
    if (loss.empty() || right.empty()) return "";
    return pen_.word("figure.alt.from-scratch",
                     {format_integer(static_cast<std::int64_t>(number_of(snapshot_, "run.steps")), pen_.language()),
                      fixed(loss.front()), fixed(loss.back()), fixed(number_of(snapshot_, "guess.piece")),
                      percent(right.back())});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::size_t layers_ = 0, heads_ = 0, tokens_ = 0;
};

}  // namespace

Figure draw_from_scratch(const Snapshot& snapshot, const Look& look) {
  return FromScratchFigure(snapshot, look).draw();
}

}  // namespace tb::figure
