// From Markdown to a document: md4c tells of blocks and spans, and here they become a tree.
#include "book/document.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include <md4c.h>

#include "base/text.h"
#include "book/anchor.h"
#include "book/captions.h"
#include "book/directive.h"
#include "book/footnotes.h"
#include "book/inline_text.h"
#include "book/numbering.h"
#include "book/source.h"

namespace tb::book {

namespace {

constexpr std::size_t max_depth = 24;              // lists and quotes inside one another
constexpr std::size_t max_bytes = 8 << 20;         // of one chapter

// Hears md4c's events and builds the tree. Open blocks lie on a stack of values; a block is judged when it closes,
// and only then joins its parent, as whatever it turned out to be.
class Builder {
 public:
  // Of a chapter without its footnotes' texts, which `notes` holds; or of one of these (`notes` is null), which begins
  // on `first_line` of the chapter.
  Builder(std::string_view markdown, const std::filesystem::path& path, std::string_view language, Footnotes* notes,
          int first_line = 1)
      : source_(markdown), log_{path.generic_string(), {}, first_line}, in_note_(notes == nullptr),
        inline_(source_, log_, notes) {
    document_.path = path;
    document_.language = language;
  }

  // The document, without numbers yet; `anchors` are added to.
  Document build(std::set<std::string>& anchors) {
    anchors_ = &anchors;
    const auto& text = source_.text();
    if (const int line = source_.ill_formed_line()) log_.add(fail("document.utf8", log_.at(line)));
    MD_PARSER parser{};
    parser.flags = MD_FLAG_TABLES | MD_FLAG_LATEXMATHSPANS;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
      return static_cast<Builder*>(self)->enter(type, detail), 0;
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void*, void* self) {
      return static_cast<Builder*>(self)->leave(type), 0;
    };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
      return static_cast<Builder*>(self)->style(type, detail, +1), 0;
    };
    parser.leave_span = [](MD_SPANTYPE type, void* detail, void* self) {
      return static_cast<Builder*>(self)->style(type, detail, -1), 0;
    };
    parser.text = [](MD_TEXTTYPE type, const char* piece, MD_SIZE size, void* self) {
      return static_cast<Builder*>(self)->text(type, {piece, size}), 0;
    };
    if (text.size() > max_bytes) {
      log_.add(fail("document.size", log_.path, {std::to_string(max_bytes >> 20)}));
    } else if (md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, this) != 0) {
      log_.add(fail("document.parser", log_.path));   // out of memory
    }
    drop_pending_anchor();
    document_.blocks = std::move(open_.front().children);
    document_.errors = std::move(log_.errors);
    if (log_.first_line > 1) shift_lines(document_.blocks, log_.first_line - 1);
    return std::move(document_);
  }

 private:
  struct Anchor {
    std::string id;
    int line;
  };

  static void shift_lines(std::vector<Block>& blocks, int by) {
    for (auto& block : blocks) {
      block.line += by;
      shift_lines(block.children, by);
    }
  }

  static bool is_container(MD_BLOCKTYPE type) {
    return type == MD_BLOCK_QUOTE || type == MD_BLOCK_UL || type == MD_BLOCK_OL || type == MD_BLOCK_LI;
  }

  void enter(MD_BLOCKTYPE type, void* detail) {
    if (type == MD_BLOCK_DOC) return;
    close_tight_paragraph();
    if (is_container(type) && (skipped_ > 0 || open_.size() > max_depth)) {
      const bool first = skipped_++ == 0 && !std::exchange(too_deep_, true);
      if (first) log_.add(fail("document.depth", log_.at(source_.last_line()), {std::to_string(max_depth)}));
      return;   // what is inside joins the block around it
    }
    if (type == MD_BLOCK_THEAD || type == MD_BLOCK_TBODY) {
      in_header_ = type == MD_BLOCK_THEAD;
      return;
    }
    open_.push_back(opened(type, detail));
  }

  Block opened(MD_BLOCKTYPE type, void* detail) {
    Block block;
    switch (type) {
      case MD_BLOCK_QUOTE: block.kind = Block::Kind::quote; break;
      case MD_BLOCK_UL:
        block.kind = Block::Kind::list;
        block.tight = static_cast<MD_BLOCK_UL_DETAIL*>(detail)->is_tight != 0;
        break;
      case MD_BLOCK_OL:
        block.kind = Block::Kind::list;
        block.ordered = true;
        block.tight = static_cast<MD_BLOCK_OL_DETAIL*>(detail)->is_tight != 0;
        block.start = static_cast<int>(static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start);
        break;
      case MD_BLOCK_LI: block.kind = Block::Kind::item; break;
      case MD_BLOCK_HR:
        block.kind = Block::Kind::rule;
        block.line = source_.take_rule();
        break;
      case MD_BLOCK_H:
        block.kind = Block::Kind::heading;
        block.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        break;
      case MD_BLOCK_CODE: {
        const auto& code = *static_cast<MD_BLOCK_CODE_DETAIL*>(detail);
        block.kind = Block::Kind::code;
        fence_ = code.fence_char;
        if (fence_ != 0) block.line = source_.take_fence(fence_, {code.info.text, code.info.size});
        block.language = inline_.attribute(code.lang);
        break;
      }
      case MD_BLOCK_HTML: block.kind = Block::Kind::raw_error; break;
      case MD_BLOCK_TABLE:
        block.kind = Block::Kind::table;
        if (pending_anchor_) block.anchor = register_anchor(*std::exchange(pending_anchor_, {}));   // before its cells
        break;
      case MD_BLOCK_TR:
        block.kind = Block::Kind::row;
        block.header = in_header_;
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD:
        block.kind = Block::Kind::cell;
        block.align = static_cast<Block::Align>(static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align);
        break;
      default: block.kind = Block::Kind::paragraph;
    }
    return block;
  }

  void leave(MD_BLOCKTYPE type) {
    close_tight_paragraph();
    if (type == MD_BLOCK_DOC || type == MD_BLOCK_THEAD || type == MD_BLOCK_TBODY) return;
    if (is_container(type) && skipped_ > 0) {
      --skipped_;
    } else {
      close();
    }
  }

  // A tight list's items hold their text without a paragraph of its own; the document gives them one.
  void open_tight_paragraph() {
    if (open_.back().kind != Block::Kind::item && open_.back().kind != Block::Kind::quote) return;
    open_.emplace_back();
    tight_paragraph_ = true;
  }
  void close_tight_paragraph() {
    if (std::exchange(tight_paragraph_, false)) close();
  }

  void style(MD_SPANTYPE type, void* detail, int change) {
    open_tight_paragraph();
    inline_.style(type, detail, change);
  }

  void text(MD_TEXTTYPE type, std::string_view text) {
    open_tight_paragraph();
    const bool inline_html = type == MD_TEXT_HTML && open_.back().kind == Block::Kind::paragraph;
    if (const int line = source_.take(text); line > 0 && !inline_html) {
      for (auto block = open_.rbegin(); block != open_.rend() && block->line == 0; ++block) block->line = line;
    }
    const auto kind = open_.back().kind;
    if (kind == Block::Kind::code || kind == Block::Kind::raw_error) {
      open_.back().text += type == MD_TEXT_NULLCHAR ? std::string_view("\uFFFD") : text;
    } else {
      inline_.text(type, text);
    }
  }

  void close() {
    Block block = std::move(open_.back());
    open_.pop_back();
    auto gathered = inline_.take();
    if (block.kind == Block::Kind::raw_error) return take_html(without_comments(block.text), block.line);
    if (block.kind == Block::Kind::paragraph && gathered.spans.empty()) {
      return take_html(gathered.html, gathered.html_line);   // an anchor, a comment, or nothing
    }
    if (!gathered.html.empty() && !(gathered.html_first && take_inline_anchor(block, gathered)))
      html_error(gathered.html, gathered.html_line);
    if (block.line == 0) block.line = block.children.empty() ? source_.take_content() : block.children.front().line;
    block.spans = std::move(gathered.spans);
    switch (block.kind) {
      case Block::Kind::heading: return close_heading(std::move(block));
      case Block::Kind::paragraph: return close_paragraph(std::move(block), gathered.displays);
      case Block::Kind::code: return close_code(std::move(block));
      case Block::Kind::table: place_rows(block); break;
      default: break;
    }
    add(std::move(block));
  }

  void add(Block block) {
    auto& siblings = open_.back().children;
    if (in_note_ && !fits_note(block)) log_.add(fail("document.note-content", log_.at(block.line)));
    if (take_caption(siblings, block)) return;
    if (pending_anchor_ && can_have_anchor(block)) block.anchor = register_anchor(*std::exchange(pending_anchor_, {}));
    drop_pending_anchor();
    siblings.push_back(std::move(block));
  }

  void close_heading(Block block) {
    source_.skip_underline();
    const auto title = plain_text(block.spans);
    if (document_.title.empty()) document_.title = title;
    if (!pending_anchor_) block.anchor = unused_anchor(slug(title));
    add(std::move(block));
  }

  const std::string& register_anchor(const Anchor& anchor) {
    if (!anchors_->insert(anchor.id).second)
      log_.add(fail("document.anchor-twice", log_.at(anchor.line), {anchor.id}));
    return anchor.id;
  }

  std::string unused_anchor(const std::string& base) {
    for (int& n = headings_[base];;) {
      auto anchor = ++n == 1 ? base : base + "-" + std::to_string(n);
      if (anchors_->insert(anchor).second) return anchor;
    }
  }

  // A display formula is a block of its own wherever it stands in a paragraph.
  void close_paragraph(Block block, const std::vector<InlineText::Display>& displays) {
    if (displays.empty()) {
      make_figure(block);
      return add(std::move(block));
    }
    Block part;
    part.line = block.line;
    const auto add_part = [&] {
      trim_ends(part.spans);
      if (!part.spans.empty()) add(std::exchange(part, Block{}));
      part.spans.clear();
    };
    auto display = displays.begin();
    for (std::size_t i = 0; i < block.spans.size(); ++i) {
      if (display == displays.end() || i != display->span) {
        part.spans.push_back(std::move(block.spans[i]));
        continue;
      }
      add_part();
      Block math;
      math.kind = Block::Kind::math;
      math.line = part.line = std::max(display->line, block.line);   // the text behind a formula is placed at it
      math.text = trim_blanks(block.spans[i].text);
      if (math.text.empty()) log_.add(fail("document.dollar", log_.at(math.line)));
      else add(std::move(math));
      ++display;
    }
    add_part();
  }

  void place_rows(Block& table) {
    int line = table.line;
    for (auto& row : table.children) {
      row.line = line;
      for (auto& cell : row.children) cell.line = line;
      line += row.header ? 2 : 1;   // the line of dashes lies under the header
    }
    source_.advance_to(line - 1);
  }

  void close_code(Block block) {
    if (fence_ == 0) return add(std::move(block));
    const int lines = static_cast<int>(std::count(block.text.begin(), block.text.end(), '\n'));
    if (!source_.take_closing_fence(block.line + lines + 1, fence_)) {
      block.errors.push_back(log_.add(fail("document.fence", log_.at(block.line))));
    }
    if (is_directive(block.language)) {
      make_directive(block);
    } else if (const auto known = check_language(block.language, log_.at(block.line)); !known) {
      block.errors.push_back(log_.add(tl::unexpected<Error>(known.error())));
    }
    if (!block.errors.empty()) block.kind = Block::Kind::raw_error;
    add(std::move(block));
  }

  void make_directive(Block& block) {
    auto [directive, errors] = parse_directive(block.language, block.text, block.line + 1, log_.path);
    log_.errors.insert(log_.errors.end(), errors.begin(), errors.end());
    block.errors.insert(block.errors.end(), errors.begin(), errors.end());
    if (!directive.id.empty()) {
      const auto [first, is_new] = ids_.emplace(directive.id, block.line);
      const auto where = log_.at(block.line);
      if (!is_new) {
        block.errors.push_back(
            log_.add(fail("directive.id-twice", where, {directive.id, std::to_string(first->second)})));
      }
    }
    block.kind = Block::Kind::directive;
    block.directive = std::move(directive);
  }

  // An anchor at the beginning of a paragraph: of the item that it opens, or of what stands in it (a formula).
  bool take_inline_anchor(const Block& block, const InlineText::Gathered& gathered) {
    const auto anchor = anchor_of(gathered.html);
    if (!anchor || block.kind != Block::Kind::paragraph) return false;
    drop_pending_anchor();
    if (open_.back().kind == Block::Kind::item && open_.back().children.empty())
      open_.back().anchor = register_anchor({*anchor, gathered.html_line});
    else
      pending_anchor_ = {*anchor, gathered.html_line};
    return true;
  }

  // An anchor for what follows, or an error in its place.
  void take_html(const std::string& html, int line) {
    if (html.empty()) return;
    if (const auto anchor = anchor_of(html)) {
      drop_pending_anchor();
      pending_anchor_ = {*anchor, line};
      return;
    }
    Block block;
    block.kind = Block::Kind::raw_error;
    block.line = line;
    block.text = html;
    block.errors.push_back(html_error(html, line));
    add(std::move(block));
  }

  Error html_error(const std::string& html, int line) {
    return log_.add(fail("document.html", log_.at(line), {html.substr(0, html.find('\n'))}));
  }

  void drop_pending_anchor() {
    if (!pending_anchor_) return;
    log_.add(fail("document.anchor-dangling", log_.at(pending_anchor_->line), {pending_anchor_->id}));
    pending_anchor_.reset();
  }

  Source source_;
  ErrorLog log_;
  bool in_note_;
  InlineText inline_;
  Document document_;
  std::vector<Block> open_{1};          // the first stands for the document
  std::size_t skipped_ = 0;             // containers beyond max_depth
  bool too_deep_ = false, tight_paragraph_ = false, in_header_ = false;
  char fence_ = 0;                      // of the open code block; 0: it is indented
  std::optional<Anchor> pending_anchor_;
  std::set<std::string>* anchors_ = nullptr;
  std::map<std::string, int> headings_; // how many have the same title
  std::map<std::string, int> ids_;      // of directives, with their lines
};

}  // namespace

Document parse_document(std::string_view markdown, const std::filesystem::path& path, std::string_view language,
                        std::string_view chapter) {
  std::set<std::string> anchors;
  Footnotes footnotes(markdown);
  Document document = Builder(footnotes.rest(), path, language, &footnotes).build(anchors);
  document.chapter = chapter;
  ErrorLog log{path.generic_string(), std::move(document.errors)};
  for (const auto* definition : footnotes.wanted(log)) {
    Document text = Builder(definition->text, path, language, nullptr, definition->line).build(anchors);
    log.errors.insert(log.errors.end(), text.errors.begin(), text.errors.end());
    document.notes.push_back({definition->name, definition->number, definition->line, std::move(text.blocks)});
  }
  document.errors = std::move(log.errors);
  number_blocks(document, anchors);
  show_numbers(document);
  return document;
}

}  // namespace tb::book
