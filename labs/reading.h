// How labs that analyse one run begin: the prompt's tokens, read by the context that the lab keeps; and the question
// that is asked of a row. Compute thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "labs/lab.h"
#include "labs/model/analysis/question.h"
#include "labs/model/context.h"
#include "labs/model/intervention.h"
#include "labs/model/tokenizer.h"

namespace tb {

struct Reading {
  Encoding encoding;
  std::vector<std::int64_t> ids;
  Context* context = nullptr;   // holds them, with the points asked for
  RunReport report;
};

// `kept` is made where it is null, and used again where it can be.
// Errors: lab.empty, lab.tokenizer, lab.too_long (more than `longest` tokens), probe.unknown, those of Context::run.
Result<Reading> read_text(const Job& job, std::unique_ptr<Context>& kept, const std::string& key, std::int64_t longest,
                          const std::vector<std::string>& points);

// One text a line of an input; empty lines are left out. Errors: lab.lines (fewer than `least`, or more than `most`).
Result<std::vector<std::string>> read_lines(const Job& job, const std::string& key, std::size_t least,
                                            std::size_t most);

// Labs whose session is nothing but a context: "prompt" read by job.kept.
Result<Reading> read_prompt(Job& job, std::int64_t longest, const std::vector<std::string>& points);

// A row by an input that may count from the end and may lie outside a text that became shorter: the nearest there is.
std::int64_t nearest_row(std::int64_t wanted, std::int64_t tokens);

// The input "intervene": one SPEC a line (labs/model/intervention.h), applied in this order.
// Errors: those of Intervention::parse.
Field interventions_field(std::vector<Condition> when = {});
Result<std::vector<Intervention>> interventions_of(const Job& job);

// The inputs "answer" and "other" as a question to one row: how far is the answer's logit ahead of the other's? Empty
// ones: the model's most probable token; no other one. The run captured "final_norm".
// Errors: answer.tokens, answer.same, analysis.point.
Result<Question> question_of(const Job& job, const Context& context, std::int64_t row);

// answer.{id, bytes, text, special} [1], other.{...} [1], or [0] without one.
void add_question(Snapshot& snapshot, const Tokenizer& tokenizer, const Question& question);

// double, row-major, of any shape, as a column.
void add_tensor(Snapshot& snapshot, std::string name, std::string unit, const at::Tensor& tensor);

}  // namespace tb
