// Where the heads of a layer look: all heads at a glance, the chosen one large, its chosen row as chips and as numbers.
#include <limits>
#include <numeric>

#include "figure/compare.h"
#include "figure/layer_map.h"

namespace tb::figure {
namespace {

class AttentionFigure {
 public:
  AttentionFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        pattern_(snapshot.numbers("attention.pattern")), n_(tokens_.size()),
        layer_(static_cast<std::size_t>(number_of(snapshot, "row.layer"))),
        head_(static_cast<std::size_t>(number_of(snapshot, "row.head"))),
        query_(static_cast<std::size_t>(number_of(snapshot, "row.query"))),
        scale_(look.signed_values() ? signed_scale(look.colors, pattern_, 0.005)
                                               : Scale{look.colors.sequential, 0, 1}) {
    if (n_ > 0) heads_ = pattern_.size() / (n_ * n_);
    if (const auto found = snapshot.inputs.find("without-sink"); found != snapshot.inputs.end())
      if (const auto* value = std::get_if<bool>(&found->second)) without_sink_ = *value;
    looking_ = query_;
    if (look.hovered.starts_with("query/")) looking_ = index_after(look.hovered, 6);
    if (look.hovered.starts_with("cell/")) looking_ = index_after(look.hovered, 5);
  }

  Figure draw() {
    figure_.width = look_.width;
    if (n_ == 0 || heads_ == 0 || pattern_.size() != heads_ * n_ * n_) return {};
    float y = draw_chips(0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_heads(y + pen_.px(14));
    y = draw_map_and_row(y + pen_.px(16));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  std::size_t index_after(std::string_view id, std::size_t at) const {
    std::size_t index = 0;
    for (; at < id.size() && id[at] >= '0' && id[at] <= '9'; ++at)
      index = index * 10 + static_cast<std::size_t>(id[at] - '0');
    return std::min(index, n_ - 1);
  }
  double weight(std::size_t head, std::size_t query, std::size_t key) const {
    return pattern_[(head * n_ + query) * n_ + key];
  }
  Color shade(double w) const { return scale_.of(w); }
  bool difference() const { return look_.signed_values(); }
  // In a difference: A has another token here.
  bool other_in_a(std::size_t token) const {
    return difference() && look_.between.a->numbers("tokens.id")[token] != static_cast<double>(tokens_[token].id);
  }
  // The weight in one of the two runs of a difference.
  double weight_in(const Snapshot* run, std::size_t query, std::size_t key) const {
    return run->numbers("attention.pattern")[(head_ * n_ + query) * n_ + key];
  }
  std::string share(double w) const {
    return difference() ? points(pen_, w) : percent(w);
  }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string name(std::size_t token) const { return pen_.quoted(tokens_[token]); }

  // The text with each token shaded by what the query looked from gives it. Pointing at a token makes it the query.
  float draw_chips(float y) {
    const std::string title = pen_.word(difference() ? "figure.compare.looks" : "figure.attention.looks",
                                        {std::to_string(looking_), name(looking_)});
    pen_.text(0, y + pen_.px(13), pen_.fit(title, look_.width, 13), pen_.colors().muted, 13);
    y += pen_.px(22);
    const float height = pen_.px(25), gap = pen_.px(4), leading = pen_.px(46);
    float x = 0;
    for (std::size_t key = 0; key < n_; ++key) {
      const double w = weight(head_, looking_, key);
      const bool nothing = key > looking_ || std::abs(w) < 0.0005;
      const std::string share = nothing ? "" : difference() ? pen_.term(w * 100, 1) : fixed(w * 100, 1);
      const float width = std::min(
          std::max(pen_.chip_width(tokens_[key], 14), pen_.width(share, Face::text, 11) + pen_.px(2)), look_.width);
      if (x > 0 && x + width > look_.width) {
        x = 0;
        y += leading;
      }
      const Box box{x, y, width, height};
      const std::string id = "query/" + std::to_string(key);
      const Color fill = key > looking_ ? Color{0, 0, 0, 0} : shade(w);
      const Color ink = key > looking_ ? pen_.colors().muted : ink_for(fill);
      pen_.rect(
          {.box = box, .fill = fill, .stroke = pen_.colors().rule, .radius = pen_.px(4), .dashed = key > looking_});
      pen_.chip(tokens_[key], box, {0, 0, 0, 0}, ink, 14);
      if (other_in_a(key))
        pen_.rect({.box = box, .stroke = pen_.colors().theirs, .radius = pen_.px(4), .stroke_width = 1.5f, .dashed = true});
      if (key == looking_) pen_.frame(box);
      pen_.text(x + width / 2, y + height + pen_.px(13), share, pen_.colors().muted, 11, 0.5f);
      std::vector<std::string> tip = token_tip(look_, tokens_[key], static_cast<std::int64_t>(key));
      tip.push_back(strongest(head_, key));
      if (other_in_a(key))
        tip.push_back(pen_.word("figure.compare.in-a", {pen_.quoted(tokens_of(*look_.between.a, "tokens")[key])}));
      pen_.hit({box, id, std::move(tip), {{"query", static_cast<std::int64_t>(key)}}});
      x += width + gap;
    }
    return y + leading - pen_.px(4);
  }

  Color ink_for(Color fill) const { return readable_on(fill, pen_.colors()); }

  std::size_t strongest_key(std::size_t head, std::size_t query) const {
    const double* row = pattern_.data() + (head * n_ + query) * n_;
    return static_cast<std::size_t>(
        std::max_element(row, row + query + 1, [](double a, double b) { return std::abs(a) < std::abs(b); }) - row);
  }
  std::string strongest(std::size_t head, std::size_t query) const {
    const std::size_t key = strongest_key(head, query);
    return pen_.word(difference() ? "figure.compare.strongest" : "figure.attention.strongest",
                     {std::to_string(key), name(key), share(weight(head, query, key))});
  }

  // All heads of the layer as small maps; a click chooses one.
  float draw_heads(float y) {
    const std::string title =
        pen_.word(difference() ? "figure.compare.heads" : "figure.attention.heads", {std::to_string(layer_)});
    const std::string low = difference() ? share(scale_.low) : pen_.word("figure.none");
    const std::string high = difference() ? share(scale_.high) : pen_.word("figure.all");
    const float room = look_.width - pen_.px(120) - pen_.width(low + high, Face::text, 11.5f);
    pen_.text(0, y + pen_.px(12), pen_.fit(title, room, 13), pen_.colors().muted, 13);
    pen_.legend(look_.width, y + pen_.px(12), scale_.colors, low, high);
    y += pen_.px(20);
    const std::size_t columns = heads_ <= 10 ? heads_ : (heads_ + (heads_ + 9) / 10 - 1) / ((heads_ + 9) / 10);
    const float gap = pen_.px(8);
    const float side =
        std::min((look_.width - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns), pen_.px(84));
    const float row_height = side + pen_.px(24);
    const std::vector<double>& sink = snapshot_.numbers("attention.sink");
    for (std::size_t head = 0; head < heads_; ++head) {
      const Box box{static_cast<float>(head % columns) * (side + gap),
                    y + static_cast<float>(head / columns) * row_height, side, side};
      const std::string id = "head/" + std::to_string(head);
      draw_cells(head, box);
      pen_.rect({.box = box, .stroke = pen_.colors().rule});
      if (head == head_ || pen_.marked(id)) pen_.frame(box, 3);
      pen_.text(box.x + side / 2, box.y + side + pen_.px(16), std::to_string(head),
                head == head_ ? pen_.colors().accent : pen_.colors().muted, 12, 0.5f,
                head == head_ ? Face::text_bold : Face::text);
      pen_.hit({box, id,
                {pen_.word("figure.attention.head", {std::to_string(layer_), std::to_string(head)}),
                 pen_.word("figure.attention.sink", {name(0), share(head < sink.size() ? sink[head] : 0)}),
                 "blocks." + std::to_string(layer_) + ".attn.pattern[" + std::to_string(head) + "]"},
                {{"head", static_cast<std::int64_t>(head)}}});
    }
    return y + static_cast<float>((heads_ + columns - 1) / columns) * row_height;
  }

  void draw_cells(std::size_t head, Box box) {
    CellsShape cells{.box = box, .rows = static_cast<int>(n_), .columns = static_cast<int>(n_)};
    cells.cells.reserve(n_ * n_);
    for (std::size_t query = 0; query < n_; ++query)
      for (std::size_t key = 0; key < n_; ++key)
        cells.cells.push_back(key > query ? Color{0, 0, 0, 0} : shade(weight(head, query, key)));
    pen_.cells(std::move(cells));
  }

  // The map of the chosen head. Where it leaves room, the row's numbers stand at its right, otherwise below.
  float draw_map_and_row(float y) {
    const float label = label_width();
    const float table = pen_.px(270), gap = pen_.px(20);
    const float beside = (look_.width - label - table - gap) / static_cast<float>(n_);
    const bool together = beside >= pen_.px(13) && axes_width() + table + gap <= look_.width;
    const float room = together ? beside : (look_.width - label) / static_cast<float>(n_);
    const float cell = std::min(room, pen_.px(24));
    const float side = cell * static_cast<float>(n_);

    const std::string title = pen_.word(difference() ? "figure.compare.map" : "figure.attention.map",
                                        {std::to_string(layer_), std::to_string(head_)});
    const float title_room = together ? std::max(label + side, axes_width()) : look_.width;
    pen_.text(0, y + pen_.px(12), pen_.fit(title, title_room, 13.5f, Face::text_bold), pen_.colors().ink, 13.5f, 0,
              Face::text_bold);
    const float below = draw_map({label, y + pen_.px(26) + label, side, side}, cell, label);
    if (together) return std::max(below, draw_row(std::max(label + side, axes_width()) + gap, y, table));
    return draw_row(0, below + pen_.px(14), look_.width);
  }

  float axes_width() const { return pen_.width(pen_.word("figure.attention.axes"), Face::text, 11.5f); }

  // Both axes carry the tokens: the width of the longest label, within reason.
  float label_width() const {
    float longest = 0;
    for (const TokenView& token : tokens_)
      longest = std::max(longest, pen_.width(visible(token.bytes), Face::text, label_size()));
    return std::min(longest, pen_.px(76)) + pen_.px(8);
  }
  float label_size() const { return n_ <= 24 ? 12.5f : n_ <= 40 ? 10.5f : 8.5f; }

  float draw_map(Box map, float cell, float label) {
    const float size = std::min(label_size(), cell / pen_.px(1) * 0.95f), limit = label - pen_.px(6);
    for (std::size_t i = 0; i < n_; ++i) {
      const float middle = (static_cast<float>(i) + 0.5f) * cell;
      const std::string words = pen_.fit(visible(tokens_[i].bytes), limit, size);
      const Color row_color = i == looking_ ? pen_.colors().accent
                              : other_in_a(i) ? pen_.colors().theirs
                                              : pen_.colors().muted;
      const Color key_color = without_sink_ && i == 0 ? pen_.colors().rule : pen_.colors().muted;
      pen_.text(map.x - pen_.px(6), map.y + middle + pen_.px(size) * 0.33f, words, row_color, size, 1,
                i == looking_ ? Face::text_bold : Face::text);
      pen_.upward(map.x + middle + pen_.px(size) * 0.33f, map.y - pen_.px(6), words, key_color, size);
    }
    draw_cells(head_, map);
    if (without_sink_)
      pen_.rect({.box = {map.x, map.y, cell, map.h}, .fill = pen_.colors().rule, .hatched = true});
    pen_.rect({.box = map, .stroke = pen_.colors().rule});
    const float row = map.y + static_cast<float>(looking_) * cell;
    pen_.frame({map.x, row, static_cast<float>(looking_ + 1) * cell, cell}, 2);

    const std::string point = "blocks." + std::to_string(layer_) + ".attn.pattern";
    for (std::size_t query = 0; query < n_; ++query)
      for (std::size_t key = 0; key <= query; ++key) {
        const std::string at = std::to_string(query) + "/" + std::to_string(key);
        const Box box{map.x + static_cast<float>(key) * cell, map.y + static_cast<float>(query) * cell, cell, cell};
        if (look_.selected == "cell/" + at) pen_.frame(box, 2);
        const double w = weight(head_, query, key);
        std::vector<std::string> tip = {name(query) + " → " + name(key) + "  " + share(w),
                                        point + "[" + std::to_string(head_) + ", " + std::to_string(query) + ", " +
                                            std::to_string(key) + "] = " +
                                            (difference() ? pen_.term(w, 6) : fixed(w, 6))};
        if (difference()) add_runs(tip, query, key);
        pen_.hit({box, "cell/" + at, std::move(tip), {{"query", static_cast<std::int64_t>(query)}}});
      }
    pen_.text(std::max(map.x + map.w, axes_width()), map.y + map.h + pen_.px(15), pen_.word("figure.attention.axes"),
              pen_.colors().muted, 11.5f, 1);
    return map.y + map.h + pen_.px(20);
  }

  void add_runs(std::vector<std::string>& tip, std::size_t query, std::size_t key) const {
    tip.push_back(pen_.word("figure.compare.in-a", {fixed(weight_in(look_.between.a, query, key), 6)}));
    tip.push_back(pen_.word("figure.compare.in-b", {fixed(weight_in(look_.between.b, query, key), 6)}));
  }

  // The keys of the row that are worth a line: all of a short row, the heaviest of a long one, in order of position.
  std::vector<std::size_t> rows_shown() const {
    constexpr std::size_t most = 14;
    std::vector<std::size_t> keys(n_);
    std::iota(keys.begin(), keys.end(), std::size_t{0});
    if (n_ <= most) return keys;
    std::stable_sort(keys.begin(), keys.end(), [&](std::size_t a, std::size_t b) {
      return std::abs(weight(head_, query_, a)) > std::abs(weight(head_, query_, b));
    });
    keys.resize(most);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  // The softmax of the chosen row: score, mask, exp, weight. A head names what is done, a foot what it was done with.
  float draw_row(float x, float y, float width) {
    if (difference()) return draw_both_rows(x, y, width);
    const std::vector<double>&score = snapshot_.numbers("row.score"), &masked = snapshot_.numbers("row.masked"),
          &exponential = snapshot_.numbers("row.exp"), &weights = snapshot_.numbers("row.weight");
    if (score.size() != n_) return y;
    const Color muted = pen_.colors().muted, ink = pen_.colors().ink;
    const std::string title = pen_.word("figure.attention.row", {std::to_string(query_), name(query_)});
    pen_.text(x, y + pen_.px(12), pen_.fit(title, width, 13.5f, Face::text_bold), ink, 13.5f, 0, Face::text_bold);
    y += pen_.px(34);
    const float first = width * 0.26f;
    const float ends[] = {x + width * 0.42f, x + width * 0.58f, x + width * 0.72f, x + width};
    const char* heads[] = {"score", "masked", "exp", "weight"};
    for (int i = 0; i < 4; ++i)
      pen_.text(ends[i], y, pen_.word(std::string("figure.attention.") + heads[i]), muted, 11.5f, 1);
    y += pen_.px(5);
    pen_.line(x, y, x + width, y, pen_.colors().rule);
    y += pen_.px(3);
    const float height = pen_.px(21);
    for (const std::size_t key : rows_shown()) {
      const bool hidden = std::isinf(masked[key]);
      const float base = y + pen_.px(15);
      const Box chip{x, y + pen_.px(1.5f), std::min(pen_.chip_width(tokens_[key], 12), first), height - pen_.px(3)};
      const Color fill = hidden ? Color{0, 0, 0, 0} : shade(weights[key]);
      pen_.rect({.box = chip, .fill = fill, .stroke = pen_.colors().rule, .radius = pen_.px(3), .dashed = hidden});
      pen_.chip(tokens_[key], chip, {0, 0, 0, 0}, hidden ? muted : ink_for(fill), 12);
      const std::string cells[] = {fixed(score[key], 2), fixed(masked[key], 2), fixed(exponential[key], 3),
                                   percent(weights[key])};
      for (int i = 0; i < 4; ++i)
        pen_.text(ends[i], base, cells[i], hidden || i < 3 ? muted : ink, 12.5f, 1);
      const std::string at = "[" + std::to_string(key) + "]";
      pen_.hit(
          {{x, y, width, height},
           "row/" + std::to_string(key),
           {name(query_) + " → " + name(key), "row.score" + at + " = " + fixed(score[key], 6),
            "row.exp" + at + " = " + fixed(exponential[key], 6), "row.weight" + at + " = " + fixed(weights[key], 8)},
           {}});
      y += height;
    }
    const std::size_t shown = rows_shown().size();
    const double sum = number_of(snapshot_, "row.sum");
    std::string note = sum > 0 ? pen_.word("figure.attention.note", {fixed(number_of(snapshot_, "row.max"), 2),
                                                                     fixed(sum, 3)})
                               : pen_.word("figure.attention.nothing");
    if (shown < n_) note += " " + pen_.word("figure.attention.some", {std::to_string(shown), std::to_string(n_)});
    return pen_.paragraph(x, y + pen_.px(4), width, note, muted, 12);
  }

  // The chosen row in A, in B, and the difference.
  float draw_both_rows(float x, float y, float width) {
    const Color muted = pen_.colors().muted, ink = pen_.colors().ink;
    const std::string title = pen_.word("figure.attention.row", {std::to_string(query_), name(query_)});
    pen_.text(x, y + pen_.px(12), pen_.fit(title, width, 13.5f, Face::text_bold), ink, 13.5f, 0, Face::text_bold);
    y += pen_.px(36);
    const float first = width * 0.3f, ends[] = {x + width * 0.5f, x + width * 0.72f, x + width};
    for (const bool of_b : {false, true})
      draw_run_sign(pen_, of_b, ends[of_b] - pen_.px(sign_side), y - pen_.px(14));
    pen_.text(ends[2], y, pen_.word("figure.compare.change"), muted, 11.5f, 1);
    y += pen_.px(8);
    pen_.line(x, y, x + width, y, pen_.colors().rule);
    y += pen_.px(3);
    const float height = pen_.px(21);
    for (const std::size_t key : rows_shown()) {
      if (key > query_) continue;
      const double w = weight(head_, query_, key);
      const Box chip{x, y + pen_.px(1.5f), std::min(pen_.chip_width(tokens_[key], 12), first), height - pen_.px(3)};
      pen_.rect({.box = chip, .fill = shade(w), .stroke = pen_.colors().rule, .radius = pen_.px(3)});
      pen_.chip(tokens_[key], chip, {0, 0, 0, 0}, ink_for(shade(w)), 12);
      const std::string cells[] = {percent(weight_in(look_.between.a, query_, key)),
                                   percent(weight_in(look_.between.b, query_, key)), share(w)};
      for (int i = 0; i < 3; ++i) pen_.text(ends[i], y + pen_.px(15), cells[i], i < 2 ? muted : ink, 12.5f, 1);
      std::vector<std::string> tip = {name(query_) + " → " + name(key),
                                      pen_.word("figure.compare.by", {pen_.term(w, 6)})};
      add_runs(tip, query_, key);
      pen_.hit({{x, y, width, height}, "row/" + std::to_string(key), std::move(tip), {}});
      y += height;
    }
    return y + pen_.px(4);
  }

  std::string alt() const {
    const std::size_t key = strongest_key(head_, query_);
    if (difference())
      return pen_.word("figure.alt.compare-attention", {std::to_string(layer_), std::to_string(head_), name(query_),
                                                        name(key), share(weight(head_, query_, key))});
    return pen_.word("figure.alt.attention", {std::to_string(layer_), std::to_string(head_), std::to_string(query_),
                                              name(query_), name(key), percent(weight(head_, query_, key))});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  const std::vector<double>& pattern_;   // [head, query, key]
  std::size_t n_, heads_ = 0, layer_, head_, query_;
  std::size_t looking_ = 0;              // the query whose row is lit: pointed at, else chosen
  bool without_sink_ = false;
  Scale scale_;                          // of weights; signed of a difference
};

}  // namespace

Figure draw_attention(const Snapshot& snapshot, const Look& look) { return AttentionFigure(snapshot, look).draw(); }

}  // namespace tb::figure
