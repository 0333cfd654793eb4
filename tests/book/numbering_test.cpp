// Numbers of figures, tables, listings and formulas, their anchors, and the links that show them.
#include "tests/book/dump.h"
#include "tests/catch.h"

using namespace tb::book;
using tb::book::test::dump;
using tb::book::test::parsed;

namespace {

Document chapter_two(std::string_view markdown, std::string_view language = "en") {
  return parse_document(markdown, "x.md", language, "2");
}

}  // namespace

TEST_CASE("what has a caption is numbered, each kind for itself; formulas are where they have an anchor") {
  const auto document = chapter_two(
      "![a](a.png)\n*First.*\n\n| t |\n|--|\n| 1 |\n\n*A table.*\n\n![b](b.png)\n\n![c](c.png \"Third\")\n\n"
      "$$x$$\n\n<a id=\"f\"></a>\n$$y$$\n\n```cpp\nint a;\n```\n\n*Code.*\n\n```code\na.cpp#b\ncaption: From a file.\n```\n");
  CHECK(document.errors.empty());
  CHECK(dump(document) == "1 figure a.png {a} #figure-1 2.1 [First.]\n"
                          "4 table #table-1 2.1 [A table.]\n  4 header\n    4 cell- [t]\n  6 row\n    6 cell- [1]\n"
                          "10 figure b.png {b}\n"
                          "12 figure c.png {c} #figure-2 2.2 [Third]\n"
                          "14 math {x}\n17 math {y} #f 2.1\n"
                          "19 code cpp{int a;\n} #listing-1 2.1 [Code.]\n"
                          "25 code a.cpp#b #listing-2 2.2\n");
  const auto label = [&](std::string_view anchor, std::string_view language) {
    return label_of(*find_anchor(document.blocks, anchor), language);
  };
  CHECK(label("figure-2", "en") == "Figure\u00A02.2");
  CHECK(label("figure-2", "ru") == "Рис.\u00A02.2");
  CHECK(label("table-1", "ru") == "Табл.\u00A02.1");
  CHECK(label("listing-1", "ru") == "Листинг\u00A02.1");
  CHECK(label("f", "ru") == "(2.1)");
}

TEST_CASE("anchors stand before blocks, on a line of their own or with an empty line") {
  CHECK(dump(parsed("<a id=\"f\"></a>\n$$x$$\n")) == "2 math {x} #f 1\n");
  CHECK(dump(parsed("<a id=\"f\"></a>\n\n$$x$$\n")) == "3 math {x} #f 1\n");
  CHECK(dump(parsed("<a id=\"i\"></a>\n![a](a.png)\n*C*\n")) == "2 figure a.png {a} #i 1 [C]\n");
  CHECK(dump(parsed("<a id=\"t\"></a>\n\n| a |\n|--|\n| b |\n\n*C*\n")) ==
        "3 table #t 1 [C]\n  3 header\n    3 cell- [a]\n  5 row\n    5 cell- [b]\n");
  CHECK(dump(parsed("<a id=\"c\"></a>\n\n```cpp\n```\n")) == "3 code cpp{} #c\n");
  CHECK(dump(parsed("<a id=\"f\"></a>\ntext\n").errors) == "document.anchor-dangling@en.md:1");
  CHECK(dump(parsed("text <a id=\"f\"></a>\n$$x$$\n").errors) == "document.html@en.md:1");
  CHECK(dump(parsed("<a id=\"f\"></a>\n$$x$$\n\n# F\n\n<a id=\"f\"></a>\n## G\n").errors) ==
        "document.anchor-twice@en.md:6");
}

TEST_CASE("an anchor that was made gives way to one that an author wrote") {
  const auto document = parsed("<a id=\"figure-1\"></a>\n# A\n\n![a](a.png)\n*C*\n");
  CHECK(document.errors.empty());
  CHECK(find_anchor(document.blocks, "figure-1")->kind == Block::Kind::heading);
  CHECK(document.blocks.back().anchor != "figure-1");
  CHECK_FALSE(document.blocks.back().anchor.empty());
}

TEST_CASE("links to what is numbered show the number") {
  const std::string_view blocks =
      "\n\n<a id=\"f\"></a>\n$$x$$\n\n<a id=\"i\"></a>\n![a](a.png)\n*C*\n";
  const auto line = [&](std::string_view text, std::string_view language) {
    const auto document = chapter_two(std::string(text) + std::string(blocks), language);
    CHECK(dump(document.errors).empty());
    return dump(document.blocks.front().spans);
  };
  CHECK(line("By [formula](#f) and [](#i).", "en") == "[By <#f>(formula\u00A0(2.1)) and <#i>(Figure\u00A02.1).]");
  CHECK(line("По [формуле](#f), на [](#i).", "ru") == "[По <#f>(формуле\u00A0(2.1)), на <#i>(рис.\u00A02.1).]");
  CHECK(line("[](#f)", "en") == "[<#f>((2.1))]");
  CHECK(line("[](#i)[](#i)", "en") == "[<#i>(Figure\u00A02.1)<#i>(Figure\u00A02.1)]");
  CHECK(line("[a *b*](#f) c", "en") == "[<#f>(a )<#f>(*b\u00A0(2.1)*) c]");
  CHECK(line("[`code`](#f)", "en") == "[<#f>(`code`)<#f>(\u00A0(2.1))]");
}

TEST_CASE("a link without words is an error where it has no number to show") {
  CHECK(dump(parsed("a [](https://example.org)\n").errors) == "document.link-wordless@en.md:1");
  CHECK(dump(parsed("# A\n\nb [](#a)\n").errors) == "document.link-wordless@en.md:3");
  CHECK(dump(parsed("![]( a.png)\n").errors).empty());
}

TEST_CASE("sources: items of a list with an anchor") {
  const auto document = parsed(
      "See [Vaswani 2017](#v).\n\n- <a id=\"v\"></a>Vaswani. 2017.\n- <a id=\"w\"></a>\n\n1. <a id=\"x\"></a>Loose.\n\n2. b\n");
  CHECK(find_anchor(document.blocks, "v")->kind == Block::Kind::item);
  CHECK(find_anchor(document.blocks, "x")->kind == Block::Kind::item);
  CHECK(dump(document.blocks.front().spans) == "[See <#v>(Vaswani 2017).]");
  CHECK(dump(document.errors) == "document.anchor-dangling@en.md:4");
}

TEST_CASE("an emphasised paragraph is a caption only under a table or code, and only once") {
  CHECK(dump(parsed("Text.\n\n*Emphasis.*\n")) == "1 p [Text.]\n3 p [*Emphasis.*]\n");
  CHECK(dump(parsed("```cpp\n```\n\n*One.*\n\n*Two.*\n")) == "1 code cpp{} #listing-1 1 [One.]\n6 p [*Two.*]\n");
  CHECK(dump(parsed("```cpp\n```\n\n*Not* only.\n")) == "1 code cpp{}\n4 p [*Not* only.]\n");
}
