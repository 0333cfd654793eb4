// Adapters as files, in the format of Hugging Face's peft. Our rows of q and k stand as in transformers: numbers go in
// and out as they are.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "labs/model/guard.h"
#include "labs/model/json_text.h"
#include "labs/model/lora.h"
#include "labs/model/safetensors.h"
#include "labs/model/safetensors_file.h"
#include "labs/model/training/parameters.h"

namespace tb {

namespace {

using nlohmann::json;

const char* const config_file = "adapter_config.json";
const char* const tensor_file = "adapter_model.safetensors";
const std::string prefix = "base_model.model.model.layers.";

// Says nothing: such is the value of an option that is not used.
bool says_nothing(const json& value) {
  return value.is_null() || value == false || value == "none" || (value.is_structured() && value.empty());
}

// Options that tell where an adapter comes from or goes to, or how it was begun: not how it computes. Which modules it
// belongs to, its tensors say.
bool is_neutral(const std::string& key) {
  static const std::set<std::string> keys = {
      "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "eva_config", "exclude_modules",
      "inference_mode", "layers_pattern", "layers_to_transform", "megatron_core", "peft_version", "qalora_group_size",
      "revision", "target_modules", "task_type"};
  return keys.contains(key);
}

Result<LoraOptions> read_options(const std::filesystem::path& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto config = parse_json(*text, path.string());
  if (!config) return tl::unexpected(config.error());
  const auto at = [&](const std::string& key) { return path.string() + ":" + key; };
  LoraOptions options;
  const auto number = [&]<class T>(const std::string& key, T& to, double least, double most) -> Result<void> {
    const auto found = config->find(key);
    const bool usable = found != config->end() && (std::is_integral_v<T> ? found->is_number_integer()
                                                                         : found->is_number());
    if (!usable || !(found->template get<double>() >= least && found->template get<double>() <= most))
      return fail("lora.key", at(key), {key});
    to = found->template get<T>();
    return {};
  };
  if (config->value("peft_type", json()) != "LORA")
    return fail("lora.unsupported", at("peft_type"), {"peft_type", config->value("peft_type", json()).dump()});
  if (const auto r = number("r", options.rank, 1, 1 << 20); !r) return tl::unexpected(r.error());
  if (const auto a = number("lora_alpha", options.alpha, -1e9, 1e9); !a) return tl::unexpected(a.error());
  if (config->contains("lora_dropout") && !(*config)["lora_dropout"].is_null())
    if (const auto d = number("lora_dropout", options.dropout, 0, 0.999999); !d) return tl::unexpected(d.error());

  for (const auto& [key, value] : config->items()) {
    const bool read = key == "peft_type" || key == "r" || key == "lora_alpha" || key == "lora_dropout";
    // Some ways to begin also change the model's own matrices; these do not.
    const bool begun = key == "init_lora_weights" &&
                       (value.is_boolean() || value == "gaussian" || value == "eva" || value == "orthogonal");
    if (!read && !begun && !is_neutral(key) && !says_nothing(value))
      return fail("lora.unsupported", at(key), {key, value.dump().substr(0, 80)});
  }
  return options;
}

struct Place {
  std::int64_t layer;
  Projection projection;
  bool is_b;
};

// "base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight"
std::optional<Place> place_of(const std::string& name, std::int64_t n_layers) {
  for (std::int64_t layer = 0; name.starts_with(prefix) && layer < n_layers; ++layer) {
    const std::string in_layer = prefix + std::to_string(layer) + ".";
    if (!name.starts_with(in_layer)) continue;
    for (std::size_t p = 0; p < n_projections; ++p) {
      const Projection projection = static_cast<Projection>(p);
      const std::string module = in_layer + std::string(module_of(projection));
      if (name == module + ".lora_A.weight") return Place{layer, projection, false};
      if (name == module + ".lora_B.weight") return Place{layer, projection, true};
    }
  }
  return std::nullopt;
}

// float32 numbers; undefined for types that no adapter is kept in.
at::Tensor numbers_of(const SafetensorsTensor& tensor) {
  const auto type = tensor.type == "F32" ? at::kFloat : tensor.type == "F16" ? at::kHalf : at::kBFloat16;
  if (type == at::kBFloat16 && tensor.type != "BF16") return {};
  const at::Tensor numbers = at::empty(tensor.shape, type);
  std::memcpy(numbers.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
  return numbers.to(at::kFloat);
}

template <class T>
void insert(std::vector<T>& sorted, T value) {
  const auto place = std::lower_bound(sorted.begin(), sorted.end(), value);
  if (place == sorted.end() || *place != value) sorted.insert(place, value);
}

}  // namespace

Result<Lora> Lora::load(const std::filesystem::path& folder, const Config& config, at::Device device) {
  auto options = read_options(folder / config_file);
  if (!options) return tl::unexpected(options.error());
  const auto file = SafetensorsFile::open(folder / tensor_file);
  if (!file) return tl::unexpected(file.error());
  return guarded(folder.string(), [&]() -> Result<Lora> {
    Lora lora;
    lora.config_ = config;
    lora.layers_.resize(static_cast<std::size_t>(config.n_layers));
    options->projections.clear();
    for (const SafetensorsTensor& tensor : file->tensors()) {
      const std::string where = file->path() + ":" + tensor.name;
      const auto place = place_of(tensor.name, config.n_layers);
      if (!place) return fail("lora.tensor", where, {tensor.name});
      const auto [out, in] = shape_of(config, place->projection);
      const std::vector<std::int64_t> a = {options->rank, in}, b = {out, options->rank};
      const at::Tensor numbers = tensor.shape == (place->is_b ? b : a) ? numbers_of(tensor) : at::Tensor();
      if (!numbers.defined() || numbers.numel() == 0) return fail("lora.tensor", where, {tensor.name});
      if (!numbers.isfinite().all().item<bool>()) return fail("lora.number", where, {tensor.name});
      Pair& pair = lora.layers_[place->layer][static_cast<std::size_t>(place->projection)];
      (place->is_b ? pair.b : pair.a) = numbers.to(device);
      insert(options->layers, place->layer);
      insert(options->projections, place->projection);
    }
    if (options->layers.empty()) return fail("lora.pair", file->path(), {"lora_A"});
    for (std::int64_t layer = 0; layer < config.n_layers; ++layer) {
      for (std::size_t p = 0; p < n_projections; ++p) {
        const Pair& pair = lora.layers_[layer][p];
        if (pair.a.defined() != pair.b.defined())
          return fail("lora.pair", file->path(),
                      {std::to_string(layer) + "." + std::string(module_of(static_cast<Projection>(p)))});
      }
    }
    lora.options_ = std::move(*options);
    return lora;
  });
}

Result<void> Lora::save(const std::filesystem::path& folder, const std::string& base) const {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return fail("file.write", folder.string(), {failed.message()});

  const std::vector<NamedTensor> all = named(parameters());
  std::vector<SafetensorsEntry> entries;
  for (const NamedTensor& t : all) entries.push_back({t.name, SafetensorsEntry::Type::f32, t.value.sizes().vec()});
  auto writer = SafetensorsWriter::create(folder / tensor_file, entries, {{"format", "pt"}});
  if (!writer) return tl::unexpected(writer.error());
  for (const NamedTensor& t : all) {
    const at::Tensor numbers = t.value.cpu().contiguous();
    const std::span<const float> span(numbers.const_data_ptr<float>(), static_cast<std::size_t>(numbers.numel()));
    if (const auto done = writer->write(t.name, span); !done) return done;
  }
  if (const auto done = writer->finish(); !done) return done;

  json modules = json::array();
  for (const Projection projection : options_.projections) {
    const std::string module(module_of(projection));
    modules.push_back(module.substr(module.find('.') + 1));
  }
  const nlohmann::ordered_json config = {
      {"peft_type", "LORA"},        {"task_type", "CAUSAL_LM"},     {"base_model_name_or_path", base},
      {"r", options_.rank},         {"lora_alpha", options_.alpha}, {"lora_dropout", options_.dropout},
      {"target_modules", modules},  {"layers_to_transform", options_.layers}, {"bias", "none"},
      {"fan_in_fan_out", false},    {"use_rslora", false},          {"use_dora", false},
      {"init_lora_weights", true},  {"inference_mode", true},       {"modules_to_save", nullptr}};
  return write_file(folder / config_file, config.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace tb
