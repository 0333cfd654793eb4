// Paragraphs: runs of styled text become words, words become lines, lines become fragments.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "viewer/page/kerning.h"
#include "viewer/page/ties.h"
#include "viewer/page/typesetter.h"

namespace tb::viewer::page {

namespace {

// Latin Modern's small letters are lower than PT Serif's at the same size; set larger, formulas match the text and
// their fractions stay readable.
constexpr float formula_scale = 1.12f;
constexpr float code_padding = 3;           // left and right of inline code, at scale 1
constexpr float note_size = 0.68f, note_raise = 0.36f;      // of the text's
constexpr float loose_cost = 20, anywhere_cost = 200;

float advance(const Style& style, char32_t c) {
  return style.font->GetFontBaked(style.size)->GetCharAdvance(static_cast<ImWchar>(c));
}

}  // namespace

int Typesetter::style_of(const Run& run, const Body& body) {
  const Ink ink = run.link >= 0 && !is_term(flow_, run.link) ? Ink::accent : body.ink;
  if (run.note)
    return style(body.regular, std::round(note_size * body.size), ink, false, std::round(note_raise * body.size));
  if (run.code) return style(setting_.theme.fonts.mono, body.code_size, ink, true);
  ImFont* const faces[2][2] = {{body.regular, body.italic}, {body.bold, body.bold_italic}};
  return style(faces[run.bold][run.italic], body.size, ink);
}

const Picture* Typesetter::formula(const std::string& latex, float size, bool display, Ink ink) {
  const auto& colors = setting_.theme.colors();
  const auto color = ink == Ink::accent ? colors.accent : ink == Ink::muted ? colors.muted : colors.ink;
  const Picture* picture = setting_.formulas.get(latex, size * formula_scale, display, to_imgui(color));
  if (!picture) ++layout_.unreadable;
  return picture;
}

// Cuts a run into words, at spaces and at the places inside a word where a line may end.
void Typesetter::add_text(std::vector<Word>& words, const Run& run, int style_index) {
  const Style face = layout_.styles[static_cast<std::size_t>(style_index)];
  const std::string_view text = flow_.text;
  auto soft = std::lower_bound(flow_.soft_breaks.begin(), flow_.soft_breaks.end(), run.range.begin,
                               [](const SoftBreak& b, Offset at) { return b.at < at; });
  bool open = false;              // the last word goes on
  char32_t before = 0;
  for (std::size_t at = run.range.begin; at < run.range.end;) {
    const Offset begin = static_cast<Offset>(at);
    const char32_t c = next_code_point(text, at).value_or(U'?');
    const Offset end = static_cast<Offset>(at);
    while (soft != flow_.soft_breaks.end() && soft->at < begin) ++soft;
    if (c == U' ') {
      if (!words.empty() && words.back().chunk.cost != must_break) {
        Word& word = words.back();
        word.chunk.space += advance(face, c);
        word.chunk.cost = space_cost(text, begin);
        word.space_end = end;
        word.space_style = style_index;
      }
      open = false;
      continue;
    }
    if (open && soft != flow_.soft_breaks.end() && soft->at == begin) {
      words.back().chunk.cost = soft->hyphen ? 3.f : 1.f;
      words.back().chunk.hyphen = soft->hyphen ? advance(face, U'-') : 0;
      open = false;
    } else if (const float cost = inner_cost(before, c); open && cost != never_break) {
      words.back().chunk.cost = cost;
      open = false;
    }
    if (!open) {
      words.push_back({.chunk = {.cost = never_break}, .range = {begin, begin}, .style = style_index,
                       .space_style = style_index, .link = run.link});
      open = true;
    }
    Word& word = words.back();
    if (word.range.end > word.range.begin) word.chunk.width += kerning(face, before, c);
    word.chunk.width += advance(face, c);
    word.range.end = word.space_end = end;
    before = c;
  }
}

// A formula is one word, unless it is wider than the column: then it comes apart at its outermost signs.
void Typesetter::add_formula(std::vector<Word>& words, const Run& run, const Body& body, float width) {
  const auto add = [&](const Picture* picture, Range range) {
    words.push_back({.chunk = {.width = picture->width, .cost = never_break},
                     .range = range,
                     .space_end = range.end,
                     .style = style_of(run, body),
                     .space_style = style_of(run, body),
                     .picture = picture,
                     .link = run.link});
  };
  const Ink ink = run.link >= 0 ? Ink::accent : body.ink;
  const Picture* whole = formula(run.source, body.size, false, ink);
  if (!whole) return add_text(words, run, style(setting_.theme.fonts.mono, body.code_size, Ink::warn, true));
  if (whole->width <= width) return add(whole, run.range);
  Offset begin = run.range.begin;
  Offset end = begin + 1;         // behind the opening "$"
  for (const std::string& piece : split_formula(run.source)) {
    const bool continued = begin != run.range.begin;
    end += static_cast<Offset>(piece.size() - (continued ? 2 : 0));   // without the "{}" put in front
    const Range range{begin, end + 1 == run.range.end ? run.range.end : end};
    const Picture* picture = formula(piece, body.size, false, ink);
    if (picture && picture->width > width)
      picture = formula(piece, body.size * 0.98f * width / picture->width, false, ink);
    if (!picture) continue;
    if (continued && !words.empty()) words.back().chunk.cost = 0.5f;
    add(picture, range);
    begin = end;
  }
}

std::vector<Word> Typesetter::collect_words(const std::vector<Run>& runs, const Body& body, float width) {
  std::vector<Word> words;
  for (const Run& run : runs) {
    const std::size_t first = words.size();
    switch (run.kind) {
      case Run::Kind::text: add_text(words, run, style_of(run, body)); break;
      case Run::Kind::math: add_formula(words, run, body, width); break;
      case Run::Kind::image: {
        const auto path = flow_.document->path.parent_path() / run.source;
        const Picture* picture = setting_.images.get(path, setting_.theme.scale, width);
        if (picture)
          words.push_back({.chunk = {.width = picture->width, .cost = never_break}, .range = run.range,
                           .space_end = run.range.end, .picture = picture, .link = run.link});
        else ++layout_.unreadable, add_text(words, run, style(body.italic, body.size, Ink::warn));
        break;
      }
      case Run::Kind::line_break:
        if (!words.empty()) words.back().chunk.cost = must_break;
        break;
    }
    if (run.kind == Run::Kind::text && run.code && words.size() > first) {
      const float pad = px(code_padding);
      words[first].pad_left = words.back().pad_right = pad;
      words[first].chunk.width += pad;
      words.back().chunk.width += pad;
    }
  }
  loosen(words, width);
  return words;
}

// Where words that belong together are wider than the column, they may part after all; a single word that is still too
// wide may end anywhere.
void Typesetter::loosen(std::vector<Word>& words, float width) {
  std::vector<Word> result;
  const auto stretch_end = [&](std::size_t begin) {
    std::size_t end = begin;
    while (end < words.size() && words[end].chunk.cost == never_break) ++end;
    return std::min(end + 1, words.size());
  };
  const auto width_of = [&](std::size_t begin, std::size_t end) {
    float sum = words[end - 1].chunk.hyphen - words[end - 1].chunk.space;
    for (std::size_t i = begin; i < end; ++i) sum += words[i].chunk.width + words[i].chunk.space;
    return sum;
  };
  for (std::size_t begin = 0, end; begin < words.size(); begin = end) {
    end = stretch_end(begin);
    if (width_of(begin, end) > width)
      for (std::size_t i = begin; i + 1 < end; ++i)
        if (words[i].chunk.space > 0) words[i].chunk.cost = loose_cost;
  }
  for (std::size_t begin = 0, end; begin < words.size(); begin = end) {
    end = stretch_end(begin);
    const bool too_wide = width_of(begin, end) > width;
    for (std::size_t i = begin; i < end; ++i) {
      Word word = words[i];
      if (!too_wide || word.picture) {
        if (too_wide && i + 1 < end) word.chunk.cost = loose_cost;
        result.push_back(word);
        continue;
      }
      const Style face = layout_.styles[static_cast<std::size_t>(word.style)];
      for (std::size_t at = word.range.begin; at < word.range.end;) {
        Word letter{
            .chunk = {.cost = anywhere_cost}, .style = word.style, .space_style = word.style, .link = word.link};
        letter.range.begin = static_cast<Offset>(at);
        letter.chunk.width = advance(face, next_code_point(flow_.text, at).value_or(U'?'));
        letter.range.end = letter.space_end = static_cast<Offset>(at);
        if (letter.range.begin == word.range.begin) letter.chunk.width += letter.pad_left = word.pad_left;
        result.push_back(letter);
      }
      Word& last = result.back();
      last.chunk.width += last.pad_right = word.pad_right;
      last.chunk.space = word.chunk.space;
      last.chunk.hyphen = word.chunk.hyphen;
      if (word.chunk.cost != never_break) last.chunk.cost = word.chunk.cost;
      last.space_end = word.space_end;
      last.space_style = word.space_style;
    }
  }
  words = std::move(result);
}

// One line of words; returns the y below it.
float Typesetter::set_line(std::span<const Word> words, const Body& body, const Frame& frame, float y) {
  Line line{.y = y, .first = layout_.fragments.size()};
  line.range = {words.front().range.begin, words.back().space_end};

  // 1. Fragments: neighbouring words of one style are drawn at once.
  float x = 0;
  float above = baseline_in(body.regular, body.size, body.leading);
  float below = body.leading - above;
  bool raised = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    const Word* last = i > 0 ? &words[i - 1] : nullptr;
    const bool joins = last && !word.picture && !last->picture && last->style == word.style &&
                       last->link == word.link && last->pad_right == 0 && word.pad_left == 0 &&
                       last->space_end == word.range.begin &&
                       (last->chunk.space == 0 || last->space_style == word.style);
    if (!joins) {
      layout_.fragments.push_back({.x = x + word.pad_left,
                                   .range = {word.range.begin, word.range.begin},
                                   .style = word.style,
                                   .picture = word.picture,
                                   .link = word.link,
                                   .pad_left = word.pad_left});
      x += word.pad_left;
    }
    Fragment& fragment = layout_.fragments.back();
    if (joins) {                  // only text: a picture may stand where there is no style at all
      const Style& face = layout_.styles[static_cast<std::size_t>(word.style)];
      x += kerning(face, flow_[{last->range.begin, word.range.begin}], flow_[word.range]);
    }
    const float ink_end = x + word.chunk.width - word.pad_right - word.pad_left;
    fragment.range.end = word.range.end;
    fragment.width = ink_end - fragment.x;
    fragment.pad_right = word.pad_right;
    x = ink_end + word.pad_right + word.chunk.space;
    if (word.picture) {
      const float up = std::ceil(word.picture->baseline),
                  down = std::ceil(word.picture->height - word.picture->baseline);
      raised = raised || up > above || down > below;
      above = std::max(above, up);
      below = std::max(below, down);
    }
  }
  const Word& last = words.back();
  const float natural = x - last.chunk.space + last.chunk.hyphen;
  layout_.fragments.back().hyphen = last.chunk.hyphen > 0;

  // 2. The line is as high as the text's leading; only what stands out of it makes it higher, by a little air too.
  line.baseline = above + (raised ? px(1) : 0);
  line.height = line.baseline + below + (raised ? px(1) : 0);
  line.count = layout_.fragments.size() - line.first;
  const float rest = std::max(0.f, frame.width - natural);
  const float shift = frame.x + (frame.side == Side::right ? rest : frame.side == Side::center ? rest / 2 : 0);
  for (std::size_t i = line.first; i < layout_.fragments.size(); ++i) layout_.fragments[i].x += shift;
  layout_.lines.push_back(line);
  return y + line.height;
}

float Typesetter::set_paragraph(const std::vector<Run>& runs, const Body& body, const Frame& frame) {
  const std::vector<Word> words = collect_words(runs, body, frame.width);
  if (words.empty()) return frame.y + body.leading;
  std::vector<Chunk> chunks;
  for (const Word& word : words) chunks.push_back(word.chunk);
  float y = frame.y;
  std::size_t begin = 0;
  for (const std::size_t end : break_lines(chunks, frame.width)) {
    y = set_line(std::span(words).subspan(begin, end - begin), body, frame, y);
    begin = end;
  }
  return y;
}

}  // namespace tb::viewer::page
