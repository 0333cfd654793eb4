// The chosen part of a model: what it computes, what it takes, the numbers that just went through it; and one token's
// way down all layers.
#include "figure/anatomy.h"

namespace tb::figure {
namespace {

constexpr const char* no_break = "\u00a0";

class PartFigure {
 public:
  PartFigure(Pen& pen, const Look& look, const Snapshot& snapshot)
      : snapshot_(snapshot), look_(look), pen_(pen), tokens_(tokens_of(snapshot, "tokens")),
        layers_(static_cast<std::size_t>(number_of(snapshot, "model.layers"))),
        query_(static_cast<std::size_t>(number_of(snapshot, "query"))),
        inside_(number_of(snapshot, "part.layer") >= 0) {
    for (const std::string& kind : snapshot.texts("part.kind")) kind_ = kind;
    for (const std::string& name : snapshot.texts("part.name")) chosen_ = name;
  }

  float draw(float y) {
    y = draw_part(y) + pen_.px(8);
    y = draw_vector(y) + pen_.px(14);
    return draw_way(y);
  }

 private:
  std::string count(double value) const { return format_integer(static_cast<std::int64_t>(value), pen_.language()); }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  std::string percent(double value) const { return format_percent(value, pen_.language()); }
  std::string bytes(double value) const { return format_bytes(static_cast<std::int64_t>(value), pen_.language()); }
  std::string label(const std::string& part) const { return pen_.word("figure.anatomy.part." + part); }

  std::string shape() const {
    std::string text;
    for (const double n : snapshot_.numbers("part.shape")) text += (text.empty() ? "" : " × ") + count(n);
    return text;
  }

  float draw_part(float y) {
    const Color ink = pen_.colors().ink, muted = pen_.colors().muted;
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    y += pen_.px(8);
    pen_.text(0, y + pen_.px(13), pen_.fit(label(kind_) + " · " + chosen_, look_.width, 14, Face::text_bold), ink, 14,
              0, Face::text_bold);
    y = pen_.paragraph(0, y + pen_.px(19), look_.width, pen_.word("figure.anatomy.what." + kind_), ink, 13);
    if (!snapshot_.texts("part.formula").empty()) {
      pen_.formula(pen_.px(16), y + pen_.px(24), snapshot_.texts("part.formula")[0], look_.width - pen_.px(20), ink,
                   17);
      y += pen_.px(36);
    }
    const double numbers = number_of(snapshot_, "part.parameters"), dense = number_of(snapshot_, "part.dense");
    const double blocks = number_of(snapshot_, "part.blocks");
    std::string facts;
    if (!shape().empty()) facts = pen_.word("figure.anatomy.shape", {shape()}) + " ";
    if (numbers > 0) {
      facts += pen_.word("figure.anatomy.numbers", {count(numbers), percent(number_of(snapshot_, "part.share"))}) + " ";
      if (dense > 0 && blocks > 0)
        facts += pen_.word("figure.anatomy.both", {bytes(dense), snapshot_.dtype, bytes(blocks)});
      else if (dense > 0) facts += pen_.word("figure.anatomy.dense", {bytes(dense)});
      else facts += pen_.word("figure.anatomy.blocks", {bytes(blocks)});
    } else {
      facts += pen_.word(kind_ == "head" ? "figure.anatomy.tied" : "figure.anatomy.nothing-learned");
    }
    y = pen_.paragraph(0, y, look_.width, facts, muted, 12.5f);
    return pen_.paragraph(0, y, look_.width, time_line(), muted, 12.5f);
  }

  std::string time_line() const {
    double seconds = 0;
    for (const double s : snapshot_.numbers("time.seconds")) seconds += s;
    const double part = number_of(snapshot_, "time.part");
    const std::string pass = look_.strings.plural("figure.anatomy.pass", static_cast<std::int64_t>(tokens_.size()),
                                                  {format_seconds(seconds, pen_.language())});
    if (std::isnan(part)) return pass;
    const bool together = timed_with(kind_) != kind_;
    return pen_.word(inside_ ? together ? "figure.anatomy.time-together" : "figure.anatomy.time-layers"
                             : "figure.anatomy.time", {percent(part)}) + " " + pass;
  }

  float draw_vector(float y) {
    const auto n = static_cast<std::int64_t>(number_of(snapshot_, "vector.size"));
    const std::string title = pen_.word("figure.anatomy.vector",
                                        {pen_.quoted(tokens_[query_]), std::to_string(query_)});
    pen_.text(0, y + pen_.px(13), pen_.fit(title, look_.width, 13, Face::text_bold), pen_.colors().ink, 13, 0,
              Face::text_bold);
    y += pen_.px(20);
    const auto value = [&](const char* name) { return fixed(number_of(snapshot_, std::string("vector.") + name), 3); };
    y = pen_.paragraph(0, y, look_.width,
                       look_.strings.plural("figure.anatomy.numbers-of", n,
                                            {value("norm"), value("mean"), value("least"), value("most")}),
                       pen_.colors().muted, 12.5f);
    y = draw_strip(y + pen_.px(4));
    return pen_.paragraph(0, y + pen_.px(2), look_.width, largest(), pen_.colors().ink, 12.5f);
  }

  bool is_logits() const { return snapshot_.find("largest.text") != nullptr; }

  std::string largest() const {
    const std::vector<double>&index = snapshot_.numbers("largest.index"), &value = snapshot_.numbers("largest.value");
    const Column* values = snapshot_.find("vector.values");
    const auto across = values && values->shape.size() == 2 ? std::max<std::int64_t>(values->shape[1], 1) : 1;
    const bool rows = values && values->shape.size() == 2 && values->shape[0] > 1;
    const std::vector<TokenView> tokens = is_logits() ? tokens_of(snapshot_, "largest") : std::vector<TokenView>();
    std::string list;
    for (std::size_t i = 0; i < index.size() && i < value.size(); ++i) {
      const auto at = static_cast<std::int64_t>(index[i]);
      const std::string place =
          i < tokens.size() ? pen_.quoted(tokens[i])
          : rows ? "[" + std::to_string(at / across) + "," + no_break + std::to_string(at % across) + "]"
                 : "[" + std::to_string(at) + "]";
      list += (i ? ",  " : "") + place + no_break + fixed(value[i], 2);
    }
    return pen_.word(is_logits() ? "figure.anatomy.largest-logits" : rows ? "figure.anatomy.largest-of-heads"
                                                                          : "figure.anatomy.largest", {list});
  }

  // The numbers themselves, in their order: a row for each head, a plain vector broken into lines.
  float draw_strip(float y) {
    const Column* column = snapshot_.find("vector.values");
    const std::vector<double>& values = snapshot_.numbers("vector.values");
    if (!column || column->shape.size() != 2 || values.empty()) return y;
    const auto shape_rows = static_cast<std::size_t>(column->shape[0]);
    auto columns = static_cast<std::size_t>(column->shape[1]);
    const bool heads = shape_rows > 1;
    if (!heads && columns > 128) columns = values.size() > 4096 ? 256 : values.size() > 1024 ? 128 : 96;
    const std::size_t rows = (values.size() + columns - 1) / columns;
    const float left = heads ? pen_.px(26) : 0;
    const float cell = std::min((look_.width - left) / static_cast<float>(columns), pen_.px(22));
    const float tall = std::clamp(pen_.px(120) / static_cast<float>(rows), 1.5f, pen_.px(12));
    double most = 1e-9;
    for (const double v : values) most = std::max(most, std::abs(v));
    const bool shares = kind_ == "attn.pattern";
    CellsShape cells{.box = {left, y, cell * static_cast<float>(columns), tall * static_cast<float>(rows)},
                     .rows = static_cast<int>(rows), .columns = static_cast<int>(columns)};
    for (std::size_t i = 0; i < rows * columns; ++i)
      cells.cells.push_back(i >= values.size() ? Color{0, 0, 0, 0}
                            : shares ? ramp(pen_.colors().sequential, values[i])
                                     : ramp(pen_.colors().diverging, (values[i] / most + 1) / 2));
    const Box box = cells.box;
    pen_.cells(std::move(cells));
    pen_.rect({.box = box, .stroke = pen_.colors().rule});
    for (std::size_t row = 0; heads && row < rows; ++row)
      if (tall >= pen_.px(10) || row % 4 == 0)
        pen_.text(left - pen_.px(6), y + tall * (static_cast<float>(row) + 0.5f) + pen_.px(4), std::to_string(row),
                  pen_.colors().muted, 11, 1);
    strip_hits(box, rows, columns, values, heads);
    y += box.h;
    const float right = std::min(look_.width, box.x + std::max(box.w, pen_.px(230)));
    pen_.legend(right, y + pen_.px(14), shares ? pen_.colors().sequential : pen_.colors().diverging,
                shares ? pen_.word("figure.none") : fixed(-most, 2), shares ? pen_.word("figure.all") : fixed(most, 2));
    return y + pen_.px(22);
  }

  void strip_hits(Box box, std::size_t rows, std::size_t columns, const std::vector<double>& values, bool heads) {
    constexpr std::size_t pointed_at = 2048;   // single numbers; of more, lines
    const float tall = box.h / static_cast<float>(rows), cell = box.w / static_cast<float>(columns);
    const std::size_t step = values.size() > pointed_at ? columns : 1;
    for (std::size_t i = 0; i < values.size(); i += step) {
      const std::size_t last = std::min(i + step, values.size()) - 1, row = i / columns;
      const std::string index = heads ? "[" + std::to_string(row) + ", " + std::to_string(i % columns) + "]"
                                      : "[" + std::to_string(i) + "]";
      std::vector<std::string> tip;
      if (step == 1) {
        tip = {chosen_ + index + " = " + fixed(values[i], 4)};
        if (heads) tip.push_back(pen_.word("figure.anatomy.tip.head", {std::to_string(row)}));
        const std::size_t key = i % columns;
        if ((kind_ == "attn.pattern" || kind_ == "attn.scores") && key < tokens_.size())
          tip.push_back(pen_.word("figure.anatomy.tip.key", {std::to_string(key), pen_.quoted(tokens_[key])}));
      } else {
        const auto [least, most] = std::minmax_element(values.begin() + static_cast<std::ptrdiff_t>(i),
                                                       values.begin() + static_cast<std::ptrdiff_t>(last) + 1);
        tip = {chosen_ + "[" + std::to_string(i) + "…" + std::to_string(last) + "]",
               fixed(*least, 3) + " … " + fixed(*most, 3)};
      }
      const std::string id = "value/" + std::to_string(i);
      const Box place{box.x + cell * static_cast<float>(i % columns), box.y + tall * static_cast<float>(row),
                      cell * static_cast<float>(last - i + 1), tall};
      if (pen_.marked(id)) pen_.frame(place, 1);
      pen_.hit({place, id, std::move(tip), {}});
    }
  }

  // One token down all layers: lengths on a logarithmic axis, since they grow by factors; then directions.
  float draw_way(float y) {
    const std::vector<double>&norm = snapshot_.numbers("layers.norm"), &cosine = snapshot_.numbers("layers.cosine"),
        &mlp = snapshot_.numbers("layers.mlp");
    if (norm.size() != layers_ + 1 || cosine.size() != layers_) return y;
    pen_.text(0, y + pen_.px(12),
              pen_.fit(pen_.word("figure.anatomy.way", {pen_.quoted(tokens_[query_])}), look_.width, 13,
                       Face::text_bold),
              pen_.colors().ink, 13, 0, Face::text_bold);
    y += pen_.px(18);
    const auto curve = [&](const char* name, const char* column, Color color, bool dashed) {
      Series series{.name = pen_.word(std::string("figure.anatomy.") + name), .color = color, .dashed = dashed};
      const std::vector<double>& lengths = snapshot_.numbers(column);
      const std::size_t shift = lengths.size() == layers_ ? 1 : 0;   // what a block adds stands after it
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        series.x.push_back(static_cast<double>(i + shift));
        series.y.push_back(lengths[i] > 0 ? std::log10(lengths[i]) : std::nan(""));
      }
      return series;
    };
    Chart lengths{.id = "way", .title = pen_.word("figure.anatomy.length")};
    lengths.series = {curve("stream", "layers.norm", pen_.colors().ink, false),
                      curve("added-attention", "layers.attn", pen_.colors().ours, false)};
    const bool without_mlps = std::all_of(mlp.begin(), mlp.end(), [](double x) { return x == 0; });
    if (!without_mlps) lengths.series.push_back(curve("added-mlp", "layers.mlp", pen_.colors().theirs, true));
    if (const auto& spread = snapshot_.numbers("spread.norm"); spread.size() == 3 * norm.size()) {
      Series others{.name = pen_.word("figure.anatomy.others"), .color = pen_.colors().muted, .width = 1.2f};
      for (std::size_t i = 0; i < norm.size(); ++i) {
        others.x.push_back(static_cast<double>(i));
        others.y.push_back(std::log10(spread[3 * i + 1]));
      }
      lengths.series.push_back(others);
    }
    lengths.x_end = static_cast<double>(layers_);
    lengths.x_step = "figure.anatomy.after";
    lengths.tick_label = [this](double log) { return fixed(std::pow(10, log), log < 0 ? 1 : 0); };
    lengths.value_label = [this](double log) { return fixed(std::pow(10, log), 2); };
    y = draw_legend(pen_, lengths.series, 0, y, look_.width) + pen_.px(2);
    const float tall = pen_.px(190), low = pen_.px(130);
    Chart turns{.id = "turn", .title = pen_.word("figure.anatomy.cosine")};
    Series turn{.name = "", .color = pen_.colors().accent};
    for (std::size_t i = 0; i < cosine.size(); ++i) {
      turn.x.push_back(static_cast<double>(i + 1));
      turn.y.push_back(cosine[i]);
    }
    turns.series = {turn};
    turns.x_end = lengths.x_end;
    turns.x_step = lengths.x_step;
    turns.x_title = pen_.word("figure.anatomy.blocks-read");
    turns.low = std::min(0.0, *std::min_element(cosine.begin(), cosine.end()) - 0.1);
    turns.high = 1.05;
    lengths.axis = turns.axis = std::max(axis_width(pen_, lengths, tall), axis_width(pen_, turns, low));
    draw_chart(pen_, lengths, {0, y, look_.width, tall});
    draw_chart(pen_, turns, {0, y + tall + pen_.px(6), look_.width, low});
    return y + tall + low + pen_.px(8);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Pen& pen_;
  std::vector<TokenView> tokens_;
  std::size_t layers_ = 0, query_ = 0;
  std::string kind_, chosen_;
  bool inside_ = false;
};

}  // namespace

float draw_anatomy_part(Pen& pen, const Look& look, const Snapshot& snapshot, float y) {
  return PartFigure(pen, look, snapshot).draw(y);
}

}  // namespace tb::figure
