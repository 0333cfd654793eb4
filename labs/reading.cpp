#include "labs/reading.h"

#include <algorithm>
#include <memory>
#include <sstream>

#include <ATen/ATen.h>

#include "labs/answers.h"
#include "labs/columns.h"
#include "labs/model/model.h"
#include "labs/model/transformer.h"

namespace tb {

Result<Reading> read_text(const Job& job, std::unique_ptr<Context>& kept, const std::string& key, std::int64_t longest,
                          const std::vector<std::string>& points) {
  Reading reading{.encoding = job.model->tokenizer().encode(text_input(job.inputs, key))};
  reading.ids = reading.encoding.ids();
  const auto n = static_cast<std::int64_t>(reading.ids.size());
  if (n == 0) return no_token(job.model->tokenizer(), key);
  if (n > longest) return fail("lab.too_long", key, {std::to_string(n), std::to_string(longest)});
  const auto probes = Probes::of(*job.model, points);
  if (!probes) return tl::unexpected(probes.error());
  if (!kept) kept = std::make_unique<Context>(*job.model);
  const auto report = kept->run(reading.ids, *probes, {}, job.progress);
  if (!report) return tl::unexpected(report.error());
  reading.context = kept.get();
  reading.report = *report;
  return reading;
}

Result<std::vector<std::string>> read_lines(const Job& job, const std::string& key, std::size_t least,
                                            std::size_t most) {
  std::vector<std::string> lines;
  std::string_view rest = text_input(job.inputs, key);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.emplace_back(line);
  }
  if (lines.size() < least || lines.size() > most)
    return fail("lab.lines", key, {std::to_string(lines.size()), std::to_string(least), std::to_string(most)});
  return lines;
}

Result<Reading> read_prompt(Job& job, std::int64_t longest, const std::vector<std::string>& points) {
  std::unique_ptr<Context> context(dynamic_cast<Context*>(job.kept.get()));
  if (context) static_cast<void>(job.kept.release());
  auto reading = read_text(job, context, "prompt", longest, points);
  job.kept = std::move(context);
  return reading;
}

std::int64_t nearest_row(std::int64_t wanted, std::int64_t tokens) {
  return std::clamp(wanted < 0 ? tokens + wanted : wanted, std::int64_t{0}, tokens - 1);
}

Field interventions_field(std::vector<Condition> when) {
  return {.key = "intervene", .initial = std::string(), .max = 1000 /* bytes */, .unit = "lines",
          .when = std::move(when)};
}

Result<std::vector<Intervention>> interventions_of(const Job& job) {
  std::vector<Intervention> all;
  std::istringstream lines(text_input(job.inputs, "intervene"));
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(" \t\r"));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty()) continue;
    auto parsed = Intervention::parse(line, job.model->transformer().config());
    if (!parsed) return tl::unexpected<Error>(parsed.error());
    all.push_back(std::move(*parsed));
  }
  return all;
}

Result<Question> question_of(const Job& job, const Context& context, std::int64_t row) {
  const auto normed = captured(context, "final_norm");
  if (!normed) return tl::unexpected(normed.error());
  const Transformer& transformer = job.model->transformer();
  const at::Tensor last = transformer.logits(normed->slice(0, row, row + 1).to(transformer.device())).cpu();
  const std::span<const float> logits(last.const_data_ptr<float>(), static_cast<std::size_t>(last.numel()));
  const auto target = answer_token(job.model->tokenizer(), logits, text_input(job.inputs, "answer"), "answer");
  if (!target) return tl::unexpected(target.error());
  Question question{.target = *target, .foil = {}};
  const std::string& other = text_input(job.inputs, "other");
  if (other.empty()) return question;
  const auto foil = answer_token(job.model->tokenizer(), logits, other, "other");
  if (!foil) return tl::unexpected(foil.error());
  if (*foil == *target)
    return fail("answer.same", "other", {std::string(job.model->tokenizer().bytes(*target))});
  question.foil = *foil;
  return question;
}

void add_question(Snapshot& snapshot, const Tokenizer& tokenizer, const Question& question) {
  add_token_columns(snapshot, "answer", tokenizer, {&question.target, 1});
  const std::int64_t foil = question.foil.value_or(0);
  add_token_columns(snapshot, "other", tokenizer, {&foil, question.foil ? std::size_t{1} : 0});
}

void add_tensor(Snapshot& snapshot, std::string name, std::string unit, const at::Tensor& tensor) {
  const at::Tensor numbers = tensor.to(at::kDouble).contiguous();
  const double* first = numbers.const_data_ptr<double>();
  add_numbers(snapshot, std::move(name), std::move(unit), {first, first + numbers.numel()}, numbers.sizes().vec());
}

}  // namespace tb
