// The model as a map: embedding, the stack of blocks, final norm and head; beside the stack one block from inside.
#include <algorithm>
#include <map>

#include "figure/anatomy.h"

namespace tb::figure {
namespace {

class AnatomyFigure {
 public:
  AnatomyFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        layers_(static_cast<std::size_t>(size("layers"))),
        query_(static_cast<std::size_t>(number_of(snapshot, "query"))) {
    const std::vector<std::string>& names = snapshot.texts("parts.name");
    for (std::size_t i = 0; i < names.size(); ++i) index_[names[i]] = i;
    for (const std::string& kind : snapshot.texts("part.kind")) kind_ = kind;
    for (const std::string& name : snapshot.texts("part.name")) chosen_ = name;
    const double layer = number_of(snapshot, "part.layer");
    inside_ = layer >= 0;
    layer_ = static_cast<std::size_t>(inside_ ? layer : std::floor(static_cast<double>(layers_) / 2));
    if (const auto found = snapshot.inputs.find("colour"); found != snapshot.inputs.end())
      by_time_ = std::get<std::string>(found->second) == "time";
    for (const std::string& name : names) most_ = std::max(most_, holds_others(name) ? 0 : share(name));
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || layers_ == 0 || query_ >= tokens_.size() || index_.empty()) return {};
    float y = token_rows(pen_, look_, tokens_, query_, 0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width) + pen_.px(8);
    y = draw_machine(y) + pen_.px(10);
    y = draw_anatomy_part(pen_, look_, snapshot_, y);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.anatomy", {count(size("parameters")), count(size("layers")), chosen_,
                                                   count(number_of(snapshot_, "part.parameters")),
                                                   percent(number_of(snapshot_, "part.share"))});
    return std::move(figure_);
  }

 private:
  double size(const char* name) const { return number_of(snapshot_, std::string("model.") + name); }
  std::string count(double value) const { return format_integer(static_cast<std::int64_t>(value), pen_.language()); }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string percent(double value) const { return format_percent(value, pen_.language()); }
  std::string label(const std::string& part) const { return pen_.word("figure.anatomy.part." + part); }
  static bool holds_others(const std::string& part) { return part == "block" || part == "attn" || part == "mlp"; }
  bool has(const std::string& part) const { return index_.contains(part); }
  double of_part(const char* column, const std::string& part) const {
    const std::vector<double>& values = snapshot_.numbers(column);
    const auto found = index_.find(part);
    return found == index_.end() || found->second >= values.size() ? 0 : values[found->second];
  }

  // What the parts of this kind in all layers take: of all parameters, or of the measured time.
  double share(const std::string& part) const {
    if (!by_time_) return of_part("parts.times", part) * of_part("parts.parameters", part) / size("parameters");
    return time_share(part);
  }
  double time_share(const std::string& part) const {
    const std::vector<std::string>& names = snapshot_.texts("time.name");
    const std::vector<double>& shares = snapshot_.numbers("time.share");
    const auto found = std::find(names.begin(), names.end(), timed_with(part));
    const auto at = static_cast<std::size_t>(found - names.begin());
    return at < shares.size() ? shares[at] : 0;
  }
  std::string place_of(const std::string& part) const {
    if (of_part("parts.times", part) <= 1 && !part.starts_with("attn") && !part.starts_with("mlp") && part != "block" &&
        !part.starts_with("norm"))
      return part;
    return "blocks." + std::to_string(layer_) + (part == "block" ? "" : "." + part);
  }

  std::vector<std::string> part_tip(const std::string& part) const {
    std::vector<std::string> tip = {place_of(part) + " · " + label(part)};
    const double times = of_part("parts.times", part), numbers = of_part("parts.parameters", part);
    tip.push_back(numbers == 0 ? pen_.word("figure.anatomy.nothing-learned")
                  : times > 1 ? pen_.word("figure.anatomy.tip.each", {count(numbers), count(times),
                                                                      percent(times * numbers / size("parameters"))})
                              : pen_.word("figure.anatomy.tip.once", {count(numbers),
                                                                      percent(numbers / size("parameters"))}));
    if (!holds_others(part)) {
      tip.push_back(pen_.word("figure.anatomy.tip.time", {percent(time_share(part))}));
      if (timed_with(part) != part) tip.push_back(pen_.word("figure.anatomy.tip.together"));
    }
    return tip;
  }

  // One part as a box that can be chosen; `squares`: heads, drawn along its lower edge.
  void box_of(const std::string& part, Box box, int squares = 0) {
    const std::string name = place_of(part), id = "part/" + part;
    const bool plain = holds_others(part);
    const Color fill = plain ? pen_.colors().card
                             : ramp(pen_.colors().sequential, most_ > 0 ? 0.8 * share(part) / most_ : 0);
    const Color ink = readable_on(fill, pen_.colors());
    const bool chosen = name == chosen_;
    pen_.rect({.box = box, .fill = fill, .stroke = pen_.colors().muted, .radius = pen_.px(4), .stroke_width = 0.8f});
    const float inner = box.w - pen_.px(12), tall = squares > 0 ? box.h - pen_.px(8) : box.h;
    const float base = box.y + tall / 2 + pen_.px(4.5f);
    // Of parts that were measured together the first shows the time of all.
    const bool together = by_time_ && timed_with(part) != part, first = part == "attn.q" || part == "mlp.gate";
    std::string right = !plain && share(part) > 0 && (!together || first) ? percent(share(part)) : std::string();
    if (together && first) right = "Σ " + right;
    const std::string title = part == "block" ? label(part) + " " + std::to_string(layer_) : label(part);
    const float need = pen_.width(right, Face::text, 11);
    const bool both = !right.empty() && pen_.width(title, Face::text, 13) + need + pen_.px(8) <= inner;
    pen_.text(box.x + pen_.px(6), base, pen_.fit(title, inner - (both ? need + pen_.px(6) : 0), 13), ink, 13, 0,
              chosen ? Face::text_bold : Face::text);
    if (both) pen_.text(box.x + box.w - pen_.px(6), base, right, ink, 11, 1);
    if (squares > 0) {
      const float step = std::min(inner / static_cast<float>(squares), pen_.px(9)), side = std::max(step * 0.72f, 1.f);
      for (int i = 0; i < squares; ++i)
        pen_.rect({.box = {box.x + pen_.px(6) + step * static_cast<float>(i), box.y + box.h - side - pen_.px(3.5f),
                           side, std::min(side, pen_.px(5))},
                   .fill = ink});
    }
    if (chosen || pen_.marked(id)) pen_.frame(box);
    pen_.hit({box, id, part_tip(part), {{"part", name}}});
  }

  float draw_machine(float y) {
    const std::string title = pen_.word("figure.anatomy.title", {snapshot_.model, count(size("parameters"))});
    pen_.text(0, y + pen_.px(12), pen_.fit(title, look_.width, 13.5f, Face::text_bold), pen_.colors().ink, 13.5f, 0,
              Face::text_bold);
    y += pen_.px(22);
    pen_.text(0, y + pen_.px(11),
              pen_.fit(pen_.word(by_time_ ? "figure.anatomy.by-time" : "figure.anatomy.by-parameters"),
                       look_.width - pen_.px(190), 11.5f),
              pen_.colors().muted, 11.5f);
    std::vector<Color> shades;   // as far as boxes use the ramp
    for (int i = 0; i < 64; ++i) shades.push_back(ramp(pen_.colors().sequential, 0.8 * i / 63.0));
    pen_.legend(look_.width, y + pen_.px(11), shades, pen_.word("figure.none"), percent(most_));
    y += pen_.px(24);

    const float left = std::clamp(look_.width * 0.27f, pen_.px(96), pen_.px(180)), gap = pen_.px(34);
    const float bottom = draw_block(left + gap, y, look_.width - left - gap);
    draw_stack(left, y, bottom, gap);
    return bottom;
  }

  // The block from inside: the stream runs down its left side, attention and MLP read it and add to it.
  float draw_block(float x, float top, float width) {
    const float row = pen_.px(29), gap = pen_.px(7), head = pen_.px(19), lane = pen_.px(26), pad = pen_.px(7);
    float y = top;
    const float from = x + lane, wide = width - lane, in = from + pad, across = wide - 2 * pad;
    box_of("block", {from, y, wide, row});
    y += row + gap * 1.6f;

    std::vector<float> reads, adds;   // where the branches leave the stream and come back
    const auto beside = [&](const std::vector<std::string>& parts, const std::vector<float>& weights,
                            const std::vector<int>& heads) {
      float all = 0, at = in;
      for (const float w : weights) all += w;
      const float free = across - gap * static_cast<float>(parts.size() - 1);
      const float tall = heads.empty() ? row : row + pen_.px(8);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const float w = free * weights[i] / all;
        box_of(parts[i], {at, y, w, tall}, heads.empty() ? 0 : heads[i]);
        at += w + gap;
      }
      y += tall + gap;
    };
    const auto group = [&](const std::string& norm, const std::string& whole, const auto& rows) {
      reads.push_back(y + row / 2);
      box_of(norm, {from, y, wide, row});
      y += row + gap;
      const float begin = y;
      y += head + gap * 0.5f;
      rows();
      adds.push_back(y - gap - row / 2);
      pen_.rect({.box = {from, begin, wide, y - begin}, .stroke = pen_.colors().rule, .radius = pen_.px(6)});
      const Box caption{from + pen_.px(2), begin + pen_.px(2), wide - pen_.px(4), head - pen_.px(1)};
      const std::string id = "part/" + whole, name = place_of(whole);
      pen_.text(in, begin + pen_.px(15), pen_.fit(label(whole), across * 0.6f, 12.5f, Face::text_bold),
                pen_.colors().ink, 12.5f, 0, Face::text_bold);
      pen_.text(in + across, begin + pen_.px(15), percent(share_inside(whole)), pen_.colors().muted, 11.5f, 1);
      if (name == chosen_ || pen_.marked(id)) pen_.frame({from, begin, wide, y - begin}, 6);
      pen_.hit({caption, id, part_tip(whole), {{"part", name}}});
      y += gap;
    };
    group("norm1", "attn", [&] {
      const auto heads = static_cast<int>(size("heads")), kv = static_cast<int>(size("kv_heads"));
      const float q = std::clamp(static_cast<float>(heads) / static_cast<float>(std::max(kv, 1)), 1.f, 2.f);
      beside({"attn.q", "attn.k", "attn.v"}, {q, 1, 1}, {heads, kv, kv});
      beside({"attn.rotate"}, {1}, {});
      beside({"attn.scores", "attn.pattern"}, {1, 1}, {});
      beside({"attn.z"}, {1}, {heads});
      beside({"attn.out"}, {1}, {});
    });
    if (has("mlp"))
      group("norm2", "mlp", [&] {
        beside({"mlp.gate", "mlp.up"}, {1, 1}, {});
        beside({"mlp.act"}, {1}, {});
        beside({"mlp.down"}, {1}, {});
      });

    const float stream = x + pen_.px(7), r = pen_.px(7);
    const Color line = pen_.colors().accent;
    pen_.line(stream, top + row / 2, from, top + row / 2, line, 2);
    pen_.line(stream, top + row / 2, stream, y, line, 2);
    for (const float at : reads) {
      pen_.line(stream, at, from - pen_.px(1), at, line, 1.4f);
      pen_.path({.points = {{from - pen_.px(6), at - pen_.px(4)}, {from - pen_.px(1), at},
                            {from - pen_.px(6), at + pen_.px(4)}}, .color = line, .width = pen_.px(1.4f)});
    }
    for (const float at : adds) {
      pen_.line(stream + r, at, in, at, line, 1.4f);
      pen_.rect({.box = {stream - r, at - r, 2 * r, 2 * r}, .fill = pen_.colors().card, .stroke = line, .radius = r,
                 .stroke_width = 1.6f});
      const float arm = pen_.px(3.5f);
      pen_.line(stream - arm, at, stream + arm, at, line, 1.4f);
      pen_.line(stream, at - arm, stream, at + arm, line, 1.4f);
    }
    return y + pen_.px(2);
  }

  // Of a part that holds others: the sum of theirs, in all layers.
  double share_inside(const std::string& whole) const {
    if (!by_time_) return share(whole);
    const std::vector<std::string>& names = snapshot_.texts("time.name");
    const std::vector<double>& shares = snapshot_.numbers("time.share");
    double sum = 0;
    for (std::size_t i = 0; i < names.size() && i < shares.size(); ++i)
      if (names[i].starts_with(whole + ".")) sum += shares[i];
    return sum;
  }

  // Embedding, blocks, final norm and head, as high as the block from inside.
  void draw_stack(float width, float top, float bottom, float gap) {
    const float row = pen_.px(32), space = pen_.px(10), number = pen_.px(20);
    box_of("embedding", {0, top, width, row});
    box_of("head", {0, bottom - row, width, row});
    box_of("final_norm", {0, bottom - 2 * row - space, width, row});
    const Box stack{number, top + row + space, width - number, bottom - top - 3 * row - 3 * space};
    const float step = stack.h / static_cast<float>(layers_);
    const std::pair<float, float> joints[] = {{top + row, stack.y},
                                              {stack.y + stack.h, bottom - 2 * row - space},
                                              {bottom - row - space, bottom - row}};
    for (const auto& [from, to] : joints)
      pen_.line(number + stack.w / 2, from, number + stack.w / 2, to, pen_.colors().accent, 2);
    std::size_t apart = 1;
    for (const std::size_t s : {1, 2, 5, 10, 20, 50})
      if (step * static_cast<float>(apart = s) >= pen_.px(12)) break;
    const std::string rest = chosen_.starts_with("blocks.") && chosen_.find('.', 7) != std::string::npos
                                 ? chosen_.substr(chosen_.find('.', 7)) : std::string();
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      const Box box{stack.x, stack.y + step * static_cast<float>(layer), stack.w, step};
      const bool shown = layer == layer_;
      const float slit = std::min(step * 0.16f, pen_.px(1.5f));
      const std::string id = "layer/" + std::to_string(layer);
      pen_.rect({.box = {box.x, box.y + slit, box.w, box.h - 2 * slit},
                 .fill = shown ? pen_.colors().accent : pen_.colors().chip_a,
                 .radius = std::min(pen_.px(2), step / 4)});
      if (layer % apart == 0)
        pen_.text(number - pen_.px(5), box.y + step / 2 + pen_.px(4), std::to_string(layer),
                  shown ? pen_.colors().accent : pen_.colors().muted, 11, 1);
      if (pen_.marked(id)) pen_.frame(box, 2);
      pen_.hit({box, id, layer_tip(layer), {{"part", "blocks." + std::to_string(layer) + rest}}});
    }
    // The shown block opens to the right.
    const float upper = stack.y + step * static_cast<float>(layer_), x = stack.x + stack.w + pen_.px(2);
    pen_.line(x, upper, width + gap, top, pen_.colors().muted, 0.8f, true);
    pen_.line(x, upper + step, width + gap, bottom, pen_.colors().muted, 0.8f, true);
  }

  std::vector<std::string> layer_tip(std::size_t layer) const {
    const auto at = [&](const char* column, std::size_t i) {
      const std::vector<double>& values = snapshot_.numbers(column);
      return i < values.size() ? fixed(values[i], 2) : std::string("–");
    };
    return {"blocks." + std::to_string(layer) + " · " + label("block"),
            pen_.word("figure.anatomy.tip.layer", {at("layers.norm", layer), at("layers.norm", layer + 1)}),
            pen_.word("figure.anatomy.tip.added", {at("layers.attn", layer), at("layers.mlp", layer)})};
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  std::size_t layers_ = 0, layer_ = 0, query_ = 0;
  std::map<std::string, std::size_t> index_;   // of the part in parts.*
  std::string kind_, chosen_;
  bool inside_ = false, by_time_ = false;
  double most_ = 0;                            // the largest share of a box
};

}  // namespace

Figure draw_anatomy(const Snapshot& snapshot, const Look& look) { return AnatomyFigure(snapshot, look).draw(); }

}  // namespace tb::figure
