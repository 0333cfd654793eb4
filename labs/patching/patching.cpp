#include "labs/patching/patching.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

#include <ATen/core/Tensor.h>

#include "labs/answers.h"
#include "labs/columns.h"
#include "labs/model/analysis/patching.h"
#include "labs/model/guard.h"
#include "labs/reading.h"

namespace tb {
namespace {

// The runs of two texts and the maps made from them, as far as they came.
struct PatchingSession : Session {
  std::unique_ptr<Context> clean, corrupted;   // to ask what answers are likely
  PatchTask task;
  std::optional<Patching> patching;
  std::map<std::string, PatchMap, std::less<>> maps;   // by component
};

std::span<const float> last_logits(const Context& context) {
  const at::Tensor logits = context.last_logits();
  return {logits.const_data_ptr<float>(), static_cast<std::size_t>(logits.numel())};
}

// Both texts and both answers as tokens. Without words the answers are what the model itself says to each text.
Result<PatchTask> task_of(const Job& job, PatchingSession& kept, Encoding& encoding) {
  const Tokenizer& tokenizer = job.model->tokenizer();
  const auto clean = read_text(job, kept.clean, "clean", PatchingLab::longest, {});
  if (!clean) return tl::unexpected(clean.error());
  const auto corrupted = read_text(job, kept.corrupted, "corrupted", PatchingLab::longest, {});
  if (!corrupted) return tl::unexpected(corrupted.error());
  const auto right = answer_token(tokenizer, last_logits(*kept.clean), text_input(job.inputs, "right"), "right");
  if (!right) return tl::unexpected(right.error());
  const auto wrong = answer_token(tokenizer, last_logits(*kept.corrupted), text_input(job.inputs, "wrong"), "wrong");
  if (!wrong) return tl::unexpected(wrong.error());
  if (*right == *wrong) return fail("answer.same", "wrong", {std::string(tokenizer.bytes(*right))});
  encoding = clean->encoding;
  encoding.unencodable.insert(encoding.unencodable.end(), corrupted->encoding.unencodable.begin(),
                              corrupted->encoding.unencodable.end());
  return PatchTask{clean->ids, corrupted->ids, {*right, *wrong}};
}

Result<PatchMap> map_of(Patching& patching, const std::string& component, const PatchWatch& watch) {
  if (component == "heads") return patch_heads(patching, {}, watch);
  const Point point = component == "attn" ? Point::attn_out : component == "mlp" ? Point::mlp_out : Point::resid_pre;
  return patch_positions(patching, point, watch);
}

// The cell that is asked for, or else the one where most comes back.
std::size_t chosen_cell(const PatchMap& map, std::int64_t layer, std::int64_t column) {
  if (layer >= 0 && column >= 0)
    return static_cast<std::size_t>(std::min(layer, map.layers - 1) * map.columns + std::min(column, map.columns - 1));
  std::size_t best = map.recovery.size() - 1;   // the last layer's cells are the first to be computed
  for (std::size_t i = map.recovery.size(); i-- > 0;)
    if (map.recovery[i] > map.recovery[best]) best = i;
  return best;
}

Result<Snapshot> run_model(Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  auto* kept = dynamic_cast<PatchingSession*>(job.kept.get());
  if (!kept) {
    job.kept = std::make_unique<PatchingSession>();
    kept = static_cast<PatchingSession*>(job.kept.get());
  }
  Encoding encoding;
  const auto task = task_of(job, *kept, encoding);
  if (!task) return tl::unexpected(task.error());

  // Run both texts, unless they are those of the last time.
  if (!kept->patching || !(*task == kept->task)) {
    kept->patching.reset();
    kept->maps.clear();
    auto patching = Patching::of(*job.model, *task, job.progress);
    if (!patching) return tl::unexpected(patching.error());
    kept->patching = std::move(*patching);
    kept->task = *task;
  }
  const Patching& patching = *kept->patching;

  const auto snapshot_of = [&](const PatchMap& map) {
    const Tokenizer& tokenizer = job.model->tokenizer();
    Snapshot snapshot = begin_snapshot("patching", job.inputs, job.model->info());
    add_token_columns(snapshot, "clean", tokenizer, task->clean);
    add_token_columns(snapshot, "corrupted", tokenizer, task->corrupted);
    add_unencodable(snapshot, encoding);
    add_token_columns(snapshot, "right", tokenizer, {&task->question.target, 1});
    add_token_columns(snapshot, "wrong", tokenizer, {&*task->question.foil, 1});
    add_number(snapshot, "answer.clean", "logit", patching.clean());
    add_number(snapshot, "answer.corrupted", "logit", patching.corrupted());
    add_numbers(snapshot, "map.recovery", "", map.recovery, {map.layers, map.columns});
    add_number(snapshot, "map.first", "", static_cast<double>(patching.first_difference()));
    const std::size_t cell =
        chosen_cell(map, integer_input(job.inputs, "layer"), integer_input(job.inputs, "column"));
    const double recovery = map.recovery[cell];
    add_number(snapshot, "chosen.layer", "", static_cast<double>(cell / static_cast<std::size_t>(map.columns)));
    add_number(snapshot, "chosen.column", "", static_cast<double>(cell % static_cast<std::size_t>(map.columns)));
    add_number(snapshot, "chosen.recovery", "", recovery);
    add_number(snapshot, "chosen.answer", "logit",
               patching.corrupted() + recovery * (patching.clean() - patching.corrupted()));
    snapshot.tokens_computed = 2 * patching.tokens();
    snapshot.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
    return snapshot;
  };

  // Patch layer by layer; what is there already is shown, and kept should the job be stopped.
  const std::string& component = text_input(job.inputs, "component");
  const auto begun = kept->maps.find(component);
  PatchWatch watch{.progress = job.progress, .yield = job.yield};
  const PatchMap resumed = begun == kept->maps.end() ? PatchMap() : begun->second;
  watch.begun = &resumed;
  watch.partial = [&](const PatchMap& map) {
    kept->maps[component] = map;
    if (!job.publish) return;
    Snapshot snapshot = snapshot_of(map);
    snapshot.partial = true;
    job.publish(std::move(snapshot));
  };
  const auto map = map_of(*kept->patching, component, watch);
  if (!map) return tl::unexpected(map.error());
  kept->maps[component] = *map;
  return snapshot_of(*map);
}

}  // namespace

std::vector<Field> PatchingLab::fields(const Model* model) const {
  const double layers = model ? static_cast<double>(model->info().n_layers) : 200;
  const double heads = model ? static_cast<double>(model->info().n_heads) : 200;
  std::vector<std::string> components = {"resid", "attn", "mlp", "heads"};
  if (model && model->info().d_mlp == 0) std::erase(components, "mlp");
  return {
      {.key = "clean", .initial = std::string("When John and Mary went to the store, John gave a drink to"),
       .max = 2000},
      {.key = "corrupted", .initial = std::string("When John and Mary went to the store, Mary gave a drink to"),
       .max = 2000},
      {.key = "right", .initial = std::string("Mary"), .max = 60},
      {.key = "wrong", .initial = std::string("John"), .max = 60},
      {.key = "component", .initial = std::string("resid"), .choices = components},
      {.key = "range", .initial = 1.0, .min = 0.05, .max = 1.5, .step = 0.05, .forward = false},
      {.key = "layer", .initial = std::int64_t{-1}, .min = -1, .max = layers - 1, .step = 1, .forward = false},
      {.key = "column", .initial = std::int64_t{-1}, .min = -1, .max = std::max<double>(longest, heads) - 1, .step = 1,
       .forward = false},
  };
}

Result<Snapshot> PatchingLab::run(Job& job) const {
  return guarded("clean", [&] { return run_model(job); });
}

}  // namespace tb
