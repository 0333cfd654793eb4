// The linter run over the book as it stands.
#include "tests/catch.h"

#include "base/files.h"
#include "book/lesson.h"
#include "tests/content/lint.h"

using namespace tb;
namespace fs = std::filesystem;

namespace {

const fs::path& root() {
  static const fs::path path = TEXTBOOK_SOURCE_DIR;
  return path;
}

const Strings& strings(const std::string& language) {
  static const auto load = [](const char* lang) { return Strings::load(root() / "assets" / "strings", lang).value(); };
  static const Strings en = load("en"), ru = load("ru");
  return language == "ru" ? ru : en;
}

const std::vector<lint::ChapterTexts>& chapters() {
  static const auto all = [] {
    std::vector<lint::ChapterTexts> out;
    const auto catalogue = book::read_catalogue(root() / "chapters").value();
    for (auto chapter : catalogue) {
      // Paths from the root, as an editor wants them.
      chapter.folder = fs::relative(chapter.folder, root());
      const auto read = [&](const char* language) {
        const auto text = read_file(root() / chapter.file(language)).value();
        return book::parse_document(text, chapter.file(language), language);
      };
      out.push_back({chapter, read("en"), read("ru")});
    }
    return out;
  }();
  return all;
}

std::span<const Lab* const> labs() {
  const auto engine = open_engine();
  REQUIRE(engine);
  return (*engine)->labs();
}

const std::vector<fs::path>& source_files() {
  static const auto files = [] {
    std::vector<fs::path> out;
    for (const auto* folder : {"base", "labs", "figure", "book", "viewer", "app"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root() / folder)) {
        const auto extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".h") out.push_back(entry.path());
      }
    }
    return out;
  }();
  return files;
}

// One finding a line, so that a failing test shows them all.
void require_none(const lint::Findings& findings) {
  INFO(lint::joined(findings));
  CHECK(findings.empty());
}

}  // namespace

TEST_CASE("there are chapters, each listed under its own title") {
  REQUIRE_FALSE(chapters().empty());
  for (const auto& texts : chapters()) require_none(lint::title_differs(texts));
}

TEST_CASE("every folder of chapters/ is in the catalogue") {
  for (const auto& entry : fs::directory_iterator(root() / "chapters")) {
    if (!entry.is_directory()) continue;
    // The exercises of a chapter that is not written yet stand in its folder, alone.
    if (!fs::exists(entry.path() / "en.md") && !fs::exists(entry.path() / "ru.md")) {
      CHECK(fs::is_directory(entry.path() / "exercises"));
      continue;
    }
    const auto slug = entry.path().filename().string();
    INFO(slug);
    CHECK(std::any_of(chapters().begin(), chapters().end(),
                      [&](const lint::ChapterTexts& texts) { return texts.chapter.slug == slug; }));
  }
}

TEST_CASE("every chapter is read without errors") {
  for (const auto& texts : chapters()) {
    require_none(lint::parse_errors(texts.en, strings("en")));
    require_none(lint::parse_errors(texts.ru, strings("en")));
  }
}

TEST_CASE("English and Russian have the same sections, directives, claims and formulas") {
  for (const auto& texts : chapters()) require_none(lint::languages_differ(texts));
}

TEST_CASE("links, images and citations resolve; numbers in the prose are the claims'") {
  for (const auto& texts : chapters()) {
    for (const auto* document : {&texts.en, &texts.ru}) {
      require_none(lint::dead_links(*document, chapters()));
      require_none(lint::missing_images(*document));
      require_none(lint::claim_citations(*document));
    }
  }
}

TEST_CASE("the glossary is complete, its places exist, and so do the terms that chapters link") {
  const auto glossary = book::read_glossary(root() / "chapters" / "glossary.toml");   // both languages, none twice
  if (!glossary) {
    INFO(glossary.error().where + " " + describe(glossary.error(), strings("en")).what);
    REQUIRE(glossary);
  }
  CHECK(glossary->terms.size() >= 40);
  require_none(lint::glossary_links(*glossary, chapters()));
  require_none(lint::mixed_alphabets(*glossary));
  for (const auto& texts : chapters()) {
    for (const auto* document : {&texts.en, &texts.ru}) require_none(lint::term_links(*document, *glossary));
  }
}

TEST_CASE("prose has curly quotes, dashes and minus signs") {
  for (const auto& texts : chapters()) {
    require_none(lint::straight_marks(texts.en));
    require_none(lint::straight_marks(texts.ru));
  }
  require_none(lint::straight_marks(book::read_glossary(root() / "chapters" / "glossary.toml").value()));
}

TEST_CASE("every letter of a formula is explained, and every explanation is for one") {
  const auto symbols = book::read_symbols(root() / "chapters" / "symbols.toml");
  if (!symbols) {
    INFO(symbols.error().where + " " + describe(symbols.error(), strings("en")).what);
    REQUIRE(symbols);
  }
  for (const auto& texts : chapters())
    for (const auto* document : {&texts.en, &texts.ru})
      require_none(lint::unexplained_symbols(*document, *symbols, texts.chapter.slug));
  const auto glossary = book::read_glossary(root() / "chapters" / "glossary.toml");
  require_none(lint::symbol_entries(*symbols, glossary.value(), chapters()));
}

TEST_CASE("labs in the chapters exist and take the inputs given") {
  for (const auto& texts : chapters()) {
    for (const auto* document : {&texts.en, &texts.ru}) require_none(lint::lab_inputs(*document, labs()));
  }
}

TEST_CASE("code shown in the book is in the sources, and every region of the sources is shown") {
  require_none(lint::code_regions(chapters(), root(), source_files()));
}

TEST_CASE("no word mixes Latin and Cyrillic letters") {
  for (const auto& texts : chapters()) {
    require_none(lint::mixed_alphabets(texts.en));
    require_none(lint::mixed_alphabets(texts.ru));
  }
  for (const auto* language : {"en", "ru"}) require_none(lint::mixed_alphabets(strings(language)));
}

TEST_CASE("the interface's texts are the same in both languages") {
  require_none(lint::strings_differ(strings("en"), strings("ru")));
}

TEST_CASE("every error and every text that the sources name is written, and every lab's input has a label") {
  std::map<std::string, std::string> sources;
  for (const auto& file : source_files()) {
    sources[fs::relative(file, root()).generic_string()] = read_file(file).value();
  }
  for (const auto* language : {"en", "ru"}) {
    require_none(lint::unknown_keys(sources, strings(language)));
    require_none(lint::lab_labels(labs(), strings(language)));
  }
}

TEST_CASE("the example lessons name what the book has, in both languages alike") {
  const auto catalogue = book::read_catalogue(root() / "chapters").value();
  const book::CheckInputs check = [](const std::string& type, const std::map<std::string, std::string>& inputs,
                                     const std::string& where) -> Result<void> {
    for (const Lab* lab : labs())
      if (lab->type() == type) return parse(lab->fields(nullptr), inputs, where).map([](const Inputs&) {});
    return fail("lab.type", where, {type, ""});
  };
  std::map<std::string, std::vector<book::Place>> places;   // by file name without the language
  for (const auto& entry : fs::directory_iterator(root() / "assets" / "lessons")) {
    const auto path = entry.path();
    INFO(path);
    const auto lesson = book::read_lesson(path);
    REQUIRE(lesson);
    CHECK("." + lesson->language == path.stem().extension());
    lint::Findings found;
    for (const Error& error : book::faults(*lesson, path.string(), catalogue, check))
      found.push_back(error.where + ": " + describe(error, strings("en")).what);
    require_none(found);
    std::vector<book::Place> steps;
    for (const book::LessonStep& step : lesson->steps) {
      CHECK_FALSE(step.notes.empty());
      steps.push_back({step.place.chapter, step.place.anchor, step.place.lab, {}});
    }
    const auto known = places.emplace(path.stem().stem().string(), steps);
    CHECK(known.first->second == steps);
  }
  CHECK_FALSE(places.empty());
}
