#include "viewer/book_index.h"

#include <algorithm>

#include "book/code_region.h"
#include "book/verdict.h"

namespace tb::viewer {

namespace {

void add_places(BookIndex& index, const book::Document& document, std::size_t chapter) {
  const std::string& language = document.language;
  std::string anchor;
  book::for_each_block(document.blocks, [&](const book::Block& block) {
    if (block.kind == book::Block::Kind::heading && (block.level == 2 || block.level == 3)) {
      anchor = block.anchor;
      auto section = std::find_if(index.sections.begin(), index.sections.end(), [&](const BookIndex::Section& s) {
        return s.chapter == chapter && s.anchor == anchor;
      });
      if (section == index.sections.end()) section = index.sections.insert(section, {chapter, anchor, {}});
      section->title[language] = book::plain_text(block.spans);
    }
    const book::Directive& directive = block.directive;
    const auto is_this = [&](const BookIndex::Exercise& e) { return e.chapter == chapter && e.id == directive.id; };
    if (directive.kind == "exercise" && std::none_of(index.exercises.begin(), index.exercises.end(), is_this))
      index.exercises.push_back({chapter, directive.id, anchor});
    if (block.kind != book::Block::Kind::directive || directive.kind != "lab") return;
    auto lab = std::find_if(index.labs.begin(), index.labs.end(), [&](const BookIndex::Lab& l) {
      return l.chapter == chapter && l.instance == directive.id;
    });
    if (lab == index.labs.end())
      lab = index.labs.insert(lab, {chapter, directive.value("lab"), directive.id, anchor, {}});
    lab->caption[language] = directive.value("caption");
  });
}

}  // namespace

std::future<std::shared_ptr<const BookIndex>> read_book(std::filesystem::path root, std::vector<book::Chapter> chapters,
                                                        book::Glossary glossary) {
  return std::async(std::launch::async, [=]() -> std::shared_ptr<const BookIndex> {
    auto index = std::make_shared<BookIndex>();
    const auto listing = [&](const book::Directive& directive) {
      auto lines = book::read_region(root, directive.id);
      return lines ? std::optional(std::move(*lines)) : std::nullopt;
    };
    for (const char* language : {"en", "ru"}) index->outlines[language].resize(chapters.size());
    for (std::size_t i = 0; i < chapters.size(); ++i)
      for (const char* language : {"en", "ru"}) {
        auto document = book::read_document(chapters[i].file(language), language, chapters[i].number);
        if (!document) continue;
        book::list_experiments(*document, chapters);
        index->search.add(*document, i, listing);
        add_places(*index, *document, i);
        index->outlines[language][i] = book::outline(*document);
      }
    index->search.add(glossary);
    return index;
  });
}

}  // namespace tb::viewer
