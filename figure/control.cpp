// Attention redirected: the answer before and after, the row that was changed, and what the same does elsewhere.

#include "figure/before_after.h"
#include "figure/layer_map.h"

namespace tb::figure {
namespace {

class ControlFigure {
 public:
  ControlFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        before_(mean_rows("pattern.before")), after_(mean_rows("pattern.after")),
        query_(static_cast<std::size_t>(number_of(snapshot, "edge.query"))),
        key_(static_cast<std::size_t>(number_of(snapshot, "edge.key"))),
        change_(number_of(snapshot, "answer.change")) {
    if (const auto found = snapshot.inputs.find("action"); found != snapshot.inputs.end())
      if (const auto& action = std::get<std::string>(found->second);
          action == "swap" || action == "temperature" || action == "silence")
        on_a_place_ = false;
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || before_.size() != tokens_.size() || after_.size() != tokens_.size()) return {};
    float y = draw_answer(0);
    y = draw_rows(y + pen_.px(18));
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_controls(y + pen_.px(18));
    y = draw_before_after(pen_, look_, snapshot_, y + pen_.px(18), 1);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.control", {heads_name(), question(), fixed(number_of(snapshot_, "answer.before")),
                                                   fixed(number_of(snapshot_, "answer.after"))});
    return std::move(figure_);
  }

 private:
  std::string fixed(double value) const { return format_logit(value, pen_.language()); }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string name(std::size_t token) const { return pen_.quoted(tokens_[token]); }
  std::string question() const { return question_name(pen_, snapshot_, "answer", "other"); }
  // What was changed is solid, what was there before dashed: as everywhere in the book.
  Color color_before() const { return pen_.colors().theirs; }
  Color color_after() const { return pen_.colors().ours; }

  // The mean over the chosen heads.
  std::vector<double> mean_rows(std::string_view column) const {
    const std::vector<double>& rows = snapshot_.numbers(column);
    const std::size_t n = tokens_.size(), heads = n == 0 ? 0 : rows.size() / n;
    if (heads == 0 || rows.size() != heads * n) return {};
    std::vector<double> mean(n);
    for (std::size_t i = 0; i < rows.size(); ++i) mean[i % n] += rows[i] / static_cast<double>(heads);
    return mean;
  }

  std::string heads_name() const {
    const std::vector<double>&layers = snapshot_.numbers("heads.layer"), &heads = snapshot_.numbers("heads.head");
    if (layers.size() > 3)
      return look_.strings.plural("figure.control.heads", static_cast<std::int64_t>(layers.size()));
    std::string out;
    for (std::size_t i = 0; i < layers.size(); ++i)
      out += (i == 0 ? "" : ", ") + std::to_string(std::llround(layers[i])) + "." + std::to_string(std::llround(heads[i]));
    return out;
  }

  // Two bars from a common zero: the answer without the change and with it.
  float draw_answer(float y) {
    y = pen_.heading(y, pen_.word("figure.control.answer", {question()}));
    const double before = number_of(snapshot_, "answer.before"), after = number_of(snapshot_, "answer.after");
    const float label = std::max(pen_.width(pen_.word("figure.control.before"), Face::text, 13),
                                 pen_.width(pen_.word("figure.control.after"), Face::text, 13)) + pen_.px(12);
    const float numbers = pen_.px(118), left = label, right = look_.width - numbers;
    const double low = std::min({before, after, 0.0}), high = std::max({before, after, 0.0});
    const auto x_of = [&](double value) {
      return left + static_cast<float>(high > low ? (value - low) / (high - low) : 0) * (right - left);
    };
    const float row = pen_.px(22), bar = pen_.px(12);
    const std::vector<double>&p = snapshot_.numbers("answer.p"), &q = snapshot_.numbers("other.p");
    for (const bool changed : {false, true}) {
      const double value = changed ? after : before;
      const float a = x_of(0), b = x_of(value), top = y + (row - bar) / 2, base = y + row / 2 + pen_.px(4.5f);
      const Box box{std::min(a, b), top, std::max(std::abs(b - a), pen_.px(1)), bar};
      pen_.text(0, base, pen_.word(changed ? "figure.control.after" : "figure.control.before"), pen_.colors().muted, 13);
      if (changed) pen_.rect({.box = box, .fill = color_after(), .radius = pen_.px(2)});
      else
        pen_.rect({.box = box, .stroke = color_before(), .radius = pen_.px(2), .stroke_width = 1.4f, .dashed = true});
      const std::string number = fixed(value);
      pen_.text(right + pen_.px(54), base, number, pen_.colors().ink, 13, 1);
      if (changed) pen_.text(look_.width, base, pen_.term(change_), pen_.colors().ink, 13, 1, Face::text_bold);
      const std::string id = changed ? "after" : "before";
      const std::size_t at = changed ? 1 : 0;
      std::vector<std::string> tip = {question() + " = " + number + " " + pen_.word("figure.logits")};
      if (at < p.size()) tip.push_back("p" + answer_name("answer") + " = " + percent(p[at]));
      if (at < q.size()) tip.push_back("p" + answer_name("other") + " = " + percent(q[at]));
      tip.push_back("answer." + id);
      const Box all{0, y, look_.width, row};
      if (pen_.marked(id)) pen_.frame(all);
      pen_.hit({all, id, std::move(tip), {}});
      y += row;
    }
    pen_.line(x_of(0), y - 2 * row, x_of(0), y, pen_.colors().rule);
    return y;
  }
  std::string answer_name(const std::string& which) const {
    const std::vector<TokenView> tokens = tokens_of(snapshot_, which);
    return tokens.empty() ? "" : "(" + pen_.quoted(tokens.front()) + ")";
  }

  // Who looks; and at whom, before and after.
  float draw_rows(float y) {
    y = pen_.heading(y, pen_.word("figure.control.looks", {heads_name()}));
    y = token_rows(pen_, look_, tokens_, query_, y) + pen_.px(10);
    pen_.text(0, y + pen_.px(12),
              pen_.fit(pen_.word("figure.control.at", {std::to_string(query_), name(query_)}), look_.width, 13),
              pen_.colors().muted, 13);
    y += pen_.px(22);
    const float height = pen_.px(25), gap = pen_.px(4), leading = pen_.px(62);
    float x = 0;
    for (std::size_t key = 0; key < tokens_.size(); ++key) {
      const std::string was = share(before_[key], key), now = share(after_[key], key);
      const float numbers = std::max(pen_.width(was, Face::text, 11), pen_.width(now, Face::text, 11)) + pen_.px(2);
      const float width = std::min(std::max(pen_.chip_width(tokens_[key], 14), numbers), look_.width);
      if (x > 0 && x + width > look_.width) {
        x = 0;
        y += leading;
      }
      const Box box{x, y, width, height};
      const std::string id = "key/" + std::to_string(key);
      const bool hidden = key > query_;
      const Color fill = hidden ? Color{0, 0, 0, 0} : ramp(pen_.colors().sequential, after_[key]);
      pen_.rect({.box = box, .fill = fill, .stroke = pen_.colors().rule, .radius = pen_.px(4), .dashed = hidden});
      pen_.chip(tokens_[key], box, {0, 0, 0, 0}, hidden ? pen_.colors().muted : readable_on(fill, pen_.colors()), 14);
      if ((key == key_ && on_a_place_) || pen_.marked(id)) pen_.frame(box);
      pen_.text(x + width / 2, y + height + pen_.px(13), was, pen_.colors().muted, 11, 0.5f);
      pen_.text(x + width / 2, y + height + pen_.px(27), now, pen_.colors().ink, 11, 0.5f);
      std::vector<std::string> tip = token_tip(look_, tokens_[key], static_cast<std::int64_t>(key));
      if (!hidden) tip.push_back(pen_.word("figure.control.from-to", {percent(before_[key]), percent(after_[key])}));
      pen_.hit({box, id, std::move(tip), {{"key", static_cast<std::int64_t>(key)}}});
      x += width + gap;
    }
    return y + leading - pen_.px(4);
  }
  std::string share(double weight, std::size_t key) const {
    return key > query_ ? "" : format_fixed(weight * 100, 1, pen_.language());
  }

  // One dot for each control on a common axis; the change itself as a line through both rows.
  float draw_controls(float y) {
    const std::vector<double>&heads = snapshot_.numbers("random.change"), &keys = snapshot_.numbers("keys.change");
    if (heads.empty() && keys.empty()) return y - pen_.px(18);
    y = pen_.heading(y, pen_.word("figure.control.controls"));
    double low = std::min(change_, 0.0), high = std::max(change_, 0.0);
    for (const std::vector<double>* list : {&heads, &keys})
      for (const double value : *list) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    if (high - low < 0.01) high = low + 0.01;
    const std::string of_heads = look_.strings.plural("figure.control.random", static_cast<std::int64_t>(heads.size()));
    const std::string of_keys = look_.strings.plural("figure.control.places", static_cast<std::int64_t>(keys.size()));
    const float label = std::max(pen_.width(of_heads, Face::text, 12.5f), pen_.width(of_keys, Face::text, 12.5f));
    const float left = label + pen_.px(20), right = look_.width - pen_.px(14), row = pen_.px(24);
    const auto x_of = [&](double value) {
      return left + static_cast<float>((value - low) / (high - low)) * (right - left);
    };
    const float top = y;
    if (!heads.empty()) y = draw_dots(y, row, of_heads, "random", heads, x_of);
    if (!keys.empty()) y = draw_dots(y, row, of_keys, "keys", keys, x_of);
    pen_.line(x_of(0), top, x_of(0), y, pen_.colors().muted, 1, true);
    pen_.line(x_of(change_), top, x_of(change_), y, color_after(), 2);
    const std::string here = pen_.word("figure.control.here", {pen_.term(change_)});
    const float half = pen_.width(here, Face::text_bold, 12) / 2;
    const float at = std::clamp(x_of(change_), left + half, look_.width - half);
    pen_.text(at, y + pen_.px(13), here, color_after(), 12, 0.5f, Face::text_bold);
    const float zero = pen_.width("0", Face::text, 12) / 2;
    if (std::abs(x_of(0) - at) > half + zero + pen_.px(8))
      pen_.text(x_of(0), y + pen_.px(13), "0", pen_.colors().muted, 12, 0.5f);
    y += pen_.px(20);
    const auto all = static_cast<std::int64_t>(heads.size() + keys.size());
    const auto as_large = std::llround(number_of(snapshot_, "controls.share") * static_cast<double>(all));
    y = pen_.paragraph(0, y, look_.width,
                       pen_.word("figure.control.share", {format_integer(as_large, pen_.language()),
                                                          format_integer(all, pen_.language())}),
                       pen_.colors().muted, 12.5f);
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.patching.partial"), pen_.colors().muted, 12);
    return y;
  }

  template <class ToX>
  float draw_dots(float y, float row, const std::string& label, const std::string& which,
                  const std::vector<double>& values, const ToX& x_of) {
    pen_.text(0, y + row / 2 + pen_.px(4.5f), label, pen_.colors().muted, 12.5f);
    const std::vector<std::string>& heads = snapshot_.texts("random.heads");
    const std::vector<double>& places = snapshot_.numbers("keys.position");
    const float size = pen_.px(7);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Box box{x_of(values[i]) - size / 2, y + (row - size) / 2, size, size};
      const std::string id = which + "/" + std::to_string(i);
      const Color ink = pen_.colors().muted;
      if (which == "random") pen_.rect({.box = box, .fill = {ink.r, ink.g, ink.b, 120}, .radius = size / 2});
      else pen_.rect({.box = box, .stroke = ink, .radius = size / 2, .stroke_width = 1.3f});
      std::string what;
      if (which == "random" && i < heads.size()) what = pen_.word("figure.control.these", {heads[i]});
      if (which == "keys" && i < places.size())
        if (const auto place = static_cast<std::size_t>(places[i]); place < tokens_.size())
          what = pen_.word("figure.control.place", {std::to_string(place), name(place)});
      if (pen_.marked(id)) pen_.frame(box, 4);
      pen_.hit({box, id, {what, pen_.term(values[i], 4) + " " + pen_.word("figure.logits"),
                          which + ".change[" + std::to_string(i) + "]"}, {}});
    }
    return y + row;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  std::vector<double> before_, after_;       // shares of attention, the mean over the chosen heads [key]
  std::size_t query_, key_;
  double change_;
  bool on_a_place_ = true;
};

}  // namespace

Figure draw_control(const Snapshot& snapshot, const Look& look) { return ControlFigure(snapshot, look).draw(); }

}  // namespace tb::figure
