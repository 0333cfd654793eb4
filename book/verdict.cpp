#include "book/verdict.h"

#include <algorithm>
#include <map>

#include "book/claims.h"

namespace tb::book {

std::optional<Finding> read_finding(std::string_view word) {
  for (const auto verdict : {Finding::supported, Finding::refuted, Finding::undecided})
    if (key_of(verdict) == word) return verdict;
  return std::nullopt;
}

std::string_view key_of(Finding verdict) { return word_of(verdict, "en"); }

std::string_view word_of(Finding verdict, std::string_view language) {
  const bool russian = language == "ru";
  switch (verdict) {
    case Finding::supported: return russian ? "подтверждено" : "supported";
    case Finding::refuted: return russian ? "опровергнуто" : "refuted";
    case Finding::undecided: break;
  }
  return russian ? "не решено" : "undecided";
}

Finding judge(const NumberRange& supported, double low, double high) {
  if (low >= supported.low && high <= supported.high) return Finding::supported;
  if (high < supported.low || low > supported.high) return Finding::refuted;
  return Finding::undecided;
}

std::vector<Experiment> experiments(const Document& document) {
  // Where each claim is cited first.
  std::map<std::string, Section> places;
  Section section{};
  for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind == Block::Kind::heading && block.level >= 2)
      section = {block.anchor, plain_text(block.spans), block.level, 0};
    for (const auto& span : block.spans)
      if (span.link.starts_with("claim:")) places.emplace(span.link.substr(6), section);
  });
  std::vector<Experiment> out;
  for (const auto& claim : claims(document)) {
    if (!claim.verdict) continue;
    const auto& place = places[claim.id];
    out.push_back({claim.id, claim.says, *claim.verdict, place.anchor, place.title});
  }
  return out;
}

namespace {

Block cell(std::string text, std::string link = "") {
  Block out;
  out.kind = Block::Kind::cell;
  out.align = Block::Align::left;
  out.spans.push_back({.text = std::move(text), .link = std::move(link)});
  return out;
}

Block row(std::vector<Block> cells, bool header = false) {
  Block out;
  out.kind = Block::Kind::row;
  out.header = header;
  out.children = std::move(cells);
  return out;
}

Block table(const std::vector<Chapter>& chapters, std::string_view language) {
  const bool russian = language == "ru";
  Block out;
  out.kind = Block::Kind::table;
  out.children.push_back(russian ? row({cell("Утверждение"), cell("Вердикт"), cell("Где")}, true)
                                 : row({cell("Statement"), cell("Verdict"), cell("Where")}, true));
  for (const auto& chapter : chapters) {
    const auto document = read_document(chapter.file(language), language, chapter.number);
    if (!document) continue;
    for (const auto& experiment : experiments(*document)) {
      const auto place = chapter.slug + (experiment.section.empty() ? "" : "#" + experiment.section);
      const auto title = experiment.title.empty() ? document->title : experiment.title;
      out.children.push_back(row({cell(experiment.says), cell(std::string(word_of(experiment.verdict, language))),
                                  cell((chapter.number.empty() ? "" : chapter.number + ". ") + title, place)}));
    }
  }
  return out;
}

}  // namespace

void list_experiments(Document& document, const std::vector<Chapter>& chapters) {
  for (auto& block : document.blocks) {
    if (block.kind != Block::Kind::directive || block.directive.kind != "experiments") continue;
    const int line = block.line;
    block = table(chapters, document.language);
    block.line = line;
  }
}

}  // namespace tb::book
