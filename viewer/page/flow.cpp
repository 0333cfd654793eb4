#include "viewer/page/flow.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "base/text.h"
#include "book/glossary.h"

namespace tb::viewer::page {

namespace {

using book::Block;
using book::Span;

constexpr std::array<std::string_view, 3> bullets = {"•", "–", "▪"};
constexpr char32_t soft_hyphen = 0xAD, zero_width_space = 0x200B;

class FlowMaker {
 public:
  FlowMaker(Flow& flow, const Strings* strings, const Listing& listing)
      : flow_(flow), strings_(strings), listing_(listing) {}

  void add_document() {
    const auto& blocks = flow_.document->blocks;
    for (block_ = 0; block_ < blocks.size(); ++block_) add_block(blocks[block_]);
  }

 private:
  Offset here() const { return static_cast<Offset>(flow_.text.size()); }

  // Begins a leaf behind a blank line, or on the next line within a tight list, with a waiting list marker before it.
  Leaf& begin_leaf(Leaf::Kind kind, const Block& block) {
    const bool tight = tight_ && !flow_.leaves.empty();
    if (!flow_.leaves.empty()) flow_.text += tight ? "\n" : "\n\n";
    Leaf& leaf = flow_.leaves.emplace_back();
    leaf.kind = kind;
    leaf.tight = tight;
    leaf.containers = containers_;
    leaf.block = block_;
    leaf.source = &block;
    for (const std::string& anchor : {block.anchor, std::exchange(item_anchor_, "")})
      if (!anchor.empty()) flow_.anchors.emplace(anchor, flow_.leaves.size() - 1);
    if (!marker_.empty()) {
      flow_.text.append(2 * static_cast<std::size_t>(list_depth_ - 1), ' ');
      leaf.marker.begin = here();
      flow_.text += marker_;
      leaf.marker.end = here();
      leaf.ordered = ordered_;
      leaf.begins_list = begins_list_;
      flow_.text += ' ';
      marker_.clear();
    }
    leaf.range = {here(), here()};
    return leaf;
  }

  void add_block(const Block& block) {
    switch (block.kind) {
      case Block::Kind::heading: add_text(Leaf::Kind::heading, block); break;
      case Block::Kind::paragraph: add_text(Leaf::Kind::paragraph, block); break;
      case Block::Kind::figure: add_figure(block); break;
      case Block::Kind::list: add_list(block); break;
      case Block::Kind::quote: add_quote(block); break;
      case Block::Kind::table: add_table(block); break;
      case Block::Kind::code: add_caption(add_code(block, block.text, block.language), block); break;
      case Block::Kind::math: add_math(block); break;
      case Block::Kind::rule: begin_leaf(Leaf::Kind::rule, block); break;
      case Block::Kind::directive: add_directive(block); break;
      case Block::Kind::raw_error: add_error(block); break;
      case Block::Kind::item: case Block::Kind::row: case Block::Kind::cell:   // only inside a list or table
        for (const Block& child : block.children) add_block(child);
        break;
    }
  }

  void add_text(Leaf::Kind kind, const Block& block) {
    Leaf& leaf = begin_leaf(kind, block);
    leaf.runs = add_spans(block.spans);
    leaf.range.end = here();
  }

  void add_figure(const Block& block) {
    Leaf& leaf = begin_leaf(Leaf::Kind::figure, block);
    add_caption(leaf, block);
    leaf.range.end = here();
  }

  // "Figure 2.3. What it shows", on a line of its own.
  void add_caption(Leaf& leaf, const Block& block) {
    const std::string label = book::label_of(block, flow_.document->language);
    if (label.empty()) return;
    if (here() > leaf.range.begin) flow_.text += '\n';
    const Offset begin = here();
    flow_.text += label + ". ";
    leaf.caption.push_back({.range = {begin, here()}, .bold = true});
    const Offset words = here();
    const std::vector<Run> runs = add_spans(block.spans);
    leaf.caption.insert(leaf.caption.end(), runs.begin(), runs.end());
    if (!runs.empty()) return;
    add_words(block.directive.value("caption"));
    leaf.caption.push_back({.range = {words, here()}});
  }

  // Items follow one another closely in a tight list; the first stands off what is before it, unless the list is
  // itself inside an item.
  void add_list(const Block& list) {
    const bool outer_tight = tight_;
    int number = list.start;
    ++list_depth_;
    for (const Block& item : list.children) {
      const bool first = &item == &list.children.front();
      tight_ = list.tight && (!first || list_depth_ > 1);
      containers_.push_back({Container::Kind::item, ++container_});
      const std::size_t depth = static_cast<std::size_t>(list_depth_ - 1);
      ordered_ = list.ordered;
      begins_list_ = first;
      item_anchor_ = item.anchor;
      marker_ = list.ordered ? std::to_string(number++) + "." : std::string(bullets[depth % bullets.size()]);
      for (const Block& child : item.children) {
        add_block(child);
        tight_ = list.tight;
      }
      if (!marker_.empty()) begin_leaf(Leaf::Kind::paragraph, item);   // an item without anything in it
      containers_.pop_back();
    }
    --list_depth_;
    tight_ = outer_tight;
  }

  void add_quote(const Block& quote) {
    const bool outer_tight = std::exchange(tight_, false);
    containers_.push_back({Container::Kind::quote, ++container_});
    for (const Block& child : quote.children) add_block(child);
    containers_.pop_back();
    tight_ = outer_tight;
  }

  void add_table(const Block& table) {
    Leaf& leaf = begin_leaf(Leaf::Kind::table, table);
    for (const Block& source : table.children) {
      if (!leaf.rows.empty()) flow_.text += '\n';
      Row& row = leaf.rows.emplace_back();
      row.header = source.header;
      row.range.begin = here();
      for (const Block& cell_source : source.children) {
        if (!row.cells.empty()) flow_.text += '\t';
        Cell& cell = row.cells.emplace_back();
        cell.align = cell_source.align;
        cell.range.begin = here();
        cell.runs = add_spans(cell_source.spans);
        if (row.header) for (Run& run : cell.runs) run.bold = true;
        cell.range.end = here();
      }
      row.range.end = here();
    }
    leaf.range.end = here();
    add_caption(leaf, table);
  }

  Leaf& add_code(const Block& block, std::string_view code, std::string_view language) {
    Leaf& leaf = begin_leaf(Leaf::Kind::code, block);
    leaf.language = language;
    while (code.ends_with('\n')) code.remove_suffix(1);
    for (const char c : code) {
      if (c == '\t') flow_.text += "    ";
      else if (c != '\r') flow_.text += c;
    }
    leaf.range.end = here();
    return leaf;
  }

  void add_directive(const Block& block) {
    const book::Directive& directive = block.directive;
    if (directive.kind == "claim") return;      // stands for nothing on the page: links cite it
    const auto lines = directive.kind == "code" && listing_ ? listing_(directive) : std::nullopt;
    if (!lines) {
      begin_leaf(Leaf::Kind::directive, block);
      return;
    }
    Leaf& leaf = add_code(block, *lines, "cpp");
    flow_.text += '\n';
    const Offset begin = here();
    flow_.text += directive.id;
    leaf.runs.push_back({.range = {begin, here()}});
    add_caption(leaf, block);
  }

  void add_math(const Block& block) {
    Leaf& leaf = begin_leaf(Leaf::Kind::math, block);
    flow_.text += "$$" + block.text + "$$";
    leaf.range.end = here();
  }

  // What happened, where, and what to do: a line each.
  void add_error(const Block& block) {
    Leaf& leaf = begin_leaf(Leaf::Kind::error, block);
    const auto add_line = [&](const std::string& line, bool bold, bool code) {
      if (line.empty()) return;
      if (!leaf.runs.empty()) {
        const Offset at = here();
        flow_.text += '\n';
        leaf.runs.push_back({.kind = Run::Kind::line_break, .range = {at, here()}});
      }
      const Offset begin = here();
      flow_.text += line;
      leaf.runs.push_back({.range = {begin, here()}, .bold = bold, .code = code});
    };
    for (const Error& error : block.errors) {
      Message message{error.code, error.where, ""};
      for (const std::string& argument : error.args) message.what += " · " + argument;
      if (strings_) message = describe(error, *strings_);
      add_line(message.what, true, false);
      add_line(message.where, false, true);
      add_line(message.remedy, false, false);
    }
    leaf.range.end = here();
  }

  std::vector<Run> add_spans(const std::vector<Span>& spans) {
    std::vector<Run> runs;
    for (const Span& span : spans) {
      Run run{.bold = span.bold, .italic = span.italic, .code = span.code, .link = link_of(span.link)};
      run.range.begin = here();
      switch (span.kind) {
        case Span::Kind::text: add_words(span.text); break;
        case Span::Kind::math:
          run.kind = Run::Kind::math;
          run.source = span.text;
          flow_.text += "$" + span.text + "$";
          break;
        case Span::Kind::image:
          run.kind = Run::Kind::image;
          run.source = span.image;
          flow_.text += span.text;
          break;
        case Span::Kind::note:
          run.note = true;
          flow_.text += span.text;
          break;
        case Span::Kind::line_break:
          run.kind = Run::Kind::line_break;
          flow_.text += '\n';
          break;
      }
      run.range.end = here();
      if (!run.range.empty() || run.kind == Run::Kind::image) runs.push_back(std::move(run));
    }
    return runs;
  }

  // Copies text, with line ends as spaces, and notes soft hyphens and zero-width spaces instead of copying them: they
  // would be in the way of find and copy.
  void add_words(std::string_view words) {
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t begin = at;
      const char32_t c = next_code_point(words, at).value_or(U'?');
      if (c == soft_hyphen || c == zero_width_space) flow_.soft_breaks.push_back({here(), c == soft_hyphen});
      else if (c == U'\n' || c == U'\t' || c == U'\r') flow_.text += ' ';
      else flow_.text += words.substr(begin, at - begin);
    }
  }

  int link_of(const std::string& target) {
    if (target.empty()) return -1;
    if (flow_.links.empty() || flow_.links.back() != target) flow_.links.push_back(target);
    return static_cast<int>(flow_.links.size()) - 1;
  }

  Flow& flow_;
  const Strings* strings_;
  const Listing& listing_;
  std::size_t block_ = 0;
  std::vector<Container> containers_;
  int container_ = 0, list_depth_ = 0;
  std::string marker_, item_anchor_;               // of the item that the next leaf begins
  bool ordered_ = false, begins_list_ = false, tight_ = false;
};

}  // namespace

Offset end_of(const Leaf& leaf) {
  const auto& last = leaf.caption.empty() ? leaf.runs : leaf.caption;
  return last.empty() ? leaf.range.end : std::max(leaf.range.end, last.back().range.end);
}

bool is_term(const Flow& flow, int link) {
  return link >= 0 && flow.links[static_cast<std::size_t>(link)].starts_with(book::term_scheme);
}

Flow make_flow(std::shared_ptr<const book::Document> document, const Strings* strings, const Listing& listing) {
  Flow flow;
  flow.document = std::move(document);
  if (flow.document) FlowMaker(flow, strings, listing).add_document();
  return flow;
}

}  // namespace tb::viewer::page
