// The configuration of a Hugging Face folder, read as transformers reads it.
#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "labs/model/config.h"
#include "labs/model/json_text.h"
#include "labs/model/rope.h"

namespace tb {

namespace {

using nlohmann::json;

// The keys of one JSON object; null counts as absent. A getter that fails keeps the first error of all objects.
class Keys {
 public:
  Keys(const json& object, std::string where, std::optional<Error>& error)
      : object_(object), where_(std::move(where)), error_(error) {}

  const json* find(const char* key) const {   // nullptr: not there
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  bool says_null(const char* key) const {
    const auto found = object_.find(key);
    return found != object_.end() && found->is_null();
  }
  Keys inside(const json& object) const { return {object, where_, error_}; }

  std::int64_t integer(const char* key) { return required(key) ? integer(key, 0) : 0; }
  std::int64_t integer(const char* key, std::int64_t otherwise) {
    const json* value = find(key);
    if (!value) return otherwise;
    if (!value->is_number_integer()) return wrong_type(key, "integer", otherwise);
    if (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) return INT64_MAX;
    return value->get<std::int64_t>();
  }
  double number(const char* key) { return required(key) ? number(key, 0) : 0; }
  double number(const char* key, double otherwise) {
    const json* value = find(key);
    if (!value) return otherwise;
    return value->is_number() ? value->get<double>() : wrong_type(key, "number", otherwise);
  }
  bool boolean(const char* key, bool otherwise) {
    const json* value = find(key);
    if (!value) return otherwise;
    return value->is_boolean() ? value->get<bool>() : wrong_type(key, "bool", otherwise);
  }
  std::string text(const char* key, const char* otherwise) {
    const json* value = find(key);
    if (!value) return otherwise;
    return value->is_string() ? value->get<std::string>() : wrong_type(key, "string", std::string(otherwise));
  }
  void refuse(const char* key, const std::string& value) { set({"model.unsupported", where_, {key, value}}); }

 private:
  bool required(const char* key) {
    if (find(key)) return true;
    set({"checkpoint.key_missing", where_, {key}});
    return false;
  }
  template <class T>
  T wrong_type(const char* key, const char* wanted, T otherwise) {
    set({"checkpoint.key_type", where_, {key, wanted}});
    return otherwise;
  }
  void set(Error error) {
    if (!error_) error_ = std::move(error);
  }

  const json& object_;
  std::string where_;
  std::optional<Error>& error_;
};

// YaRN's factor on q and k may be given as the ratio of two (DeepSeek's form).
std::optional<double> attention_factor(Keys& keys, double factor) {
  if (keys.find("attention_factor")) return keys.number("attention_factor");
  const double mscale = keys.number("mscale", 0), all = keys.number("mscale_all_dim", 0);
  if (mscale == 0 || all == 0) return std::nullopt;
  Rope plain;
  plain.scaling = Rope::Scaling::yarn;
  plain.factor = factor;
  const double more = amplitude(plain) - 1;
  return (mscale * more + 1) / (all * more + 1);
}

// transformers 5 keeps everything in rope_parameters, transformers 4 the scaling in rope_scaling, theta beside it.
Rope read_rope(Keys& config, const Config& c) {
  Rope rope;
  rope.theta = config.number("rope_theta", 10000);
  const json* given = config.find("rope_scaling");
  if (!given || given->empty()) given = config.find("rope_parameters");
  if (!given) return rope;
  if (!given->is_object()) {
    config.refuse("rope_parameters", given->dump());
    return rope;
  }
  Keys keys = config.inside(*given);
  rope.theta = keys.number("rope_theta", rope.theta);
  if (keys.number("partial_rotary_factor", 1) != 1)
    keys.refuse("partial_rotary_factor", keys.find("partial_rotary_factor")->dump());
  for (const auto& [key, value] : given->items())
    if (value.is_object()) keys.refuse("rope_parameters", key);   // a rotation for each kind of layer

  const std::string type = keys.text("rope_type", keys.text("type", "default").c_str());
  if (type == "default") return rope;
  // Within the context that it was trained on, to which we keep, the dynamic scaling leaves everything as it is.
  if (type == "dynamic") return rope;
  rope.original_context = keys.number("original_max_position_embeddings", static_cast<double>(c.context));
  if (type == "linear") {
    rope.scaling = Rope::Scaling::linear;
    rope.factor = keys.number("factor");
  } else if (type == "llama3") {
    rope.scaling = Rope::Scaling::llama3;
    rope.factor = keys.number("factor");
    rope.low_turns = keys.number("low_freq_factor");
    rope.high_turns = keys.number("high_freq_factor");
  } else if (type == "yarn") {
    rope.scaling = Rope::Scaling::yarn;
    rope.factor = keys.number("factor", static_cast<double>(c.context) / rope.original_context);
    rope.fast_turns = keys.number("beta_fast", rope.fast_turns);
    rope.slow_turns = keys.number("beta_slow", rope.slow_turns);
    rope.whole_pairs = keys.boolean("truncate", true);
    rope.attention_factor = attention_factor(keys, rope.factor);
  } else {
    keys.refuse("rope_type", type);
  }
  return rope;
}

// Is there a layer where a token does not see all tokens before it?
void refuse_windows(Keys& config, const Config& c, const std::string& type) {
  bool somewhere = type == "mistral";
  if (type.starts_with("qwen") && config.boolean("use_sliding_window", false)) {
    somewhere = config.integer("max_window_layers", 28) < c.n_layers;
    if (const json* layers = config.find("layer_types"); layers && layers->is_array())
      somewhere = std::find(layers->begin(), layers->end(), "sliding_attention") != layers->end();
  }
  const std::int64_t window = config.says_null("sliding_window") ? 0 : config.integer("sliding_window", 4096);
  if (somewhere && window > 0 && window < c.context) config.refuse("sliding_window", std::to_string(window));
}

}  // namespace

Result<Config> read_config(std::string_view text, const std::string& where) {
  const auto object = parse_json(text, where);
  if (!object) return tl::unexpected(object.error());
  std::optional<Error> error;
  Keys keys(*object, where, error);
  const std::string type = keys.text("model_type", "");
  if (error) return tl::unexpected(*error);
  if (type != "llama" && type != "mistral" && type != "qwen2" && type != "qwen3")
    return fail("model.architecture", where, {type});

  // Read the sizes. Where one is left out, transformers has a value for it.
  Config c;
  c.architecture = type == "mistral" ? "llama" : type;   // mistral computes what llama computes
  c.qk_norm = type == "qwen3";
  c.n_layers = keys.integer("num_hidden_layers");
  c.n_heads = keys.integer("num_attention_heads");
  c.d_model = keys.integer("hidden_size");
  c.d_mlp = keys.integer("intermediate_size");
  c.vocabulary = keys.integer("vocab_size");
  const bool all_heads = type == "llama" || keys.says_null("num_key_value_heads");
  c.n_kv_heads = keys.integer("num_key_value_heads", all_heads ? c.n_heads : type == "mistral" ? 8 : 32);
  c.d_head = keys.integer("head_dim", type == "qwen3" ? 128 : c.n_heads > 0 ? c.d_model / c.n_heads : 0);
  c.context = keys.integer("max_position_embeddings", type == "llama" ? 2048 : type == "mistral" ? 131072 : 32768);
  c.norm_epsilon = keys.number("rms_norm_eps", 1e-6);
  c.tied_head = keys.boolean("tie_word_embeddings", false);
  c.out_bias = (type == "llama" || type == "qwen3") && keys.boolean("attention_bias", false);
  c.qkv_bias = type == "qwen2" || c.out_bias;   // Qwen2 has those of q, k and v, whatever its configuration says
  c.mlp_bias = type == "llama" && keys.boolean("mlp_bias", false);
  const Rope rope = read_rope(keys, c);

  // Refuse what would be computed differently.
  refuse_windows(keys, c, type);
  if (const std::string act = keys.text("hidden_act", "silu"); act != "silu" && act != "swish")
    keys.refuse("hidden_act", act);
  if (keys.find("quantization_config")) keys.refuse("quantization_config", "{...}");
  if (error) return tl::unexpected(*error);
  if (const auto done = finish_config(c, rope, where); !done) return tl::unexpected(done.error());
  return c;
}

}  // namespace tb
