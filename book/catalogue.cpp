#include "book/catalogue.h"

#include <set>

#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"

namespace tb::book {

std::filesystem::path Chapter::file(std::string_view language) const {
  return folder / (std::string(language) + ".md");
}

Result<std::vector<Chapter>> read_catalogue(const std::filesystem::path& chapters_folder) {
  const auto path = chapters_folder / "catalogue.toml";
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const auto at = [&](const toml::source_region& place) {
    return path.generic_string() + ":" + std::to_string(place.begin.line);
  };

  toml::table table;
  try {
    table = toml::parse(*text);
  } catch (const toml::parse_error& error) {
    return fail("catalogue.syntax", at(error.source()), {std::string(error.description())});
  }

  std::vector<Chapter> chapters;
  std::set<std::string> seen;
  const auto* entries = table["chapter"].as_array();
  if (entries == nullptr) return fail("catalogue.syntax", path.generic_string() + ":1", {"[[chapter]]"});
  for (const auto& node : *entries) {
    const auto where = at(node.source());
    const auto* entry = node.as_table();
    if (entry == nullptr) return fail("catalogue.syntax", where, {"[[chapter]]"});
    Chapter chapter;
    chapter.slug = (*entry)["slug"].value_or(std::string());
    chapter.number = (*entry)["number"].value_or(std::string());
    for (const auto* language : {"en", "ru"}) {
      const auto title = (*entry)["title"][language].value<std::string>();
      if (!title) return fail("catalogue.syntax", where, {std::string("title.") + language});
      chapter.title[language] = *title;
    }
    if (chapter.slug.empty()) return fail("catalogue.syntax", where, {"slug"});
    if (chapter.number.empty()) return fail("catalogue.syntax", where, {"number"});
    if (!seen.insert(chapter.slug).second) return fail("catalogue.twice", where, {chapter.slug});
    if (!seen.insert("number " + chapter.number).second) return fail("catalogue.twice", where, {chapter.number});
    chapter.folder = chapters_folder / chapter.slug;
    for (const auto& [language, title] : chapter.title) {
      const auto file = chapter.file(language);
      if (!std::filesystem::is_regular_file(file)) return fail("catalogue.missing", where, {file.generic_string()});
    }
    chapters.push_back(std::move(chapter));
  }
  return chapters;
}

Result<std::size_t> find_chapter(const std::vector<Chapter>& chapters, std::string_view name) {
  std::vector<std::string> slugs, beginning;
  std::size_t found = 0;
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const auto& chapter = chapters[i];
    if (name == chapter.slug || name == chapter.number || name == "0" + chapter.number) return i;
    slugs.push_back(chapter.slug);
    if (!name.empty() && chapter.slug.starts_with(name)) {
      beginning.push_back(chapter.slug);
      found = i;
    }
  }
  if (beginning.size() == 1) return found;
  const auto list = [](const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
  };
  const std::string where(name);
  if (!beginning.empty()) return fail("catalogue.ambiguous", where, {where, list(beginning)});
  return fail("catalogue.unknown", where, {where, nearest(name, slugs).value_or(list(slugs))});
}

}  // namespace tb::book
