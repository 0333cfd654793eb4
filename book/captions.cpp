#include "book/captions.h"

#include <algorithm>

#include "book/inline_text.h"

namespace tb::book {

namespace {

// The emphasis only marks a caption.
void take_emphasis(std::vector<Span>& spans) {
  for (auto& span : spans) span.italic = false;
}

}  // namespace

void make_figure(Block& block) {
  auto& spans = block.spans;
  const bool alone = spans.front().kind == Span::Kind::image && spans.front().link.empty() &&
                     std::all_of(spans.begin() + 1, spans.end(),
                                 [](const Span& span) { return span.italic || is_blank(span); });
  if (!alone) return;
  const Span image = std::move(spans.front());
  spans.erase(spans.begin());
  trim_ends(spans);
  take_emphasis(spans);
  if (spans.empty() && !image.title.empty()) {
    spans.emplace_back();
    spans.back().text = image.title;
  }
  block.kind = Block::Kind::figure;
  block.image = image.image;
  block.text = image.text;
}

bool take_caption(std::vector<Block>& siblings, Block& paragraph) {
  if (paragraph.kind != Block::Kind::paragraph || siblings.empty()) return false;
  Block& above = siblings.back();
  const bool wants_one = above.kind == Block::Kind::table || above.kind == Block::Kind::code;
  const bool is_one = std::ranges::all_of(paragraph.spans, [](const Span& span) {
    return (span.italic && !span.bold) || is_blank(span) || span.kind == Span::Kind::note;
  });
  if (!wants_one || !above.spans.empty() || !is_one) return false;
  above.spans = std::move(paragraph.spans);
  take_emphasis(above.spans);
  return true;
}

bool can_have_anchor(const Block& block) {
  switch (block.kind) {
    case Block::Kind::heading: case Block::Kind::math: case Block::Kind::figure: case Block::Kind::table:
    case Block::Kind::code: return true;
    case Block::Kind::directive: return block.directive.kind == "code" || block.directive.kind == "exercise";
    default: return false;
  }
}

bool fits_note(const Block& block) {
  switch (block.kind) {
    case Block::Kind::paragraph: case Block::Kind::list: case Block::Kind::item: case Block::Kind::quote:
    case Block::Kind::math: case Block::Kind::code: case Block::Kind::raw_error: return true;
    default: return false;
  }
}

}  // namespace tb::book
