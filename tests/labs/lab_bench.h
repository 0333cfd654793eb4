// One lab with the session that it keeps from run to run, as the compute thread would have it.
#pragma once

#include <functional>

#include "labs/all_labs.h"
#include "tests/labs/model_fixture.h"

namespace tb::testing {

using Texts = std::map<std::string, std::string>;

inline const Lab& lab_of(std::string_view type) {
  for (const Lab* lab : all_labs())
    if (lab->type() == type) return *lab;
  throw std::runtime_error("no lab " + std::string(type));
}

inline std::int64_t integer(const Snapshot& snapshot, const std::string& place) {
  return static_cast<std::int64_t>(value_at(snapshot, place).value());
}

struct Bench {
  const Lab& lab;
  Model& model;
  std::unique_ptr<Session> session;
  Progress progress;
  std::function<void(Snapshot)> publish;
  explicit Bench(std::string_view type, Model& on = bundled_model()) : lab(lab_of(type)), model(on) {}

  Result<Snapshot> try_run(const Texts& texts) {
    const auto inputs = parse(lab.fields(&model), texts, "");
    if (!inputs) return tl::unexpected(inputs.error());
    Job job{.inputs = *inputs, .model = &model, .kept = session, .progress = progress, .publish = publish};
    return lab.run(job);
  }
  Snapshot run(const Texts& texts) {
    auto result = try_run(texts);
    if (!result) throw std::runtime_error(result.error().code);
    return std::move(*result);
  }
};

}  // namespace tb::testing
