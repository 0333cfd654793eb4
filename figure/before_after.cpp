#include "figure/before_after.h"

#include <numeric>

namespace tb::figure {

float draw_before_after(Pen& pen, const Look& look, const Snapshot& snapshot, float y, double full) {
  const std::vector<TokenView> top = tokens_of(snapshot, "top");
  const std::vector<double>&was = snapshot.numbers("top.before"), &now = snapshot.numbers("top.after");
  if (top.empty() || was.size() != top.size() || now.size() != top.size()) return y;
  std::vector<std::size_t> order(top.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return now[a] > now[b]; });
  const float row = pen.px(26), second = look.width, first = second - pen.px(92);
  y = pen.heading(y, pen.word("figure.control.says"));
  pen.text(first, y + pen.px(4), pen.word("figure.control.before"), pen.colors().muted, 12, 1);
  pen.text(second, y + pen.px(4), pen.word("figure.control.after"), pen.colors().muted, 12, 1);
  y += pen.px(10);
  const float left = pen.px(130), length = std::max(first - pen.px(70) - left, pen.px(10));
  const auto percent = [&](double p) { return format_percent(p, pen.language()); };
  for (const std::size_t i : order) {
    const float base = y + pen.px(15.5f);
    pen.chip(top[i], i, {0, y, std::min(pen.chip_width(top[i], 14), left - pen.px(10)), pen.px(22)}, 14);
    const auto bar = [&](double p) {
      return Box{left, y + pen.px(5), static_cast<float>(p / full) * length, pen.px(12)};
    };
    pen.rect({.box = bar(now[i]), .fill = pen.colors().ours, .radius = pen.px(2)});
    pen.rect({.box = bar(was[i]), .stroke = pen.colors().theirs, .radius = pen.px(2), .stroke_width = 1.4f,
              .dashed = true});
    pen.text(first, base, percent(was[i]), pen.colors().muted, 13, 1);
    pen.text(second, base, percent(now[i]), pen.colors().ink, 13, 1);
    const std::string id = "top/" + std::to_string(i);
    const Box all{0, y, look.width, row - pen.px(3)};
    if (pen.marked(id)) pen.frame(all);
    std::vector<std::string> tip = token_tip(look, top[i], -1);
    tip.push_back(pen.word("figure.control.from-to", {percent(was[i]), percent(now[i])}));
    pen.hit({all, id, std::move(tip), {}});
    y += row;
  }
  return y;
}

}  // namespace tb::figure
