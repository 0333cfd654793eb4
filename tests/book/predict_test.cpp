// What a prediction may say, and how what a lab shows answers it. The cases are chosen by hand from the grammar in
// book/directive.h.
#include "tests/catch.h"

#include "book/directive.h"
#include "book/predict.h"

using namespace tb::book;

namespace {

const std::string head = "id: a\nlab: x\nquestion: What?\n";
const std::string digits = head + "choice: one\nis: Paris\nchoice: two\nchoice: three\nis: 0..9\nis: none at all\n"
                                  "value: bars.text[0]\nanswer: three\n";
const std::string number = head + "guess: number\nmin: 0\nmax: 100\nvalue: count.tokens\nanswer: 7\ntolerance: 2\n";

ParsedDirective parsed(const std::string& body) { return parse_directive("predict", body, 2, "x.md"); }

// The codes with their lines, in order.
std::string errors(const std::string& body) {
  std::string out;
  for (const auto& error : parsed(body).errors) out += error.code.substr(10) + error.where.substr(4) + " ";
  return out;
}

}  // namespace

TEST_CASE("what a prediction says") {
  const auto asked = prediction(parsed(digits + "set: prompt=\"The end \"\nset: top=3\nbecause: So.\n").directive);
  CHECK(asked.id == "a");
  CHECK(asked.lab == "x");
  CHECK(asked.value == "bars.text[0]");
  CHECK(asked.because == "So.");
  REQUIRE(asked.choices.size() == 3);
  CHECK(asked.choices[2].is == std::vector<std::string>{"0..9", "none at all"});
  CHECK(asked.choices[1].is.empty());
  CHECK(asked.answer == 2u);
  CHECK(asked.set == std::map<std::string, std::string>{{"prompt", "The end "}, {"top", "3"}});
  CHECK_FALSE(asked.asks_number());
  const auto guess = prediction(parsed(number + "unit: tokens\nstep: 1\n").directive);
  CHECK(guess.asks_number());
  CHECK(guess.number == 7);
  CHECK(guess.max == 100);
  CHECK(guess.unit == "tokens");
}

TEST_CASE("mistakes in a prediction are located") {
  CHECK(errors(digits) == "");
  CHECK(errors(number) == "");
  CHECK(errors(head + "choice: a\nchoice: b\nanswer: a\n") == "");                      // compared with nothing
  CHECK(errors(head + "is: 1\nchoice: a\nchoice: b\n") == "is:5 ");
  CHECK(errors(head + "choice: a\nis: 1\nchoice: b\nanswer: a\n") == "missing:1 ");      // no value
  CHECK(errors(head + "choice: a\nis: 1\nchoice: b\nvalue: y\n") == "missing:1 ");        // no answer
  CHECK(errors(head + "choice: a\nis: 1\nchoice: b\nvalue: y\nanswer: b\n") == "is:1 ");
  CHECK(errors(head + "choice: a\nis: 5..3\nchoice: b\nvalue: y\nanswer: a\n") == "is:6 ");
  CHECK(errors(digits + "set: prompt\n") == "set:13 ");
  CHECK(errors(digits + "set: prompt=\"open\n") == "set:13 ");
  CHECK(errors(head + "guess: number\nmin: 9\nmax: 1\nvalue: y\nanswer: 3\n") == "guess:1 ");
  CHECK(errors(head + "guess: number\nmin: 1\nmax: 9\nvalue: y\nanswer: 30\n") == "guess:1 ");
  CHECK(errors(head + "guess: word\nmin: 1\nmax: 9\nvalue: y\nanswer: 3\n") == "guess:5 ");
  CHECK(errors(head + "guess: number\nmin: one\nmax: 9\nvalue: y\nanswer: 3\n") == "number:6 ");
  CHECK(errors(head + "guess: number\nmin: 1\nmax: 9\n") == "missing:1 missing:1 ");
  CHECK(errors(number + "step: 0\n") == "guess:11 ");
  CHECK(errors(number + "tolerance: -1\n") == "twice:11 guess:11 ");
  CHECK(errors(number + "choice: a\n") == "guess:5 ");
}

TEST_CASE("which choice the lab's value makes right") {
  const auto asked = prediction(parsed(digits).directive);
  CHECK(right_choice(asked, std::string(" Paris")) == 0u);       // blanks at the ends do not count
  CHECK(right_choice(asked, std::string("2")) == 2u);
  CHECK(right_choice(asked, std::string("12")) == std::nullopt);
  CHECK(right_choice(asked, std::string("none at all")) == 2u);
  CHECK(right_choice(asked, std::string("paris")) == std::nullopt);
  CHECK(right_choice(asked, std::string("")) == std::nullopt);
  CHECK(right_choice(asked, 9.0) == 2u);
  CHECK(right_choice(asked, 9.1) == std::nullopt);
  CHECK(holds(asked, std::string(" 7")));
  CHECK_FALSE(holds(asked, std::string("Paris")));
  const auto open = prediction(parsed(head + "choice: a\nis: ..-1\nchoice: b\nis: 0\nis: 0.5 ..\nvalue: v\nanswer: b\n").directive);
  CHECK(right_choice(open, -1e300) == 0u);
  CHECK(right_choice(open, 0.0) == 1u);
  CHECK(right_choice(open, 0.2) == std::nullopt);
  CHECK(right_choice(open, 0.5) == 1u);
}

TEST_CASE("a guessed number") {
  const auto asked = prediction(parsed(number).directive);
  CHECK(right_number(asked, 9.0) == 9.0);
  CHECK(holds(asked, 9.0));
  CHECK_FALSE(holds(asked, 9.5));
  CHECK(right_number(asked, std::string("x")) == std::nullopt);
  CHECK_FALSE(holds(asked, std::string("x")));
  const auto share = prediction(parsed(number + "unit: %\n").directive);
  CHECK(*right_number(share, 0.25) == Approx(25));
}
