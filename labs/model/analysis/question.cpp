#include "labs/model/analysis/question.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace tb {

Result<at::Tensor> unembedding_direction(const Transformer& transformer, const Question& question) {
  const c10::NoGradGuard no_gradients;
  const std::int64_t vocabulary = transformer.config().vocabulary;
  std::vector<std::int64_t> ids = {question.target};
  if (question.foil) ids.push_back(*question.foil);
  for (const std::int64_t id : ids)
    if (id < 0 || id >= vocabulary)
      return fail("run.id", "token", {std::to_string(id), std::to_string(vocabulary - 1)});

  const at::Tensor rows = look_up(transformer.weights().head,
                                  at::tensor(ids, at::TensorOptions().dtype(at::kLong)).to(transformer.device()));
  return (question.foil ? rows[0] - rows[1] : rows[0]).cpu();
}

Result<at::Tensor> captured(const Context& context, const std::string& name) {
  const at::Tensor point = context.point(name);
  if (!point.defined()) return fail("analysis.point", name, {name});
  return point;
}

std::string block_point(std::int64_t layer, std::string_view name) {
  return "blocks." + std::to_string(layer) + "." + std::string(name);
}

Result<std::int64_t> row_at(std::int64_t position, std::int64_t tokens) {
  const std::int64_t row = position < 0 ? position + tokens : position;
  if (row < 0 || row >= tokens)
    return fail("analysis.position", "position", {std::to_string(position), std::to_string(tokens)});
  return row;
}

}  // namespace tb
