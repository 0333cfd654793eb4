// The neighbours of a token in the embedding table against random pairs, the lengths of the table's rows, and the same
// token in two texts: one row, many vectors.
#include <algorithm>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class NeighboursFigure {
 public:
  NeighboursFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), token_(tokens_of(snapshot, "token")),
        near_(tokens_of(snapshot, "near")), first_(tokens_of(snapshot, "first")),
        second_(tokens_of(snapshot, "second")) {}

  Figure draw() {
    figure_.width = look_.width;
    if (token_.empty() || first_.empty() || second_.empty() || snapshot_.numbers("near.cosine").size() != near_.size())
      return {};
    float y = heading("figure.neighbours.table", {pen_.quoted(token_[0])}, 0);
    y = draw_nearest(y);
    y = draw_baseline(y + pen_.px(8));
    y = draw_norms(y + pen_.px(14));
    y = heading("figure.neighbours.contexts", {pen_.quoted(token_[0])}, y + pen_.px(16));
    y = draw_text("first", first_, of("first.place"), y);
    y = draw_text("second", second_, of("second.place"), y);
    y = draw_layers(y + pen_.px(6));
    y = draw_near_in_context(y + pen_.px(6));
    figure_.height = std::ceil(y);
    const std::string nearest = near_.empty() ? "–" : pen_.quoted(near_[0]);
    figure_.alt = pen_.word("figure.alt.neighbours",
                            {pen_.quoted(token_[0]), nearest, fixed(near_.empty() ? 0 : at("near.cosine", 0), 2),
                             fixed(of("baseline.high"), 2)});
    return std::move(figure_);
  }

 private:
  double of(const char* column) const { return number_of(snapshot_, column); }
  double at(const char* column, std::size_t i) const {
    const std::vector<double>& values = snapshot_.numbers(column);
    return i < values.size() ? values[i] : 0;
  }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }

  float heading(const char* key, const std::vector<std::string>& args, float y) {
    pen_.text(0, y + pen_.px(13), pen_.fit(pen_.word(key, args), look_.width, 13.5f, Face::text_bold),
              pen_.colors().ink, 13.5f, 0, Face::text_bold);
    return y + pen_.px(21);
  }

  // Bars from 0 to 1; the band is where nearly all random pairs lie.
  float draw_nearest(float y) {
    const float row = pen_.px(21), label = std::min(pen_.px(150), look_.width * 0.34f), number = pen_.px(50);
    const float wide = look_.width - label - number;
    const auto x_of = [&](double cosine) { return label + static_cast<float>(std::clamp(cosine, 0.0, 1.0)) * wide; };
    const float low = x_of(of("baseline.low")), high = x_of(of("baseline.high"));
    pen_.rect({.box = {low, y, std::max(high - low, 1.f), row * static_cast<float>(near_.size())},
               .fill = pen_.colors().rule});
    for (std::size_t i = 0; i < near_.size(); ++i) {
      const double cosine = at("near.cosine", i);
      const std::string id = "near/" + std::to_string(i);
      const Face face = near_[i].whole() ? Face::text : Face::mono;
      pen_.text(0, y + pen_.px(15), pen_.fit(visible(near_[i].bytes), label - pen_.px(8), 13, face), pen_.colors().ink,
                13, 0, face);
      pen_.rect({.box = {label, y + pen_.px(6), std::max(x_of(cosine) - label, pen_.px(1)), pen_.px(9)},
                 .fill = pen_.colors().accent, .radius = pen_.px(2)});
      pen_.text(look_.width, y + pen_.px(15), fixed(cosine, 3), pen_.colors().ink, 12.5f, 1);
      const Box box{0, y, look_.width, row};
      if (pen_.marked(id)) pen_.frame(box);
      std::vector<std::string> tip = token_tip(look_, near_[i], -1);
      tip.push_back("near.cosine[" + std::to_string(i) + "] = " + fixed(cosine, 4));
      tip.push_back(pen_.word("figure.neighbours.length", {fixed(at("near.norm", i), 3)}));
      pen_.hit({box, id, std::move(tip), {}});
      y += row;
    }
    return y;
  }

  float draw_baseline(float y) {
    y = pen_.paragraph(0, y, look_.width,
                       pen_.word("figure.neighbours.baseline",
                                 {fixed(of("baseline.mean"), 3), fixed(of("baseline.low"), 3),
                                  fixed(of("baseline.high"), 3), fixed(of("baseline.most"), 3)}),
                       pen_.colors().muted, 12.5f);
    const std::vector<double>& histogram = snapshot_.numbers("baseline.histogram");
    if (histogram.empty()) return y;
    const double most = std::max(*std::max_element(histogram.begin(), histogram.end()), 1.0);
    const float tall = pen_.px(54), bin = look_.width / static_cast<float>(histogram.size()), bottom = y + tall;
    for (std::size_t i = 0; i < histogram.size(); ++i) {
      const float height = static_cast<float>(histogram[i] / most) * (tall - pen_.px(6));
      const Box box{bin * static_cast<float>(i), bottom - height, bin, height};
      if (height > 0) pen_.rect({.box = {box.x + 0.5f, box.y, bin - 1, height}, .fill = pen_.colors().muted});
      const double from = -1 + 2.0 * static_cast<double>(i) / static_cast<double>(histogram.size());
      const double to = from + 2.0 / static_cast<double>(histogram.size());
      const std::string id = "bin/" + std::to_string(i);
      const Box place{box.x, y, bin, tall};
      if (pen_.marked(id)) pen_.frame(place, 2);
      pen_.hit({place, id,
                {pen_.word("figure.neighbours.bin", {fixed(from, 2), fixed(to, 2),
                                                     format_integer(static_cast<std::int64_t>(histogram[i]),
                                                                    pen_.language())})},
                {}});
    }
    pen_.line(0, bottom, look_.width, bottom, pen_.colors().muted);
    for (std::size_t i = 0; i < near_.size(); ++i) {   // where the neighbours lie on the same axis
      const float x = static_cast<float>((std::clamp(at("near.cosine", i), -1.0, 1.0) + 1) / 2) * look_.width;
      pen_.line(x, bottom - pen_.px(14), x, bottom, pen_.colors().accent, 1.6f);
    }
    const std::pair<double, float> marks[] = {{-1, 0.f}, {0, 0.5f}, {1, 1.f}};
    for (const auto& [cosine, anchor] : marks)
      pen_.text(look_.width * anchor, bottom + pen_.px(14), fixed(cosine, 0), pen_.colors().muted, 11.5f, anchor);
    return bottom + pen_.px(18);
  }

  float draw_norms(float y) {
    const std::vector<double>& tenths = snapshot_.numbers("norms.tenth");
    if (tenths.empty()) return y;
    y = pen_.paragraph(0, y, look_.width,
                       pen_.word("figure.neighbours.norms", {fixed(of("norms.rho"), 2), fixed(of("token.norm"), 2)}),
                       pen_.colors().muted, 12.5f);
    const double most = std::max(*std::max_element(tenths.begin(), tenths.end()), 1e-9);
    const float tall = pen_.px(46), bar = look_.width / static_cast<float>(tenths.size()), bottom = y + tall;
    for (std::size_t i = 0; i < tenths.size(); ++i) {
      const float height = static_cast<float>(tenths[i] / most) * (tall - pen_.px(14));
      const float x = bar * static_cast<float>(i);
      pen_.rect({.box = {x + pen_.px(2), bottom - height, bar - pen_.px(4), height}, .fill = pen_.colors().ours,
                 .radius = pen_.px(2)});
      pen_.text(x + bar / 2, bottom - height - pen_.px(3), fixed(tenths[i], 2), pen_.colors().muted, 11, 0.5f);
    }
    return bottom;
  }

  float draw_text(const char* which, const std::vector<TokenView>& tokens, double place, float y) {
    return chip_rows(pen_, look_, tokens, y, [&](std::size_t i, const Box& box) {
      const std::string id = std::string(which) + "/" + std::to_string(i);
      if (static_cast<double>(i) == place || pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, token_tip(look_, tokens[i], static_cast<std::int64_t>(i)), {}});
    });
  }

  float draw_layers(float y) {
    const std::vector<double>&same = snapshot_.numbers("layers.same"), &others = snapshot_.numbers("layers.others");
    if (same.size() < 2 || others.size() != same.size()) return y;
    Chart chart{.id = "layers", .title = pen_.word("figure.neighbours.layers")};
    chart.series = {{.name = pen_.word("figure.neighbours.same", {pen_.quoted(token_[0])}), .color = pen_.colors().ours,
                     .width = 2},
                    {.name = pen_.word("figure.neighbours.others"), .color = pen_.colors().theirs, .dashed = true,
                     .width = 2}};
    for (std::size_t i = 0; i < same.size(); ++i)
      for (Series& series : chart.series) series.x.push_back(static_cast<double>(i));
    chart.series[0].y = same;
    chart.series[1].y = others;
    chart.x_end = static_cast<double>(same.size() - 1);
    chart.x_step = "figure.neighbours.after";
    chart.x_title = pen_.word("figure.neighbours.blocks");
    chart.from_zero = true;
    y = draw_legend(pen_, chart.series, 0, y, look_.width);
    const float tall = pen_.px(170);
    draw_chart(pen_, chart, {0, y, look_.width, tall});
    return y + tall;
  }

  // "text 2, position 4: “·bank” 0.61".
  float draw_near_in_context(float y) {
    const std::vector<double>& cosine = snapshot_.numbers("layer.near.cosine");
    std::string list;
    for (std::size_t i = 0; i < cosine.size(); ++i) {
      const bool second = at("layer.near.text", i) != 0;
      const auto place = static_cast<std::size_t>(at("layer.near.place", i));
      const std::vector<TokenView>& tokens = second ? second_ : first_;
      if (place >= tokens.size()) continue;
      list += (list.empty() ? "" : ";  ") +
              pen_.word(second ? "figure.neighbours.in-second" : "figure.neighbours.in-first",
                        {pen_.quoted(tokens[place]), std::to_string(place), fixed(cosine[i], 2)});
    }
    return pen_.paragraph(0, y, look_.width,
                          look_.strings.plural("figure.neighbours.nearest", static_cast<std::int64_t>(of("layer.read")),
                                               {list}),
                          pen_.colors().ink, 12.5f);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> token_, near_, first_, second_;
};

}  // namespace

Figure draw_neighbours(const Snapshot& snapshot, const Look& look) { return NeighboursFigure(snapshot, look).draw(); }

}  // namespace tb::figure
