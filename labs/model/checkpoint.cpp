#include "labs/model/checkpoint.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/checksum.h"
#include "labs/model/json_text.h"
#include "labs/model/safetensors_file.h"

namespace tb {

namespace fs = std::filesystem;

using Places = std::map<std::string, std::string, std::less<>>;   // tensor -> file of the folder

struct Checkpoint::State {
  std::string path;
  Config config;
  std::optional<Gguf> gguf;                          // one of the two:
  std::map<std::string, SafetensorsFile> weights;    // by name in the folder
  std::deque<std::string> names;                     // of a folder's tensors; a deque leaves them where they are
  std::vector<TensorInfo> tensors;                   // of a folder
  std::map<std::string_view, const TensorInfo*> by_name;

  fs::path inside(const char* name) const { return fs::path(path) / name; }
  Result<void> open_folder();
  Result<void> open_weights(Places& places);
  Result<void> add(const TensorNeed& need, const Places& places);
};

namespace {

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::optional<TensorType> type_of(std::string_view name) {
  if (name == "F32") return TensorType::f32;
  if (name == "F16") return TensorType::f16;
  if (name == "BF16") return TensorType::bf16;
  return std::nullopt;
}

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

// Does a path that an index gives stay in the folder? Links may lead out: download caches are made of them.
bool stays_inside(const fs::path& path) {
  return !path.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

// The value of "license:" between the two lines of dashes that a model card begins with.
std::string licence_of_card(const std::string& card) {
  constexpr std::string_view dashes = "---", key = "license:";
  if (!card.starts_with(dashes)) return "";
  for (std::size_t at = card.find('\n'); at != card.npos;) {
    const std::size_t end = std::min(card.find('\n', at + 1), card.size());
    const std::string_view line = std::string_view(card).substr(at + 1, end - at - 1);
    if (line.starts_with(dashes)) return "";
    if (line.starts_with(key)) {
      std::string_view value = line.substr(key.size());
      const auto edge = [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r'; };
      while (!value.empty() && edge(value.front())) value.remove_prefix(1);
      while (!value.empty() && edge(value.back())) value.remove_suffix(1);
      return std::string(value);
    }
    at = end < card.size() ? end : card.npos;
  }
  return "";
}

// tokenizer_config.json holds one template, or several by name.
std::optional<std::string> template_of(const nlohmann::json& config) {
  const auto found = config.find("chat_template");
  if (found == config.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_array())
    for (const auto& entry : *found)
      if (entry.is_object() && entry.value("name", nlohmann::json()) == "default" && entry.contains("template") &&
          entry["template"].is_string())
        return entry["template"].get<std::string>();
  return std::nullopt;
}

}  // namespace

void for_each_tensor(const Config& c, const std::function<bool(const TensorNeed&)>& visit) {
  const std::int64_t q_rows = c.n_heads * c.d_head, kv_rows = c.n_kv_heads * c.d_head;
  if (!visit({"token_embd.weight", "model.embed_tokens.weight", {c.vocabulary, c.d_model}})) return;
  struct Part { const char *name, *hugging_face; bool has_matrix, has_bias; std::int64_t rows, columns; };
  const Part parts[] = {
      {"attn_norm", "input_layernorm", true, false, 0, c.d_model},
      {"attn_q", "self_attn.q_proj", true, c.qkv_bias, q_rows, c.d_model},
      {"attn_k", "self_attn.k_proj", true, c.qkv_bias, kv_rows, c.d_model},
      {"attn_v", "self_attn.v_proj", true, c.qkv_bias, kv_rows, c.d_model},
      {"attn_q_norm", "self_attn.q_norm", c.qk_norm, false, 0, c.d_head},
      {"attn_k_norm", "self_attn.k_norm", c.qk_norm, false, 0, c.d_head},
      {"attn_output", "self_attn.o_proj", true, c.out_bias, c.d_model, q_rows},
      {"ffn_norm", "post_attention_layernorm", true, false, 0, c.d_model},
      {"ffn_gate", "mlp.gate_proj", true, c.mlp_bias, c.d_mlp, c.d_model},
      {"ffn_up", "mlp.up_proj", true, c.mlp_bias, c.d_mlp, c.d_model},
      {"ffn_down", "mlp.down_proj", true, c.mlp_bias, c.d_model, c.d_mlp}};
  for (std::int64_t layer = 0; layer < c.n_layers; ++layer) {
    const std::string number = std::to_string(layer);
    for (const Part& part : parts) {
      const std::string name = "blk." + number + "." + part.name;
      const std::string hugging_face = "model.layers." + number + "." + part.hugging_face;
      std::vector<std::int64_t> shape{part.columns};
      if (part.rows > 0) shape.insert(shape.begin(), part.rows);
      if (part.has_matrix && !visit({name + ".weight", hugging_face + ".weight", shape})) return;
      if (part.has_bias && !visit({name + ".bias", hugging_face + ".bias", {part.rows}})) return;
    }
  }
  if (!visit({"output_norm.weight", "model.norm.weight", {c.d_model}}) || c.tied_head) return;
  visit({"output.weight", "lm_head.weight", {c.vocabulary, c.d_model}});
}

Checkpoint::Checkpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

Result<Checkpoint> Checkpoint::open(const fs::path& path) {
  auto state = std::make_unique<State>();
  state->path = path.string();
  std::error_code unreadable;   // Gguf::open says it better
  if (fs::is_directory(path, unreadable)) {
    if (auto done = state->open_folder(); !done) return tl::unexpected(done.error());
    return Checkpoint(std::move(state));
  }

  auto file = Gguf::open(path);
  if (!file) return tl::unexpected(file.error());
  auto config = read_config(*file);
  if (!config) return tl::unexpected(config.error());
  state->gguf = std::move(*file);
  state->config = std::move(*config);
  Result<void> outcome;
  for_each_tensor(state->config, [&](const TensorNeed& need) {
    const TensorInfo* tensor = state->gguf->tensor(need.name);
    if (!tensor || !std::ranges::equal(tensor->shape(), need.shape))
      outcome = fail("model.tensor", state->path + ":" + need.name, {need.name, text_of(need.shape)});
    return outcome.has_value();
  });
  if (!outcome) return tl::unexpected(outcome.error());
  return Checkpoint(std::move(state));
}

Result<void> Checkpoint::State::open_folder() {
  const fs::path file = inside("config.json");
  if (!is_there(file)) return fail("checkpoint.folder", path);
  const auto text = read_text(file);
  if (!text) return tl::unexpected(text.error());
  auto read = read_config(*text, file.string());
  if (!read) return tl::unexpected(read.error());
  config = std::move(*read);

  Places places;
  if (auto done = open_weights(places); !done) return done;
  Result<void> outcome;
  for_each_tensor(config, [&](const TensorNeed& need) {
    outcome = add(need, places);
    return outcome.has_value();
  });
  if (!outcome) return outcome;
  for (const TensorInfo& tensor : tensors) by_name.emplace(tensor.name, &tensor);
  return {};
}

// Opens model.safetensors, or else the files that model.safetensors.index.json names, and notes what is where.
Result<void> Checkpoint::State::open_weights(Places& places) {
  const auto open_file = [&](const std::string& name) -> Result<const SafetensorsFile*> {
    if (const auto found = weights.find(name); found != weights.end()) return &found->second;
    auto file = SafetensorsFile::open(fs::path(path) / name);
    if (!file) return tl::unexpected(file.error());
    return &weights.emplace(name, std::move(*file)).first->second;
  };

  if (is_there(inside("model.safetensors"))) {
    const auto file = open_file("model.safetensors");
    if (!file) return tl::unexpected(file.error());
    for (const SafetensorsTensor& tensor : (*file)->tensors()) places[tensor.name] = "model.safetensors";
    return {};
  }

  const fs::path index = inside("model.safetensors.index.json");
  if (!is_there(index)) return fail("checkpoint.weights", path);
  const auto text = read_text(index);
  if (!text) return tl::unexpected(text.error());
  const auto object = parse_json(*text, index.string());
  if (!object) return tl::unexpected(object.error());
  const auto map = object->find("weight_map");
  if (map == object->end() || !map->is_object()) return fail("checkpoint.key_missing", index.string(), {"weight_map"});
  for (const auto& [tensor, place] : map->items()) {
    if (!place.is_string()) return fail("checkpoint.key_type", index.string(), {tensor, "string"});
    const auto name = place.get<std::string>();
    if (!stays_inside(name)) return fail("checkpoint.outside", index.string(), {tensor, name});
    const auto file = open_file(name);
    if (!file) return tl::unexpected(file.error());
    if (!(*file)->tensor(tensor)) return fail("checkpoint.shard", index.string(), {tensor, name});
    places[tensor] = name;
  }
  return {};
}

// Checks a tensor and lists it under GGUF's name.
Result<void> Checkpoint::State::add(const TensorNeed& need, const Places& places) {
  const auto place = places.find(need.hugging_face);
  const SafetensorsFile* file = place == places.end() ? nullptr : &weights.at(place->second);
  const SafetensorsTensor* tensor = file ? file->tensor(need.hugging_face) : nullptr;
  const std::string where = (file ? file->path() : path) + ":" + need.hugging_face;
  if (!tensor || tensor->shape != need.shape)
    return fail("model.tensor", where, {need.hugging_face, text_of(need.shape)});
  const auto type = type_of(tensor->type);
  if (!type) return fail("checkpoint.type", where, {need.hugging_face, tensor->type});

  names.push_back(need.name);
  TensorInfo info{names.back(), tensor->bytes, *type, static_cast<std::uint32_t>(need.shape.size()), {}};
  std::copy(need.shape.begin(), need.shape.end(), info.sizes.begin());
  tensors.push_back(info);
  return {};
}

const std::string& Checkpoint::path() const { return state_->path; }

std::string Checkpoint::name() const {
  const fs::path path = state_->path;
  if (state_->gguf) return path.stem().string();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

const Config& Checkpoint::config() const { return state_->config; }

const TensorInfo* Checkpoint::tensor(std::string_view name) const {
  if (state_->gguf) return state_->gguf->tensor(name);
  const auto found = state_->by_name.find(name);
  return found == state_->by_name.end() ? nullptr : found->second;
}

const std::vector<TensorInfo>& Checkpoint::tensors() const {
  return state_->gguf ? state_->gguf->tensors() : state_->tensors;
}

std::int64_t Checkpoint::parameters() const {
  std::int64_t sum = 0;
  for (const TensorInfo& tensor : tensors()) sum += tensor.elements();
  return sum;
}

std::int64_t Checkpoint::file_bytes() const {
  if (state_->gguf) return static_cast<std::int64_t>(state_->gguf->bytes().size());
  std::int64_t sum = 0;
  for (const auto& [name, file] : state_->weights) sum += static_cast<std::int64_t>(file.bytes().size());
  return sum;
}

Result<Tokenizer> Checkpoint::tokenizer() const {
  if (state_->gguf)
    return state_->gguf->has("tokenizer.ggml.tokens") ? Tokenizer::from(*state_->gguf)
                                                      : Tokenizer::absent(state_->config.vocabulary);
  return is_there(state_->inside("tokenizer.json")) ? Tokenizer::from_folder(state_->path)
                                                    : Tokenizer::absent(state_->config.vocabulary);
}

std::optional<std::string> Checkpoint::chat_template() const {
  if (state_->gguf) {
    const auto text = state_->gguf->string("tokenizer.chat_template");
    return text ? std::optional<std::string>(*text) : std::nullopt;
  }
  if (const auto text = read_text(state_->inside("chat_template.jinja"))) return *text;
  const auto text = read_text(state_->inside("tokenizer_config.json"));
  if (!text) return std::nullopt;
  const auto object = parse_json(*text, state_->path);
  return object ? template_of(*object) : std::nullopt;
}

std::string Checkpoint::licence() const {
  if (state_->gguf) return std::string(state_->gguf->string("general.license").value_or(""));
  const auto card = read_text(state_->inside("README.md"));
  return card ? licence_of_card(*card) : "";
}

std::string Checkpoint::checksum() const {
  if (state_->gguf) return sha256(state_->gguf->bytes());
  Sha256 sum;
  if (const auto text = read_text(state_->inside("config.json"))) sum.add(std::as_bytes(std::span(*text)));
  for (const auto& [name, file] : state_->weights) sum.add(file.bytes());
  return sum.hexadecimal();
}

}  // namespace tb
