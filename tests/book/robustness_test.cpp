// A chapter is typed by people and may be half-written while it is read: nothing may crash, run for minutes, or point
// outside the text. Run under AddressSanitizer too.
#include "tests/catch.h"

#include <algorithm>
#include <random>

#include "base/text.h"
#include "book/document.h"
#include "tests/book/dump.h"

using namespace tb::book;
using tb::book::test::parsed;

namespace {

std::string repeated(std::string_view text, int times) {
  std::string out;
  out.reserve(text.size() * static_cast<std::size_t>(times));
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

int depth(const std::vector<Block>& blocks) {
  int deepest = 0;
  for (const auto& block : blocks) deepest = std::max(deepest, 1 + depth(block.children));
  return deepest;
}

// What must hold for every document, however strange its source.
void check_invariants(const std::string& source, const Document& document) {
  const auto ends_line = [](char c) { return c == '\n' || c == '\r'; };
  const int lines = 1 + static_cast<int>(std::count_if(source.begin(), source.end(), ends_line));
  for_each_block(document.blocks, [&](const Block& block) {
    REQUIRE(block.line >= 1);
    REQUIRE(block.line <= lines);
    for (const auto& span : block.spans) {
      REQUIRE(tb::is_utf8(span.text));
      REQUIRE(tb::is_utf8(span.link));
    }
    REQUIRE(tb::is_utf8(block.text));
    REQUIRE(tb::is_utf8(block.anchor));
    REQUIRE((block.kind != Block::Kind::raw_error || !block.errors.empty()));
  });
  REQUIRE(depth(document.blocks) <= 32);
}

}  // namespace

TEST_CASE("deep nesting is flattened with one error") {
  const auto check = [](const std::string& source) {
    const auto document = parsed(source);
    check_invariants(source, document);
    const auto errors = tb::book::test::dump(document.errors);
    CHECK(errors.find("document.depth@en.md:") != std::string::npos);
    CHECK(errors.find("document.depth", errors.find("document.depth") + 1) == std::string::npos);
    bool found = false;
    for_each_block(document.blocks, [&](const Block& block) {
      found = found || plain_text(block.spans).find("deep") != std::string::npos;
    });
    CHECK(found);   // what lies too deep is still read
  };
  check(repeated("> ", 2000) + "deep\n");
  check(repeated("- ", 2000) + "deep\n");
  std::string stairs;
  for (int i = 0; i < 200; ++i) stairs += std::string(static_cast<std::size_t>(2 * i), ' ') + "- deep\n";
  check(stairs);
}

TEST_CASE("inputs that make parsers quadratic") {
  for (const std::string& source : {
           repeated("*a **a ", 30000), repeated("[", 60000), repeated("[a](", 30000), repeated("![", 30000),
           repeated("$a ", 30000), repeated("$$ $ ", 30000), repeated("`", 60000) + repeated("`a", 20000),
           repeated("&amp", 30000), repeated("<a ", 30000), repeated("<!-- ", 30000), repeated("a\n", 60000),
           repeated("-\n", 30000), repeated("- ***\n", 20000), repeated("- ```\n", 20000), repeated("```\n\n", 20000),
           repeated("## a\n", 20000), repeated("|a|\n|-|\n", 10000), repeated("|", 60000), repeated("\n", 200000),
           repeated("a **b** ", 30000), repeated("<a id=\"x\"></a>\n", 20000), repeated("\xFF", 60000),
           repeated("```lab\nid: a\nlab: b\n```\n", 8000), "```lab\n" + repeated("a: b\n", 8000) + "```\n",
           repeated("***\n>", 20000), repeated("[a]: b\n", 20000) + repeated("[a] ", 20000)}) {
    INFO(source.substr(0, 20));
    check_invariants(source, parsed(source));
  }
}

TEST_CASE("a chapter that is too large is an error") {
  const auto document = parsed(repeated("a b c d e f g h\n", 600000));
  CHECK(tb::book::test::dump(document.errors) == "document.size@en.md");
}

TEST_CASE("random pieces of Markdown keep every invariant") {
  constexpr std::string_view pieces[] = {
      "# ", "## ", "- ", "  ", "    ", "\n", "\n\n", "> ", "1. ", "```", "```lab\n", "```claim\n", "```code\n", "~~~",
      "id: a\n", "lab: b\n", "x: \"y", "*", "**", "_", "`", "$", "$$", "[", "](", ")", "![", "|", "|---|", "---", "===",
      "<a id=\"x\"></a>", "<!--", "-->", "<div>", "&nbsp;", "&x;", "\\", "  \n", "слово", "word", "\xFF", "\xD0",
      "\r\n", "\r", "\t", "😀", "claim:a", "#x", "[a]: /b \"c\"\n"};
  std::mt19937 random(7);
  for (int round = 0; round < 4000; ++round) {
    std::string source;
    for (auto n = random() % 40; n > 0; --n) source += pieces[random() % std::size(pieces)];
    if (random() % 4 == 0) source += '\0';
    INFO(source);
    check_invariants(source, parsed(source));
  }
}
