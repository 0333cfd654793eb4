#include "labs/tokens/tokens.h"

#include <chrono>

#include "labs/columns.h"
#include "labs/model/model.h"

namespace tb {
namespace {

constexpr double longest_text = 4000;   // bytes: more chips than a learner looks at

std::int64_t count_characters(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
  return count;
}

}  // namespace

std::vector<Field> TokensLab::fields(const Model*) const {
  return {
      {.key = "text", .initial = std::string("The cat sat on the mat."), .max = longest_text, .forward = false},
      {.key = "special", .initial = true, .forward = false},
  };
}

Result<Snapshot> TokensLab::run(Job& job) const {
  const auto start_time = std::chrono::steady_clock::now();
  const std::string& text = text_input(job.inputs, "text");
  const Tokenizer& tokenizer = job.model->tokenizer();
  if (!tokenizer.present()) return no_token(tokenizer, "text");
  const Encoding encoding = tokenizer.encode(text, switch_input(job.inputs, "special"));

  std::vector<double> start, end, whole;
  for (const Token& token : encoding.tokens) {
    start.push_back(static_cast<double>(token.start));
    end.push_back(static_cast<double>(token.end));
    whole.push_back(is_utf8(token.bytes));
  }

  Snapshot snapshot = begin_snapshot(type(), job.inputs, job.model->info());
  add_token_columns(snapshot, "tokens", tokenizer, encoding.ids());
  add_numbers(snapshot, "tokens.start", "byte", std::move(start));
  add_numbers(snapshot, "tokens.end", "byte", std::move(end));
  add_numbers(snapshot, "tokens.whole", "", std::move(whole));
  add_unencodable(snapshot, encoding);
  add_number(snapshot, "count.tokens", "token", static_cast<double>(encoding.tokens.size()));
  add_number(snapshot, "count.bytes", "byte", static_cast<double>(text.size()));
  add_number(snapshot, "count.characters", "", static_cast<double>(count_characters(text)));
  snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  return snapshot;
}

}  // namespace tb
