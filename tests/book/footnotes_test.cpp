// Footnotes as GitHub has them: https://docs.github.com/en/get-started/writing-on-github, "Footnotes".
#include "tests/book/dump.h"
#include "tests/catch.h"

#include "book/passages.h"

using namespace tb::book;
using tb::book::test::dump;
using tb::book::test::parsed;

namespace {

std::string notes(const Document& document) {
  std::string out;
  for (const auto& note : document.notes)
    out += std::to_string(note.number) + " " + note.name + "\n" + dump(note.blocks, 2);
  return out;
}

std::string errors(std::string_view markdown) { return dump(parsed(markdown).errors); }

}  // namespace

TEST_CASE("footnotes are numbered as they are mentioned, and their texts leave the page") {
  const auto document = parsed(
      "One[^b] and two,[^a] one again[^b].\n\n[^a]: The *first* defined.\n[^b]: The second, $x$.\n\n## After\n\nText.\n");
  CHECK(document.errors.empty());
  CHECK(dump(document) == "1 p [One<note:b>(^1) and two,<note:a>(^2) one again<note:b>(^1).]\n"
                          "6 heading2 #after [After]\n8 p [Text.]\n");
  CHECK(notes(document) == "1 b\n  4 p [The second, $x$.]\n2 a\n  3 p [The *first* defined.]\n");
}

TEST_CASE("a footnote goes on in the lines that follow closely, and in indented ones") {
  const auto document = parsed(
      "a[^x]\n\n[^x]: One\nstill one.\n\n    Two:\n\n    - item\n\n    ```cpp\n    [^no]: code\n    ```\n\nNot the note.\n");
  CHECK(document.errors.empty());
  CHECK(notes(document) ==
        "1 x\n  3 p [One still one.]\n  6 p [Two:]\n  8 ul\n    8 li\n      8 p [item]\n  10 code cpp{[^no]: code\n}\n");
  CHECK(dump(document) == "1 p [a<note:x>(^1)]\n14 p [Not the note.]\n");
  // What begins a block of its own is no part of it.
  CHECK(dump(parsed("a[^x]\n\n[^x]: One\n# Title\n")) == "1 p [a<note:x>(^1)]\n4 heading1 #title [Title]\n");
  CHECK(notes(parsed("a[^x]\n\n[^x]:\n    Only below.\n")) == "1 x\n  4 p [Only below.]\n");
}

TEST_CASE("a footnote of one word, and one that looks like the address of a link") {
  const auto document = parsed("a[^x] b[^y]\n\n[^x]: word\n[^y]: <https://example.org>\n");
  CHECK(document.errors.empty());
  CHECK(notes(document) ==
        "1 x\n  3 p [word]\n2 y\n  4 p [<https://example.org>(https://example.org)]\n");
}

TEST_CASE("what is code, a comment or escaped mentions and defines nothing") {
  CHECK(dump(parsed("`[^x]` \\[^x] and [^\n").errors) == "document.note-mark@en.md:1");
  const auto document = parsed("```text\n[^x]: code\n```\n\n<!--\n[^y]: hidden\n-->\n\n~~~text\n```\n[^z]: code\n~~~\n");
  CHECK(document.errors.empty());
  CHECK(document.notes.empty());
  CHECK(dump(document) == "1 code text{[^x]: code\n}\n9 code text{```\n[^z]: code\n}\n");
}

TEST_CASE("footnotes that are not whole are errors, each where it stands") {
  CHECK(errors("a\n\nb[^x]\n") == "document.note-undefined@en.md:3");
  CHECK(dump(parsed("b[^x]\n")) == "1 p [b[^x]]\n");
  CHECK(errors("a\n\n[^x]: b\n") == "document.note-unused@en.md:3");
  CHECK(errors("a[^x]\n\n[^x]: b\n\n[^x]: c\n") == "document.note-twice@en.md:5");
  CHECK(errors("a[^x]\n\n[^x]:\n") == "document.note-empty@en.md:3");
  CHECK(errors("a[^икс]\n\n[^икс]: b\n") == "document.note-name@en.md:3");
  CHECK(errors("a[^x y]\n") == "document.note-mark@en.md:1");
  CHECK(errors("a[^x]\n\n[^x]: b[^y]\n\n[^y]: c\n") ==
        "document.note-unused@en.md:5 document.note-nested@en.md:3");
  CHECK(errors("a[^x]\n\n[^x]: b\n\n    ## Heading\n") == "document.note-content@en.md:5");
  CHECK(errors("a[^x]\n\n[^x]: b\n    $open\n") == "document.dollar@en.md:4");
}

TEST_CASE("footnotes stand in tables, lists, quotes and captions; titles go without them") {
  const auto document = parsed("# T[^a]\n\n| h[^a] |\n|--|\n| c |\n\n*Cap[^b]*\n\n> - q[^c]\n\n[^a]: 1\n[^b]: 2\n[^c]: 3\n");
  CHECK(document.errors.empty());
  CHECK(document.title == "T");
  CHECK(document.notes.size() == 3);
}

TEST_CASE("search finds a footnote's text where it is mentioned first") {
  const auto document = parsed("# T\n\n## S\n\nOne[^b].\n\n[^b]: The zorblat.\n");
  bool found = false;
  for (const auto& passage : passages_of(document, 0, nullptr))
    if (passage.text == "The zorblat.") {
      found = true;
      CHECK(passage.anchor == "s");
      CHECK(passage.block == 2);
    }
  CHECK(found);
}

TEST_CASE("many footnotes take no more time than they are long") {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "a[^n" + std::to_string(i) + "]\n\n[^n" + std::to_string(i) + "]: note\n\n";
  const auto document = parsed(text);
  CHECK(document.notes.size() == 20000);
  CHECK(document.notes.back().line == 20000 * 4 - 1);
}
