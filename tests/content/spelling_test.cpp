// The spelling of everything that a reader reads: chapters, exercises, glossary, symbols, interface.
#include "tests/catch.h"

#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings.h"
#include "book/catalogue.h"
#include "base/files.h"
#include "tests/content/spelling.h"
#include "tests/temporary_folder.h"

using namespace tb;
namespace fs = std::filesystem;

namespace {

const fs::path root = TEXTBOOK_SOURCE_DIR, dictionaries = "/usr/share/hunspell";

lint::Spelling with_words(const std::string& words) {
  TemporaryFolder folder;
  std::ofstream(folder.path / "words.txt") << words;
  auto spelling = lint::Spelling::open(dictionaries, folder.path / "words.txt");
  REQUIRE(spelling);
  return std::move(*spelling);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a word is looked up in the language of its letters") {
  auto spelling = with_words("");
  CHECK(spelling.unknown("The colour of the head’s row isn’t given.").empty());
  CHECK(spelling.unknown("You will recieve a row.") == Words{"recieve"});
  CHECK(spelling.unknown("Ещё её голова, из-за которой всё и началось.").empty());
  CHECK(spelling.unknown("Слово малоко, and teh word") == Words{"малоко", "teh"});
  CHECK(spelling.unknown("SmolLM2, LM, 24.4, 3d, §").empty());
  CHECK(spelling.unknown("key-value, kee-value") == Words{"kee-value"});
  CHECK(spelling.unknown("").empty());
}

TEST_CASE("the list adds words, with the forms of another word, and tells which of them nothing needs") {
  auto spelling = with_words("# ours\nlogit/habit\nтокен/кузен\nzorblat\nhouse\n");
  CHECK(spelling.unknown("Two logits; токенов, токенами; a zorblat. My house.").empty());
  CHECK(spelling.unneeded() == lint::Findings{"words.txt:5: no text needs house"});
  TemporaryFolder folder;
  std::ofstream(folder.path / "words.txt") << "one\ntwo words\n";
  const auto broken = lint::Spelling::open(dictionaries, folder.path / "words.txt");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().where == "words.txt:2");
}

TEST_CASE("every word of the book is spelt right, and every word of the list is needed") {
  auto opened = lint::Spelling::open(dictionaries, root / "chapters" / "words.txt");
  REQUIRE(opened);
  auto& spelling = *opened;
  lint::Findings found;
  const auto add = [&](const lint::Findings& more) { found.insert(found.end(), more.begin(), more.end()); };
  const auto read = [&](const fs::path& file, const char* language) {
    const auto text = read_file(file);
    REQUIRE(text);
    add(misspelt(book::parse_document(*text, fs::relative(file, root), language), spelling));
  };
  for (const auto* language : {"en", "ru"}) {
    const auto name = std::string(language) + ".md";
    for (const auto& entry : fs::recursive_directory_iterator(root / "chapters"))
      if (entry.path().filename() == name) read(entry.path(), language);
    add(misspelt(Strings::load(root / "assets" / "strings", language).value(), spelling));
  }
  add(misspelt(book::read_glossary(root / "chapters" / "glossary.toml").value(), spelling));
  add(misspelt(book::read_symbols(root / "chapters" / "symbols.toml").value(), spelling));
  add(spelling.unneeded());
  INFO(fmt::format("{}", fmt::join(found, "\n")));
  CHECK(found.empty());
}
