// Expectations are by hand, from the CommonMark specification 0.31.2 (examples named by number where they are its own)
// and from the grammar in book/document.h.
#include "tests/catch.h"

#include "book/document.h"
#include "tests/book/dump.h"

using namespace tb::book;
using tb::book::test::dump;
using tb::book::test::parsed;

TEST_CASE("headings: lines, levels, anchors") {
  const auto document = parsed(
      "# A title\n\n<a id=\"softmax\"></a>\n## What *softmax* does\n\ntext\n\n"
      "<a id=\"sums\"></a>\n\nSums\n----\n### Sums\n### Sums\n");
  CHECK(dump(document) ==
        "1 heading1 #a-title [A title]\n"
        "4 heading2 #softmax [What *softmax* does]\n"
        "6 p [text]\n"
        "10 heading2 #sums [Sums]\n"
        "12 heading3 #sums-2 [Sums]\n"
        "13 heading3 #sums-3 [Sums]\n");
  CHECK(document.title == "A title");
  CHECK(document.errors.empty());
  const auto toc = sections(document);
  REQUIRE(toc.size() == 4);
  CHECK(toc[0].anchor == "softmax");
  CHECK(toc[0].title == "What softmax does");
  CHECK(toc[1].block == 3);
  CHECK(toc[2].level == 3);
}

TEST_CASE("a heading's own anchor is lower-case, in Russian too") {
  CHECK(parsed("## Что такое «Ёлка» и GPT-2?\n").blocks.at(0).anchor == "что-такое-ёлка-и-gpt-2");
  CHECK(parsed("## !!!\n").blocks.at(0).anchor == "section");
}

TEST_CASE("emphasis, code, links, breaks") {
  const auto line = [](std::string_view markdown) {
    const auto document = parsed(markdown);
    REQUIRE(document.blocks.size() == 1);
    return dump(document.blocks[0].spans);
  };
  CHECK(line("*foo [bar](/url)*") == "[*foo *</url>(*bar*)]");                       // example 404
  CHECK(line("**foo *bar* baz**") == "[**foo *****bar***** baz**]");
  CHECK(line("foo******bar*********baz") == "[foo**bar*****baz]");                    // example 440
  CHECK(line("`` foo ` bar ``") == "[`foo ` bar`]");                                  // example 329
  CHECK(line("`foo   bar\nbaz`") == "[`foo   bar baz`]");
  CHECK(line("foo  \nbaz") == "[foo/baz]");                                           // example 633
  CHECK(line("foo\\\nbaz") == "[foo/baz]");                                           // example 634
  CHECK(line("foo \n baz") == "[foo baz]");                                           // example 649: a soft break
  CHECK(line("\\*not emphasised*") == "[*not emphasised*]");                          // example 14
  CHECK(line("&copy; &#35; &#x22; &amp;") == "[© # \" &]");                           // examples 25, 26, 27
  CHECK(line("&#0; &#xD800;") == "[\xEF\xBF\xBD \xEF\xBF\xBD]");
  CHECK(line("[link](</my uri> \"a title\")") == "[</my uri>(link)]");                // example 489
  CHECK(line("[a](#b&amp;c)") == "[<#b&c>(a)]");
  CHECK(line("<https://example.org/a>") == "[<https://example.org/a>(https://example.org/a)]");
  CHECK(line("www.example.org, a@b.org") == "[www.example.org, a@b.org]");            // only < > make a link of it
  CHECK(line("~~no~~ strike") == "[~~no~~ strike]");
  CHECK(line("see ![an *old* map](m.png \"t\") here") == "[see !an old map(m.png) here]");
  CHECK(line("«*слово*», **слово** и `код`") == "[«*слово*», **слово** и `код`]");
}

TEST_CASE("formulas") {
  const auto document = parsed(
      "Let $p_i = e^{z_i}$ and\n$$\n\\sum_i p_i = 1\n$$\nso $a*b*c$ stays, and `$5` is code, \\$5 a price.\n\n$$x$$\n");
  CHECK(dump(document) ==
        "1 p [Let $p_i = e^{z_i}$ and]\n"
        "3 math {\\sum_i p_i = 1}\n"
        "3 p [so $a*b*c$ stays, and `$5` is code, $5 a price.]\n"
        "7 math {x}\n");
  CHECK(document.errors.empty());
  CHECK(dump(parsed("$$\na\n\nb\n$$\n").errors) == "document.dollar@en.md:1 document.dollar@en.md:5");
  CHECK(dump(parsed("слово $n$ых\n").errors) == "document.dollar@en.md:1");
  CHECK(dump(parsed("an empty\n\n$$ $$\n").errors) == "document.dollar@en.md:3");
  CHECK(parsed("$n$-й, ($n$), $n$.\n").errors.empty());
}

TEST_CASE("lists, quotes, code, rules") {
  const auto document = parsed(
      "- a\n- b\n\n  more\n\n3) x\n   - y\n4) z\n\n> quote\n> > deeper\n\n***\n\n"
      "    indented\n\n```cpp\nint a;\n\n  b\n```\n\n"
      "Title\n===\n---\n");
  CHECK(dump(document) ==
        "1 ul loose\n"
        "  1 li\n    1 p [a]\n"
        "  2 li\n    2 p [b]\n    4 p [more]\n"
        "6 ol3\n"
        "  6 li\n    6 p [x]\n    7 ul\n      7 li\n        7 p [y]\n"
        "  8 li\n    8 p [z]\n"
        "10 quote\n  10 p [quote]\n  11 quote\n    11 p [deeper]\n"
        "13 rule\n"
        "15 code {indented\n}\n"
        "17 code cpp{int a;\n\n  b\n}\n"
        "23 heading1 #title [Title]\n"
        "25 rule\n");
  CHECK(document.errors.empty());
}

TEST_CASE("lines of blocks that hold no text") {
  CHECK(dump(parsed("a\n\n---\n\n- ***\n-\n\n```\n```\n\n~~~\n\n~~~\n\n##\n\n> ```\n> ```\n\nend\n")) ==
        "1 p [a]\n3 rule\n5 ul\n  5 li\n    5 rule\n  6 li\n8 code {}\n11 code {\n}\n15 heading2 #section\n"
        "17 quote\n  17 code {}\n20 p [end]\n");
}

TEST_CASE("line ends of every system count alike") {
  for (const auto* markdown : {"a\n\n## b\n\nc\n", "a\r\n\r\n## b\r\n\r\nc\r\n", "a\r\r## b\r\rc\r",
                               "\xEF\xBB\xBF" "a\n\n## b\n\nc"}) {
    CHECK(dump(parsed(markdown)) == "1 p [a]\n3 heading2 #b [b]\n5 p [c]\n");
  }
}

TEST_CASE("tables") {
  const auto document = parsed(
      "before\n\n| a | *b* |  | d |\n|---|:--|:-:|--:|\n| 1 | `x` | | $y$ |\n| 2 |\n\nafter\n");
  CHECK(dump(document) ==
        "1 p [before]\n"
        "3 table\n"
        "  3 header\n    3 cell- [a]\n    3 celll [*b*]\n    3 cellc\n    3 cellr [d]\n"
        "  5 row\n    5 cell- [1]\n    5 celll [`x`]\n    5 cellc\n    5 cellr [$y$]\n"
        "  6 row\n    6 cell- [2]\n    6 celll\n    6 cellc\n    6 cellr\n"
        "8 p [after]\n");
}

TEST_CASE("figures and their captions") {
  CHECK(dump(parsed("![Ten bars](images/bars.png)\n*The most **probable** tokens, $T = 1$.*\n")) ==
        "1 figure images/bars.png {Ten bars} #figure-1 1 [The most **probable** tokens, $T = 1$.]\n");
  CHECK(dump(parsed("![Ten bars](bars.png \"From the title\")\n")) ==
        "1 figure bars.png {Ten bars} #figure-1 1 [From the title]\n");
  CHECK(dump(parsed("![Ten bars](bars.png)\n")) == "1 figure bars.png {Ten bars}\n");
  CHECK(dump(parsed("![Ten bars](bars.png) and text\n")) == "1 p [!Ten bars(bars.png) and text]\n");
}

TEST_CASE("HTML is an error, but for comments and anchors") {
  CHECK(parsed("<!-- a note\n\nof two paragraphs -->\n\ntext <!-- inside --> goes on\n").errors.empty());
  CHECK(dump(parsed("text <!-- inside --> goes on\n")) == "1 p [text  goes on]\n");
  CHECK(dump(parsed("a\n\n<div>\nb\n</div>\n").errors) == "document.html@en.md:3");
  CHECK(dump(parsed("a\n<b>c</b>\n").errors) == "document.html@en.md:2");
  CHECK(dump(parsed("| <br> |\n|---|\n").errors) == "document.html@en.md:1");
  CHECK(dump(parsed("<a id=\"x\"></a>\n\ntext\n").errors) == "document.anchor-dangling@en.md:1");
  CHECK(dump(parsed("<a id=\"x\"></a>\n").errors) == "document.anchor-dangling@en.md:1");
  CHECK(dump(parsed("<a id=\"x\"></a>\n# A\n\n<a id=\"x\"></a>\n# B\n").errors) == "document.anchor-twice@en.md:4");
  CHECK(dump(parsed("<a id=\"Bad Name\"></a>\n# A\n").errors) == "document.html@en.md:1");
}

TEST_CASE("what would be shown as stray marks is an error") {
  CHECK(dump(parsed("a\n\nthe [link](claim: mary) is broken\n").errors) == "document.link-broken@en.md:3");
  CHECK(dump(parsed("nothing [here]()\n").errors) == "document.link-empty@en.md:1");
  CHECK(dump(parsed("**«слово»**ми\n").errors) == "document.emphasis@en.md:1");
  CHECK(dump(parsed("a &nosuch; b\n").errors) == "document.entity@en.md:1");
  CHECK(dump(parsed("a\n\n```cpp\nint b;\n").errors) == "document.fence@en.md:3");
  CHECK(dump(parsed("a\n\nb\xFF c \xD0\n").errors) == "document.utf8@en.md:3");
  CHECK(dump(parsed("b\xFF c\n")) == "1 p [b\xEF\xBF\xBD c]\n");
}
