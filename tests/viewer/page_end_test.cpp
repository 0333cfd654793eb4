// Where a chapter ends, whatever its last directives draw: however far one scrolls, its last words are in sight.
#include "tests/catch.h"
#include "tests/viewer/page_rig.h"

using namespace tb;
using tb::test::PageRig;

namespace {

struct EmptyHost : PageRig {
  void draw_directive(const book::Directive&, float) override { ++directives_drawn; }
};

std::string chapter(const std::string& directives) {
  std::string all = "# A chapter\n\n<a id=\"one\"></a>\n## One\n\n";
  for (int i = 0; i < 60; ++i) all += "A paragraph of some words.\n\n";
  return all + "The [last](term:last) words.\n\n" + directives;
}

bool ends_at_last_words(PageRig& rig) {
  for (int i = 0; i < 30; ++i) {
    rig.page->scroll_pages(0.9f);
    rig.frames(2);
  }
  return !rig.page->links_in_sight("term:").empty();
}

}  // namespace

TEST_CASE("the claims at a chapter's end take no room") {
  std::string claims;
  for (int i = 0; i < 50; ++i)
    claims += "```claim\nid: c" + std::to_string(i) +
              "\nlab: next-token\nprompt: Hello\nvalue: bars.p[0]\nexpect: 0.5\ntolerance: 0.1\n```\n\n";
  EmptyHost rig;
  rig.show(chapter(claims));
  rig.frames(3);
  CHECK(ends_at_last_words(rig));
}

TEST_CASE("a directive that draws nothing does not grow") {
  EmptyHost rig;
  rig.show(chapter("```exercise\nid: nothing\n```\n"));
  rig.frames(3);
  CHECK(ends_at_last_words(rig));
}
