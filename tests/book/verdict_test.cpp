// Statements put to the test: how a verdict follows from what was measured, and the table of all of them.
#include "tests/catch.h"

#include <cmath>
#include <limits>

#include "base/files.h"
#include "book/claims.h"
#include "book/verdict.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::book;

namespace {

const std::string claim_lines =
    "id: early\nlab: lens\nvalue: depth.median\nexpect: 30\ntolerance: 0\nprompt: One\n";
std::string claim(const std::string& more) { return "```claim\n" + claim_lines + more + "```\n"; }

Document parse(const std::string& text, const char* language = "en") {
  return parse_document(text, "a.md", language);
}

}  // namespace

TEST_CASE("a verdict is the interval's place in the range that supports the statement") {
  const NumberRange early{-std::numeric_limits<double>::infinity(), 6};
  CHECK(judge(early, 4, 5) == Finding::supported);
  CHECK(judge(early, 4, 6) == Finding::supported);
  CHECK(judge(early, 5.5, 6.5) == Finding::undecided);
  CHECK(judge(early, 6.1, 30) == Finding::refuted);
  CHECK(judge({0.2, 0.3}, 0.1, 0.4) == Finding::undecided);   // reaches out at both ends
  CHECK(judge({0.2, 0.3}, 0.3, 0.4) == Finding::undecided);
  CHECK(judge({0.2, 0.3}, 0.25, 0.25) == Finding::supported);
  const double nan = std::nan("");
  CHECK(judge(early, nan, nan) == Finding::undecided);
  CHECK(judge(early, 7, nan) == Finding::refuted);            // what is known lies outside already
}

TEST_CASE("a claim with a statement names its range and its verdict, or says what is missing") {
  const auto good = parse(claim("says: It knows early\nsupported: ..6\nlow: depth.low\nhigh: depth.high\nverdict: refuted\n"));
  REQUIRE(good.errors.empty());
  const auto read = claims(good).at(0);
  CHECK(read.says == "It knows early");
  CHECK(read.verdict == Finding::refuted);
  CHECK(read.supported->high == 6);
  CHECK(read.low == "depth.low");
  CHECK(read.inputs == std::map<std::string, std::string>{{"prompt", "One"}});   // none of them is an input
  CHECK_FALSE(claims(parse(claim(""))).at(0).verdict);

  const auto codes = [](const std::string& more) {
    std::vector<std::string> out;
    for (const auto& error : parse(claim(more)).errors) out.push_back(error.code + " " + error.where);
    return out;
  };
  using Codes = std::vector<std::string>;
  CHECK(codes("says: Early\n") == Codes{"directive.missing a.md:1", "directive.missing a.md:1"});
  CHECK(codes("says: Early\nsupported: ..6\nverdict: wrong\n") == Codes{"directive.verdict a.md:10"});
  CHECK(codes("says: Early\nsupported: six\nverdict: refuted\n") == Codes{"directive.verdict a.md:9"});
  CHECK(codes("says: Early\nsupported: 7..6\nverdict: refuted\n") == Codes{"directive.verdict a.md:9"});
  CHECK(codes("says: Early\nsupported: ..6\nverdict: refuted\nlow: a\n") == Codes{"directive.missing a.md:1"});
}

TEST_CASE("the index lists every experiment of the book in its order, each where its verdict is stated") {
  TemporaryFolder folder;
  const auto write = [&](const std::string& slug, const char* language, const std::string& text) {
    std::filesystem::create_directories(folder.path / slug);
    REQUIRE(write_file(folder.path / slug / (std::string(language) + ".md"), text));
  };
  const std::string experiment = claim("says: It knows early\nsupported: ..6\nverdict: refuted\n");
  write("01-a", "en", "# A\n\n<a id=\"deep\"></a>\n## Depth\n\nIt is [refuted](claim:early).\n\n" + experiment);
  write("01-a", "ru", "# А\n\n<a id=\"deep\"></a>\n## Глубина\n\nЭто [опровергнуто](claim:early).\n\n" + experiment);
  write("02-b", "en", "# Index\n\n```experiments\n```\n");
  write("02-b", "ru", "# Указатель\n\n```experiments\n```\n");
  const std::vector<Chapter> chapters{{"01-a", "1", {}, folder.path / "01-a"}, {"02-b", "", {}, folder.path / "02-b"},
                                      {"03-c", "3", {}, folder.path / "03-c"}};   // which is not there
  const auto rows = [&](const char* language) {
    auto document = read_document(chapters[1].file(language), language).value();
    CHECK(document.errors.empty());
    list_experiments(document, chapters);
    REQUIRE(document.blocks.size() == 2);
    REQUIRE(document.blocks[1].kind == Block::Kind::table);
    std::vector<std::string> out;
    for (const auto& row : document.blocks[1].children) {
      std::string text;
      for (const auto& cell : row.children)
        text += (text.empty() ? "" : " | ") + plain_text(cell.spans) +
                (cell.spans[0].link.empty() ? "" : " -> " + cell.spans[0].link);
      out.push_back(text);
    }
    return out;
  };
  CHECK(rows("en") == std::vector<std::string>{"Statement | Verdict | Where",
                                               "It knows early | refuted | 1. Depth -> 01-a#deep"});
  CHECK(rows("ru") == std::vector<std::string>{"Утверждение | Вердикт | Где",
                                               "It knows early | опровергнуто | 1. Глубина -> 01-a#deep"});
}
