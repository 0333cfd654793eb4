// A fenced directive, from the lines between its fences:
//     key: value            the value runs to the end of the line
//       more of the value   an indented line goes on with the value above, after one space
//     prompt: "One\nTwo"    in double quotes \n, \t, \" and \\ are escapes, and spaces at the ends are kept
//
//   kind      keys; those in brackets may be absent
//   lab       id, lab (the type), [caption], then any inputs of that lab; then, as often as wanted, `example: its name`
//             followed by `set: key=value` lines: what else to try, over the inputs above
//   predict   id, lab (an instance of this chapter), question, choice twice or more, [answer: one of them], [because];
//             or guess: number, min, max, [step], [tolerance], value, answer in the place of the choices.
//             [set: key=value] as often as needed, [value], [unit] and [is] say how the lab answers; see below
//   quiz      id, question, then right or wrong twice or more, each followed by its own because
//   exercise  id
//   code      the first line is path#region, [caption]
//   claim     id, lab (the type), value (a place in the snapshot), expect, tolerance, then any inputs of that lab;
//             of an experiment also says (the statement), supported (a range), verdict, [low and high]; see below
//   experiments   nothing: a table of all experiments of the book stands in its place
//
// What a learner predicts is compared with what the lab shows: `value` is a place in its snapshot, a number or a text,
// read with the lab's own presets and the inputs that `set` puts over them. After a choice, `is` says for which values it
// is the right one: a text, or a range of numbers, low..high, open where an end is left out; several lines mean any of
// them. A choice without one is never what the lab says. `unit` is written after the number that the lab says; with
// `unit: %` the place holds a share, and what is guessed and shown is per cent. `answer` is what we expect the lab to say:
// `textbook claims` runs it and compares. Example:
//     question: At temperature 1 Paris has 77%. What is left at 2?
//     choice: about a half
//       ...
//     choice: about 5%
//     is: 0..0.1
//     answer: about 5%
//     set: temperature=2
//     value: candidates.p[0]
//
// An experiment puts a statement to the test: `supported` is the range of values for which it holds, `low` and `high` are
// the places of the ends of the value's interval. The verdict is supported, refuted or undecided (book/verdict.h); the
// prose cites it as [refuted](claim:knows-early), and `textbook claims` holds it against what the lab measures:
//     says: By a fifth of the depth the model already knows the answer
//     supported: ..6
//     low: depth.low
//     high: depth.high
//     verdict: refuted
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"

namespace tb::book {

// lab, predict, quiz, exercise, code, claim, experiments.
std::span<const std::string> directive_kinds();
bool is_directive(std::string_view word);
// The word after a fence that is no directive. Errors: directive.unknown, unless it is a language of code, or nothing.
Result<void> check_language(std::string_view word, const std::string& where);

struct ParsedDirective {
  Directive directive;
  std::vector<Error> errors;   // where: path:line
};

// `first_line` is the line of the source that the body begins on. Errors: directive.syntax, directive.quote,
// directive.indent, directive.missing, directive.twice, directive.unknown-key, directive.id, directive.number,
// directive.region, directive.choices, directive.answer, directive.example, directive.is,
// directive.guess, directive.set, directive.verdict.
ParsedDirective parse_directive(std::string_view kind, std::string_view body, int first_line, const std::string& path);

// What a line `set: prompt=The capital of Italy is` sets, its value perhaps in quotes; nullopt where it is no such thing.
std::optional<Directive::Entry> read_setting(const Directive::Entry& set);

// Something else to try in a lab, offered by the chapter under a name of its own.
struct Example {
  std::string name;
  std::vector<Directive::Entry> inputs;   // over the lab's own
};
std::vector<Example> examples(const Directive& lab);
// The directive of the lab as if the chapter had set the example's inputs; with the id given.
Directive with_example(const Directive& lab, const Example& example, std::string id);

// One answer of a quiz, with the explanation of why it is right or wrong.
struct Choice {
  std::string text, because;
  bool right = false;
};
std::vector<Choice> choices(const Directive& quiz);

}  // namespace tb::book
