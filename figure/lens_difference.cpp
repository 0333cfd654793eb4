// The lens on two runs: what each would say after every block, and by how much entropy and distance differ.
#include "figure/compare.h"
#include "figure/layer_map.h"
#include "figure/lens.h"

namespace tb::figure {
namespace {

class LensDifference {
 public:
  LensDifference(const Snapshot& snapshot, const Look& look)
      : look_(look), pen_(figure_, look), entropy_(snapshot.numbers("lens.entropy")), kl_(snapshot.numbers("lens.kl")),
        steps_(entropy_.size()) {
    for (const bool of_b : {false, true}) {
      const Snapshot& run = of_b ? *look.between.b : *look.between.a;
      Side& side = sides_[of_b];
      side.said = tokens_of(run, "lens");
      side.p = &run.numbers("lens.p");
      side.entropy = &run.numbers("lens.entropy");
      side.kl = &run.numbers("lens.kl");
      side.top = steps_ > 0 ? side.p->size() / steps_ : 0;
      side.depth = static_cast<std::size_t>(number_of(run, "lens.depth"));
    }
  }

  Figure draw() {
    figure_.width = look_.width;
    if (steps_ == 0 || kl_.size() != steps_) return {};
    for (const Side& side : sides_)
      if (side.top == 0 || side.said.size() != side.p->size()) return {};
    const float size = 11.5f, label = pen_.px(26), gap = pen_.px(16), between = pen_.px(6);
    const float curve = std::min(pen_.px(110), look_.width * 0.2f);
    const float wide = (look_.width - label - 2 * curve - gap - 2 * between) / 2;
    const float row = std::clamp(pen_.px(500) / static_cast<float>(steps_), pen_.px(15), pen_.px(20));
    const float x[] = {label, label + wide + between}, bars = x[1] + wide + gap;

    // Heads: whose words, the legend of the cells, the names of the differences.
    pen_.text(0, pen_.px(11), pen_.fit(pen_.word("figure.compare.lens-said"), look_.width * 0.5f, size),
              pen_.colors().muted, size);
    pen_.legend(look_.width, pen_.px(11), pen_.colors().sequential, pen_.word("figure.none"), pen_.word("figure.all"));
    float y = pen_.px(20);
    for (const bool of_b : {false, true}) draw_run_sign(pen_, of_b, x[of_b], y);
    const Bars both[] = {{"entropy", entropy_, bars}, {"kl", kl_, bars + curve + between}};
    for (const Bars& one : both)
      pen_.text(one.x + curve / 2, y + pen_.px(14),
                pen_.fit(pen_.word(std::string("figure.lens.") + one.name), curve, size),
                pen_.colors().muted, size, 0.5f);
    y += pen_.px(sign_side + 5);

    const float top = y, tall = row * static_cast<float>(steps_);
    for (std::size_t i = 0; i < steps_; ++i) {
      const float at = top + static_cast<float>(i) * row;
      pen_.text(label - pen_.px(6), at + row / 2 + pen_.px(size) * 0.35f, std::to_string(i),
                pen_.colors().muted, size, 1);
      for (const bool of_b : {false, true}) draw_cell(of_b, i, {x[of_b], at, wide, row});
    }
    for (const bool of_b : {false, true}) {   // from where on the answer stays
      const float line = top + row * static_cast<float>(sides_[of_b].depth);
      pen_.line(x[of_b], line, x[of_b] + wide, line, of_b ? pen_.colors().theirs : pen_.colors().ours, 2, of_b);
    }
    for (const Bars& one : both) draw_bars(one, {one.x, top, curve, tall}, row);
    figure_.height = std::ceil(top + tall + pen_.px(18));
    figure_.alt = pen_.word("figure.alt.compare-lens", {pen_.term(entropy_.back())});
    return std::move(figure_);
  }

 private:
  struct Side {
    std::vector<TokenView> said;               // [step, top]
    const std::vector<double>*p = nullptr, *entropy = nullptr, *kl = nullptr;
    std::size_t top = 0, depth = 0;
  };
  struct Bars { const char* name; const std::vector<double>& bits; float x; };

  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }

  // The most probable token of one run after one step.
  void draw_cell(bool of_b, std::size_t step, Box box) {
    const Side& side = sides_[of_b];
    const TokenView& token = side.said[step * side.top];
    const double p = (*side.p)[step * side.top];
    const Color fill = ramp(pen_.colors().sequential, p), ink = readable_on(fill, pen_.colors());
    const Face face = token.whole() ? Face::text : Face::mono;
    const float size = token.whole() ? 12 : 10.5f, base = box.y + box.h / 2 + pen_.px(size) * 0.35f;
    const std::string share = format_percent(p, pen_.language());
    const float number = pen_.width(share, Face::text, 10.5f), room = box.w - pen_.px(8);
    const bool both = number + pen_.px(40) <= room;
    pen_.rect({.box = {box.x + pen_.px(0.5f), box.y + pen_.px(0.5f), box.w - pen_.px(1), box.h - pen_.px(1)},
               .fill = fill, .radius = pen_.px(2)});
    pen_.text(box.x + pen_.px(4), base, pen_.fit(visible(token.bytes),
              room - (both ? number + pen_.px(6) : 0), size, face),
              ink, size, 0, face);
    if (both) pen_.text(box.x + box.w - pen_.px(4), base, share, ink, 10.5f, 1);
    const std::string id = std::string(of_b ? "b" : "a") + "/" + std::to_string(step);
    if (pen_.marked(id)) pen_.frame(box, 2);
    std::vector<std::string> tip = token_tip(look_, token, -1);
    tip.push_back(lens_step(look_, step) + ": lens.p[" + std::to_string(step) + ", 0] = " + fixed(p, 6));
    pen_.hit({box, id, std::move(tip), {}});
  }

  // Bars about zero, each difference with its own range, which stands below.
  void draw_bars(const Bars& of, Box box, float row) {
    const Scale scale = signed_scale(pen_.colors(), of.bits, 0.05);
    const float zero = box.x + box.w / 2;
    pen_.rect({.box = box, .stroke = pen_.colors().rule});
    for (std::size_t i = 0; i < steps_; ++i) {
      const float at = box.y + static_cast<float>(i) * row, inset = row * 0.2f;
      const auto length = static_cast<float>(of.bits[i] / scale.high) * (box.w / 2 - pen_.px(2));
      if (of.bits[i] != 0)
        pen_.rect({.box = {std::min(zero, zero + length), at + inset,
                          std::max(std::abs(length), pen_.px(0.5f)), row - 2 * inset},
                   .fill = of.bits[i] < 0 ? scale.colors.front() : scale.colors.back()});
      const std::string id = std::string(of.name) + "/" + std::to_string(i);
      const Box place{box.x, at, box.w, row};
      if (pen_.marked(id)) pen_.frame(place, 2);
      const bool entropy = of.name == std::string_view("entropy");
      const auto in = [&](const Side& side) { return fixed((*(entropy ? side.entropy : side.kl))[i], 4); };
      pen_.hit({place, id,
                {lens_step(look_, i),
                 std::string("lens.") + of.name + "[" + std::to_string(i) + "]: " + pen_.term(of.bits[i], 4) + " " +
                     pen_.word("figure.bits"),
                 pen_.word("figure.compare.in-a", {in(sides_[0])}), pen_.word("figure.compare.in-b", {in(sides_[1])})},
                {}});
    }
    pen_.line(zero, box.y, zero, box.y + box.h, pen_.colors().muted);
    const float base = box.y + box.h + pen_.px(13);
    pen_.text(box.x, base, fixed(-scale.high, 1), pen_.colors().muted, 11);
    pen_.text(box.x + box.w, base, pen_.fit(pen_.term(scale.high, 1) + " " + pen_.word("figure.bits"),
              box.w * 0.66f, 11),
              pen_.colors().muted, 11, 1);
  }

  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<double>&entropy_, &kl_;    // B − A [step]
  std::size_t steps_;
  Side sides_[2];
};

}  // namespace

Figure draw_lens_difference(const Snapshot& difference, const Look& look) {
  return LensDifference(difference, look).draw();
}

}  // namespace tb::figure
