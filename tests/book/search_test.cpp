// Search over small books written for it. Expectations are by hand; those of the stemmers are from the sample
// vocabularies that Snowball publishes with its descriptions (snowballstem.org, "english" and "russian" stemmers).
#include "tests/catch.h"

#include <algorithm>

#include "book/search.h"

using namespace tb;
using namespace tb::book;

namespace {

std::vector<std::string> folded(std::string_view text) {
  std::vector<std::string> out;
  for (const Word& word : words_of(text)) out.push_back(word.folded);
  return out;
}
using Words = std::vector<std::string>;

const char* const kEnglish = R"(# A book of layers

Every token has a probability. The tokens of a text are its pieces.

<a id="softmax"></a>
## Softmax by hand

$$p_i = \frac{\exp(z_i)}{\sum_{j} \exp(z_j)}$$

Softmax turns logits into probabilities, and a temperature divides the logits first.

<a id="heat"></a>
### Temperature

A high *temperature* makes the distribution flat. In `top_k` sampling $k$ tokens stay.

| Word | What it is |
|:--|:--|
| zebra | a striped horse |

The temperature changes nothing but the choice. It is far from the other word of this test, which is softmax.

```lab
lab: next-token
id: capital
caption: Watch the bars of this laboratory.
prompt: "The capital of France is"
```

```python
def unembed(stream):
    return stream @ table
```

```quiz
id: guess
question: Which giraffe is the tallest?
right: The one in the middle.
because: An okapi told us.
wrong: The last.
because: No.
```

<a id="apart"></a>
## Apart

Here stands an aardvark.

Elsewhere walks a wombat.
)";

const char* const kRussian = R"(# Книга о слоях

У каждого токена есть вероятность. Ещё один слой.

<a id="softmax"></a>
## Softmax вручную

Softmax превращает логиты в вероятности; ёлка здесь ни при чём.
)";

SearchIndex small_book() {
  SearchIndex index;
  index.add(parse_document(kEnglish, "en.md", "en"), 3);
  index.add(parse_document(kRussian, "ru.md", "ru"), 3);
  return index;
}

// The marked words of a hit, as they stand in its passage, and again as they stand in its line.
Words marked(const Hit& hit) {
  Words out;
  for (const Bytes& mark : hit.marks) out.push_back(hit.passage->text.substr(mark.begin, mark.end - mark.begin));
  return out;
}
Words marked_in_context(const Hit& hit) {
  Words out;
  for (const Bytes& mark : hit.context_marks) out.push_back(hit.context.substr(mark.begin, mark.end - mark.begin));
  return out;
}

}  // namespace

TEST_CASE("words: letters and digits, folded") {
  CHECK(folded("Ёлка, ЕЩЁ е\u0308ж") == Words{"елка", "еще", "еж"});                 // the last ё is decomposed
  CHECK(folded("за\u0301мок и\u0306од") == Words{"замок", "йод"});                   // a stress mark goes, й stays й
  CHECK(folded("the model's next-token top_k") == Words{"the", "model's", "next", "token", "top", "k"});
  CHECK(folded("learner\u2019s ‘quoted’") == Words{"learner's", "quoted"});
  CHECK(folded(R"(\frac{\exp(z_i)}{2})") == Words{"frac", "exp", "z", "i", "2"});
  CHECK(folded("so\u00ADft proba\u00ADbility") == Words{"soft", "probability"});      // soft hyphens
  CHECK(folded("ﬁnal Ｆｕｌｌ 𝑝") == Words{"final", "full", "p"});                     // compatible characters
  CHECK(folded("你好，世界") == Words{"你好", "世界"});
  CHECK(folded(" — … \xff\xfe 👋🏽 ").empty());                                       // nothing, and no crash
  const auto words = words_of("a «Ёж»!");
  REQUIRE(words.size() == 2);
  CHECK(words[1].begin == 4);
  CHECK(words[1].end == 8);
}

TEST_CASE("stems are Snowball's") {
  const Stemmer stem;
  const std::pair<const char*, const char*> samples[] = {
      {"consigned", "consign"}, {"consistency", "consist"}, {"consolingly", "consol"}, {"knightly", "knight"},
      {"вагонах", "вагон"},     {"важнейшими", "важн"},     {"вальсом", "вальс"},      {"вальсишку", "вальсишк"},
  };
  for (const auto& [word, expected] : samples) CHECK(stem(word) == expected);
  for (const Words& forms : {Words{"токен", "токена", "токену", "токеном", "токене", "токены", "токенов", "токенами"},
                             Words{"логит", "логита", "логиту", "логитом", "логите", "логиты", "логитов", "логитами"},
                             Words{"слой", "слоя", "слою", "слоем", "слое", "слои", "слоев", "слоями", "слоях"},
                             Words{"внимание", "внимания", "вниманию", "вниманием", "внимании"},
                             Words{"вероятность", "вероятности", "вероятностью", "вероятностей", "вероятностями"}})
    for (const std::string& form : forms) CHECK(stem(form) == stem(forms.front()));
}

TEST_CASE("a query finds every form of its words, in its own language first") {
  const SearchIndex index = small_book();
  const Found english = index.search("probability ", {});
  CHECK(english.own_count == 2);
  CHECK(english.other_count == 0);
  REQUIRE(english.own.size() == 2);
  CHECK(marked(english.own[0]) == Words{"probability"});
  CHECK(marked(english.own[1]) == Words{"probabilities"});       // another form, behind the word itself

  const Found russian = index.search("ВЕРОЯТНОСТЕЙ", {.language = "en"});   // Cyrillic letters: a Russian query
  REQUIRE(russian.own.size() == 2);
  CHECK(russian.own[0].passage->language == "ru");
  CHECK(marked(russian.own[0]) == Words{"вероятность"});
  CHECK(russian.other.empty());

  for (const char* reader : {"en", "ru"}) {                      // stands in both: the reader's language first
    const Found both = index.search("softmax", {.language = reader});
    REQUIRE_FALSE(both.own.empty());
    REQUIRE_FALSE(both.other.empty());
    CHECK(both.own[0].passage->language == reader);
    CHECK(both.other[0].passage->language != reader);
  }
}

TEST_CASE("е and ё are one letter, upper and lower case one word") {
  const SearchIndex index = small_book();
  for (const char* query : {"елка", "ёлка", "Ёлкой", "ЕЛКУ"}) {
    INFO(query);
    const Found found = index.search(query, {});
    REQUIRE(found.own.size() == 1);
    CHECK(marked(found.own[0]) == Words{"ёлка"});
    CHECK(found.own[0].passage->chapter == 3);
    CHECK(found.own[0].passage->anchor == "softmax");
    CHECK(found.own[0].passage->section == "Softmax вручную");
  }
}

TEST_CASE("the last word may be unfinished, as long as nothing follows it") {
  const SearchIndex index = small_book();
  CHECK(index.search("distrib", {}).own_count == 1);
  CHECK(index.search("distrib ", {}).own_count == 0);
  CHECK(index.search("distrib flat", {}).own_count == 0);        // no more the last one
  CHECK(index.search("flat distrib", {}).own_count == 1);
  CHECK(index.search("верояТ", {}).own_count == 2);
}

TEST_CASE("a heading stands before the text, and close words before distant ones") {
  const SearchIndex index = small_book();
  const Found one = index.search("temperature", {});
  REQUIRE(one.own_count == 4);
  CHECK(one.own[0].passage->kind == Passage::Kind::heading);
  CHECK(one.own[0].passage->anchor == "heat");

  const Found two = index.search("temperature softmax", {});
  REQUIRE(two.own.size() == 2);
  CHECK(two.own[0].passage->text.starts_with("Softmax turns"));  // seven words apart, the other one many
  CHECK(two.own[1].passage->text.starts_with("The temperature"));
  CHECK(two.own[0].score > two.own[1].score);
}

TEST_CASE("all words must occur: in one paragraph, else in one section") {
  const SearchIndex index = small_book();
  CHECK(index.search("aardvark zebra", {}).own_count == 0);      // different sections
  CHECK(index.search("aardvark gnu", {}).own_count == 0);
  const Found apart = index.search("aardvark wombat", {});
  REQUIRE(apart.own_count == 1);                                 // once for the section, not for each paragraph
  CHECK(apart.own[0].passage->anchor == "apart");
}

TEST_CASE("a phrase is found as it is written") {
  const SearchIndex index = small_book();
  CHECK(index.search("\"turns logits\"", {}).own_count == 1);
  CHECK(index.search("“turns logits”", {}).own_count == 1);
  CHECK(index.search("\"logits turns\"", {}).own_count == 0);
  CHECK(index.search("\"turn logits\"", {}).own_count == 0);     // no other form of a word
  CHECK(index.search("\"turns log", {}).own_count == 1);         // still being typed
  CHECK(index.search("\"turns log\"", {}).own_count == 0);
  CHECK(index.search("divides \"turns logits\" into", {}).own_count == 1);
  CHECK(index.search("«превращает логиты»", {}).own_count == 1);
  const Found phrase = index.search("\"divides the logits\"", {});
  REQUIRE(phrase.own.size() == 1);
  CHECK(marked(phrase.own[0]) == Words{"divides the logits"});
}

TEST_CASE("found are formulas' source, code, table rows, labs and questions, but no answers") {
  const SearchIndex index = small_book();
  const auto only = [&](std::string_view query) {
    const Found found = index.search(query, {});
    INFO(query);
    REQUIRE(found.own.size() == 1);
    return found.own[0];
  };
  CHECK(only(R"(\frac{\exp(z_i)})").passage->kind == Passage::Kind::formula);
  CHECK(only("unembed").passage->kind == Passage::Kind::code);
  CHECK(only("unembed").context == "def unembed(stream):");      // the line, without its neighbours
  CHECK(only("zebra").passage->text == "zebra\ta striped horse");
  CHECK(only("zebra").context == "zebra · a striped horse");
  CHECK(only("laboratory").passage->kind == Passage::Kind::lab);
  CHECK(only("capital").passage->id == "capital");               // its prompt
  CHECK(only("giraffe").passage->kind == Passage::Kind::question);
  CHECK(index.search("okapi", {}).own_count == 0);
  CHECK(only("top_k").passage->anchor == "heat");
}

TEST_CASE("a listing of the sources is found as the page shows it") {
  SearchIndex index;
  index.add(parse_document("# T\n\n```code\na/b.cpp#region\n```\n", "en.md", "en"), 0,
            [](const Directive&) { return std::optional<std::string>("int\tanswer();\r\nreturn;\n"); });
  const Found found = index.search("answer", {});
  REQUIRE(found.own.size() == 1);
  CHECK(found.own[0].passage->text == "int    answer();\nreturn;\na/b.cpp#region");
  CHECK(found.own[0].passage->id == "a/b.cpp#region");
  CHECK(index.search("region", {}).own_count == 1);
}

TEST_CASE("the line of context is one line, as long as asked for, and shows what was found") {
  std::string paragraph;
  for (int i = 0; i < 60; ++i) paragraph += "слово" + std::to_string(i) + " ";
  SearchIndex index;
  index.add(parse_document("# Т\n\n" + paragraph + "\n", "ru.md", "ru"), 0);
  for (const char* query : {"слово0", "слово30", "слово59"}) {
    INFO(query);
    const Found found = index.search(std::string(query) + " ", {.language = "ru", .context = 60});
    REQUIRE(found.own.size() == 1);
    const Hit& hit = found.own[0];
    INFO(hit.context);
    CHECK(marked_in_context(hit) == Words{query});
    CHECK(hit.context.find('\n') == std::string::npos);
    const auto characters =
        std::count_if(hit.context.begin(), hit.context.end(), [](char c) { return (c & 0xC0) != 0x80; });
    CHECK(characters <= 62);                                     // with "…" at both ends
    CHECK(characters > 40);
    CHECK(hit.context.starts_with("…") == (std::string(query) != "слово0"));
    CHECK(hit.context.ends_with("…") == (std::string(query) != "слово59"));
  }
}

TEST_CASE("a term is found under both its names") {
  Glossary glossary;
  Term term;
  term.id = "temperature";
  term.name = {{"en", "temperature"}, {"ru", "температура"}};
  term.definition = {{"en", "A divisor."}, {"ru", "Делитель логитов."}};
  glossary.terms.push_back(term);
  SearchIndex index = small_book();
  index.add(glossary);
  const Found russian = index.search("температуры", {});
  REQUIRE(russian.own.size() == 1);
  CHECK(russian.own[0].passage->kind == Passage::Kind::term);
  CHECK(russian.own[0].passage->id == "temperature");
  CHECK(russian.other_count == 1);                               // the English entry names it, too
  const Found english = index.search("temperature", {.language = "ru"});
  REQUIRE_FALSE(english.own.empty());
  CHECK(english.own[0].context.find("Делитель") != std::string::npos);
  CHECK(english.other[0].passage->kind != Passage::Kind::text);  // a name or a heading, before the text
}

TEST_CASE("odd queries find nothing and do no harm") {
  const SearchIndex index = small_book();
  for (const char* query : {"", "   ", "\"", "\"\"", "«»", "+ - …", "\xff\xfe", "👋🏽", "\"\" \"\" \""}) {
    INFO(query);
    const Found found = index.search(query, {});
    CHECK(found.own.empty());
    CHECK(found.other.empty());
  }
  CHECK(index.search(std::string(100000, 'a'), {}).own.empty());
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "softmax ";
  CHECK(index.search(many, {}).own_count > 0);
  CHECK(index.search("softmax softmax", {}).own_count == index.search("softmax ", {}).own_count);
  CHECK(SearchIndex().search("softmax", {}).own.empty());
  const Found limited = index.search("e", {.limit = 1});
  CHECK(limited.own.size() <= 1);
  CHECK(limited.own_count >= limited.own.size());
}
