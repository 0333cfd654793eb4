#include "labs/model/config.h"

#include "labs/model/gguf.h"

namespace tb {

Result<Config> read_config(const Gguf& file) {
  Config c;
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected(architecture.error());
  c.architecture = *architecture;
  if (c.architecture != "llama" && c.architecture != "qwen3")
    return fail("model.architecture", file.path(), {c.architecture});
  c.paired_rotation = c.architecture == "llama";
  c.qk_norm = c.architecture == "qwen3";

  // Read the sizes.
  const auto key = [&](std::string_view name) { return c.architecture + "." + std::string(name); };
  const auto size = [&](std::string_view name, std::int64_t& target) -> Result<void> {
    const auto value = file.integer(key(name));
    if (!value) return tl::unexpected(value.error());
    if (*value < 1 || *value > std::int64_t{1} << 24)
      return fail("model.size", file.path() + ":" + key(name), {std::to_string(*value)});
    target = *value;
    return {};
  };
  using Entry = std::pair<std::string_view, std::int64_t*>;
  for (const auto& [name, target] :
       {Entry{"block_count", &c.n_layers}, Entry{"attention.head_count", &c.n_heads},
        Entry{"embedding_length", &c.d_model}, Entry{"feed_forward_length", &c.d_mlp},
        Entry{"context_length", &c.context}})
    if (const auto done = size(name, *target); !done) return tl::unexpected(done.error());

  // Some have a value that follows from others where the file does not give them.
  c.n_kv_heads = c.n_heads;
  c.d_head = c.d_model / c.n_heads;
  for (const auto& [name, target] :
       {Entry{"attention.head_count_kv", &c.n_kv_heads}, Entry{"attention.key_length", &c.d_head}})
    if (file.has(key(name)))
      if (const auto done = size(name, *target); !done) return tl::unexpected(done.error());

  // Sizes must fit together: heads share keys in whole groups, and rotation turns pairs.
  if (c.n_heads % c.n_kv_heads != 0 || c.d_head < 2 || c.d_head % 2 != 0)
    return fail("model.size", file.path() + ":" + key("attention.head_count"), {std::to_string(c.n_heads)});

  const auto epsilon = file.number(key("attention.layer_norm_rms_epsilon"));
  if (!epsilon) return tl::unexpected(epsilon.error());
  c.norm_epsilon = *epsilon;
  c.rope_theta = 10000;
  if (file.has(key("rope.freq_base"))) {
    const auto theta = file.number(key("rope.freq_base"));
    if (!theta) return tl::unexpected(theta.error());
    c.rope_theta = *theta;
  }
  if (const auto scaling = file.string(key("rope.scaling.type")); (scaling && *scaling != "none") ||
                                                                  file.tensor("rope_freqs.weight"))
    return fail("model.rope", file.path(), {scaling ? std::string(*scaling) : "rope_freqs"});

  // The vocabulary is as large as the embedding has rows.
  const TensorInfo* embedding = file.tensor("token_embd.weight");
  if (!embedding || embedding->rank != 2)
    return fail("model.tensor", file.path() + ":token_embd.weight", {"token_embd.weight", "[vocab, d_model]"});
  c.vocabulary = embedding->sizes[0];
  c.tied_head = file.tensor("output.weight") == nullptr;
  return c;
}

}  // namespace tb
