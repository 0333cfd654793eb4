#include "labs/model/config.h"

#include <cmath>
#include <optional>
#include <utility>

#include "labs/model/dequantise.h"
#include "labs/model/gguf.h"
#include "labs/model/rope.h"

namespace tb {

namespace {

// Reads the entries "<architecture>.<name>". A getter that fails keeps the first error and returns its second argument.
class Entries {
 public:
  Entries(const Gguf& file, std::string architecture) : file_(file), architecture_(std::move(architecture)) {}

  const std::optional<Error>& error() const { return error_; }
  std::string key(std::string_view name) const { return architecture_ + "." + std::string(name); }
  bool has(std::string_view name) const { return file_.has(key(name)); }

  std::int64_t integer(std::string_view name) { return take(file_.integer(key(name)), std::int64_t{0}); }
  std::int64_t integer(std::string_view name, std::int64_t otherwise) {
    return has(name) ? take(file_.integer(key(name)), otherwise) : otherwise;
  }
  double number(std::string_view name) { return take(file_.number(key(name)), 0.0); }
  double number(std::string_view name, double otherwise) {
    return has(name) ? take(file_.number(key(name)), otherwise) : otherwise;
  }
  std::string text(std::string_view name, std::string_view otherwise) {
    return std::string(has(name) ? take(file_.string(key(name)), otherwise) : otherwise);
  }
  void refuse(std::string_view name, const std::string& value) {
    if (!error_) error_ = Error{"model.unsupported", file_.path(), {key(name), value}};
  }
  // A number that has to be this one, where it is there.
  void require(std::string_view name, double wanted) {
    if (has(name) && number(name) != wanted) refuse(name, std::to_string(number(name)));
  }

 private:
  template <class T>
  T take(const Result<T>& value, T otherwise) {
    if (value) return *value;
    if (!error_) error_ = value.error();
    return otherwise;
  }

  const Gguf& file_;
  std::string architecture_;
  std::optional<Error> error_;
};

// llama.cpp's reading: a factor without a type scales linearly.
Rope read_rope(Entries& entries, const Config& c) {
  Rope rope;
  rope.theta = entries.number("rope.freq_base", 10000);
  const std::string type = entries.text("rope.scaling.type", "linear");
  if (type == "none") return rope;
  rope.factor = entries.number("rope.scaling.factor", entries.number("rope.scale_linear", 0));
  if (rope.factor == 0) rope.factor = 1;
  rope.scaling = type == "yarn" ? Rope::Scaling::yarn : Rope::Scaling::linear;
  if (type != "yarn" && type != "linear") entries.refuse("rope.scaling.type", type);
  rope.original_context =
      entries.number("rope.scaling.original_context_length", static_cast<double>(c.context));
  rope.fast_turns = entries.number("rope.scaling.yarn_beta_fast", rope.fast_turns);
  rope.slow_turns = entries.number("rope.scaling.yarn_beta_slow", rope.slow_turns);
  // Converters and llama.cpp disagree on what these mean.
  for (const char* name : {"attn_factor", "yarn_attn_factor", "yarn_ext_factor"})
    entries.require(std::string("rope.scaling.") + name, 1);
  entries.require("rope.scaling.yarn_log_multiplier", 0);
  return rope;
}

// Llama 3.1's scaling comes as a tensor: what each frequency is divided by.
Result<void> divide_frequencies(Config& c, const Gguf& file) {
  const TensorInfo* divisors = file.tensor("rope_freqs.weight");
  if (!divisors) return {};
  const std::string where = file.path() + ":rope_freqs.weight";
  if (divisors->rank != 1 || divisors->elements() != c.d_head / 2)
    return fail("model.tensor", where, {"rope_freqs.weight", "[" + std::to_string(c.d_head / 2) + "]"});
  std::vector<float> numbers(c.frequencies.size());
  if (const auto done = dequantise(*divisors, numbers); !done) return done;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i]) || numbers[i] <= 0) 
      return fail("model.number", where, {"rope_freqs", std::to_string(numbers[i])});
    c.frequencies[i] /= numbers[i];
  }
  return {};
}

}  // namespace

Result<void> finish_config(Config& c, const Rope& rope, const std::string& where) {
  // Each is small enough that products of two are numbers still.
  for (const auto& [name, size] : {std::pair{"n_layers", c.n_layers}, {"n_heads", c.n_heads},
                                   {"n_kv_heads", c.n_kv_heads}, {"d_model", c.d_model}, {"d_head", c.d_head},
                                   {"d_mlp", c.d_mlp}, {"vocabulary", c.vocabulary}, {"context", c.context}})
    if (size < 1 || size > std::int64_t{1} << 24) return fail("model.size", where, {name, std::to_string(size)});
  // Heads share keys in whole groups, and rotation turns pairs.
  if (c.n_heads % c.n_kv_heads != 0) return fail("model.size", where, {"n_kv_heads", std::to_string(c.n_kv_heads)});
  if (c.d_head % 2 != 0) return fail("model.size", where, {"d_head", std::to_string(c.d_head)});

  for (const auto& [name, number] : {std::pair{"norm_epsilon", c.norm_epsilon}, {"rope_theta", rope.theta},
                                     {"rope_factor", rope.factor}, {"attention_factor", amplitude(rope)}})
    if (!std::isfinite(number) || number <= 0) return fail("model.number", where, {name, std::to_string(number)});
  c.rope_theta = rope.theta;
  c.frequencies = frequencies(rope, c.d_head);
  for (const float frequency : c.frequencies)
    if (!std::isfinite(frequency)) return fail("model.number", where, {"rope_frequency", std::to_string(frequency)});
  c.rotation_scale = amplitude(rope);
  return {};
}

Result<Config> read_config(const Gguf& file) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  if (*architecture != "llama" && *architecture != "qwen2" && *architecture != "qwen3")
    return fail("model.architecture", file.path(), {std::string(*architecture)});

  // Read the sizes. Some follow from others where the file does not give them.
  Entries entries(file, std::string(*architecture));
  Config c;
  c.architecture = *architecture;
  c.paired_rotation = c.architecture == "llama";
  c.qk_norm = c.architecture == "qwen3";
  c.n_layers = entries.integer("block_count");
  c.n_heads = entries.integer("attention.head_count");
  c.n_kv_heads = entries.integer("attention.head_count_kv", c.n_heads);
  c.d_model = entries.integer("embedding_length");
  c.d_head = entries.integer("attention.key_length", c.n_heads > 0 ? c.d_model / c.n_heads : 0);
  c.d_mlp = entries.integer("feed_forward_length");
  c.context = entries.integer("context_length");
  c.norm_epsilon = entries.number("attention.layer_norm_rms_epsilon");
  const Rope rope = read_rope(entries, c);

  // Refuse what would be computed differently.
  entries.require("attention.value_length", static_cast<double>(c.d_head));
  entries.require("rope.dimension_count", static_cast<double>(c.d_head));
  entries.require("expert_count", 0);
  const std::int64_t window = entries.integer("attention.sliding_window", 0);
  if (window > 0 && window < c.context) entries.refuse("attention.sliding_window", std::to_string(window));
  if (entries.error()) return tl::unexpected(*entries.error());
  if (file.tensor("output.bias")) return fail("model.unsupported", file.path(), {"output.bias", "[vocab]"});

  // The tensors tell the rest: the vocabulary is as large as the embedding has rows.
  const TensorInfo* embedding = file.tensor("token_embd.weight");
  if (!embedding || embedding->rank != 2)
    return fail("model.tensor", file.path() + ":token_embd.weight", {"token_embd.weight", "[vocab, d_model]"});
  c.vocabulary = embedding->sizes[0];
  c.tied_head = file.tensor("output.weight") == nullptr;
  c.qkv_bias = c.architecture == "qwen2" || file.tensor("blk.0.attn_q.bias") != nullptr;
  c.out_bias = file.tensor("blk.0.attn_output.bias") != nullptr;
  c.mlp_bias = file.tensor("blk.0.ffn_down.bias") != nullptr;
  if (const auto done = finish_config(c, rope, file.path()); !done) return tl::unexpected(done.error());
  if (const auto done = divide_frequencies(c, file); !done) return tl::unexpected(done.error());
  return c;
}

}  // namespace tb
