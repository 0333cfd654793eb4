#include "tests/catch.h"

#include "book/claims.h"
#include "book/directive.h"
#include "tests/book/dump.h"

using namespace tb::book;
using tb::book::test::dump;
using tb::book::test::parsed;

namespace {

std::string errors_of(const std::string& kind, const std::string& body) {
  return dump(parsed("```" + kind + "\n" + body + "```\n").errors);
}

}  // namespace

TEST_CASE("a lab with its inputs") {
  const auto document = parsed(
      "text\n\n```lab\nid: capital\nlab: next-token\n\ncaption: What comes\n  next?\n"
      "prompt: \"The capital of\\n\\\"France\\\" is \"\ntemperature: 0.7\n```\n");
  CHECK(dump(document) == "1 p [text]\n3 lab capital\n");
  CHECK(document.errors.empty());
  const auto& lab = document.blocks.at(1).directive;
  CHECK(lab.value("lab") == "next-token");
  CHECK(lab.value("caption") == "What comes next?");
  CHECK(lab.value("nothing").empty());
  CHECK(lab.inputs() == std::map<std::string, std::string>{{"prompt", "The capital of\n\"France\" is "},
                                                           {"temperature", "0.7"}});
  REQUIRE(lab.entries.size() == 5);
  CHECK(lab.entries[3].key == "prompt");
  CHECK(lab.entries[3].line == 9);
}

TEST_CASE("what else to try in a lab") {
  const auto document = parsed(
      "```lab\nid: a\nlab: next-token\nprompt: Hi\nexample: With a space\nset: prompt=\"Hi =\\n \"\n"
      "set: temperature = 0.5\nexample: Bye\nset: prompt=Bye, a = b\n```\n");
  CHECK(document.errors.empty());
  const auto& lab = document.blocks.at(0).directive;
  CHECK(lab.inputs() == std::map<std::string, std::string>{{"prompt", "Hi"}});
  const auto offered = examples(lab);
  REQUIRE(offered.size() == 2);
  CHECK(offered[0].name == "With a space");
  REQUIRE(offered[0].inputs.size() == 2);
  CHECK(offered[0].inputs[0].key == "prompt");
  CHECK(offered[0].inputs[0].value == "Hi =\n ");
  CHECK(offered[0].inputs[0].line == 6);
  CHECK(offered[0].inputs[1].key == "temperature");
  CHECK(offered[0].inputs[1].value == "0.5");
  REQUIRE(offered[1].inputs.size() == 1);
  CHECK(offered[1].inputs[0].value == "Bye, a = b");

  const std::string lab_of = "id: a\nlab: t\n";
  CHECK(errors_of("lab", lab_of + "set: x=1\n") == "directive.example@en.md:4");
  CHECK(errors_of("lab", lab_of + "example: A\n") == "directive.example@en.md:4");
  CHECK(errors_of("lab", lab_of + "example: A\nexample: B\nset: x=1\n") == "directive.example@en.md:4");
  CHECK(errors_of("lab", lab_of + "example: A\nset: x\n") == "directive.example@en.md:5");
  CHECK(errors_of("lab", lab_of + "example: A\nset: X Y=1\n") == "directive.example@en.md:5");
  CHECK(errors_of("lab", lab_of + "example: A\nset: x=\"1\n") == "directive.example@en.md:5");
  CHECK(errors_of("lab", lab_of + "example:\nset: x=1\n") == "directive.example@en.md:4");
  CHECK(errors_of("claim", "id: a\nlab: t\nvalue: x[0]\nexpect: 0.9\ntolerance: 0\nset: 1\n") == "");
}

TEST_CASE("a value ends with its line, and may hold anything") {
  const auto parsed_lab = parse_directive("lab", "id: a\nlab: tokens\ntext: one: \\n 'two' # три\n", 2, "en.md");
  CHECK(parsed_lab.errors.empty());
  CHECK(parsed_lab.directive.value("text") == "one: \\n 'two' # три");
}

TEST_CASE("directives stand in lists and quotes too, with their lines") {
  const auto document = parsed("- try it:\n\n  ```lab\n  id: a\n  lab: tokens\n  text: \"x\n  ```\n");
  CHECK(dump(document.errors) == "directive.quote@en.md:6");
}

TEST_CASE("errors stand at their line, and in their place on the page") {
  const auto document = parsed("```lbe\nid: a\n```\n\n```lab\nid: b\nnot a pair\nlab: tokens\n```\n");
  CHECK(dump(document) == "1 error\n5 error\n");
  CHECK(dump(document.errors) == "directive.unknown@en.md:1 directive.syntax@en.md:7");
  CHECK(document.errors[0].args == std::vector<std::string>{"lbe", "lab"});
  CHECK(dump(document.blocks.at(1).errors) == "directive.syntax@en.md:7");

  CHECK(errors_of("lab", "id: a\n") == "directive.missing@en.md:1");
  CHECK(errors_of("lab", "id: a\nid: b\nlab: t\n") == "directive.twice@en.md:3");
  CHECK(errors_of("lab", "id: a\nlab: t\nx: 1\nx: 2\n") == "directive.twice@en.md:5");
  CHECK(errors_of("lab", "  id: a\nlab: t\n") == "directive.indent@en.md:2 directive.missing@en.md:1");
  CHECK(errors_of("lab", "id: A b\nlab: t\n") == "directive.id@en.md:2");
  CHECK(errors_of("lab", "id: a\nlab: t\nx: \"a\\q\"\n") == "directive.quote@en.md:4");
  CHECK(errors_of("lab", "id: a\nlab: t\nx: \"a\" b\n") == "directive.quote@en.md:4");
  CHECK(errors_of("exercise", "id: softmax\nhint: x\n") == "directive.unknown-key@en.md:3");
  CHECK(errors_of("exercise", "id: softmax\n") == "");
  CHECK(errors_of("claim", "id: a\nlab: t\nvalue: x[0]\nexpect: 0,9\ntolerance: nan\n") ==
        "directive.number@en.md:5 directive.number@en.md:6");
  CHECK(errors_of("code", "labs/model/sampling.cpp\n") == "directive.region@en.md:2");
  CHECK(errors_of("code", "labs/model/sampling.cpp#softmax\ncaption: The sum\n") == "");
}

TEST_CASE("an id is taken once in a chapter") {
  const auto document = parsed("```exercise\nid: a\n```\n\n```lab\nid: a\nlab: t\n```\n");
  CHECK(dump(document.errors) == "directive.id-twice@en.md:5");
  CHECK(document.errors[0].args == std::vector<std::string>{"a", "1"});
}

TEST_CASE("quiz and predict") {
  const auto document = parsed(
      "```quiz\nid: shift\nquestion: Add 5 to all logits?\nwrong: It sharpens\nbecause: No,\n  nothing changes\n"
      "right: Nothing\nbecause: The factor cancels\n```\n");
  CHECK(document.errors.empty());
  const auto answers = choices(document.blocks.at(0).directive);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].because == "No, nothing changes");
  CHECK_FALSE(answers[0].right);
  CHECK(answers[1].text == "Nothing");
  CHECK(answers[1].right);

  CHECK(errors_of("quiz", "id: a\nquestion: q\nwrong: x\nbecause: y\nwrong: z\nbecause: y\n") ==
        "directive.choices@en.md:1");
  CHECK(errors_of("quiz", "id: a\nquestion: q\nwrong: x\nright: z\nbecause: y\n") == "directive.choices@en.md:5");
  CHECK(errors_of("predict", "id: a\nlab: b\nquestion: q\nchoice: x\nchoice: y\nanswer: x\nbecause: z\n") == "");
  CHECK(errors_of("predict", "id: a\nlab: b\nquestion: q\nchoice: x\nchoice: y\nanswer: z\n") ==
        "directive.answer@en.md:7");
  CHECK(errors_of("predict", "id: a\nlab: b\nquestion: q\nchoice: x\n") == "directive.choices@en.md:1");
}

TEST_CASE("claims and what cites them") {
  const auto document = parsed(
      "It is [91 %](claim:mary), or [**91**.3 %](claim:mary).\n\n"
      "```claim\nid: mary\nlab: next-token\nprompt: Mary had\n"
      "value: bars.p[0]\nexpect: 0.9134\ntolerance: 0.02\n```\n");
  const auto all = claims(document);
  REQUIRE(all.size() == 1);
  CHECK(all[0].id == "mary");
  CHECK(all[0].inputs == std::map<std::string, std::string>{{"prompt", "Mary had"}});
  CHECK(all[0].value == "bars.p[0]");
  CHECK(all[0].expect == 0.9134);
  CHECK(all[0].tolerance == 0.02);
  CHECK(all[0].line == 3);
  const auto cited = citations(document);
  REQUIRE(cited.size() == 2);
  CHECK(cited[0].text == "91 %");
  CHECK(cited[1].text == "91.3 %");
  CHECK(cited[1].claim == "mary");
}

TEST_CASE("a printed number is the expectation, rounded to the digits shown") {
  CHECK(agrees("91 %", "en", 0.9134));
  CHECK(agrees("91%", "en", 0.9051));
  CHECK_FALSE(agrees("91 %", "en", 0.9049));
  CHECK_FALSE(agrees("0.91 %", "en", 0.91));
  CHECK(agrees("91,3\u00A0%", "ru", 0.9134));
  CHECK_FALSE(agrees("91.3 %", "ru", 0.9134));          // a point is no decimal comma: two numbers
  CHECK(agrees("\u22123.25", "en", -3.2461));
  CHECK_FALSE(agrees("3.25", "en", -3.2461));
  CHECK(agrees("49 152", "ru", 49152));
  CHECK(agrees("49\u202F152 токена", "ru", 49152));
  CHECK(agrees("49,152", "en", 49152));
  CHECK(agrees("about 18.2", "en", 18.15));             // exactly between: both neighbours are honest
  CHECK(agrees("4", "en", 4));
  CHECK_FALSE(agrees("3 of 4", "en", 3));
  CHECK_FALSE(agrees("no number", "en", 0));
}
