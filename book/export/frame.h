// What stands around the inside of every page: head, bar on top, contents, search.
#pragma once

#include <string>
#include <vector>

#include "book/export/page.h"

namespace tb::book {

struct ContentsEntry {
  std::string file, title;                       // "02-slug.html"
  std::vector<Section> sections;
};

struct Frame {
  const Strings& strings;
  std::vector<const Strings*> others;            // the other languages
  std::vector<ContentsEntry> contents;
  std::string file;                              // of this page, the same in every language
  std::string title;                             // of this page; "" on the page of contents
};

std::string framed(const Frame& frame, const std::string& inside);

// The inside of the page of contents, which also says what this edition is.
std::string contents_page(const Frame& frame);

// The page above the languages.
std::string start_page(const std::vector<Strings>& languages, const std::vector<std::vector<ContentsEntry>>& contents);

}  // namespace tb::book
