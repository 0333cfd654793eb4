// An answer as a sum: bars for what each part wrote straight to the output, and the sum as it grows.
#include <numeric>

#include "figure/layer_map.h"

namespace tb::figure {
namespace {

// One bar: a part of the model and its term.
struct Part {
  std::string id, name, point;
  double value = 0;
  Inputs set;
};

class AttributionFigure {
 public:
  AttributionFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        attention_(snapshot.numbers("layers.attention")), mlps_(snapshot.numbers("parts.mlps")),
        running_(snapshot.numbers("layers.running")), heads_(snapshot.numbers("parts.heads")),
        layers_(attention_.size()) {
    if (const auto found = snapshot.inputs.find("order"); found != snapshot.inputs.end())
      by_size_ = std::get<std::string>(found->second) == "size";
  }

  Figure draw() {
    figure_.width = look_.width;
    if (tokens_.empty() || layers_ == 0 || running_.size() != layers_ + 1 || heads_.size() % layers_ != 0) return {};
    float y = 0;
    if (!difference()) {
      y = token_rows(pen_, look_, tokens_, static_cast<std::size_t>(number_of(snapshot_, "row.query")), 0);
      y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    }
    const std::string title = difference()
                                  ? pen_.word("figure.compare.attribution", {question(), pen_.term(answer())})
                                  : pen_.word("figure.attribution.title", {question(), fixed(answer(), 2)});
    pen_.text(0, y + pen_.px(20), pen_.fit(title, look_.width, 13.5f, Face::text_bold), pen_.colors().ink, 13.5f, 0,
              Face::text_bold);
    y += pen_.px(30);
    y = by_size_ ? draw_by_size(y) : draw_by_layer(y);
    y = draw_sum(y + pen_.px(6));
    y = draw_sources(y + pen_.px(14));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  bool difference() const { return look_.signed_values(); }
  // Of a difference between two questions: "(B) − (A)".
  std::string question() const {
    if (!difference()) return question_of(snapshot_);
    const std::string in_a = question_of(*look_.between.a), in_b = question_of(*look_.between.b);
    return in_a == in_b ? in_b : "(" + in_b + ") − (" + in_a + ")";
  }
  std::string question_of(const Snapshot& run) const { return question_name(pen_, run, "answer", "other"); }
  double answer() const { return number_of(snapshot_, "total.answer"); }
  std::size_t n_heads() const { return heads_.size() / layers_; }
  std::size_t chosen_layer() const { return static_cast<std::size_t>(number_of(snapshot_, "chosen.layer")); }
  std::size_t chosen_head() const { return static_cast<std::size_t>(number_of(snapshot_, "chosen.head")); }
  Color positive() const { return pen_.colors().diverging.back(); }
  Color negative() const { return pen_.colors().diverging.front(); }

  // A click goes to the head of the layer that counts most.
  Part attention_of(std::size_t layer) const {
    const std::string at = std::to_string(layer);
    const auto first = heads_.begin() + static_cast<std::ptrdiff_t>(layer * n_heads());
    const auto strongest = std::max_element(first, first + static_cast<std::ptrdiff_t>(n_heads()),
                                            [](double a, double b) { return std::abs(a) < std::abs(b); });
    return {"attn/" + at, pen_.word("figure.attribution.attention", {at}), "layers.attention[" + at + "]",
            attention_[layer], {{"layer", static_cast<std::int64_t>(layer)}, {"head", strongest - first}}};
  }
  Part mlp_of(std::size_t layer) const {
    const std::string at = std::to_string(layer);
    return {"mlp/" + at, pen_.word("figure.attribution.mlp", {at}), "parts.mlps[" + at + "]", mlps_[layer], {}};
  }
  Part head_of(std::size_t layer, std::size_t head) const {
    const std::string l = std::to_string(layer), h = std::to_string(head);
    return {"head/" + l + "/" + h, pen_.word("figure.attribution.head", {l, h}), "parts.heads[" + l + ", " + h + "]",
            heads_[layer * n_heads() + head],
            {{"layer", static_cast<std::int64_t>(layer)}, {"head", static_cast<std::int64_t>(head)}}};
  }
  Part embedding() const {
    return {"embedding", pen_.word("figure.attribution.embedding"), "parts.embedding",
            number_of(snapshot_, "parts.embedding"), {}};
  }

  void hit(const Part& part, Box box, std::vector<std::string> more = {}) {
    std::vector<std::string> tip = {
        part.name, pen_.word("figure.attribution.term", {question(), pen_.term(part.value, 4)}), part.point};
    tip.insert(tip.end(), more.begin(), more.end());
    if (pen_.marked(part.id)) pen_.frame(box);
    pen_.hit({box, part.id, std::move(tip), part.set});
  }

  // Attention's bars are filled, the MLPs' are outlined.
  void draw_bar(Box box, double value, bool filled) {
    const Color color = value < 0 ? negative() : positive();
    if (filled) return pen_.rect({.box = box, .fill = color});
    const float inset = std::min(pen_.px(0.5f), box.w / 2);
    pen_.rect({.box = {box.x + inset, box.y + pen_.px(0.5f), box.w - 2 * inset, box.h - pen_.px(1)}, .stroke = color});
  }

  // Left: a pair of bars for each layer, away from zero in both directions. Right: the sum, layer by layer.
  float draw_by_layer(float y) {
    const float size = 11.5f, label = pen_.px(30), gap = pen_.px(28);
    const float split = std::round((look_.width - label - gap) * 0.58f);
    const float left = label, middle = left + split + gap, right = look_.width;
    const float row = std::clamp(pen_.px(420) / static_cast<float>(layers_ + 1), pen_.px(8), pen_.px(18));

    // Legend: which bar is whose. Colour is the sign, as everywhere.
    float x = left;
    for (const bool attention : {true, false}) {
      const std::string words = pen_.word(attention ? "figure.attribution.by-attention" : "figure.attribution.by-mlp");
      draw_bar({x, y + pen_.px(3), pen_.px(14), pen_.px(8)}, 1, attention);
      pen_.text(x + pen_.px(18), y + pen_.px(11), words, pen_.colors().muted, size);
      x += pen_.px(34) + pen_.width(words, Face::text, size);
    }
    const std::string sum = pen_.fit(pen_.word("figure.attribution.running"), right - middle, size);
    if (x + pen_.width(sum, Face::text, size) > right) y += pen_.px(16);
    pen_.text(right, y + pen_.px(11), sum, pen_.colors().muted, size, 1);
    y += pen_.px(20);

    // Both panels have zero inside and the largest values at their edges.
    double low = 0, high = 0, least = 0, most = 0;
    const auto widen = [](double value, double& from, double& to) {
      from = std::min(from, value);
      to = std::max(to, value);
    };
    for (const double value : attention_) widen(value, low, high);
    for (const double value : mlps_) widen(value, low, high);
    widen(embedding().value, low, high);
    for (const double value : running_) widen(value, least, most);
    const auto on = [](double value, double from, double to, float a, float b) {
      return a + static_cast<float>(to > from ? (value - from) / (to - from) : 0.5) * (b - a);
    };
    const auto bar_x = [&](double value) { return on(value, low, high, left, left + split); };
    const auto sum_x = [&](double value) { return on(value, least, most, middle, right - pen_.px(4)); };
    const float top = y, bottom = y + row * static_cast<float>(layers_ + 1);
    for (const float zero : {bar_x(0), sum_x(0)}) pen_.line(zero, top, zero, bottom, pen_.colors().rule);

    const auto bar = [&](double value, float at, float height, bool filled) {
      const float a = bar_x(0), b = bar_x(value);
      draw_bar({std::min(a, b), at, std::max(std::abs(b - a), pen_.px(0.5f)), height}, value, filled);
    };
    const std::size_t step = row >= pen_.px(13) ? 1 : 5;
    for (std::size_t i = 0; i <= layers_; ++i) {
      const float at = y + static_cast<float>(i) * row;
      const std::string name = i == 0 ? pen_.word("figure.attribution.start") : std::to_string(i - 1);
      if (i == 0 || (i - 1) % step == 0)
        pen_.text(left - pen_.px(6), at + row / 2 + pen_.px(size) * 0.35f, name, pen_.colors().muted, size, 1);
      const std::string running = pen_.word("figure.attribution.so-far", {fixed(running_[i], 4)});
      if (i == 0) {
        bar(embedding().value, at + row * 0.25f, row * 0.5f, true);
        hit(embedding(), {left, at, look_.width - left, row}, {running});
      } else {
        const bool both = !mlps_.empty();
        const float height = both ? row / 2 : row;
        bar(attention_[i - 1], at + row * 0.08f, height * 0.84f, true);
        hit(attention_of(i - 1), {left, at, look_.width - left, height}, {running});
        if (both) {
          bar(mlps_[i - 1], at + height + row * 0.02f, height * 0.84f, false);
          hit(mlp_of(i - 1), {left, at + height, look_.width - left, height}, {running});
        }
      }
      // The step line of the sum.
      const float here = sum_x(running_[i]), before = sum_x(i == 0 ? 0 : running_[i - 1]);
      pen_.line(before, at, here, at, pen_.colors().ink, 1.5f);
      pen_.line(here, at, here, at + row, pen_.colors().ink, 1.5f);
    }
    y = bottom + pen_.px(4);
    const auto ends = [&](double from, double to, float a, float b) {
      pen_.text(a, y + pen_.px(10), from < 0 ? fixed(from, 2) : "0", pen_.colors().muted, size, 0);
      pen_.text(b, y + pen_.px(10), to > 0 ? pen_.term(to) : "0", pen_.colors().muted, size, 1);
    };
    ends(low, high, left, left + split);
    ends(least, most, middle, right);
    return y + pen_.px(16);
  }

  // The largest terms, then all others together.
  float draw_by_size(float y) {
    constexpr std::size_t most = 16;
    std::vector<Part> parts = {embedding()};
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      for (std::size_t head = 0; head < n_heads(); ++head) parts.push_back(head_of(layer, head));
      if (layer < mlps_.size()) parts.push_back(mlp_of(layer));
    }
    const std::vector<double>& biases = snapshot_.numbers("parts.biases");
    for (std::size_t layer = 0; layer < biases.size(); ++layer) {
      const std::string at = std::to_string(layer);
      parts.push_back({"bias/" + at, pen_.word("figure.attribution.bias", {at}), "parts.biases[" + at + "]",
                       biases[layer], {}});
    }
    std::stable_sort(parts.begin(), parts.end(),
                     [](const Part& a, const Part& b) { return std::abs(a.value) > std::abs(b.value); });
    if (parts.size() > most) {
      Part rest{"rest", look_.strings.plural("figure.attribution.rest", static_cast<std::int64_t>(parts.size() - most)),
                "", 0, {}};
      for (std::size_t i = most; i < parts.size(); ++i) rest.value += parts[i].value;
      parts.resize(most);
      parts.push_back(std::move(rest));
    }

    double largest = 1e-9;
    for (const Part& part : parts) largest = std::max(largest, std::abs(part.value));
    const float height = pen_.px(20), label = pen_.px(128), number = pen_.px(58);
    const float middle = label + (look_.width - label - number) / 2, half = (look_.width - label - number) / 2;
    pen_.line(middle, y, middle, y + height * static_cast<float>(parts.size()), pen_.colors().rule);
    for (const Part& part : parts) {
      const bool chosen = part.id == head_of(chosen_layer(), chosen_head()).id;
      const auto length = static_cast<float>(part.value / largest) * half;
      pen_.text(label - pen_.px(8), y + pen_.px(14), pen_.fit(part.name, label - pen_.px(8), 13),
                chosen ? pen_.colors().accent : pen_.colors().ink, 13, 1, chosen ? Face::text_bold : Face::text);
      pen_.rect({.box = {std::min(middle, middle + length), y + pen_.px(4), std::max(std::abs(length), pen_.px(1)),
                         height - pen_.px(8)},
                 .fill = part.value < 0 ? negative() : positive(), .hatched = part.id == "rest"});
      pen_.text(look_.width, y + pen_.px(14), pen_.term(part.value), pen_.colors().muted, 13, 1);
      hit(part, {0, y, look_.width, height});
      y += height;
    }
    return y;
  }

  // That the parts are the whole.
  float draw_sum(float y) {
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    const double sum = number_of(snapshot_, "total.sum");
    const std::size_t parts = 1 + heads_.size() + mlps_.size() + snapshot_.numbers("parts.biases").size();
    return pen_.paragraph(0, y + pen_.px(4), look_.width,
                          look_.strings.plural("figure.attribution.sum", static_cast<std::int64_t>(parts),
                                               {fixed(sum, 4), fixed(answer(), 4)}),
                          pen_.colors().ink, 13);
  }

  // The chosen head by the tokens it read.
  float draw_sources(float y) {
    const std::vector<double>& sources = snapshot_.numbers("chosen.sources");
    if (sources.size() != tokens_.size()) return y;
    const Part head = head_of(chosen_layer(), chosen_head());
    double largest = 0.005;
    for (const double value : sources) largest = std::max(largest, std::abs(value));
    const std::string title = pen_.word("figure.attribution.sources", {head.name, pen_.term(head.value)});
    y = pen_.paragraph(0, y, look_.width, title, pen_.colors().ink, 13) + pen_.px(4);
    const Scale scale{pen_.colors().diverging, -largest, largest};
    const float height = pen_.px(23), gap = pen_.px(4), leading = pen_.px(43);
    float x = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const std::string share = std::abs(sources[i]) < 0.005 ? "" : pen_.term(sources[i]);
      const float width = std::min(
          std::max(pen_.chip_width(tokens_[i], 13), pen_.width(share, Face::text, 11) + pen_.px(2)), look_.width);
      if (x > 0 && x + width > look_.width) {
        x = 0;
        y += leading;
      }
      const Box box{x, y, width, height};
      const std::string id = "source/" + std::to_string(i);
      const Color fill = scale.of(sources[i]);
      pen_.rect({.box = box, .fill = fill, .stroke = pen_.colors().rule, .radius = pen_.px(4)});
      pen_.chip(tokens_[i], box, {0, 0, 0, 0}, readable_on(fill, pen_.colors()), 13);
      pen_.text(x + width / 2, y + height + pen_.px(12), share, pen_.colors().muted, 11, 0.5f);
      if (pen_.marked(id)) pen_.frame(box);
      std::vector<std::string> tip = token_tip(look_, tokens_[i], static_cast<std::int64_t>(i));
      tip.push_back(pen_.word("figure.attribution.term", {question(), pen_.term(sources[i], 4)}));
      tip.push_back("chosen.sources[" + std::to_string(i) + "]");
      pen_.hit({box, id, std::move(tip), {}});
      x += width + gap;
    }
    y += leading;
    pen_.legend(look_.width, y + pen_.px(8), pen_.colors().diverging, fixed(-largest, 2), pen_.term(largest));
    return y + pen_.px(14);
  }

  std::string alt_of_difference() const {
    const auto most = std::max_element(heads_.begin(), heads_.end(),
                                       [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (most == heads_.end()) return question();
    const auto at = static_cast<std::size_t>(most - heads_.begin());
    const Part head = head_of(at / n_heads(), at % n_heads());
    return pen_.word("figure.alt.compare-attribution", {question(), pen_.term(answer()),
                    head.name + " " + pen_.term(head.value)});
  }

  std::string alt() const {
    if (difference()) return alt_of_difference();
    const Part head = head_of(chosen_layer(), chosen_head());
    const auto end = mlps_.end();
    const auto strongest =
        std::max_element(mlps_.begin(), end, [](double a, double b) { return std::abs(a) < std::abs(b); });
    std::string parts = head.name + " " + pen_.term(head.value);
    if (strongest != end) {
      const Part mlp = mlp_of(static_cast<std::size_t>(strongest - mlps_.begin()));
      parts += ", " + mlp.name + " " + pen_.term(mlp.value);
    }
    return pen_.word("figure.alt.attribution", {question(), fixed(answer(), 2), parts});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  const std::vector<double>&attention_, &mlps_, &running_, &heads_;
  std::size_t layers_ = 0;
  bool by_size_ = false;
};

}  // namespace

Figure draw_attribution(const Snapshot& snapshot, const Look& look) { return AttributionFigure(snapshot, look).draw(); }

}  // namespace tb::figure
