// What comes next: the context as chips, the most probable tokens as bars, the draw, the softmax in numbers.
#include "figure/kit.h"

namespace tb::figure {
namespace {

constexpr float context_rows = 3;            // of chips; what came before them is summed up
constexpr std::size_t softmax_rows = 4;

class NextTokenFigure {
 public:
  NextTokenFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), context_(tokens_of(snapshot, "tokens")),
        bars_(tokens_of(snapshot, "bars")), sampled_(tokens_of(snapshot, "sampled")) {
    if (const auto found = snapshot.inputs.find("continuation"); found != snapshot.inputs.end())
      if (const auto* list = std::get_if<std::vector<std::int64_t>>(&found->second)) continuation_ = *list;
    if (const auto found = snapshot.inputs.find("temperature"); found != snapshot.inputs.end())
      if (const auto* value = std::get_if<double>(&found->second)) temperature_ = *value;
  }

  Figure draw() {
    figure_.width = look_.width;
    float y = draw_context(0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_bars(y + pen_.px(12));
    y = draw_draw(y + pen_.px(10));
    y = draw_softmax(y + pen_.px(16));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string logit(double value) const { return format_logit(value, pen_.language()); }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  double value(std::string_view column, std::size_t row) const { return snapshot_.numbers(column)[row]; }

  float chip_width(const TokenView& token) const { return std::min(pen_.chip_width(token, 13.5f), look_.width); }

  // The last tokens that fit into `context_rows` rows; those of the continuation are underlined and undo by a click.
  float draw_context(float y) {
    const float height = pen_.px(24), gap = pen_.px(3), leading = pen_.px(31);
    const std::vector<double>& drawn = snapshot_.numbers("tokens.drawn");
    // The end of the context is what matters: as many of its last tokens as fill about `context_rows` rows.
    std::size_t first = context_.size();
    float room = context_rows * (look_.width - pen_.px(40));
    while (first > 0 && (room -= chip_width(context_[first - 1]) + gap) > 0) --first;
    float x = 0;
    if (first > 0) {
      pen_.text(0, y + height * 0.68f, "…", pen_.colors().muted);
      x = pen_.px(20);
    }
    for (std::size_t i = first; i < context_.size(); ++i) {
      const float width = chip_width(context_[i]);
      if (x > 0 && x + width > look_.width) {
        x = 0;
        y += leading;
      }
      const Box box{x, y, width, height};
      const std::string id = "token/" + std::to_string(i);
      pen_.chip(context_[i], i, box, 13.5f);
      std::vector<std::string> tip = token_tip(look_, context_[i], static_cast<std::int64_t>(i));
      Inputs set;
      if (drawn[i] != 0) {
        pen_.line(x + pen_.px(2), y + height + pen_.px(2.5f), x + width - pen_.px(2), y + height + pen_.px(2.5f),
                  pen_.colors().accent, 2);
        const auto kept = static_cast<std::ptrdiff_t>(continuation_.size() - (context_.size() - i));
        set["continuation"] = std::vector<std::int64_t>(continuation_.begin(), continuation_.begin() + kept);
        tip.push_back(pen_.word("figure.next-token.tip.back"));
      }
      if (pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, std::move(tip), std::move(set)});
      x += width + gap;
    }
    return y + leading;
  }

  // Right edges of the columns of numbers, and the track of the bars.
  struct Columns { float chip, logit, track, track_end, p, cumulative, kept; bool sums; };
  Columns columns() const {
    const float w = look_.width;
    Columns c;
    c.kept = w;
    c.cumulative = c.kept - pen_.px(98);
    c.sums = w >= pen_.px(420);   // a narrow figure leaves the sums out, so that the bars have room
    c.p = c.sums ? c.cumulative - pen_.px(72) : c.cumulative;
    c.track_end = c.p - pen_.px(60);
    c.chip = std::min(pen_.px(130), w * 0.22f);
    c.logit = c.chip + pen_.px(56);
    c.track = c.logit + pen_.px(14);
    return c;
  }

  float draw_bars(float y) {
    const Columns c = columns();
    const Color muted = pen_.colors().muted;
    const float header = y + pen_.px(12);
    const auto head = [&](float right, const char* key, float anchor) {
      pen_.text(right, header, pen_.word(std::string("figure.next-token.") + key), muted, 12, anchor);
    };
    head(0, "token", 0);
    head(c.logit, "logit", 1);
    // Before these three words stands how the bars show them.
    const auto before = [&](float right, const char* key) {
      return right - pen_.width(pen_.word(std::string("figure.next-token.") + key), Face::text, 12) - pen_.px(5);
    };
    head(c.p, "p", 1);
    const float filled = before(c.p, "p"), mark = pen_.px(9);
    pen_.rect({.box = {filled - mark, header - mark, mark, mark}, .fill = pen_.colors().ours, .radius = pen_.px(1)});
    if (c.sums) {
      head(c.cumulative, "cumulative", 1);
      const float tick = before(c.cumulative, "cumulative");
      pen_.line(tick, header - pen_.px(10), tick, header + pen_.px(1), muted, 1.2f);
    }
    head(c.kept, "kept", 1);
    const float outline = before(c.kept, "kept");
    pen_.rect({.box = {outline - mark, header - mark, mark, mark}, .stroke = pen_.colors().ours, .radius = pen_.px(1),
               .stroke_width = 1.2f});
    y = header + pen_.px(6);
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    y += pen_.px(5);
    for (std::size_t row = 0; row < bars_.size(); ++row) y = draw_bar(row, y, c);
    return draw_tail(y, c);
  }

  float draw_bar(std::size_t row, float y, const Columns& c) {
    const float height = pen_.px(27), bar = pen_.px(13);
    const double p = value("bars.p", row), kept = value("bars.kept", row), cumulative = value("bars.cumulative", row);
    const bool out = kept <= 0;
    const Color ink = out ? pen_.colors().muted : pen_.colors().ink;
    const float base = y + height / 2 + pen_.px(5), track = c.track_end - c.track, top = y + (height - bar) / 2;
    const std::string id = "bar/" + std::to_string(row);
    const bool drawn = !sampled_.empty() && sampled_[0].id == bars_[row].id;

    if (pen_.marked(id))
      pen_.rect({.box = {0, y, look_.width, height}, .fill = pen_.colors().paper, .radius = pen_.px(4)});
    const Box chip{0, y + pen_.px(2), std::min(pen_.chip_width(bars_[row], 14), c.chip), height - pen_.px(4)};
    if (out) {
      pen_.rect({.box = chip, .stroke = pen_.colors().muted, .radius = pen_.px(4), .dashed = true});
      pen_.chip(bars_[row], chip, {0, 0, 0, 0}, ink, 14);
    } else {
      pen_.chip(bars_[row], row, chip, 14);
    }
    if (drawn) pen_.frame(chip);
    pen_.text(c.logit, base, logit(value("bars.adjusted", row)), ink, 14, 1);

    // Outline to the width after the filters, fill to the probability itself, a tick at the mass so far.
    pen_.rect({.box = {c.track, top, track, bar}, .fill = pen_.colors().paper, .radius = pen_.px(2)});
    if (!out && kept > p * 1.0005)
      pen_.rect({.box = {c.track, top, track * static_cast<float>(kept), bar}, .stroke = pen_.colors().ours,
                 .radius = pen_.px(2), .stroke_width = 1.2f});
    const float length = std::max(track * static_cast<float>(p), pen_.px(1));
    pen_.rect({.box = {c.track, top, length, bar},
               .fill = out ? pen_.colors().muted : pen_.colors().ours,
               .stroke = out ? pen_.colors().muted : Color{0, 0, 0, 0},
               .radius = out ? 0 : pen_.px(2),
               .hatched = out});
    const float mass = c.track + track * static_cast<float>(std::min(cumulative, 1.0));
    if (c.sums) {
      pen_.line(mass, top - pen_.px(2), mass, top + bar + pen_.px(2), pen_.colors().muted, 1.2f);
      pen_.text(c.cumulative, base, percent(cumulative), pen_.colors().muted, 14, 1);
    }

    pen_.text(c.p, base, percent(p), ink, 14, 1);
    pen_.text(c.kept, base, out ? pen_.word("figure.next-token.cut") : percent(kept), ink, 14, 1);

    std::vector<std::string> tip = token_tip(look_, bars_[row], -1);
    const std::string at = "[" + std::to_string(row) + "]";
    tip.push_back("logits[" + std::to_string(context_.size() - 1) + ", " + std::to_string(bars_[row].id) + "]");
    tip.push_back("bars.logit" + at + " = " + fixed(value("bars.logit", row), 6));
    if (value("bars.adjusted", row) != value("bars.logit", row))
      tip.push_back("bars.adjusted" + at + " = " + fixed(value("bars.adjusted", row), 6));
    tip.push_back("bars.p" + at + " = " + fixed(p, 8));
    tip.push_back("bars.cumulative" + at + " = " + fixed(cumulative, 8));
    tip.push_back("bars.kept" + at + " = " + fixed(kept, 8));
    tip.push_back(pen_.word("figure.next-token.tip.force"));
    std::vector<std::int64_t> forced = continuation_;
    forced.push_back(bars_[row].id);
    pen_.hit({{0, y, look_.width, height}, id, std::move(tip), {{"continuation", std::move(forced)}}});
    return y + height;
  }

  // The rest of the vocabulary, in one row.
  float draw_tail(float y, const Columns& c) {
    const float height = pen_.px(26), bar = pen_.px(13), base = y + height / 2 + pen_.px(5);
    const double p = number_of(snapshot_, "tail.p");
    const auto count = static_cast<std::int64_t>(number_of(snapshot_, "tail.count"));
    const Color muted = pen_.colors().muted;
    pen_.text(0, base, pen_.fit(look_.strings.plural("figure.next-token.others", count), c.track - pen_.px(8), 13),
              muted, 13);
    const float track = c.track_end - c.track, top = y + (height - bar) / 2;
    pen_.rect({.box = {c.track, top, track, bar}, .fill = pen_.colors().paper, .radius = pen_.px(2)});
    pen_.rect({.box = {c.track, top, std::max(track * static_cast<float>(p), pen_.px(1)), bar}, .fill = muted,
               .stroke = muted, .radius = 0, .hatched = true});
    pen_.text(c.p, base, percent(p), muted, 14, 1);
    if (c.sums) pen_.text(c.cumulative, base, percent(1), muted, 14, 1);
    pen_.hit({{0, y, look_.width, height}, "tail",
              {look_.strings.plural("figure.next-token.others", count), "tail.p = " + fixed(p, 8)}, {}});
    return y + height;
  }

  // "Kept: 12 tokens with 93.1 %. Draw: u = 0.3745 -> [·Paris]".
  float draw_draw(float y) {
    if (sampled_.empty()) return y;
    const float height = pen_.px(26), base = y + height / 2 + pen_.px(5);
    const auto kept = static_cast<std::int64_t>(number_of(snapshot_, "kept.count"));
    const double u = number_of(snapshot_, "sampled.uniform"), p = number_of(snapshot_, "sampled.p");
    float x = 0;
    const auto put = [&](const std::string& words, Color color) {
      pen_.text(x, base, words, color, 13.5f);
      x += pen_.width(words, Face::text, 13.5f);
    };
    put(pen_.word(temperature_ > 0 ? "figure.next-token.draw" : "figure.next-token.greedy", {fixed(u, 4)}) + " ",
        pen_.colors().ink);
    const Box chip{x + pen_.px(3), y + pen_.px(1), std::min(pen_.chip_width(sampled_[0], 14), look_.width / 3),
                   height - pen_.px(2)};
    pen_.chip(sampled_[0], 0, chip, 14);
    pen_.frame(chip);
    x = chip.x + chip.w + pen_.px(9);
    put(percent(p), pen_.colors().ink);
    const std::string pool =
        look_.strings.plural("figure.next-token.pool", kept, {percent(number_of(snapshot_, "kept.mass"))});
    if (x + pen_.px(16) + pen_.width(pool, Face::text, 12.5f) <= look_.width) {
      pen_.text(look_.width, base, pool, pen_.colors().muted, 12.5f, 1);
    } else {
      y += height;
      pen_.text(0, y + pen_.px(14), pen_.fit(pool, look_.width, 12.5f), pen_.colors().muted, 12.5f);
      y -= pen_.px(6);
    }
    std::vector<std::int64_t> next = continuation_;
    next.push_back(sampled_[0].id);
    std::vector<std::string> tip = token_tip(look_, sampled_[0], -1);
    if (temperature_ > 0) tip.push_back("sampled.uniform = " + fixed(u, 12));
    tip.push_back("sampled.p = " + fixed(p, 8));
    pen_.hit({chip, "sampled", std::move(tip), {{"continuation", std::move(next)}}});
    return y + height;
  }

  // A table whose head holds the operations: logit, / T, - max, exp, / sum.
  float draw_softmax(float y) {
    const Color muted = pen_.colors().muted, ink = pen_.colors().ink;
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    y += pen_.px(20);
    pen_.text(0, y, pen_.word("figure.next-token.softmax"), ink, 13.5f, 0, Face::text_bold);
    if (temperature_ <= 0)
      return pen_.paragraph(0, y + pen_.px(8), look_.width, pen_.word("figure.next-token.zero"), muted);

    const double max = number_of(snapshot_, "softmax.max"), sum = number_of(snapshot_, "softmax.sum");
    const float first = std::min(pen_.px(118), look_.width * 0.2f), step = (look_.width - first) / 5;
    const std::string heads[] = {pen_.word("figure.next-token.logit"), "÷ T = " + fixed(temperature_, 2),
                                 (max < 0 ? "+ " : "− ") + fixed(std::abs(max), 2), "exp",
                                 "÷ " + fixed(sum, sum < 1000 ? 4 : 1)};
    y += pen_.px(22);
    for (int i = 0; i < 5; ++i)
      pen_.text(first + step * (i + 1), y, heads[i], i == 0 ? muted : pen_.colors().accent, 12.5f, 1);
    y += pen_.px(5);
    for (std::size_t row = 0; row < bars_.size() && row < softmax_rows; ++row) {
      const float height = pen_.px(23), base = y + pen_.px(16);
      const Box chip{0, y + pen_.px(2), std::min(pen_.chip_width(bars_[row], 12.5f), first - pen_.px(6)),
                     height - pen_.px(4)};
      pen_.chip(bars_[row], row, chip, 12.5f);
      const std::string cells[] = {logit(value("bars.adjusted", row)), logit(value("softmax.scaled", row)),
                                   logit(value("softmax.shifted", row)), fixed(value("softmax.exp", row), 4),
                                   percent(value("bars.p", row))};
      for (int i = 0; i < 5; ++i) pen_.text(first + step * (i + 1), base, cells[i], i == 4 ? ink : muted, 13.5f, 1);
      y += height;
    }
    const auto vocabulary =
        static_cast<std::int64_t>(number_of(snapshot_, "tail.count")) + static_cast<std::int64_t>(bars_.size());
    const std::string note = pen_.word("figure.next-token.note", {format_integer(vocabulary, pen_.language()),
                                                                  fixed(number_of(snapshot_, "softmax.entropy"), 2)});
    return pen_.paragraph(0, y + pen_.px(6), look_.width, note, muted);
  }

  std::string alt() const {
    if (bars_.empty()) return "";
    std::string list;
    for (std::size_t i = 0; i < bars_.size() && i < 3; ++i)
      list += (i ? ", " : "") + pen_.quoted(bars_[i]) + " " + percent(value("bars.p", i));
    return pen_.word("figure.alt.next-token", {list});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> context_, bars_, sampled_;
  std::vector<std::int64_t> continuation_;
  double temperature_ = 1;
};

}  // namespace

Figure draw_next_token(const Snapshot& snapshot, const Look& look) { return NextTokenFigure(snapshot, look).draw(); }

}  // namespace tb::figure
