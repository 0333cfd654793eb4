// The glossary's file and the links that a chapter gets from it. Expectations are by hand.
#include "tests/catch.h"

#include <fstream>

#include "book/glossary.h"
#include "tests/book/dump.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::book;

namespace {

Result<Glossary> read(const std::string& text) {
  const TemporaryFolder folder;
  const auto file = folder.path / "glossary.toml";
  std::ofstream(file, std::ios::binary) << text;
  auto glossary = read_glossary(file);
  if (!glossary) glossary.error().where = glossary.error().where.substr(folder.path.string().size() + 1);
  return glossary;
}

// "code@where args"
std::string error_of(const std::string& text) {
  const auto glossary = read(text);
  REQUIRE_FALSE(glossary);
  std::string out = glossary.error().code + "@" + glossary.error().where;
  for (const std::string& arg : glossary.error().args) out += " " + arg;
  return out;
}

const std::string kToken = R"([[term]]
id = "token"
see = "02#token"
en = "token"
ru = "токен"
also.en = ["piece of text"]
define.en = "A piece."
define.ru = "Кусок."
)";
const std::string kCache = R"([[term]]
id = "kv-cache"
en = "KV cache"
ru = "KV-кэш"
define.en = "Kept keys."
define.ru = "Сохранённые ключи."
)";
const std::string kHead = R"([[term]]
id = "head"
by-hand = true
en = "head"
ru = "голова"
define.en = "A part of attention."
define.ru = "Часть внимания."
)";

std::string linked(std::string_view markdown, const char* language = "en") {
  Document document = parse_document(markdown, "x.md", language);
  REQUIRE(document.errors.empty());
  link_terms(document, read(kToken + kCache + kHead).value());
  return test::dump(document);
}

}  // namespace

TEST_CASE("a glossary is read as it is written") {
  const Glossary glossary = read(kToken + kCache + kHead).value();
  REQUIRE(glossary.terms.size() == 3);
  const Term& token = *glossary.find("token");
  CHECK(token.name.at("ru") == "токен");
  CHECK(token.definition.at("en") == "A piece.");
  CHECK(token.also.at("en") == std::vector<std::string>{"piece of text"});
  CHECK(token.see == "02#token");
  CHECK_FALSE(token.by_hand);
  CHECK(glossary.find("kv-cache")->line == 9);
  CHECK(glossary.find("head")->by_hand);
  CHECK(glossary.find("nothing") == nullptr);
  CHECK(read("")->terms.empty());
  CHECK(read_glossary("/nowhere/glossary.toml").error().code == "file.open");
}

TEST_CASE("what is wrong in a glossary is named with its line") {
  CHECK(error_of("[[term]\n").starts_with("glossary.syntax@glossary.toml:1 "));
  CHECK(error_of("term = 3\n") == "glossary.unknown-key@glossary.toml:1 term [[term]]");
  CHECK(error_of("[[terms]]\nid = \"a\"\n") == "glossary.unknown-key@glossary.toml:1 terms [[term]]");
  CHECK(error_of("term = [1]\n") == "glossary.syntax@glossary.toml:1 [[term]]");
  CHECK(error_of("[[term]]\nen = \"a\"\n") == "glossary.missing@glossary.toml:1 id ");
  CHECK(error_of(kToken + "[[term]]\nid = \"b\"\nru = \"б\"\n") == "glossary.missing@glossary.toml:9 en b");
  CHECK(error_of("[[term]]\nid = \"b\"\nen = \"—\"\n") == "glossary.missing@glossary.toml:1 en b");   // no word in it
  CHECK(error_of("[[term]]\nid = \"b\"\nen = \"b\"\ndefine.en = \"B.\"\nru = \"б\"\n") ==
        "glossary.missing@glossary.toml:1 define.ru b");
  CHECK(error_of("[[term]]\nid = \"b\"\ndefined.en = \"B\"\n") ==
        "glossary.unknown-key@glossary.toml:3 defined define");
  CHECK(error_of("[[term]]\nid = \"Big One\"\n") == "glossary.id@glossary.toml:1 Big One");
  CHECK(error_of(kToken + "by-hand = 1\n") == "glossary.syntax@glossary.toml:1 by-hand");
  CHECK(error_of(kCache + "also.ru = \"кэш\"\n") == "glossary.syntax@glossary.toml:1 also.ru");
  CHECK(error_of(kCache + "see = 2\n") == "glossary.syntax@glossary.toml:1 see");
  CHECK(error_of(kToken + kToken) == "glossary.twice@glossary.toml:9 token");
  const std::string tokens = R"([[term]]
id = "tokens"
en = "Tokens"
ru = "куски"
define.en = "B."
define.ru = "Б."
)";
  CHECK(error_of(kToken + tokens) == "glossary.same@glossary.toml:9 Tokens tokens token");   // a form of the same word
}

TEST_CASE("the first mention of a term in a section is linked, in any form") {
  CHECK(linked("Tokens are tokens.\n") == "1 p [<term:token>(Tokens) are tokens.]\n");
  CHECK(linked("A tokenizer makes tokens.\n") == "1 p [A tokenizer makes <term:token>(tokens).]\n");   // same stem
  CHECK(linked("У токенов и у токена.\n", "ru") == "1 p [У <term:token>(токенов) и у токена.]\n");
  CHECK(linked("A token.\n\nA token.\n\n## B\n\nA token.\n\n### C\n\nA token.\n\n#### D\n\nA token.\n") ==
        "1 p [A <term:token>(token).]\n3 p [A token.]\n"
        "5 heading2 #b [B]\n7 p [A <term:token>(token).]\n"
        "9 heading3 #c [C]\n11 p [A <term:token>(token).]\n"
        "13 heading4 #d [D]\n15 p [A token.]\n");
  CHECK(linked("> - one *token* here\n") ==
        "1 quote\n  1 ul\n    1 li\n      1 p [one <term:token>(*token*) here]\n");
}

TEST_CASE("names of several words, and other names") {
  CHECK(linked("A KV cache and KV-caches.\n") == "1 p [A <term:kv-cache>(KV cache) and KV-caches.]\n");
  CHECK(linked("Many pieces of text.\n") == "1 p [Many <term:token>(pieces of text).]\n");
  CHECK(linked("В KV\u00A0кэше.\n", "ru") == "1 p [В <term:kv-cache>(KV\u00A0кэше).]\n");
  CHECK(linked("A KV. Cache it, KV, cache.\n") == "1 p [A KV. Cache it, KV, cache.]\n");   // no name across a full stop
}

TEST_CASE("headings, code, formulas, tables and links stay as they are; a link by hand counts as the first mention") {
  CHECK(linked("## A token\n") == "1 heading2 #a-token [A token]\n");
  CHECK(linked("`token` $token$ [a token](#x)\n") == "1 p [`token` $token$ <#x>(a token)]\n");
  CHECK(linked("| token |\n|--|\n| token |\n").find("term:") == std::string::npos);
  CHECK(linked("The [piece](term:token) is a token.\n") == "1 p [The <term:token>(piece) is a token.]\n");
  CHECK(linked("A head and [its head](term:head).\n") == "1 p [A head and <term:head>(its head).]\n");
}
