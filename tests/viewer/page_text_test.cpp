// The page before any font is known: the text as one string, line breaking, typographic ties, highlighting, find.
#include <algorithm>
#include <cmath>
#include <random>

#include "base/text.h"
#include "tests/catch.h"
#include "viewer/page/break_lines.h"
#include "viewer/page/find.h"
#include "viewer/page/flow.h"
#include "viewer/page/formulas.h"
#include "viewer/page/highlight.h"
#include "viewer/page/ties.h"

using namespace tb;
using namespace tb::viewer::page;

namespace {

Flow flow_of(std::string_view markdown, std::string_view language = "en") {
  auto document = std::make_shared<book::Document>(book::parse_document(markdown, "chapter.md", language));
  return make_flow(std::move(document), nullptr);
}

// What the header promises to minimise, written down once more: a line that is short by a part s of the width costs
// 100 s^2, each line 1, a break its own cost; the last line costs nothing, or 1.5 if it is shorter than a tenth.
double cost_of(const std::vector<Chunk>& chunks, const std::vector<std::size_t>& ends, float width) {
  double cost = 0;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    double natural = chunks[end - 1].hyphen - chunks[end - 1].space;
    for (std::size_t i = begin; i < end; ++i) natural += chunks[i].width + chunks[i].space;
    const double slack = (width - natural) / width;
    if (slack < -1e-4) return 1e9;
    cost += 1;
    if (end == chunks.size()) cost += begin > 0 && natural < 0.1 * width ? 1.5 : 0;
    else cost += 100 * slack * slack + chunks[end - 1].cost;
    begin = end;
  }
  return cost;
}

// The cheapest of all ways to break, by trying every one.
double cheapest(const std::vector<Chunk>& chunks, float width) {
  double best = 1e9;
  const std::size_t gaps = chunks.size() - 1;
  for (unsigned choice = 0; choice < (1u << gaps); ++choice) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < gaps; ++i)
      if (choice >> i & 1) ends.push_back(i + 1);
    ends.push_back(chunks.size());
    best = std::min(best, cost_of(chunks, ends, width));
  }
  return best;
}

// Find as a learner would explain it: small letters for capitals (Latin and Russian), any space for a space.
std::u32string plain_fold(std::string_view text) {
  std::u32string folded;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_code_point(text, at).value_or(U'?');
    if (c >= U'A' && c <= U'Z') c += 32;
    if (c >= U'А' && c <= U'Я') c += 32;
    if (c == U'Ё' || c == U'ё') c = U'е';
    if (c == 0xA0) c = U' ';
    folded += c;
  }
  return folded;
}

int plain_count(std::string_view text, std::string_view wanted) {
  const std::u32string page = plain_fold(text), what = plain_fold(wanted);
  int count = 0;
  for (std::size_t at = page.find(what); at != std::u32string::npos; at = page.find(what, at + what.size())) ++count;
  return count;
}

const char* const sample = R"(# Заголовок: token

Ёлка и *елка* стоят; **Softmax** и `softmax()`, ещё SOFTMAX. Формула $\operatorname{softmax}(z)$ внутри.

- первый пункт, softmax
- второй

| a | b |
|---|---|
| softmax | 10 % |

```python
def softmax(x): pass
```

$$p_i = \operatorname{softmax}(z)_i$$
)";

}  // namespace

TEST_CASE("line breaking finds the cheapest of all ways to break") {
  std::mt19937 random(1);
  for (int round = 0; round < 400; ++round) {
    std::vector<Chunk> chunks(2 + random() % 10);
    for (Chunk& chunk : chunks) {
      chunk.width = 5.f + static_cast<float>(random() % 40);
      chunk.space = random() % 5 == 0 ? 0.f : 5.f;
      chunk.hyphen = chunk.space == 0 ? 4.f : 0.f;
      chunk.cost = random() % 4 == 0 ? 2.f : 0.f;
    }
    const float width = 60.f + static_cast<float>(random() % 80);
    const auto ends = break_lines(chunks, width);
    REQUIRE(ends.back() == chunks.size());
    CHECK(cost_of(chunks, ends, width) == Approx(cheapest(chunks, width)).epsilon(1e-4));
  }
}

TEST_CASE("forced and forbidden breaks are kept, and what cannot be broken stands alone") {
  const std::vector<Chunk> chunks = {
      {10, 2, 0, must_break}, {10, 2, 0, never_break}, {10, 2, 0, 0}, {500, 2, 0, 0}, {10, 0, 0, 0}};
  CHECK(break_lines(chunks, 100) == std::vector<std::size_t>{1, 3, 4, 5});
  CHECK(break_lines({}, 100).empty());
}

TEST_CASE("Russian and English ties") {
  const auto cost_at = [](std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before) + before.size();
    REQUIRE(text[at] == ' ');
    return space_cost(text, static_cast<Offset>(at));
  };
  CHECK(cost_at("слово в словаре", "слово в") == never_break);        // a line does not end on "в"
  CHECK(cost_at("слово в словаре", "слово") == 0);
  CHECK(cost_at("И дальше", "И") == never_break);
  CHECK(cost_at("слово — дело", "слово") == never_break);             // nor begin with a dash
  CHECK(cost_at("слово — дело", "—") == 0);
  CHECK(cost_at("ровно 91 % всего", "91") == never_break);
  CHECK(cost_at("смотри № 5", "№") == never_break);
  CHECK(cost_at("не знаю", "не") > 0);
  CHECK(cost_at("тот же самый", "тот") > 0);
  CHECK(cost_at("(в скобках) да", "(в") == never_break);
  CHECK(cost_at("a word", "a") > 0);
  CHECK(cost_at("two words", "two") == 0);
}

TEST_CASE("one string holds the chapter, with formulas as LaTeX and lists with their markers") {
  const Flow flow = flow_of(
      "# Head\n\nA $x^2$ **b** `c`.\n\n1. one\n2. two\n   - deep\n\n$$y$$\n\n| h | k |\n|---|---|\n| 1 | 2 |\n");
  CHECK(flow.text == "Head\n\nA $x^2$ b c.\n\n1. one\n2. two\n  – deep\n\n$$y$$\n\nh\tk\n1\t2");
  // Leaves cover the text in order, and their runs cover the leaves.
  Offset last = 0;
  for (const Leaf& leaf : flow.leaves) {
    CHECK(leaf.range.begin >= last);
    last = leaf.range.end;
    if (leaf.runs.empty()) continue;
    Offset at = leaf.range.begin;
    for (const Run& run : leaf.runs) {
      CHECK(run.range.begin == at);
      at = run.range.end;
    }
    CHECK(at == leaf.range.end);
  }
}

TEST_CASE("soft hyphens are no part of the text, only places to break") {
  const Flow flow = flow_of("рас\u00ADпре\u00ADделение");
  CHECK(flow.text == "распределение");
  REQUIRE(flow.soft_breaks.size() == 2);
  CHECK(flow.soft_breaks[0].at == std::string("рас").size());
  CHECK(flow.soft_breaks[0].hyphen);
}

TEST_CASE("what could not be parsed is on the page, with its place") {
  const Flow flow = flow_of("```nonsense-directive\nx: 1\n```\n");
  REQUIRE_FALSE(flow.document->errors.empty());
  REQUIRE_FALSE(flow.leaves.empty());
  CHECK(flow.leaves[0].kind == Leaf::Kind::error);
  CHECK(flow.text.find("chapter.md:1") != std::string::npos);
}

TEST_CASE("the lines of a code directive become code of the page, with its id as a caption") {
  auto document = std::make_shared<book::Document>(
      book::parse_document("Before.\n\n```code\nsrc/a.cpp#part\n```\n", "chapter.md", "en"));
  REQUIRE(document->errors.empty());
  const Flow given = make_flow(document, nullptr, [](const book::Directive& directive) {
    return directive.id == "src/a.cpp#part" ? std::optional<std::string>("int a;\n") : std::nullopt;
  });
  CHECK(given.text == "Before.\n\nint a;\nsrc/a.cpp#part");
  CHECK(given.leaves[1].kind == Leaf::Kind::code);
  const Flow left = make_flow(document, nullptr, [](const book::Directive&) { return std::nullopt; });
  CHECK(left.leaves[1].kind == Leaf::Kind::directive);
}

TEST_CASE("find counts what a plain search counts") {
  const Flow flow = flow_of(sample, "ru");
  for (const char* wanted :
       {"softmax", "SoftMax", "елка", "ЁЛКА", "и", "token", "10 %", "z)", "\\operatorname", "нет такого", "ВТОРОЙ"}) {
    INFO(wanted);
    Finder finder;
    finder.search(flow, wanted);
    CHECK(static_cast<int>(finder.matches().size()) == plain_count(flow.text, wanted));
    for (const Range& match : finder.matches()) CHECK(plain_fold(flow[match]) == plain_fold(wanted));
  }
  Finder finder;
  finder.search(flow, "softmax");
  REQUIRE(finder.matches().size() == 8);
  CHECK(finder.step(1, 0) == 0);
  CHECK(finder.step(-1, 0) == 7);
  CHECK(finder.step(1, 0) == 0);
  finder.search(flow, "");
  CHECK(finder.matches().empty());
  CHECK(finder.step(1, 0) == -1);
}

TEST_CASE("highlighting colours every byte once") {
  const auto inks = [](std::string_view code, std::string_view language) {
    std::vector<std::pair<std::string, CodeInk>> parts;
    for (const CodeToken& token : highlight(code, language))
      parts.emplace_back(code.substr(token.range.begin, token.range.size()), token.ink);
    return parts;
  };
  using Parts = std::vector<std::pair<std::string, CodeInk>>;
  CHECK(inks("int n = 1'000; // счёт", "cpp") ==
        Parts{{"int", CodeInk::keyword}, {" n = ", CodeInk::plain}, {"1'000", CodeInk::number}, {"; ", CodeInk::plain},
              {"// счёт", CodeInk::comment}});
  CHECK(inks("echo \"a # b\" # да", "bash") == Parts{{"echo ", CodeInk::plain},
                                                     {"\"a # b\"", CodeInk::string},
                                                     {" ", CodeInk::plain},
                                                     {"# да", CodeInk::comment}});
  CHECK(inks("{\"a\": true}", "json") == Parts{{"{", CodeInk::plain},
                                               {"\"a\"", CodeInk::string},
                                               {": ", CodeInk::plain},
                                               {"true", CodeInk::keyword},
                                               {"}", CodeInk::plain}});
  CHECK(inks("def f(): return 'x\\'y'", "python")[0] == std::pair<std::string, CodeInk>("def", CodeInk::keyword));
  std::mt19937 random(2);
  const std::string alphabet = "ab1 \"'/*#\\\n_.{}";
  for (const char* language : {"cpp", "python", "bash", "json", "plain", ""}) {
    for (int round = 0; round < 200; ++round) {
      std::string code;
      for (unsigned i = 0; i < random() % 30; ++i) code += alphabet[random() % alphabet.size()];
      std::string joined;
      for (const auto& [text, ink] : inks(code, language)) joined += text;
      CHECK(joined == code);
    }
  }
}

TEST_CASE("a formula comes apart at its outermost signs and nothing is lost") {
  const auto rejoined = [](std::string_view latex) {
    std::string joined;
    for (const std::string& piece : split_formula(latex)) joined += joined.empty() ? piece : piece.substr(2);
    return joined;
  };
  for (const char* latex :
       {"a = b + c", "\\frac{a = b}{c} \\approx d", "\\left(a = b\\right)", "x", "{a=b}", "f(x, y) = \\{1, 2\\}"})
    CHECK(rejoined(latex) == latex);
  CHECK(split_formula("a = b + c").size() == 3);
  CHECK(split_formula("\\frac{a = b}{c} \\approx d").size() == 2);
  CHECK(split_formula("\\left(a = b\\right)").size() == 1);
}
