// What the model would say after each block, at each position: the most probable token of every cell; and the list of
// the one that is chosen.
#include "figure/lens.h"

#include <algorithm>

namespace tb::figure {
namespace {

class LensGridFigure {
 public:
  LensGridFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        said_(tokens_of(snapshot, "grid")), list_(tokens_of(snapshot, "lens")), p_(snapshot.numbers("grid.p")),
        rank_(snapshot.numbers("grid.rank")), list_p_(snapshot.numbers("lens.p")),
        steps_(snapshot.numbers("lens.entropy").size()), first_(index("grid.first")), query_(index("lens.query")),
        step_(index("grid.step")) {
    if (steps_ > 0) rows_ = p_.size() / steps_;
  }

  Figure draw() {
    figure_.width = look_.width;
    const bool whole = rows_ > 0 && said_.size() == p_.size() && rank_.size() == p_.size() && !list_.empty() &&
                       list_.size() == list_p_.size() && first_ + rows_ <= tokens_.size() && query_ >= first_ &&
                       query_ < first_ + rows_ && step_ < steps_;
    if (!whole) return {};
    float y = draw_lens_head(pen_, look_, snapshot_, tokens_, query_);
    y = draw_cells(y + pen_.px(10));
    y = draw_list(y + pen_.px(8));
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.lens-grid", {std::to_string(steps_ - 1), std::to_string(rows_), place(),
                                                     pen_.quoted(chosen()), percent(p_[cell(step_, query_)])});
    return std::move(figure_);
  }

 private:
  std::size_t index(const char* column) const { return static_cast<std::size_t>(number_of(snapshot_, column)); }
  std::string percent(double p) const { return format_percent(p, pen_.language()); }
  std::size_t cell(std::size_t step, std::size_t position) const { return step * rows_ + position - first_; }
  const TokenView& chosen() const { return said_[cell(step_, query_)]; }
  std::string place() const {
    return pen_.word("figure.lens.place", {pen_.quoted(tokens_[query_]), std::to_string(query_), lens_step(look_, step_)});
  }

  // Steps from above to below, positions from left to right: as many as can be read, around the row that is chosen.
  float draw_cells(float y) {
    const float size = 11, label = pen_.px(26), wide = look_.width - label;
    const auto fitting = static_cast<std::size_t>(std::max(wide / pen_.px(50), 1.f));
    const std::size_t columns = std::min(rows_, fitting), behind = query_ - first_;
    const std::size_t begin = first_ + std::min(behind - std::min(behind, columns / 2), rows_ - columns);
    const float across = wide / static_cast<float>(columns);
    const float down = std::clamp(pen_.px(500) / static_cast<float>(steps_), pen_.px(15), pen_.px(20));

    pen_.text(0, y + pen_.px(11), pen_.fit(pen_.word("figure.lens.grid"), look_.width - pen_.px(170), 11.5f),
              pen_.colors().muted, 11.5f);
    pen_.legend(look_.width, y + pen_.px(11), pen_.colors().sequential, pen_.word("figure.none"),
                pen_.word("figure.all"));
    y += pen_.px(20);
    for (std::size_t i = 0; i < columns; ++i) {
      const bool is_query = begin + i == query_;
      pen_.text(label + static_cast<float>(i) * across + pen_.px(4), y + pen_.px(11),
                pen_.fit(visible(tokens_[begin + i].bytes), across - pen_.px(6), 11.5f, Face::text_bold),
                is_query ? pen_.colors().accent : pen_.colors().ink, 11.5f, 0, Face::text_bold);
    }
    y += pen_.px(17);
    for (std::size_t step = 0; step < steps_; ++step, y += down) {
      pen_.text(label - pen_.px(6), y + down / 2 + pen_.px(size) * 0.35f, std::to_string(step),
                step == step_ ? pen_.colors().accent : pen_.colors().muted, size, 1);
      for (std::size_t i = 0; i < columns; ++i)
        draw_cell(step, begin + i, {label + static_cast<float>(i) * across, y, across, down});
    }
    if (columns < tokens_.size())
      y = pen_.paragraph(0, y + pen_.px(4), look_.width,
                         pen_.word("figure.lens.window", {std::to_string(begin), std::to_string(begin + columns - 1),
                                                          std::to_string(tokens_.size())}),
                         pen_.colors().muted, 12);
    return y;
  }

  void draw_cell(std::size_t step, std::size_t position, Box box) {
    const std::size_t at = cell(step, position);
    const TokenView& token = said_[at];
    const Color fill = ramp(pen_.colors().sequential, p_[at]), ink = readable_on(fill, pen_.colors());
    const bool final = rank_[at] == 0;
    const Face face = !token.whole() ? Face::mono : final ? Face::text_bold : Face::text;
    const float size = token.whole() ? 11 : 10;
    const std::string id = "cell/" + std::to_string(step) + "/" + std::to_string(position);
    pen_.rect({.box = {box.x + pen_.px(0.5f), box.y + pen_.px(0.5f), box.w - pen_.px(1), box.h - pen_.px(1)},
               .fill = fill, .radius = pen_.px(2)});
    pen_.text(box.x + pen_.px(4), box.y + box.h / 2 + pen_.px(size) * 0.35f,
              pen_.fit(visible(token.bytes), box.w - pen_.px(6), size, face), ink, size, 0, face);
    if (step == step_ && position == query_)   // seen on any fill: the paper's colour inside the frame's
      pen_.rect({.box = {box.x + pen_.px(1.5f), box.y + pen_.px(1.5f), box.w - pen_.px(3), box.h - pen_.px(3)},
                 .stroke = pen_.colors().paper, .radius = pen_.px(2), .stroke_width = pen_.px(1.5f)});
    if (pen_.marked(id) || (step == step_ && position == query_)) pen_.frame(box, 2);
    const std::string index = "[" + std::to_string(step) + ", " + std::to_string(position - first_) + "]";
    std::vector<std::string> tip = token_tip(look_, token, -1);
    tip.push_back(lens_step(look_, step) + ": grid.p" + index + " = " + format_fixed(p_[at], 6, pen_.language()) + " (" +
                  percent(p_[at]) + ")");
    tip.push_back(rank_line(step, position));
    pen_.hit({box, id, std::move(tip),
              {{"query", static_cast<std::int64_t>(position)}, {"step", static_cast<std::int64_t>(step)}}});
  }

  std::string rank_line(std::size_t step, std::size_t position) const {
    return pen_.word("figure.lens.rank",
                     {pen_.quoted(said_[cell(steps_ - 1, position)]),
                      format_integer(static_cast<std::int64_t>(rank_[cell(step, position)]) + 1, pen_.language())});
  }

  float draw_list(float y) {
    y = pen_.paragraph(0, y, look_.width, place() + ":", pen_.colors().muted, 13);
    std::string words;
    const std::size_t top = list_.size() / steps_;
    for (std::size_t k = 0; k < top; ++k)
      words += (k > 0 ? " · " : "") + pen_.quoted(list_[step_ * top + k]) + " " + percent(list_p_[step_ * top + k]);
    y = pen_.paragraph(0, y, look_.width, words, pen_.colors().ink, 13);
    return pen_.paragraph(0, y, look_.width, rank_line(step_, query_), pen_.colors().ink, 13);
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_, said_, list_;              // said_ [step, row], list_ [step, top] of the chosen row
  const std::vector<double>&p_, &rank_, &list_p_;
  std::size_t steps_ = 0, first_ = 0, query_ = 0, step_ = 0, rows_ = 0;
};

}  // namespace

Figure draw_lens_grid(const Snapshot& snapshot, const Look& look) { return LensGridFigure(snapshot, look).draw(); }

}  // namespace tb::figure
