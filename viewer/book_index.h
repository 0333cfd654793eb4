// The whole book, read once beside the first page: for search, and as the list of places that the palette offers.
#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "book/catalogue.h"
#include "book/progress.h"
#include "book/search.h"

namespace tb::viewer {

struct BookIndex {
  struct Section {
    std::size_t chapter = 0;
    std::string anchor;
    std::map<std::string, std::string> title;              // by language
  };
  struct Lab {
    std::size_t chapter = 0;
    std::string type, instance, anchor;                    // anchor: of the section it stands in
    std::map<std::string, std::string> caption;            // by language
  };
  struct Exercise {
    std::size_t chapter = 0;
    std::string id, anchor;                                // anchor: of the section it stands in
  };
  book::SearchIndex search;
  std::map<std::string, std::vector<std::vector<book::SectionOutline>>> outlines;   // by language, of each chapter
  std::vector<Section> sections;
  std::vector<Lab> labs;
  std::vector<Exercise> exercises;
};

// Reads and parses every chapter in both languages, on a thread of its own; a chapter that cannot be read is left out
// (its own page says why). The arguments are copied.
std::future<std::shared_ptr<const BookIndex>> read_book(std::filesystem::path root, std::vector<book::Chapter> chapters,
                                                        book::Glossary glossary);

}  // namespace tb::viewer
