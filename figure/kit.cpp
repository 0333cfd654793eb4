#include "figure/kit.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tb::figure {

bool TokenView::whole() const { return is_utf8(bytes); }

std::vector<TokenView> tokens_of(const Snapshot& snapshot, const std::string& prefix) {
  const std::vector<double>& ids = snapshot.numbers(prefix + ".id");
  const std::vector<std::string>& texts = snapshot.texts(prefix + ".text");
  const std::vector<double>& special = snapshot.numbers(prefix + ".special");
  std::vector<TokenView> tokens;
  for (std::size_t i = 0; i < ids.size() && i < texts.size() && i < special.size(); ++i)
    tokens.push_back({static_cast<std::int64_t>(ids[i]), texts[i], special[i] != 0});
  return tokens;
}

double number_of(const Snapshot& snapshot, std::string_view column) {
  const std::vector<double>& values = snapshot.numbers(column);
  return values.empty() ? 0 : values.front();
}

std::string Pen::fit(std::string text, float limit, float size, Face face) const {
  if (width(text, face, size) <= limit) return text;
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size();) {
    next_code_point(text, at);
    if (width(text.substr(0, at) + "…", face, size) > limit) break;
    kept = at;
  }
  return text.substr(0, kept) + "…";
}

float Pen::heading(float y, std::string words) {
  text(0, y + px(12), fit(std::move(words), look_.width, 13.5f, Face::text_bold), colors().ink, 13.5f, 0,
       Face::text_bold);
  return y + px(22);
}

float Pen::paragraph(float x, float y, float limit, std::string_view words, Color color, float size) {
  const float leading = px(size) * 1.45f;
  std::string row;
  const auto flush = [&] {
    text(x, y + px(size), fit(row, limit, size), color, size);
    y += leading;
    row.clear();
  };
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string word(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
    if (!row.empty() && width(row + " " + word, Face::text, size) > limit) flush();
    row += (row.empty() ? "" : " ") + word;
  }
  if (!row.empty()) flush();
  return y;
}

namespace {

// A piece of a formula at one height: on the line (0), lowered (-1) or raised (1).
struct FormulaRun { std::string text; int height = 0; };

std::vector<FormulaRun> formula_runs(std::string_view formula) {
  std::vector<FormulaRun> runs;
  for (std::size_t at = 0; at < formula.size();) {
    const int height = formula[at] == '_' ? -1 : formula[at] == '^' ? 1 : 0;
    std::size_t start = at, end = std::min(formula.find_first_of("_^", at), formula.size());
    at = end;
    if (height != 0) {
      at = start = std::min(start + 1, formula.size());
      if (at < formula.size() && formula[at] == '{') {
        end = std::min(formula.find('}', ++start), formula.size());
        at = std::min(end + 1, formula.size());
      } else {
        if (at < formula.size()) next_code_point(formula, at);
        end = at;
      }
    }
    runs.push_back({std::string(formula.substr(start, end - start)), height});
  }
  return runs;
}

}  // namespace

float Pen::formula(float x, float y, std::string_view formula, float limit, Color color, float size) {
  constexpr float small = 0.7f;
  const std::vector<FormulaRun> runs = formula_runs(formula);
  const auto size_of = [&](const FormulaRun& run) { return run.height == 0 ? size : size * small; };
  const auto wide = [&] {
    float sum = 0;
    for (const FormulaRun& run : runs) sum += width(run.text, Face::text, size_of(run));
    return sum;
  };
  while (size > 9 && wide() > limit) size -= 0.5f;
  for (const FormulaRun& run : runs) {
    const float shift = run.height < 0 ? 0.2f : run.height > 0 ? -0.38f : 0;
    text(x, y + px(size) * shift, run.text, color, size_of(run));
    x += width(run.text, Face::text, size_of(run));
  }
  return x;
}

float Pen::chip_width(const TokenView& token, float size) const {
  const Face face = token.whole() ? Face::text : Face::mono;
  const float shrink = token.whole() ? 1 : 0.84f;
  return width(visible(token.bytes), face, size * shrink) + px(token.special ? size * 1.1f : size * 0.8f);
}

void Pen::chip(const TokenView& token, Box box, Color fill, Color ink, float size) {
  const bool whole = token.whole();
  RectShape shape{.box = box, .fill = fill, .radius = px(4)};
  if (token.special) {
    shape.radius = box.h / 2;
    shape.stroke = colors().muted;
  } else if (!whole) {
    shape.radius = 0;
    shape.stroke = colors().muted;
    shape.dashed = true;
  }
  rect(shape);
  const Face face = whole ? Face::text : Face::mono;
  const float text_size = whole ? size : size * 0.84f;
  const float padding = px(size * 0.3f);
  text(box.x + box.w / 2, box.y + box.h / 2 + px(text_size) * 0.35f,
       fit(visible(token.bytes), box.w - 2 * padding, text_size, face), ink, text_size, 0.5f, face);
}

void Pen::chip(const TokenView& token, std::size_t index, Box box, float size) {
  chip(token, box, index % 2 == 0 ? colors().chip_a : colors().chip_b, colors().ink, size);
}

void Pen::frame(Box box, float radius) {
  const float inset = px(1);   // inside the box, so that it is whole at the figure's edge
  rect({.box = {box.x + inset, box.y + inset, box.w - 2 * inset, box.h - 2 * inset}, .stroke = colors().accent,
        .radius = px(radius), .stroke_width = 2});
}

void Pen::legend(float right, float y, const std::vector<Color>& ramp_colors, const std::string& low,
                 const std::string& high) {
  const float size = 11.5f, length = px(90), height = px(8);
  const float x = right - width(high, Face::text, size) - px(6) - length;
  constexpr int steps = 32;
  CellsShape bar{.box = {x, y - height, length, height}, .rows = 1, .columns = steps};
  for (int i = 0; i < steps; ++i) bar.cells.push_back(ramp(ramp_colors, i / (steps - 1.0)));
  cells(std::move(bar));
  rect({.box = {x, y - height, length, height}, .stroke = colors().rule});
  text(x - px(6), y, low, colors().muted, size, 1);
  text(right, y, high, colors().muted, size, 1);
}

std::vector<std::string> token_tip(const Look& look, const TokenView& token, std::int64_t position) {
  std::vector<std::string> lines = {look.strings.format("figure.quoted", {visible(token.bytes)}),
                                    look.strings.format("figure.tip.id", {std::to_string(token.id)})};
  std::string hex;
  for (std::size_t i = 0; i < token.bytes.size() && i < 24; ++i)
    hex += (i ? " " : "") + to_hex(std::string_view(token.bytes).substr(i, 1));
  if (token.bytes.size() > 24) hex += " …";
  lines.push_back(look.strings.format("figure.tip.bytes", {hex}));
  if (position >= 0) lines.push_back(look.strings.format("figure.tip.position", {std::to_string(position)}));
  if (token.special) lines.push_back(look.strings.get("figure.tip.special"));
  if (!token.whole()) lines.push_back(look.strings.get("figure.tip.fragment"));
  return lines;
}

float unencodable_note(Pen& pen, const Snapshot& snapshot, float x, float y, float width) {
  const std::vector<double>& at = snapshot.numbers("unencodable.at");
  const std::vector<std::string>& bytes = snapshot.texts("unencodable.bytes");
  if (at.empty()) return y;
  constexpr std::size_t shown = 4;
  std::string list;
  for (std::size_t i = 0; i < at.size() && i < shown; ++i)
    list += (i ? "; " : "") + pen.word("figure.unencodable.one",
                                       {bytes[i], format_integer(static_cast<std::int64_t>(at[i]), pen.language())});
  if (at.size() > shown) list += "; …";
  return pen.paragraph(x, y + pen.px(4), width, pen.word("figure.unencodable.note", {list}), pen.colors().warn);
}

float chip_rows(Pen& pen, const Look& look, const std::vector<TokenView>& tokens, float y,
                const std::function<void(std::size_t, const Box&)>& each) {
  const float height = pen.px(23), gap = pen.px(3), leading = pen.px(27);
  float x = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const float width = std::min(pen.chip_width(tokens[i], 13), look.width);
    if (x > 0 && x + width > look.width) {
      x = 0;
      y += leading;
    }
    const Box box{x, y, width, height};
    pen.chip(tokens[i], i, box, 13);
    each(i, box);
    x += width + gap;
  }
  return y + leading;
}

float token_rows(Pen& pen, const Look& look, const std::vector<TokenView>& tokens, std::size_t chosen, float y) {
  return chip_rows(pen, look, tokens, y, [&](std::size_t i, const Box& box) {
    const auto position = static_cast<std::int64_t>(i);
    const std::string id = "query/" + std::to_string(i);
    if (i == chosen || pen.marked(id)) pen.frame(box);
    pen.hit({box, id, token_tip(look, tokens[i], position), {{"query", position}}});
  });
}

// WCAG 2.2's relative luminance and contrast.
static double luminance(Color c) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(c.r / 255.0) + 0.7152 * linear(c.g / 255.0) + 0.0722 * linear(c.b / 255.0);
}
static double contrast(Color a, Color b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

Color ink_on(Color fill) {
  const Color black{0, 0, 0}, white{255, 255, 255};
  return contrast(black, fill) >= contrast(white, fill) ? black : white;
}

Color readable_on(Color fill, const Palette& colors) {
  return contrast(colors.ink, fill) >= 4.5 ? colors.ink : ink_on(fill);
}

}  // namespace tb::figure
