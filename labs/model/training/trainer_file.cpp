// A training run as a file: safetensors, so that numpy and torch read it too.
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include "labs/model/guard.h"
#include "labs/model/safetensors.h"
#include "labs/model/safetensors_file.h"
#include "labs/model/training/trainer.h"

namespace tb {

namespace {

const std::string format = "textbook training run 1";

std::string exactly(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

// FNV-1a over what a batch holds.
std::string fingerprint(const Batch& batch) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const auto* numbers : {&batch.ids, &batch.targets})
    for (const std::int64_t number : *numbers) hash = (hash ^ static_cast<std::uint64_t>(number)) * 0x100000001b3u;
  return std::to_string(hash);
}

// What the file holds of each parameter, as views: the numbers, and both moments of the optimiser.
std::vector<NamedTensor> state_of(const std::vector<Parameter>& parameters, const AdamW& optimiser) {
  std::vector<NamedTensor> all = named(parameters);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [mean, square] = optimiser.moments()[i];
    for (const NamedTensor& part : named({{mean, parameters[i].parts}}))
      all.push_back({"adamw.mean." + part.name, part.value, {}});
    for (const NamedTensor& part : named({{square, parameters[i].parts}}))
      all.push_back({"adamw.square." + part.name, part.value, {}});
  }
  return all;
}

at::Tensor numbers_of(const SafetensorsTensor& tensor) {
  const at::Tensor copy = at::empty(tensor.shape, at::kFloat);
  std::memcpy(copy.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
  return copy;
}

}  // namespace

// What two runs must share for one to go on where the other stopped.
std::map<std::string, std::string> Trainer::description() const {
  const TrainingOptions& o = options_;
  std::map<std::string, std::string> all = {
      {"format", format}, {"base", o.base}, {"seed", std::to_string(o.seed)}, {"pieces", std::to_string(o.pieces)},
      {"shape", std::to_string(static_cast<int>(o.schedule.shape))}, {"peak", exactly(o.schedule.peak)},
      {"last", exactly(o.schedule.last)}, {"warm_up", std::to_string(o.schedule.warm_up)}, {"clip", exactly(o.clip)},
      {"beta1", exactly(o.adamw.beta1)}, {"beta2", exactly(o.adamw.beta2)}, {"epsilon", exactly(o.adamw.epsilon)},
      {"weight_decay", exactly(o.adamw.weight_decay)}};
  if (lora_) {
    all["alpha"] = exactly(lora_->options().alpha);
    all["dropout"] = exactly(lora_->options().dropout);
  }
  return all;
}

Result<void> Trainer::save(const std::filesystem::path& file) const {
  return guarded(file.string(), [&]() -> Result<void> {
    const std::vector<NamedTensor> state = state_of(parameters_, optimiser_);
    const std::vector<Column> records = columns_of(records_);
    std::vector<SafetensorsEntry> entries;
    for (const NamedTensor& t : state) entries.push_back({t.name, SafetensorsEntry::Type::f32, t.value.sizes().vec()});
    for (const Column& c : records) entries.push_back({c.name, SafetensorsEntry::Type::f32, c.shape});
    std::map<std::string, std::string> metadata = description();
    metadata["steps_done"] = std::to_string(steps_done());
    metadata["next_batch"] = fingerprint(data_(steps_done()));

    auto writer = SafetensorsWriter::create(file, entries, metadata);
    if (!writer) return tl::unexpected(writer.error());
    for (const NamedTensor& t : state) {
      const at::Tensor numbers = t.value.cpu().contiguous();
      const std::span<const float> span(numbers.const_data_ptr<float>(), static_cast<std::size_t>(numbers.numel()));
      if (const auto done = writer->write(t.name, span); !done) return done;
    }
    for (const Column& c : records) {
      const auto& doubles = std::get<std::vector<double>>(c.data);
      const std::vector<float> floats(doubles.begin(), doubles.end());
      if (const auto done = writer->write(c.name, floats); !done) return done;
    }
    return writer->finish();
  });
}

Result<void> Trainer::resume(const std::filesystem::path& file) {
  const auto saved = SafetensorsFile::open(file);
  if (!saved) return tl::unexpected(saved.error());

  // Is it a run, and this one?
  const auto entry = [&](const std::string& key) {
    const auto found = saved->metadata().find(key);
    return found == saved->metadata().end() ? std::string() : found->second;
  };
  std::int64_t done = 0;
  const std::string steps = entry("steps_done");
  const char* const end = steps.data() + steps.size();
  if (entry("format") != format || std::from_chars(steps.data(), end, done).ptr != end || done < 0)
    return fail("training.file", file.string());
  const auto other = [&](const std::string& what, const std::string& there, const std::string& here) {
    return fail("training.other", file.string() + ":" + what, {what, there, here});
  };
  for (const auto& [key, value] : description())
    if (entry(key) != value) return other(key, entry(key), value);
  if (done > options_.steps) return other("steps", steps, std::to_string(options_.steps));
  if (const std::string next = fingerprint(data_(done)); entry("next_batch") != next)
    return other("next_batch", entry("next_batch"), next);

  return guarded(file.string(), [&]() -> Result<void> {
    // Is everything there?
    const c10::InferenceMode off(false);
    const at::NoGradGuard no_gradients;
    const std::vector<NamedTensor> state = state_of(parameters_, optimiser_);
    std::vector<at::Tensor> numbers;
    for (const NamedTensor& t : state) {
      const SafetensorsTensor* tensor = saved->tensor(t.name);
      if (!tensor || tensor->type != "F32" || at::IntArrayRef(tensor->shape) != t.value.sizes())
        return fail("training.file", file.string() + ":" + t.name);
      numbers.push_back(numbers_of(*tensor));
    }
    std::vector<StepRecord> records(static_cast<std::size_t>(done));
    const std::string prefix = "training.";
    for (const SafetensorsTensor& tensor : saved->tensors()) {
      if (!tensor.name.starts_with(prefix)) continue;
      if (tensor.type != "F32" || tensor.shape != std::vector<std::int64_t>{done})
        return fail("training.file", file.string() + ":" + tensor.name);
      const std::string name = tensor.name.substr(prefix.size());
      const at::Tensor column = numbers_of(tensor);
      for (std::int64_t i = 0; i < done; ++i) {
        const double number = column.const_data_ptr<float>()[i];
        StepRecord& record = records[i];
        record.step = i;
        if (name == "loss") record.loss = number;
        else if (name == "gradient_norm") record.gradient_norm = number;
        else if (name == "learning_rate") record.learning_rate = number;
        else if (name != "step" && !std::isnan(number)) record.measured[name] = number;
      }
    }

    // Then this run becomes that one.
    for (std::size_t i = 0; i < state.size(); ++i) state[i].value.copy_(numbers[i]);
    optimiser_.continue_at(done);
    records_ = std::move(records);
    return {};
  });
}

}  // namespace tb
