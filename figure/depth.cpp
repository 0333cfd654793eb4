// Decision depths of many texts: how often the final answer leads after each block, and for every text where it takes
// the lead for good.
#include "figure/training.h"

namespace tb::figure {
namespace {

class DepthFigure {
 public:
  DepthFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), texts_(snapshot.texts("prompts.text")),
        answers_(tokens_of(snapshot, "answer")), plain_(snapshot.numbers("plain.depth")),
        translated_(snapshot.numbers("translated.depth")), share_(snapshot.numbers("plain.share")) {}

  Figure draw() {
    figure_.width = look_.width;
    const std::size_t n = texts_.size();
    if (n == 0 || answers_.size() != n || plain_.size() != n || share_.size() < 2) return {};
    blocks_ = static_cast<double>(share_.size() - 1);
    float y = draw_words(0);
    y = draw_share(y + pen_.px(4));
    y = draw_texts(y + pen_.px(12));
    if (snapshot_.partial)
      y = pen_.paragraph(0, y, look_.width, pen_.word("figure.depth.partial"), pen_.colors().muted, 12);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.depth", {look_.strings.plural("figure.depth.count",
                                                                      static_cast<std::int64_t>(n)),
                                                 depth(number_of(snapshot_, "plain.median")), depth(blocks_)});
    return std::move(figure_);
  }

 private:
  std::string depth(double blocks) const {
    return format_fixed(blocks, blocks == std::floor(blocks) ? 0 : 1, pen_.language());
  }
  std::string percent(const char* column) const {
    return whole_percent(number_of(snapshot_, column), pen_.language());
  }
  bool translated() const { return translated_.size() == plain_.size(); }

  float draw_words(float y) {
    const auto number = [&](const char* column) { return depth(number_of(snapshot_, column)); };
    std::string words =
        pen_.word("figure.depth.summary", {number("plain.median"), depth(blocks_), number("plain.first")});
    if (translated())
      words += " " + pen_.word("figure.depth.summary-translated",
                               {number("translated.median"), number("translated.first")});
    y = pen_.paragraph(0, y, look_.width, words, pen_.colors().ink, 13.5f);
    return pen_.paragraph(0, y + pen_.px(2), look_.width,
                          pen_.word("figure.depth.baselines",
                                    {percent("unigram.share"), percent("bigram.share"), percent("shuffled.share")}),
                          pen_.colors().muted, 12.5f);
  }

  float draw_share(float y) {
    Chart chart{.id = "share", .title = pen_.word("figure.depth.share")};
    std::vector<double> x(share_.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
    chart.series.push_back({.name = pen_.word("figure.depth.plain"), .x = x, .y = share_,
                            .color = pen_.colors().ours, .width = 2});
    if (translated())
      chart.series.push_back({.name = pen_.word("figure.depth.translated"), .x = x,
                              .y = snapshot_.numbers("translated.share"), .color = pen_.colors().theirs, .dashed = true,
                              .width = 2});
    chart.series.push_back({.name = pen_.word("figure.depth.shuffled"), .x = x, .y = snapshot_.numbers("shuffled.led"),
                            .color = pen_.colors().muted});
    chart.x_end = blocks_;
    chart.x_step = "figure.depth.step";
    chart.x_title = pen_.word("figure.depth.blocks");
    chart.high = 1;
    chart.tick_label = chart.value_label = [&](double p) { return whole_percent(p, pen_.language()); };
    y = draw_legend(pen_, chart.series, 0, y, look_.width) + pen_.px(4);
    draw_chart(pen_, chart, {0, y, look_.width, pen_.px(190)});
    return y + pen_.px(194);
  }

  // A row a text: its end, the answer, and the marks on a line from the embedding to the last block.
  float draw_texts(float y) {
    y = pen_.heading(y, pen_.word("figure.depth.texts")) + pen_.px(4);
    const float row = pen_.px(21), wide = look_.width * 0.42f, answer = pen_.px(92);
    const float from = wide + answer + pen_.px(14), room = look_.width - from - pen_.px(8);
    const auto at = [&](double blocks) { return from + room * static_cast<float>(blocks / blocks_); };
    for (std::size_t i = 0; i < texts_.size(); ++i, y += row) {
      const float middle = y + row / 2, base = middle + pen_.px(4.2f);
      const std::string id = "text/" + std::to_string(i);
      if (pen_.marked(id)) pen_.rect({.box = {0, y, look_.width, row}, .fill = pen_.colors().card});
      pen_.text(0, base, pen_.fit(visible_end(texts_[i]), wide, 12), pen_.colors().ink, 12);
      pen_.text(wide + pen_.px(6), base, pen_.fit(visible(answers_[i].bytes), answer, 12, Face::text_bold),
                pen_.colors().ink, 12, 0, Face::text_bold);
      pen_.line(from, middle, from + room, middle, pen_.colors().rule);
      std::vector<std::string> tip = {texts_[i] + " → " + visible(answers_[i].bytes),
                                      pen_.word("figure.depth.plain") + ": " + depth(plain_[i])};
      if (translated()) {
        mark(at(translated_[i]), middle, false);
        tip.push_back(pen_.word("figure.depth.translated") + ": " + depth(translated_[i]));
      }
      mark(at(plain_[i]), middle, true);
      pen_.hit({{0, y, look_.width, row}, id, std::move(tip), {}});
    }
    return y + pen_.px(6);
  }

  void mark(float x, float y, bool plain) {
    const float r = pen_.px(plain ? 4.5f : 5.5f);
    const Box box{x - r, y - r, 2 * r, 2 * r};
    if (plain) pen_.rect({.box = box, .fill = pen_.colors().ours, .radius = r});
    else pen_.rect({.box = box, .fill = pen_.colors().paper, .stroke = pen_.colors().theirs, .radius = pen_.px(1),
                    .stroke_width = 2});
  }

  // Of a long text the end says what comes next.
  std::string visible_end(const std::string& text) const {
    const float wide = look_.width * 0.42f;
    if (pen_.width(text, Face::text, 12) <= wide) return text;
    for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(' ', at + 1))
      if (pen_.width("…" + text.substr(at), Face::text, 12) <= wide) return "…" + text.substr(at);
    return text;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<std::string>& texts_;
  std::vector<TokenView> answers_;
  const std::vector<double>&plain_, &translated_, &share_;
  double blocks_ = 1;
};

}  // namespace

Figure draw_depth(const Snapshot& snapshot, const Look& look) { return DepthFigure(snapshot, look).draw(); }

}  // namespace tb::figure
