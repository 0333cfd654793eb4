// How much of the clean answer comes back from one patched activation: a map of layers and positions, or heads.
#include "figure/layer_map.h"

namespace tb::figure {
namespace {

class PatchingFigure {
 public:
  PatchingFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), clean_(tokens_of(snapshot, "clean")),
        corrupted_(tokens_of(snapshot, "corrupted")), recovery_(snapshot.numbers("map.recovery")) {
    if (const Column* column = snapshot.find("map.recovery"); column && column->shape.size() == 2) {
      layers_ = static_cast<std::size_t>(column->shape[0]);
      columns_ = static_cast<std::size_t>(column->shape[1]);
    }
    if (const auto found = snapshot.inputs.find("component"); found != snapshot.inputs.end())
      component_ = std::get<std::string>(found->second);
    if (const auto found = snapshot.inputs.find("range"); found != snapshot.inputs.end())
      range_ = std::get<double>(found->second);
    if (difference()) range_ = signed_scale(look.colors, recovery_, 0.01).high;
  }

  Figure draw() {
    figure_.width = look_.width;
    if (clean_.empty() || clean_.size() != corrupted_.size() || recovery_.size() != layers_ * columns_ ||
        recovery_.empty())
      return {};
    if (difference()) return draw_difference();
    float y = draw_text("clean", clean_, number_of(snapshot_, "answer.clean"), pen_.colors().ours, 0);
    y = draw_text("corrupted", corrupted_, number_of(snapshot_, "answer.corrupted"), pen_.colors().theirs,
                  y + pen_.px(8));
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = draw_map(y + pen_.px(16));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.patching",
                            {kind(), fixed(number_of(snapshot_, "answer.clean"), 2),
                             fixed(number_of(snapshot_, "answer.corrupted"), 2), place(chosen_layer(), chosen_column()),
                             fixed(number_of(snapshot_, "chosen.recovery"), 2)});
    return std::move(figure_);
  }

 private:
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  bool by_head() const { return component_ == "heads"; }
  bool difference() const { return look_.signed_values(); }
  std::size_t cell() const { return chosen_layer() * columns_ + chosen_column(); }
  std::string in_run(const Snapshot* run, std::size_t at, int decimals) const {
    return fixed(run->numbers("map.recovery")[at], decimals);
  }

  // B − A: the map alone, and the answers that it is a share of.
  Figure draw_difference() {
    const auto of = [&](const Snapshot* run, const char* column) { return fixed(number_of(*run, column), 2); };
    const auto &[a, b] = look_.between;
    float y = pen_.paragraph(0, 0, look_.width,
                             pen_.word("figure.compare.patching-answers",
                                       {question_name(pen_, snapshot_, "right", "wrong"), of(a, "answer.clean"),
                                        of(b, "answer.clean"), of(a, "answer.corrupted"), of(b, "answer.corrupted")}),
                             pen_.colors().muted, 13);
    figure_.height = std::ceil(draw_map(y + pen_.px(8)));
    std::size_t most = 0;
    for (std::size_t i = 0; i < recovery_.size(); ++i)
      if (std::abs(recovery_[i]) > std::abs(recovery_[most]) || std::isnan(recovery_[most])) most = i;
    figure_.alt = pen_.word("figure.alt.compare-patching",
                            {pen_.term(recovery_[most], 2), place(most / columns_, most % columns_)});
    return std::move(figure_);
  }
  std::string kind() const { return pen_.word("lab.patching.component." + component_); }
  std::size_t chosen_layer() const { return static_cast<std::size_t>(number_of(snapshot_, "chosen.layer")); }
  std::size_t chosen_column() const { return static_cast<std::size_t>(number_of(snapshot_, "chosen.column")); }

  // "layer 12, position 9, «·John»", or "layer 12, head 3".
  std::string place(std::size_t layer, std::size_t column) const {
    if (by_head()) return pen_.word("figure.attention.head", {std::to_string(layer), std::to_string(column)});
    return pen_.word("figure.patching.place", {std::to_string(layer), std::to_string(column),
                                                pen_.quoted(clean_[column])});
  }
  std::string point(std::size_t layer, std::size_t column) const {
    const std::string name = by_head() ? "attn.z" : component_ == "attn" ? "attn_out" : component_ == "mlp" ? "mlp_out"
                                                                                                      : "resid_pre";
    return "blocks." + std::to_string(layer) + "." + name +
           (by_head() ? "[:, " + std::to_string(column) + "]" : "[" + std::to_string(column) + "]");
  }

  // One of the two texts, its answer at the right; tokens that are not the same have a frame.
  float draw_text(const std::string& which, const std::vector<TokenView>& tokens, double answer, Color color, float y) {
    const std::string value = question_name(pen_, snapshot_, "right", "wrong") + " = " + fixed(answer, 2);
    const float right = pen_.width(value, Face::text, 13);
    pen_.rect({.box = {0, y + pen_.px(2), pen_.px(10), pen_.px(10)}, .fill = color, .radius = pen_.px(2),
               .hatched = which == "corrupted"});
    pen_.text(pen_.px(16), y + pen_.px(12),
              pen_.fit(pen_.word("figure.patching." + which), look_.width - right - pen_.px(28), 13),
              pen_.colors().muted, 13);
    pen_.text(look_.width, y + pen_.px(12), value, pen_.colors().ink, 13, 1);
    y += pen_.px(20);
    return chip_rows(pen_, look_, tokens, y, [&](std::size_t i, const Box& box) {
      const std::string id = which + "/" + std::to_string(i);
      if (clean_[i].id != corrupted_[i].id)
        pen_.rect({.box = {box.x + pen_.px(1), box.y + pen_.px(1), box.w - pen_.px(2), box.h - pen_.px(2)},
                   .stroke = color, .radius = pen_.px(4), .stroke_width = 2, .dashed = which == "corrupted"});
      if (pen_.marked(id)) pen_.frame(box);
      pen_.hit({box, id, token_tip(look_, tokens[i], static_cast<std::int64_t>(i)), {}});
    });
  }

  std::vector<std::string> tip(std::size_t layer, std::size_t column) const {
    const double recovery = recovery_[layer * columns_ + column];
    std::vector<std::string> lines = {place(layer, column)};
    if (std::isnan(recovery)) {
      lines.push_back(pen_.word("figure.patching.later"));
      return lines;
    }
    if (difference()) {
      const std::size_t at = layer * columns_ + column;
      lines.push_back(pen_.word("figure.compare.by", {pen_.term(recovery, 4)}));
      lines.push_back(pen_.word("figure.compare.in-a", {in_run(look_.between.a, at, 4)}));
      lines.push_back(pen_.word("figure.compare.in-b", {in_run(look_.between.b, at, 4)}));
      lines.push_back(point(layer, column));
      return lines;
    }
    const double clean = number_of(snapshot_, "answer.clean"), corrupted = number_of(snapshot_, "answer.corrupted");
    lines.push_back(pen_.word("figure.patching.recovery", {fixed(recovery, 4)}));
    lines.push_back(pen_.word("figure.patching.answer", {question_name(pen_, snapshot_, "right", "wrong"),
                                                         fixed(corrupted + recovery * (clean - corrupted), 3)}));
    if (!by_head() && clean_[column].id != corrupted_[column].id)
      lines.push_back(pen_.word("figure.patching.replaced",
                                {pen_.quoted(corrupted_[column]), pen_.quoted(clean_[column])}));
    lines.push_back(point(layer, column));
    return lines;
  }

  float draw_map(float y) {
    const std::string bound = fixed(range_, 2);
    pen_.text(0, y + pen_.px(12), pen_.word(difference() ? "figure.compare.patching" : "figure.patching.map", {kind()}),
              pen_.colors().ink, 13.5f, 0,
              Face::text_bold);
    y += pen_.px(20);
    const std::string axes = pen_.word(by_head() ? "figure.patching.by-head" : "figure.patching.by-position");
    const float legend = pen_.px(130) + pen_.width("−" + bound, Face::text, 11.5f) * 2;
    const bool beside = pen_.width(axes, Face::text, 11.5f) + legend <= look_.width;
    pen_.text(0, y + pen_.px(11), pen_.fit(axes, look_.width, 11.5f), pen_.colors().muted, 11.5f);
    if (!beside) y += pen_.px(18);
    pen_.legend(look_.width, y + pen_.px(11), pen_.colors().diverging, fixed(-range_, 2), bound);
    y += pen_.px(22);
    LayerMap map{.layers = layers_, .columns = columns_, .values = recovery_,
                 .scale = {pen_.colors().diverging, -range_, range_}};
    for (std::size_t i = 0; i < columns_; ++i) {
      map.labels.push_back(by_head() ? std::to_string(i) : visible(clean_[i].bytes));
      map.lit.push_back(!by_head() && clean_[i].id != corrupted_[i].id);
    }
    map.chosen_layer = chosen_layer();
    map.chosen_column = chosen_column();
    map.tip = [this](std::size_t layer, std::size_t column) { return tip(layer, column); };
    map.set = [](std::size_t layer, std::size_t column) {
      return Inputs{{"layer", static_cast<std::int64_t>(layer)}, {"column", static_cast<std::int64_t>(column)}};
    };
    const Box box = draw_layer_map(pen_, map, 0, y, look_.width);
    y = box.y + box.h + pen_.px(6);

    // The chosen cell in words.
    const double recovery = difference() ? recovery_[cell()] : number_of(snapshot_, "chosen.recovery");
    if (difference() && !std::isnan(recovery))
      y = pen_.paragraph(0, y, look_.width,
                         pen_.word("figure.compare.patching-chosen",
                                   {place(chosen_layer(), chosen_column()), in_run(look_.between.a, cell(), 2),
                                    in_run(look_.between.b, cell(), 2), pen_.term(recovery)}),
                         pen_.colors().ink, 13);
    else if (!std::isnan(recovery))
      y = pen_.paragraph(0, y, look_.width,
                         pen_.word("figure.patching.chosen",
                                   {place(chosen_layer(), chosen_column()), fixed(recovery, 2),
                                    question_name(pen_, snapshot_, "right", "wrong"),
                                    fixed(number_of(snapshot_, "chosen.answer"), 2)}),
                         pen_.colors().ink, 13);
    std::size_t beyond = 0;
    for (const double value : recovery_) beyond += std::abs(value) > range_ + 5e-4;
    if (beyond > 0)
      y = pen_.paragraph(0, y, look_.width,
                         look_.strings.plural("figure.patching.beyond", static_cast<std::int64_t>(beyond), {bound}),
                         pen_.colors().muted, 12);
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.patching.partial"), pen_.colors().muted, 12);
    return y;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> clean_, corrupted_;
  const std::vector<double>& recovery_;   // [layer, column]
  std::size_t layers_ = 0, columns_ = 0;
  std::string component_ = "resid";
  double range_ = 1;
};

}  // namespace

Figure draw_patching(const Snapshot& snapshot, const Look& look) { return PatchingFigure(snapshot, look).draw(); }

}  // namespace tb::figure
