#include "figure/compare.h"

#include "base/text.h"

namespace tb::figure {
namespace {

// Everything of `part`, moved, at the end of `figure`. Its hits get `prefix` before their ids, since two parts may have
// the same.
void append(Figure& figure, Figure part, float dx, float dy, const std::string& prefix = "") {
  const auto move = [&](Box& box) {
    box.x += dx;
    box.y += dy;
  };
  for (Shape& shape : part.shapes) {
    if (auto* rect = std::get_if<RectShape>(&shape)) move(rect->box);
    else if (auto* cells = std::get_if<CellsShape>(&shape)) move(cells->box);
    else if (auto* line = std::get_if<LineShape>(&shape))
      *line = {line->x1 + dx, line->y1 + dy, line->x2 + dx, line->y2 + dy, line->color, line->width, line->dashed};
    else if (auto* text = std::get_if<TextShape>(&shape)) {
      text->x += dx;
      text->y += dy;
    } else if (auto* path = std::get_if<PathShape>(&shape)) {
      for (Point& point : path->points) point = {point.x + dx, point.y + dy};
    }
    figure.shapes.push_back(std::move(shape));
  }
  for (Hit& hit : part.hits) {
    move(hit.box);
    hit.id = prefix + hit.id;
    figure.hits.push_back(std::move(hit));
  }
  figure.height = std::max(figure.height, dy + part.height);
}

// The value of an input as a reader writes it.
std::string shown(const Pen& pen, const Snapshot& run, const std::string& key, const Value& value) {
  if (const auto* on = std::get_if<bool>(&value)) return pen.word(*on ? "compare.on" : "compare.off");
  const std::string text = unparse({{key, value}}).at(key), word = "lab." + run.lab + ".at." + key + "." + text;
  if (pen.has(word)) return pen.word(word);          // "off"
  if (const auto* number = std::get_if<std::int64_t>(&value)) return format_integer(*number, pen.language());
  if (const auto* number = std::get_if<double>(&value)) {
    const std::size_t point = text.find('.');
    const auto decimals = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
    return format_fixed(*number, std::min(decimals, 6), pen.language());
  }
  if (text.empty()) return pen.word("compare.none");
  const std::string choice = "lab." + run.lab + "." + key + "." + text;
  if (pen.has(choice)) return pen.word(choice);
  const bool plain = is_utf8(text) && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; });
  return pen.word("figure.quoted", {plain ? text : visible(text)});
}

// "Prompt: The·capital·of·Italy·is": the inputs that are others in the other run.
std::string told_apart(const Pen& pen, const Snapshot& run, const Snapshot& other) {
  std::string words;
  for (const auto& [key, value] : run.inputs) {
    const auto same = other.inputs.find(key);
    if (key == "also" || (same != other.inputs.end() && same->second == value)) continue;
    words += (words.empty() ? "" : " · ") + pen.word("lab." + run.lab + "." + key) + ": " +
             shown(pen, run, key, value);
  }
  return words;
}

// One run's sign, and what tells it from the other; returns the y below.
float draw_run(Pen& pen, const Snapshot& run, const Snapshot& other, bool of_b, float x, float y, float width) {
  draw_run_sign(pen, of_b, x, y);
  std::string words = told_apart(pen, run, other);
  if (words.empty()) words = pen.word("compare.same", {pen.word(of_b ? "compare.a" : "compare.b")});
  const float left = x + pen.px(sign_side + 8);
  return std::max(pen.paragraph(left, y + pen.px(0.5f), x + width - left, words, pen.colors().ink, 13),
                  y + pen.px(sign_side + 4));
}

float draw_runs(Pen& pen, const Look& look, const Snapshot& a, const Snapshot& b) {
  return draw_run(pen, b, a, true, 0, draw_run(pen, a, b, false, 0, 0, look.width) + pen.px(2), look.width);
}

// The mark that is meant for a part, if it is: "b/bar/3" is the hit "bar/3" of B.
Look within(const Look& look, float width, const std::string& prefix) {
  Look inner = look;
  inner.between = {};
  inner.width = width;
  for (std::string* mark : {&inner.hovered, &inner.selected})
    *mark = mark->starts_with(prefix) ? mark->substr(prefix.size()) : std::string();
  return inner;
}

// Where there is nothing to subtract: why, and what to do, as quietly as any other line.
float draw_why(Pen& pen, const Look& look, const Error& why, float y) {
  const Message message = describe(why, look.strings);
  y = pen.paragraph(0, y, look.width, message.what, pen.colors().ink, 13.5f);
  return pen.paragraph(0, y, look.width, message.remedy, pen.colors().muted, 13);
}

}  // namespace

void draw_run_sign(Pen& pen, bool of_b, float x, float y) {
  const float side = pen.px(sign_side), in = of_b ? pen.px(0.75f) : 0;
  const Color color = of_b ? pen.colors().theirs : pen.colors().ours;
  RectShape sign{.box = {x + in, y + in, side - 2 * in, side - 2 * in}, .radius = pen.px(4)};
  if (of_b) {
    sign.stroke = color;
    sign.stroke_width = 1.5f;
    sign.dashed = true;
  } else {
    sign.fill = color;
  }
  pen.rect(sign);
  pen.text(x + side / 2, y + pen.px(13.6f), pen.word(of_b ? "compare.b" : "compare.a"),
           of_b ? color : pen.colors().card, 13, 0.5f, Face::text_bold);
}

std::string points(const Pen& pen, double difference) {
  if (std::isnan(difference)) return pen.word("figure.compare.unknown");
  const double size = std::abs(difference);
  const int decimals = size > 0 && size < 0.001 ? 3 : 1;
  const bool shows = size * 100 * std::pow(10, decimals) >= 0.5;
  return pen.word("figure.compare.points",
                  {shows ? pen.term(difference * 100, decimals) : format_fixed(0, 1, pen.language())});
}

namespace {

// By the lab's own figure where that one can draw signed numbers; a lab without one shows its columns as tables.
Figure draw_signed(const Snapshot& difference, const Look& look) {
  const std::string& lab = difference.lab;
  if (lab == "next-token") return draw_next_token_difference(difference, look);
  if (lab == "lens") return draw_lens_difference(difference, look);
  if (lab == "lora" || lab == "from-scratch") return draw_training_difference(difference, look);
  for (const char* signs : {"attention", "patching", "attribution", "heads"})
    if (lab == signs) return draw_plain(difference, look);
  return draw_table(difference, look);
}

}  // namespace

Figure draw_difference(const Snapshot& difference, const Look& look) {
  Figure inner = draw_signed(difference, look);
  if (inner.width <= 0) return inner;
  Figure figure;
  figure.width = look.width;
  Pen pen(figure, look);
  figure.alt = pen.word("figure.alt.compare", {inner.alt});
  const float top = draw_runs(pen, look, *look.between.a, *look.between.b) + pen.px(12);
  append(figure, std::move(inner), 0, top);
  figure.height = std::ceil(figure.height);
  return figure;
}

Figure draw_comparison(const Snapshot& a, const Snapshot& b, const Result<Snapshot>& difference, Shown shown,
                       const Look& look) {
  Figure figure;
  figure.width = look.width;
  Pen pen(figure, look);
  float y = 0;
  const bool both = shown == Shown::beside || shown == Shown::all;
  if (both || shown == Shown::a || shown == Shown::b) {
    const float gap = pen.px(32);
    const bool abreast = both && look.width >= pen.px(two_abreast);
    const float wide = abreast ? (look.width - gap) / 2 : look.width;
    std::string alt[2];
    float x = 0, below = 0;
    for (const bool of_b : {false, true}) {
      if (!both && of_b != (shown == Shown::b)) continue;
      const Snapshot &run = of_b ? b : a, &other = of_b ? a : b;
      const std::string prefix = of_b ? "b/" : "a/";
      const float top = draw_run(pen, run, other, of_b, x, y, wide) + pen.px(8);
      Figure one = draw_plain(run, within(look, wide, prefix));
      alt[of_b] = one.alt;
      const float height = one.height;
      append(figure, std::move(one), x, top, prefix);
      below = std::max(below, top + height);
      if (abreast) x += wide + gap;
      else y = below + pen.px(28);
    }
    y = below + pen.px(28);
    figure.alt = both ? pen.word("figure.alt.compare-beside", {alt[0], alt[1]}) : alt[shown == Shown::b];
  }
  if (shown == Shown::difference || shown == Shown::all) {
    if (shown == Shown::all) {
      pen.line(0, y - pen.px(14), look.width, y - pen.px(14), pen.colors().rule);
      pen.text(0, y + pen.px(14), pen.word("compare.difference"), pen.colors().ink, 15, 0, Face::text_bold);
      y += pen.px(28);
    }
    if (difference) {
      Look signed_look = within(look, look.width, "");
      signed_look.between = {&a, &b};
      Figure one = draw_difference(*difference, signed_look);
      figure.alt += (figure.alt.empty() ? "" : " ") + one.alt;
      append(figure, std::move(one), 0, y);
    } else {
      y = draw_why(pen, look, difference.error(), shown == Shown::all ? y : draw_runs(pen, look, a, b) + pen.px(12));
      figure.alt += (figure.alt.empty() ? "" : " ") + describe(difference.error(), look.strings).what;
      figure.height = std::max(figure.height, y);
    }
  }
  figure.height = std::ceil(figure.height);
  return figure;
}

}  // namespace tb::figure
