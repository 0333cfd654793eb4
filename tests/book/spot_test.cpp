// A place in a chapter is found again after the chapter was edited, and in the other language.
#include "tests/catch.h"

#include "book/spot.h"

using namespace tb::book;

namespace {

Document parsed(const std::string& text, const std::string& language = "en") {
  return parse_document(text, "x.md", language);
}

const std::string start = "# T\n\nBefore all.\n\n<a id=\"a\"></a>\n## A\n\n";
const std::string end = "<a id=\"b\"></a>\n## B\n\nIn B.\n";

// The words of the block that is found.
std::string words(const Document& document, const Spot& spot) {
  const auto block = find_spot(document, spot);
  return block ? block_text(document.blocks[*block]) : "nowhere";
}

}  // namespace

TEST_CASE("a place survives edits") {
  const auto before = parsed(start + "One.\n\nTwo two.\n\nThree.\n\n" + end);
  for (std::size_t i = 0; i < before.blocks.size(); ++i) CHECK(find_spot(before, spot_of(before, "x", i)) == i);
  const Spot two = spot_of(before, "x", 4);
  CHECK(two.anchor == "a");
  CHECK(two.snippet == "Two two.");
  CHECK(words(parsed(start + "New.\n\nNew.\n\nOne.\n\nTwo two. And more.\n\n" + end), two) == "Two two. And more.");
  CHECK(words(parsed(start + "One.\n\nThree.\n\n" + end + "\nTwo two.\n"), two) == "Two two.");   // another section now
  CHECK(words(parsed(start + "One.\n\nZwo zwo.\n\nThree.\n\n" + end), two) == "Zwo zwo.");        // as far as it was
  CHECK(words(parsed("# T\n\n<a id=\"c\"></a>\n## C\n\nTwo two.\n"), two) == "Two two.");
  CHECK(words(parsed("# T\n\nNothing.\n"), two) == "nowhere");
  CHECK(words(parsed(""), two) == "nowhere");
  CHECK(words(parsed(""), Spot{}) == "nowhere");
  // Of several the nearest one.
  CHECK(find_spot(parsed(start + "Two two.\n\nTwo two.\n\nThree.\n\n" + end), two) == 4u);
}

TEST_CASE("in the other language a place is as far into its section") {
  const auto en = parsed(start + "One.\n\nTwo.\n\nThree.\n\n" + end);
  const auto ru = parsed("# Т\n\nДо.\n\n<a id=\"a\"></a>\n## А\n\nРаз.\n\nДва.\n\nТри.\n\n<a id=\"b\"></a>\n## Б\n\nВ Б.\n",
                         "ru");
  for (std::size_t i = 0; i < en.blocks.size(); ++i) CHECK(find_spot(ru, spot_of(en, "x", i)) == i);
}

TEST_CASE("of a question its words are the place") {
  const auto document = parsed("# T\n\n```quiz\nid: q\nquestion: What?\nright: y\nbecause: .\nwrong: n\nbecause: .\n```\n");
  CHECK(spot_of(document, "x", 1).snippet == "What?");
}

TEST_CASE("the snippet ends between characters") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "ж";
  const auto spot = spot_of(parsed(text + "\n", "ru"), "x", 0);
  CHECK(spot.snippet.size() == 160);
}
