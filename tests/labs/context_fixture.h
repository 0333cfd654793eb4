// Runs for the tests of contexts and interventions, on the bundled model and on a tiny random one of the Qwen3 family.
#pragma once

#include <algorithm>
#include <map>

#include "labs/model/source.h"
#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"

namespace tb::testing {

// A model, and two prompts of equal length for it.
struct Subject {
  std::string name;
  std::shared_ptr<Model> model;
  std::vector<std::int64_t> ids, others;
  int layer;   // in the middle
};

inline const std::vector<Subject>& subjects() {
  static const std::vector<Subject> list = [] {
    LoadOptions tiny;
    tiny.path = "tests/reference/qwen3-tiny/tiny.gguf";
    tiny.device = "cpu";
    auto qwen3 = Model::load(tiny, {});
    if (!qwen3) throw std::runtime_error(qwen3.error().code);
    std::vector<std::int64_t> others = store;
    std::reverse(others.begin(), others.end());
    const std::vector<std::int64_t> ids = {5, 80, 3, 256, 17, 99, 4, 200, 31};
    const std::vector<std::int64_t> more = {7, 7, 120, 9, 64, 2, 250, 11, 30};
    return std::vector<Subject>{{"smollm2", shared_model(), store, others, 5}, {"qwen3", *qwen3, ids, more, 1}};
  }();
  return list;
}

inline Result<std::vector<Intervention>> parsed(Model& model, const std::vector<std::string>& specs,
                                                const std::shared_ptr<const Source>& source = nullptr) {
  std::vector<Intervention> result;
  for (const std::string& spec : specs) {
    auto intervention = Intervention::parse(spec, model.transformer().config(), source);
    if (!intervention) return tl::unexpected(intervention.error());
    result.push_back(*intervention);
  }
  return result;
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().code + " at " + result.error().where);
  return std::move(*result);
}

// "" where all is well.
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? std::string() : result.error().code;
}

inline RunReport run(Context& context, Model& model, const std::vector<std::int64_t>& ids,
                     const std::vector<std::string>& specs, const std::vector<std::string>& points,
                     const std::shared_ptr<const Source>& source = nullptr) {
  return value_of(context.run(ids, value_of(Probes::of(model, points)), value_of(parsed(model, specs, source)), {}));
}

inline std::vector<std::int64_t> first(const std::vector<std::int64_t>& ids, std::size_t n) {
  return {ids.begin(), ids.begin() + n};
}
inline std::vector<std::int64_t> with(std::vector<std::int64_t> ids, std::size_t at, std::int64_t id) {
  ids[at] = id;
  return ids;
}

// The largest difference, each row measured against its largest number where that is above 1: the residual stream holds
// numbers in the thousands.
inline double scaled_difference(const at::Tensor& ours, const at::Tensor& theirs) {
  if (ours.dim() < 2) return largest_difference(ours / theirs.abs().clamp_min(1), theirs / theirs.abs().clamp_min(1));
  const at::Tensor size = std::get<0>(theirs.abs().max(-1, true)).clamp_min(1);
  return largest_difference(ours / size, theirs / size);
}

// "blocks.L.NAME" of the subject's middle layer, or of another.
inline std::string block(int layer, const std::string& name) { return "blocks." + std::to_string(layer) + "." + name; }

// One run of a subject's prompt with what the tests look at.
class Runner {
 public:
  explicit Runner(const Subject& subject) : subject_(subject), layer_(std::to_string(subject.layer)) {}

  // "@L" in a SPEC is the middle layer.
  Context operator()(std::vector<std::string> specs, const std::shared_ptr<const Source>& source = nullptr) const {
    return of(subject_.ids, std::move(specs), source);
  }
  Context of(const std::vector<std::int64_t>& ids, std::vector<std::string> specs,
             const std::shared_ptr<const Source>& source = nullptr) const {
    for (std::string& spec : specs)
      for (std::size_t at; (at = spec.find("@L")) != std::string::npos;) spec.replace(at, 2, layer_);
    const std::string block = "blocks." + layer_ + ".", before = "blocks." + std::to_string(subject_.layer - 1) + ".";
    Context context(*subject_.model);
    run(context, *subject_.model, ids, specs, {block + "*", before + "resid_post", "final_norm", "logits"}, source);
    return context;
  }
  at::Tensor point(const Context& context, const std::string& name) const {
    return context.point(block(subject_.layer, name));
  }

 private:
  const Subject& subject_;
  std::string layer_;
};

// Every point of a run of the subject's other prompt, or of its own.
inline std::shared_ptr<const Source> source_of(const Subject& subject, bool other) {
  static std::map<std::pair<std::string, bool>, std::shared_ptr<const Source>> made;
  std::shared_ptr<const Source>& source = made[{subject.name, other}];
  if (!source) {
    Context context(*subject.model);
    run(context, *subject.model, other ? subject.others : subject.ids, {}, {"*"});
    source = Source::of(context);
  }
  return source;
}

inline std::shared_ptr<const Source> vector_source(const at::Tensor& vector) { return Source::of({{"v", vector}}); }

inline at::Tensor some_vector(const Subject& subject, std::uint64_t seed) {
  at::manual_seed(seed);
  return at::randn({subject.model->info().d_model});
}

}  // namespace tb::testing
