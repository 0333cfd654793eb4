#include "viewer/open_book.h"

#include "book/verdict.h"

namespace tb::viewer {

OpenChapter open_chapter(const std::vector<book::Chapter>& chapters, std::size_t index, const std::string& language,
                         const book::Glossary& glossary) {
  OpenChapter opened;
  const book::Chapter& chapter = chapters[index];
  auto document = book::read_document(chapter.file(language), language, chapter.number);
  if (!document) {
    opened.error = document.error();
    return opened;
  }
  book::list_experiments(*document, chapters);
  book::link_terms(*document, glossary);
  opened.document = std::make_shared<const book::Document>(std::move(*document));
  opened.sections = book::sections(*opened.document);
  return opened;
}

std::string anchor_of(const book::Document& document, std::string_view kind, const std::string& id) {
  std::string anchor, found;
  book::for_each_block(document.blocks, [&](const book::Block& block) {
    if (block.kind == book::Block::Kind::heading && block.level >= 2) anchor = block.anchor;
    if (block.directive.kind == kind && block.directive.id == id) found = anchor;
  });
  return found;
}

std::vector<const book::Directive*> labs_under(const book::Document& document, std::string_view anchor) {
  std::vector<const book::Directive*> labs;
  std::string heading;
  book::for_each_block(document.blocks, [&](const book::Block& block) {
    if (block.kind == book::Block::Kind::heading && block.level >= 2) heading = block.anchor;
    if (block.directive.kind == "lab" && heading == anchor) labs.push_back(&block.directive);
  });
  return labs;
}

std::vector<std::string> lab_instances(const book::Document& document) {
  std::vector<std::string> instances;
  book::for_each_block(document.blocks, [&](const book::Block& block) {
    if (block.kind == book::Block::Kind::directive && block.directive.kind == "lab")
      instances.push_back(block.directive.id);
  });
  return instances;
}

}  // namespace tb::viewer
