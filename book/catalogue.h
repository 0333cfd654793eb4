// chapters/catalogue.toml is the sole ordering of the book.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb::book {

struct Chapter {
  std::string slug;                             // "02-token-logit-probability", also the folder's name
  std::string number;                           // "2"
  std::map<std::string, std::string> title;     // by language, for the contents while the file is not yet read
  std::filesystem::path folder;
  std::filesystem::path file(std::string_view language) const;   // folder/en.md
};

// Errors: catalogue.syntax (file:line), catalogue.missing (a chapter's file is not there), catalogue.twice.
Result<std::vector<Chapter>> read_catalogue(const std::filesystem::path& chapters_folder);

// The index of the chapter with this slug, this number ("2", "02") or this beginning of its slug.
// Errors: catalogue.unknown (names the nearest slug), catalogue.ambiguous (names those that begin so).
Result<std::size_t> find_chapter(const std::vector<Chapter>& chapters, std::string_view name);

}  // namespace tb::book
