// The chapter on the desk: its document in one language, its sections, or the error in its place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/catalogue.h"
#include "book/document.h"
#include "book/glossary.h"

namespace tb::viewer {

struct OpenChapter {
  std::shared_ptr<const book::Document> document;   // null where the file could not be read
  std::vector<book::Section> sections;
  std::optional<Error> error;
};
// The first mentions of the glossary's terms are linked (book/glossary.h), the book's experiments listed (book/verdict.h).
OpenChapter open_chapter(const std::vector<book::Chapter>& chapters, std::size_t index, const std::string& language,
                         const book::Glossary& glossary);

// The heading that a lab stands under; "" where the chapter has no such lab.
std::string anchor_of(const book::Document& document, std::string_view kind, const std::string& id);
std::vector<const book::Directive*> labs_under(const book::Document& document, std::string_view anchor);
std::vector<std::string> lab_instances(const book::Document& document);

}  // namespace tb::viewer
