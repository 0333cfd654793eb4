// What the model would say after each block: its most probable tokens, layer by layer, and how far it still is from its
// answer.
#include <algorithm>

#include "figure/layer_map.h"
#include "figure/lens.h"

namespace tb::figure {

std::string lens_step(const Look& look, std::size_t step) {
  if (step == 0) return look.strings.get("figure.lens.embedding");
  return look.strings.plural("figure.lens.after", static_cast<std::int64_t>(step));
}

float draw_lens_head(Pen& pen, const Look& look, const Snapshot& snapshot, const std::vector<TokenView>& tokens,
                     std::size_t query) {
  float y = token_rows(pen, look, tokens, query, 0);
  y = unencodable_note(pen, snapshot, 0, y, look.width);
  if (const double fitted = number_of(snapshot, "lens.fitted"); fitted > 0)
    y = pen.paragraph(0, y, look.width, look.strings.plural("figure.lens.fitted", static_cast<std::int64_t>(fitted)),
                      pen.colors().muted, 12.5f);
  return y;
}

namespace {

class LensFigure {
 public:
  LensFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        said_(tokens_of(snapshot, "lens")), p_(snapshot.numbers("lens.p")), entropy_(snapshot.numbers("lens.entropy")),
        kl_(snapshot.numbers("lens.kl")), steps_(entropy_.size()),
        depth_(static_cast<std::size_t>(number_of(snapshot, "lens.depth"))) {
    if (steps_ > 0) top_ = p_.size() / steps_;
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || top_ == 0 || said_.size() != p_.size() || kl_.size() != steps_) return {};
    const auto query = static_cast<std::size_t>(number_of(snapshot_, "lens.query"));
    float y = draw_lens_head(pen_, look_, snapshot_, tokens_, query);
    y = draw_table(y + pen_.px(10));
    y = pen_.paragraph(0, y + pen_.px(8), look_.width, verdict(), pen_.colors().ink, 13);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.lens", {pen_.quoted(said_[(steps_ - 1) * top_]),
                                                percent(p_[(steps_ - 1) * top_]),
                                                std::to_string(depth_), std::to_string(steps_ - 1)});
    return std::move(figure_);
  }

 private:
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string verdict() const {
    const std::string answer = pen_.quoted(said_[(steps_ - 1) * top_]);
    if (depth_ == 0) return pen_.word("figure.lens.at-once", {answer});
    return look_.strings.plural("figure.lens.decided", static_cast<std::int64_t>(depth_),
                                {answer, std::to_string(steps_ - 1)});
  }

  float draw_table(float y) {
    const float size = 11.5f, label = pen_.px(26), gap = pen_.px(18);
    const float curves = std::min(pen_.px(140), look_.width * 0.3f);
    const float wide = look_.width - label - gap - curves;
    const auto fitting = static_cast<std::size_t>(std::max(wide / pen_.px(58), 1.f));
    const std::size_t columns = std::min(top_, fitting);
    const float cell = wide / static_cast<float>(columns), right = label + wide + gap;
    const float row = std::clamp(pen_.px(500) / static_cast<float>(steps_), pen_.px(15), pen_.px(20));

    // Heads: the legend of the cells, the names of the curves.
    const Curve both[] = {{"entropy", entropy_, right, pen_.colors().ours, false},
                          {"kl", kl_, right + (curves + pen_.px(10)) / 2, pen_.colors().theirs, true}};
    const float panel = (curves - pen_.px(10)) / 2;
    pen_.text(0, y + pen_.px(11), pen_.fit(pen_.word("figure.lens.said"), wide - pen_.px(160), size),
              pen_.colors().muted, size);
    pen_.legend(label + wide, y + pen_.px(11), pen_.colors().sequential, pen_.word("figure.none"),
                pen_.word("figure.all"));
    for (const Curve& curve : both)
      pen_.text(curve.x, y + pen_.px(11), pen_.fit(pen_.word(std::string("figure.lens.") + curve.name), panel, size),
                curve.color, size);
    y += pen_.px(20);

    // Rows: the embedding alone, then after each block.
    const float top = y;
    for (std::size_t i = 0; i < steps_; ++i) {
      const float at = y + static_cast<float>(i) * row, base = at + row / 2 + pen_.px(size) * 0.35f;
      pen_.text(label - pen_.px(6), base, std::to_string(i), i >= depth_ ? pen_.colors().accent : pen_.colors().muted,
                size, 1);
      for (std::size_t k = 0; k < columns; ++k) draw_cell(i, k, {label + static_cast<float>(k) * cell, at, cell, row});
    }
    for (const Curve& curve : both) draw_curve(curve, {curve.x, top, panel, row * static_cast<float>(steps_)});
    for (std::size_t i = 0; i < steps_; ++i) {
      const std::string id = "step/" + std::to_string(i), index = "[" + std::to_string(i) + "]";
      const Box place{right, top + static_cast<float>(i) * row, curves, row};
      if (pen_.marked(id)) pen_.frame(place, 2);
      std::vector<std::string> tip = {lens_step(look_, i)};
      for (const Curve& curve : both)
        tip.push_back(std::string("lens.") + curve.name + index + " = " + fixed(curve.bits[i], 4) + " " +
                      pen_.word("figure.bits"));
      pen_.hit({place, id, std::move(tip), {}});
    }
    y += row * static_cast<float>(steps_);
    const float line = top + row * static_cast<float>(depth_);
    pen_.line(0, line, look_.width, line, pen_.colors().accent, 2);
    if (columns < top_)
      pen_.text(label, y + pen_.px(13), pen_.fit(look_.strings.plural("figure.lens.more", static_cast<std::int64_t>(
                                                                                             top_ - columns)),
                                                 wide, size),
                pen_.colors().muted, size);
    return y + pen_.px(16);
  }

  struct Curve {
    const char* name;
    const std::vector<double>& bits;       // [step]
    float x;
    Color color;
    bool dashed;
  };

  // From above to below as the rows stand; each curve has its own range, which is written under it.
  void draw_curve(const Curve& curve, Box box) {
    const double most = std::max(*std::max_element(curve.bits.begin(), curve.bits.end()), 1e-9);
    const float row = box.h / static_cast<float>(steps_);
    const auto x_of = [&](std::size_t i) { return box.x + static_cast<float>(curve.bits[i] / most) * box.w; };
    pen_.rect({.box = box, .stroke = pen_.colors().rule});
    PathShape path{.color = curve.color, .width = pen_.px(2), .dashed = curve.dashed};
    for (std::size_t i = 0; i < steps_; ++i)
      path.points.push_back({x_of(i), box.y + (static_cast<float>(i) + 0.5f) * row});
    pen_.path(std::move(path));
    pen_.text(box.x + box.w, box.y + box.h + pen_.px(13),
              pen_.fit(fixed(most, 1) + " " + pen_.word("figure.bits"), box.w, 11.5f), pen_.colors().muted, 11.5f, 1);
  }

  void draw_cell(std::size_t step, std::size_t k, Box box) {
    const std::size_t at = step * top_ + k;
    const TokenView& token = said_[at];
    const Color fill = ramp(pen_.colors().sequential, p_[at]), ink = readable_on(fill, pen_.colors());
    const Face face = token.whole() ? Face::text : Face::mono;
    const float size = token.whole() ? 12 : 10.5f;
    const std::string id = "cell/" + std::to_string(step) + "/" + std::to_string(k);
    const Box inner{box.x + pen_.px(0.5f), box.y + pen_.px(0.5f), box.w - pen_.px(1), box.h - pen_.px(1)};
    pen_.rect({.box = inner, .fill = fill, .radius = pen_.px(2)});
    // The share stands beside the token where both have room.
    const std::string share = percent(p_[at]);
    const float room = box.w - pen_.px(8), base = box.y + box.h / 2 + pen_.px(size) * 0.35f;
    const float words = pen_.width(visible(token.bytes), face, size), number = pen_.width(share, Face::text, 10.5f);
    const bool both = k == 0 && words + number + pen_.px(6) <= room;
    const bool final = token.id == said_[(steps_ - 1) * top_].id;
    pen_.text(box.x + pen_.px(4), base, pen_.fit(visible(token.bytes), room, size, face), ink, size, 0,
              final && face == Face::text ? Face::text_bold : face);
    if (both) pen_.text(box.x + box.w - pen_.px(4), base, share, ink, 10.5f, 1);
    if (pen_.marked(id)) pen_.frame(box, 2);
    const std::string index = "[" + std::to_string(step) + ", " + std::to_string(k) + "]";
    std::vector<std::string> tip = token_tip(look_, token, -1);
    tip.push_back(lens_step(look_, step) + ": lens.p" + index + " = " + fixed(p_[at], 6) + " (" + share + ")");
    pen_.hit({box, id, std::move(tip), {}});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_, said_;   // said_ [step, top]
  const std::vector<double>&p_, &entropy_, &kl_;
  std::size_t steps_ = 0, top_ = 0, depth_ = 0;
};

}  // namespace

Figure draw_lens(const Snapshot& snapshot, const Look& look) {
  return snapshot.find("grid.p") ? draw_lens_grid(snapshot, look) : LensFigure(snapshot, look).draw();
}

}  // namespace tb::figure
