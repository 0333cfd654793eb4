#include "book/numbering.h"

#include <functional>
#include <map>
#include <optional>

namespace tb::book {

namespace {

enum class Kind { figure, table, listing, formula };

// Names of a kind in a caption and within a sentence; a formula is its number in brackets.
struct Names { std::string_view caption, mention; };
Names names_of(Kind kind, std::string_view language) {
  const bool ru = language == "ru";
  switch (kind) {
    case Kind::figure: return ru ? Names{"Рис.", "рис."} : Names{"Figure", "Figure"};
    case Kind::table: return ru ? Names{"Табл.", "табл."} : Names{"Table", "Table"};
    case Kind::listing: return ru ? Names{"Листинг", "листинг"} : Names{"Listing", "Listing"};
    case Kind::formula: break;
  }
  return {};
}

constexpr std::string_view no_break_space = "\u00A0";

std::optional<Kind> kind_of(const Block& block) {
  switch (block.kind) {
    case Block::Kind::figure: return Kind::figure;
    case Block::Kind::table: return Kind::table;
    case Block::Kind::code: return Kind::listing;
    case Block::Kind::math: return Kind::formula;
    case Block::Kind::directive:
      return block.directive.kind == "code" ? std::optional(Kind::listing) : std::nullopt;
    default: return std::nullopt;
  }
}

bool is_numbered(const Block& block, Kind kind) {
  if (kind == Kind::formula) return !block.anchor.empty();
  return !block.spans.empty() || !block.directive.value("caption").empty();
}

std::string joined(std::string_view name, std::string_view number) {
  return std::string(name).append(no_break_space).append(number);
}

std::string in_brackets(const std::string& number) { return "(" + number + ")"; }

void for_each(std::vector<Block>& blocks, const std::function<void(Block&)>& visit) {
  for (auto& block : blocks) {
    visit(block);
    for_each(block.children, visit);
  }
}

}  // namespace

std::string label_of(const Block& block, std::string_view language) {
  const auto kind = kind_of(block);
  if (!kind || block.number.empty()) return "";
  return *kind == Kind::formula ? in_brackets(block.number)
                                : joined(names_of(*kind, language).caption, block.number);
}

void number_blocks(Document& document, std::set<std::string>& anchors) {
  static constexpr std::string_view words[] = {"figure", "table", "listing", "formula"};
  std::map<Kind, int> counts;
  for_each(document.blocks, [&](Block& block) {
    const auto kind = kind_of(block);
    if (!kind || !is_numbered(block, *kind)) return;
    const std::string count = std::to_string(++counts[*kind]);
    block.number = document.chapter.empty() ? count : document.chapter + "." + count;
    if (!block.anchor.empty()) return;
    block.anchor = std::string(words[static_cast<std::size_t>(*kind)]) + "-" + count;
    while (!anchors.insert(block.anchor).second) block.anchor += "-a";
  });
}

void show_numbers(Document& document) {
  struct Target { Kind kind; std::string number; };
  std::map<std::string, Target, std::less<>> targets;
  for_each_block(document.blocks, [&](const Block& block) {
    if (!block.number.empty()) targets.emplace("#" + block.anchor, Target{*kind_of(block), block.number});
  });
  const auto complete = [&](Block& block) {
    auto& spans = block.spans;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      const bool ends = i + 1 == spans.size() || spans[i + 1].link != spans[i].link || spans[i].text.empty() ||
                        spans[i + 1].text.empty();
      const auto target = spans[i].link.empty() || !ends ? targets.end() : targets.find(spans[i].link);
      if (target == targets.end()) {
        if (spans[i].text.empty() && spans[i].link.starts_with('#') && spans[i].kind == Span::Kind::text)
          document.errors.push_back({"document.link-wordless", document.path.generic_string() + ":" +
                                                                   std::to_string(block.line), {}});
        continue;
      }
      const auto& [kind, number] = target->second;
      const std::string shown = kind == Kind::formula ? in_brackets(number) : number;
      if (spans[i].text.empty()) {
        spans[i].text = kind == Kind::formula ? shown : joined(names_of(kind, document.language).mention, shown);
      } else if (spans[i].kind == Span::Kind::text && !spans[i].code) {
        spans[i].text = joined(spans[i].text, shown);
      } else {
        Span behind;
        behind.link = spans[i].link;
        behind.text = std::string(no_break_space) + shown;
        spans.insert(spans.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(behind));
        ++i;
      }
    }
  };
  for_each(document.blocks, complete);
  for (auto& note : document.notes) for_each(note.blocks, complete);
}

}  // namespace tb::book
