// Each rule of the linter finds the mistake it is for, and lets the right text pass.
#include "tests/catch.h"

#include <unistd.h>

#include "base/files.h"
#include "tests/content/lint.h"

using namespace tb;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("textbook-lint-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

book::Document document(std::string_view markdown, const std::string& language = "en") {
  return book::parse_document(markdown, language + ".md", language);
}

lint::ChapterTexts chapter(std::string_view en, std::string_view ru) {
  return {{"02-x", "2", {{"en", "Title"}, {"ru", "Имя"}}, ""}, document(en), document(ru, "ru")};
}

struct SmallLab : Lab {
  std::string_view type() const override { return "small"; }
  std::vector<Field> fields(const Model*) const override {
    return {{.key = "layer", .initial = std::int64_t{0}, .min = 0, .max = 29, .unit = "tokens"}};
  }
  Result<Snapshot> run(Job&) const override { return Snapshot{}; }
};

Strings strings(const fs::path& folder, const std::string& language, std::string_view toml) {
  fs::create_directories(folder / language);
  REQUIRE(write_file(folder / language / "x.toml", toml));
  return Strings::load(folder, language).value();
}

std::size_t count(const lint::Findings& findings) {
  INFO(lint::joined(findings));
  return findings.size();
}

}  // namespace

TEST_CASE("lint: languages") {
  const auto base = "# Title\n\n<a id=\"a\"></a>\n## A\n\n```exercise\nid: x\n```\n";
  CHECK(lint::languages_differ(chapter(base, base)).empty());
  const auto differ = [&](std::string_view ru) { return lint::joined(lint::languages_differ(chapter(base, ru))); };
  CHECK(differ("# Имя\n\n## А\n\n```exercise\nid: x\n```\n") ==
        "ru.md:3: English has \"heading 2 #a\" here, Russian \"heading 2 #а\"\n");
  CHECK(differ("# Имя\n\n<a id=\"a\"></a>\n## А\n") ==
        "en.md:6: English has \"exercise x\" here, Russian \"nothing\"\n");
  CHECK(differ("# Имя\n\n<a id=\"a\"></a>\n## А\n\n```exercise\nid: y\n```\n") != "");
  const auto asks = [](const std::string& choices) {
    return "# T\n\n```predict\nid: p\nlab: l\nquestion: ?\n" + choices + "```\n";
  };
  const auto guess = asks("choice: a\nchoice: b\nanswer: a\n");
  CHECK(lint::languages_differ(chapter(guess, asks("choice: а\nchoice: б\nanswer: а\n"))).empty());
  CHECK(count(lint::languages_differ(chapter(guess, asks("choice: а\nchoice: б\nanswer: б\n")))) == 1);
  CHECK(count(lint::languages_differ(chapter(guess, asks("choice: а\nchoice: б\nchoice: в\nanswer: а\n")))) == 1);
  CHECK(lint::title_differs(chapter("# Title\n", "# Имя\n")).empty());
  CHECK(count(lint::title_differs(chapter("# Titel\n", "# Имя\n"))) == 1);
}

TEST_CASE("lint: links and images") {
  Folder folder;
  const std::vector<lint::ChapterTexts> all{chapter("# T\n\n<a id=\"a\"></a>\n## A\n", "# T\n")};
  const auto dead = [&](const char* text) { return count(lint::dead_links(document(text), all)); };
  CHECK(dead("[x](02-x#a) [x](02-x) [x](https://example.org) [x](claim:y)\n\n# T\n\n[x](#t)\n") == 0);
  CHECK(dead("[x](#t)\n") == 1);
  CHECK(dead("[x](02-x#b)\n") == 1);
  CHECK(dead("[x](03-y#a)\n") == 1);
  CHECK(dead("[x](#)\n") == 1);
  auto pictures = document("![a](there.png)\n\ntext ![b](gone.png) text\n");
  pictures.path = folder.path / "en.md";
  REQUIRE(write_file(folder.path / "there.png", "x"));
  CHECK(count(lint::missing_images(pictures)) == 1);
}

TEST_CASE("lint: terms of the glossary") {
  book::Glossary glossary;
  glossary.terms.push_back(
      {"token", "02-x#a", {{"en", "token"}, {"ru", "токен"}}, {{"en", "A."}, {"ru", "Б."}}, {}, false, 7});
  const std::vector<lint::ChapterTexts> all = {chapter("<a id=\"a\"></a>\n# T\n", "<a id=\"a\"></a>\n# Т\n")};
  const std::vector<lint::ChapterTexts> half = {chapter("<a id=\"a\"></a>\n# T\n", "# Т\n")};
  CHECK(count(lint::term_links(document("[x](term:token)\n"), glossary)) == 0);
  CHECK(count(lint::term_links(document("[x](term:tokens)\n"), glossary)) == 1);
  CHECK(count(lint::glossary_links(glossary, all)) == 0);
  CHECK(lint::glossary_links(glossary, half).at(0).starts_with("glossary.toml:7: token"));
  CHECK(count(lint::glossary_links(glossary, {})) == 1);
  CHECK(count(lint::mixed_alphabets(glossary)) == 0);
  glossary.terms[0].definition["en"] = "A t\u043Eken.";
  CHECK(count(lint::mixed_alphabets(glossary)) == 1);
}

TEST_CASE("lint: citations") {
  const std::string claim = "\n```claim\nid: a\nlab: small\nvalue: x[0]\nexpect: 0.914\ntolerance: 0.01\n```\n";
  const auto findings = [&](const std::string& text, const char* language) {
    return count(lint::claim_citations(document(text + claim, language)));
  };
  CHECK(findings("[91 %](claim:a)\n", "en") == 0);
  CHECK(findings("[91,4 %](claim:a)\n", "ru") == 0);
  CHECK(findings("[91.4 %](claim:a)\n", "ru") == 1);
  CHECK(findings("[92 %](claim:a)\n", "en") == 1);
  CHECK(findings("[91 %](claim:a), [91 %](claim:b)\n", "en") == 1);
  CHECK(findings("text\n", "en") == 1);
}

TEST_CASE("lint: the verdict of an experiment is said in words") {
  const std::string claim = "\n```claim\nid: a\nlab: small\nvalue: x[0]\nexpect: 0.914\ntolerance: 0.01\n"
                            "says: It is so\nsupported: ..0.5\nverdict: refuted\n```\n";
  const auto findings = [&](const std::string& text, const char* language) {
    return count(lint::claim_citations(document(text + claim, language)));
  };
  CHECK(findings("It is [refuted](claim:a), with [91 %](claim:a)\n", "en") == 0);
  CHECK(findings("Это [здесь опровергнуто](claim:a)\n", "ru") == 0);
  CHECK(findings("It is [supported](claim:a)\n", "en") == 2);   // the wrong word, and the right one nowhere
  CHECK(findings("[91 %](claim:a)\n", "en") == 1);
  CHECK(findings("It is [refuted](claim:a)\n", "ru") == 2);     // no number and no verdict in this language
}

TEST_CASE("lint: labs") {
  const SmallLab lab;
  const std::vector<const Lab*> labs{&lab};
  const auto findings = [&](const std::string& lines) {
    return count(lint::lab_inputs(document("```lab\nid: a\n" + lines + "```\n"), labs));
  };
  CHECK(findings("lab: small\nlayer: 29\ncaption: x\n") == 0);
  CHECK(findings("lab: small\nlayer: 30\n") == 1);
  CHECK(findings("lab: small\nlaier: 3\n") == 1);
  CHECK(findings("lab: smal\n") == 1);
  const auto predicted = [&](const std::string& lines) {
    return findings("lab: small\n```\n\n```predict\nid: b\nquestion: ?\nchoice: x\nchoice: y\n" + lines);
  };
  CHECK(predicted("lab: a\nset: layer=29\n") == 0);
  CHECK(predicted("lab: a\nset: layer=30\n") == 1);
  CHECK(predicted("lab: a\nset: laier=3\n") == 1);
  CHECK(predicted("lab: b\n") == 1);
}

TEST_CASE("lint: code regions") {
  Folder folder;
  REQUIRE(write_file(folder.path / "x.cpp", "// [a]\nint a;\n// [/a]\n// [pos]\n// [b]\n// [/b]\n"));
  const auto findings = [&](const char* text) {
    const std::vector<lint::ChapterTexts> all{chapter(text, text)};
    return lint::joined(lint::code_regions(all, folder.path, {folder.path / "x.cpp"}));
  };
  CHECK(findings("```code\nx.cpp#a\n```\n\n```code\nx.cpp#b\n```\n") == "");
  CHECK(findings("```code\nx.cpp#a\n```\n") == "x.cpp#b: no chapter shows this region\n");
  CHECK(findings("```code\nx.cpp#a\n```\n\n```code\nx.cpp#b\n```\n\n```code\nx.cpp#c\n```\n") ==
        "en.md:9: region.missing x.cpp#c\nru.md:9: region.missing x.cpp#c\n");
}

TEST_CASE("lint: letters of two alphabets in one word") {
  CHECK(lint::mixed_word("GPT-2 и токен token, n-й, 5й, café").empty());
  CHECK(lint::mixed_word("the t\u043Eken") == "t\u043Eken");       // a Cyrillic o
  CHECK(lint::mixed_word("т\u006Fкен") == "т\u006Fкен");           // a Latin o
  CHECK(lint::mixed_word("ends t\u043E") == "t\u043E");
  CHECK(lint::disguised_word("the letter П, the word смысл, a code").empty());
  CHECK(lint::disguised_word("such \u0430 word") == "\u0430");
  CHECK(count(lint::mixed_alphabets(document("such \u0430 word\n"))) == 1);
  CHECK(count(lint::mixed_alphabets(document("слово \u0430 слово\n", "ru"))) == 0);
  CHECK(count(lint::mixed_alphabets(document("a\n\n- the t\u043Eken\n"))) == 1);
  CHECK(count(lint::mixed_alphabets(document("```lab\nid: a\nlab: b\nprompt: t\u043Eken\n```\n"))) == 0);
  CHECK(count(lint::mixed_alphabets(document("```lab\nid: a\nlab: b\ncaption: t\u043Eken\n```\n"))) == 1);
}

TEST_CASE("lint: interface texts") {
  Folder folder;
  const auto findings = [&](const char* en, const char* ru) {
    return lint::joined(lint::strings_differ(strings(folder.path, "en", en), strings(folder.path, "ru", ru)));
  };
  CHECK(findings("[a]\nb = \"{0} x {1}\"\n", "[a]\nb = \"{1} ы {0}\"\n") == "");
  CHECK(findings("[a]\nb = \"{0}\"\n", "[a]\nb = \"{1}\"\n") == "placeholders of a.b differ\n");
  CHECK(findings("[a]\nb = \"x\"\n", "[a]\nc = \"x\"\n") == "ru lacks a.b\nen lacks a.c\n");
  const auto en = "[n]\none = \"one\"\nother = \"{0}\"\n";
  CHECK(findings(en, "[n]\none = \"{0}\"\nfew = \"{0}\"\nmany = \"{0}\"\nother = \"{0}\"\n") == "");
  CHECK(findings(en, "[n]\none = \"{0}\"\nfew = \"{0}\"\nother = \"{0}\"\n") == "ru: n lacks the form many\n");
  CHECK(findings(en, "[n]\none = \"{0}\"\nfew = \"\"\nmany = \"{0}\"\nother = \"{0}\"\n") ==
        "ru: placeholders of n.few\n");
}

TEST_CASE("lint: keys that sources name") {
  Folder folder;
  const auto words = strings(folder.path, "en",
                             "[error.\"a.b\"]\nwhat = \"x\"\nremedy = \"y\"\n"
                             "[lab.small]\ntitle = \"t\"\nlayer = \"l\"\n"
                             "[unit]\ntokens = \"t\"\n[n]\none = \"x\"\nother = \"y\"\n");
  const auto findings = [&](const char* source) {
    return lint::joined(lint::unknown_keys({{"x.cpp", source}}, words));
  };
  CHECK(findings("return fail(\"a.b\", where); s.get(\"lab.small\"); s.plural(\"n\", 2); t.get(\"lab.\" + type)") ==
        "x.cpp:1: en lacks lab.small\n");
  CHECK(findings("return fail(\n    \"a.b\", where); s.get(\"lab.small.title\"); x.get(\"unit.\" + u)") == "");
  CHECK(findings("\n return fail(\"a.b\"), fail(\"a.c\");") ==
        "x.cpp:2: en lacks error.a.c.what\nx.cpp:2: en lacks error.a.c.remedy\n");
  CHECK(findings("nothing") == "en: no source gives the error a.b\n");
  const SmallLab lab;
  const std::vector<const Lab*> labs{&lab};
  CHECK(lint::lab_labels(labs, words).empty());
  CHECK(count(lint::lab_labels(labs, strings(folder.path, "ru", "[lab.small]\ntitle = \"t\"\n"))) == 2);
}

TEST_CASE("straight quotes, double hyphens and hyphens for dashes or minus signs are found") {
  for (const auto* text : {"a \"b\"", "don't", "a -- b", "a - b", "at -3 degrees", "(-0.5)"}) {
    INFO(text);
    CHECK_FALSE(lint::straight_mark(text).empty());
  }
  for (const auto* text : {"“a” and «б»", "don’t", "a — b", "well-known", "−3", "top-5", "2019-05", "кто-то", ""}) {
    INFO(text);
    CHECK(lint::straight_mark(text).empty());
  }
  CHECK(lint::straight_marks(book::parse_document("A \"b\".\n\nc[^n]\n\n[^n]: d -- e\n", "en.md", "en")).size() == 2);
  CHECK(lint::straight_marks(book::parse_document("`\"code\"` and $a - b$ - c\n", "en.md", "en")).size() == 1);
}

TEST_CASE("letters of formulas that nothing explains are found, in footnotes too") {
  book::Symbols symbols;
  symbols.all.push_back({{"z_i"}, {{"en", "a"}, {"ru", "b"}}, "", "none", {"02-x"}, 1});
  const auto document = book::parse_document("$z_i + x$[^n]\n\n[^n]: $y$ and $\\ln 2$\n", "en.md", "en");
  CHECK(lint::unexplained_symbols(document, symbols, "02-x").size() == 2);
  CHECK(lint::unexplained_symbols(document, symbols, "03-x").size() >= 3);
  CHECK(lint::symbol_entries(symbols, book::Glossary{}, {}).size() == 3);   // its term, its place, its use
}
