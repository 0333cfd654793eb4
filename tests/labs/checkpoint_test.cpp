// Opening models: folders that transformers saved and the same as GGUF (tests/reference/tiny), configurations as
// transformers reads them, and folders that are not what they say.
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/checksum.h"
#include "base/files.h"
#include "labs/model/checkpoint.h"
#include "labs/model/dequantise.h"
#include "labs/model/rope.h"
#include "tests/catch.h"
#include "tests/labs/gguf_builder.h"
#include "tests/labs/tiny_record.h"

using namespace tb;
using namespace tb::testing;
using nlohmann::json;

namespace fs = std::filesystem;

namespace {

Checkpoint opened(const std::string& path) {
  auto checkpoint = Checkpoint::open(path);
  if (!checkpoint) throw std::runtime_error(checkpoint.error().code + " at " + checkpoint.error().where);
  return std::move(*checkpoint);
}

std::vector<float> numbers_of(const TensorInfo& tensor) {
  std::vector<float> numbers(static_cast<std::size_t>(tensor.elements()));
  REQUIRE(dequantise(tensor, numbers));
  return numbers;
}

// A copy of one of the tiny folders that a test may spoil; it goes away with the object.
struct Copy {
  fs::path path = fs::temp_directory_path() / ("textbook-checkpoint-" + std::to_string(::getpid()));
  explicit Copy(const std::string& name) {
    fs::remove_all(path);
    fs::copy(tiny_path(name), path);
  }
  ~Copy() { fs::remove_all(path); }
  void write(const char* name, const std::string& text) const { std::ofstream(path / name) << text; }
  json read(const char* name) const { return json::parse(*read_file(path / name)); }
  std::string code() const {
    const auto checkpoint = Checkpoint::open(path);
    return checkpoint ? "" : checkpoint.error().code;
  }
};

// A configuration that is all right, with these keys changed; null takes a key away.
json config_with(const json& changes, const char* type = "llama") {
  json config = {{"model_type", type}, {"hidden_size", 24}, {"intermediate_size", 28}, {"num_hidden_layers", 2},
                 {"num_attention_heads", 4}, {"num_key_value_heads", 2}, {"vocab_size", 61}};
  for (const auto& [key, value] : changes.items())
    if (value.is_null()) config.erase(key);
    else config[key] = value;
  return config;
}
Config read(const json& changes, const char* type = "llama") {
  auto config = read_config(config_with(changes, type).dump(), "config.json");
  if (!config) throw std::runtime_error(config.error().code + " " + config.error().args.at(0));
  return *config;
}
Error refused(const json& changes, const char* type = "llama") {
  const auto config = read_config(config_with(changes, type).dump(), "config.json");
  return config ? Error{} : config.error();
}

}  // namespace

TEST_CASE("a folder and a GGUF of the same model are the same checkpoint", "[checkpoint]") {
  for (const std::string& name : tiny_models) {
    CAPTURE(name);
    const Checkpoint folder = opened(tiny_path(name)), file = opened(tiny_path(name) + "/model.gguf");
    const Config &a = folder.config(), &b = file.config();
    CHECK(a.architecture == b.architecture);
    CHECK(a.n_layers == b.n_layers);
    CHECK(a.n_heads == b.n_heads);
    CHECK(a.n_kv_heads == b.n_kv_heads);
    CHECK(a.d_model == b.d_model);
    CHECK(a.d_head == b.d_head);
    CHECK(a.d_mlp == b.d_mlp);
    CHECK(a.vocabulary == b.vocabulary);
    CHECK(a.context == b.context);
    CHECK(a.norm_epsilon == Approx(b.norm_epsilon).epsilon(1e-6));
    CHECK(a.qk_norm == b.qk_norm);
    CHECK(a.tied_head == b.tied_head);
    CHECK(a.qkv_bias == b.qkv_bias);
    CHECK(a.out_bias == b.out_bias);
    CHECK(a.mlp_bias == b.mlp_bias);
    CHECK_FALSE(a.paired_rotation);
    CHECK(b.paired_rotation == (b.architecture == "llama"));

    // The rotation is transformers', from either kind of metadata.
    const TinyRecord record(name);
    const auto expected = record.numbers("frequencies");
    for (const Config* c : {&a, &b}) {
      REQUIRE(c->frequencies.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) CHECK(c->frequencies[i] == Approx(expected[i]).epsilon(1e-6));
      CHECK(c->rotation_scale == Approx(record.numbers("rotation_scale")[0]).epsilon(1e-6));
    }

    // The numbers of all tensors agree, rows of q and k in their own order.
    CHECK(folder.tensors().size() + (name == "llama3") == file.tensors().size());
    for (const TensorInfo& tensor : folder.tensors()) {
      CAPTURE(std::string(tensor.name));
      CHECK(folder.tensor(tensor.name) == &tensor);
      const TensorInfo* other = file.tensor(tensor.name);
      REQUIRE(other);
      REQUIRE(std::ranges::equal(tensor.shape(), other->shape()));
      const auto x = numbers_of(tensor), y = numbers_of(*other);
      const bool paired = b.paired_rotation && (tensor.name.find("attn_q.") != tensor.name.npos ||
                                                tensor.name.find("attn_k.") != tensor.name.npos);
      const std::size_t row_size = tensor.rank == 1 ? 1 : static_cast<std::size_t>(tensor.columns());
      const auto d = static_cast<std::size_t>(a.d_head);
      int wrong = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t row = i / row_size, head = row / d, within = row % d;
        const std::size_t place = paired ? head * d + (within < d / 2 ? 2 * within : 2 * (within - d / 2) + 1) : row;
        wrong += x[i] != y[place * row_size + i % row_size];
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("what a checkpoint says of itself", "[checkpoint]") {
  const Checkpoint folder = opened(tiny_path("qwen3") + "/"), file = opened(tiny_path("qwen3") + "/model.gguf");
  CHECK(folder.name() == "qwen3");
  CHECK(opened(tiny_path("qwen3")).name() == "qwen3");
  CHECK(file.name() == "model");
  CHECK(folder.licence() == "apache-2.0");
  CHECK(file.licence() == "apache-2.0");
  CHECK(opened(tiny_path("llama3")).licence() == "");
  CHECK(folder.chat_template() == "{% for message in messages %}{{ message['content'] }}{% endfor %}");
  CHECK_FALSE(opened(tiny_path("llama3")).chat_template());
  CHECK(folder.parameters() == 259 * 24 * 2 + 24 + 2 * (2 * 24 + 2 * 16 + 3 * 24 * 28 + 2 * 24 * 64 + 2 * 24 * 32));
  CHECK(file.parameters() == folder.parameters());
  CHECK(folder.file_bytes() > 4 * folder.parameters());
  CHECK(folder.file_bytes() < 4 * folder.parameters() + 8192);

  // Of the configuration and the weights, in the order of the shell's *.safetensors.
  const std::string sharded = tiny_path("qwen3-sharded");
  std::string all = *read_file(sharded + "/config.json");
  for (int i = 1; i <= 4; ++i) all += *read_file(sharded + "/model-0000" + std::to_string(i) + "-of-00004.safetensors");
  CHECK(opened(sharded).checksum() == sha256(std::as_bytes(std::span(all))));
  const std::string gguf = *read_file(tiny_path("qwen3") + "/model.gguf");
  CHECK(file.checksum() == sha256(std::as_bytes(std::span(gguf))));

  // With a tokenizer and without one.
  const auto present = folder.tokenizer(), absent = opened(sharded).tokenizer(), in_file = file.tokenizer();
  REQUIRE(present);
  CHECK(present->present());
  CHECK(present->size() == 259);
  CHECK(present->decode(present->encode("the end").ids()) == "the end");
  REQUIRE(absent);
  CHECK_FALSE(absent->present());
  CHECK(absent->size() == 61);
  REQUIRE(in_file);
  CHECK_FALSE(in_file->present());
}

TEST_CASE("a licence and a template are found where folders keep them", "[checkpoint]") {
  const Copy copy("llama3");
  const auto licence = [&](const char* card) {
    copy.write("README.md", card);
    return opened(copy.path).licence();
  };
  CHECK(licence("---\nlicense: \"mit\"\r\n---\n") == "mit");
  CHECK(licence("---\nlicense:   other   \n") == "other");
  CHECK(licence("---\nlanguage: en\n---\nlicense: mit\n") == "");   // behind the card's head
  CHECK(licence("license: mit\n") == "");
  CHECK(licence("---") == "");
  CHECK(licence("") == "");

  copy.write("tokenizer_config.json", R"({"chat_template":"A"})");
  CHECK(opened(copy.path).chat_template() == "A");
  copy.write("tokenizer_config.json",
             R"({"chat_template":[{"name":"tool_use","template":"B"},{"name":"default","template":"C"}]})");
  CHECK(opened(copy.path).chat_template() == "C");
  for (const char* bad : {R"({"chat_template":[3,{"name":"default"}]})", R"({"chat_template":7})", "[", ""}) {
    copy.write("tokenizer_config.json", bad);
    CHECK_FALSE(opened(copy.path).chat_template());
  }
  copy.write("chat_template.jinja", "D");
  CHECK(opened(copy.path).chat_template() == "D");
}

TEST_CASE("a configuration's gaps are filled as transformers fills them", "[checkpoint]") {
  const Config plain = read({});
  CHECK(plain.context == 2048);
  CHECK(plain.norm_epsilon == 1e-6);
  CHECK(plain.d_head == 6);
  CHECK_FALSE(plain.tied_head);
  CHECK_FALSE(plain.qkv_bias);
  CHECK(plain.frequencies[1] == Approx(std::pow(10000., -2. / 6)));
  CHECK(read({{"num_key_value_heads", nullptr}}).n_kv_heads == 4);
  CHECK(read({{"num_attention_heads", 32}, {"num_key_value_heads", nullptr}}, "qwen3").n_kv_heads == 32);
  CHECK(read({}, "qwen3").d_head == 128);
  CHECK(read({}, "qwen3").context == 32768);
  // Qwen2's biases belong to the architecture: transformers has no key for them.
  for (const json& changes : {json::object(), json{{"attention_bias", false}}, json{{"attention_bias", true}}}) {
    const Config qwen2 = read(changes, "qwen2");
    CHECK(qwen2.architecture == "qwen2");
    CHECK(qwen2.qkv_bias);
    CHECK_FALSE(qwen2.out_bias);
    CHECK_FALSE(qwen2.mlp_bias);
    CHECK_FALSE(qwen2.qk_norm);
    CHECK_FALSE(qwen2.tied_head);
    CHECK(qwen2.d_head == 6);
    CHECK(qwen2.context == 32768);
  }
  const json wide = {{"num_attention_heads", 32}, {"hidden_size", 64}, {"num_key_value_heads", nullptr}};
  CHECK(read(wide, "qwen2").n_kv_heads == 32);
  CHECK(read({{"num_attention_heads", 8}, {"num_key_value_heads", nullptr}, {"hidden_size", 32},
              {"max_position_embeddings", 4096}}, "mistral").n_kv_heads == 8);
  CHECK(read({{"attention_bias", true}}).out_bias);
  CHECK_FALSE(read({{"attention_bias", true}, {"max_position_embeddings", 100}}, "mistral").qkv_bias);
  CHECK(read({{"rope_theta", 100}}).frequencies[1] == Approx(std::pow(100., -2. / 6)));
  CHECK(read({{"rope_theta", 100}, {"rope_parameters", {{"rope_theta", 50}, {"rope_type", "default"}}}})
            .frequencies[1] == Approx(std::pow(50., -2. / 6)));
  CHECK(read({{"rope_scaling", {{"type", "linear"}, {"factor", 4}}}}).frequencies[0] == 0.25f);
  CHECK(read({{"rope_scaling", {{"type", "yarn"}, {"factor", 4}}}}).rotation_scale == Approx(0.1 * std::log(4) + 1));
  CHECK(read({{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}, {"attention_factor", 1.5}}}})
            .rotation_scale == 1.5);
  CHECK(read({{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}, {"mscale", 1}, {"mscale_all_dim", 1}}}})
            .rotation_scale == 1);
  // A window that is as long as the context, or that no layer uses, is none.
  CHECK(read({{"sliding_window", 2048}, {"max_position_embeddings", 2048}}, "mistral").context == 2048);
  CHECK(read({{"sliding_window", 8}, {"use_sliding_window", false}}, "qwen3").context == 32768);
  CHECK(read({{"sliding_window", 8}, {"use_sliding_window", true}, {"max_window_layers", 2}}, "qwen3").n_layers == 2);
  CHECK(read({{"sliding_window", 8}, {"use_sliding_window", false}}, "qwen2").context == 32768);
  CHECK(read({{"sliding_window", 8}}).context == 2048);
}

TEST_CASE("a configuration that would be computed differently is refused by name", "[checkpoint]") {
  CHECK(refused({{"model_type", "gemma2"}}).code == "model.architecture");
  CHECK(refused({{"model_type", nullptr}}).code == "model.architecture");
  const auto unsupported = [](const json& changes, const char* key, const char* type = "llama") {
    const Error error = refused(changes, type);
    CAPTURE(error.code);
    return error.code == "model.unsupported" && error.args[0] == key;
  };
  CHECK(unsupported({{"hidden_act", "gelu"}}, "hidden_act"));
  CHECK(unsupported({{"quantization_config", {{"bits", 4}}}}, "quantization_config"));
  CHECK(unsupported({{"rope_scaling", {{"type", "longrope"}}}}, "rope_type"));
  CHECK(unsupported({{"rope_parameters", {{"rope_type", "proportional"}}}}, "rope_type"));
  CHECK(unsupported({{"rope_parameters", {{"full_attention", {{"rope_type", "default"}}}}}}, "rope_parameters"));
  CHECK(unsupported({{"rope_parameters", {{"partial_rotary_factor", 0.5}}}}, "partial_rotary_factor"));
  CHECK(unsupported({{"rope_parameters", "yarn"}}, "rope_parameters"));
  CHECK(unsupported({}, "sliding_window", "mistral"));   // 4096 by default, of 131072
  CHECK(unsupported({{"use_sliding_window", true}, {"max_window_layers", 1}}, "sliding_window", "qwen3"));
  CHECK(unsupported({{"use_sliding_window", true}, {"layer_types", {"full_attention", "sliding_attention"}}},
                    "sliding_window", "qwen3"));
  CHECK(unsupported({{"use_sliding_window", true}, {"max_window_layers", 1}}, "sliding_window", "qwen2"));

  CHECK(refused({{"vocab_size", nullptr}}).code == "checkpoint.key_missing");
  CHECK(refused({{"hidden_size", "24"}}).code == "checkpoint.key_type");
  CHECK(refused({{"hidden_size", 24.0}}).code == "checkpoint.key_type");
  CHECK(refused({{"attention_bias", 1}}).code == "checkpoint.key_type");
  CHECK(refused({{"rope_scaling", {{"type", "linear"}}}}).code == "checkpoint.key_missing");
  for (const json& size : {json(0), json(-4), json(1ull << 63), json(1ll << 25)}) {
    CHECK(refused({{"hidden_size", size}}).code == "model.size");
    CHECK(refused({{"num_hidden_layers", size}}).code == "model.size");
    CHECK(refused({{"num_attention_heads", size}}).code == "model.size");
    CHECK(refused({{"num_key_value_heads", size}}).code == "model.size");
    CHECK(refused({{"head_dim", size}}).code == "model.size");
  }
  CHECK(refused({{"num_key_value_heads", 3}}).code == "model.size");
  CHECK(refused({{"head_dim", 5}}).code == "model.size");
  CHECK(refused({{"rms_norm_eps", -1}}).code == "model.number");
  CHECK(refused({{"rope_theta", 0}}).code == "model.number");
  CHECK(refused({{"rope_scaling", {{"type", "linear"}, {"factor", 0}}}}).code == "model.number");
  CHECK(refused({{"rope_scaling", {{"type", "yarn"}, {"factor", 4}, {"beta_fast", -1}}}}).code == "model.number");
  for (const char* text : {"", "null", "[]", "{", "{\"model_type\":\"llama\"} x", "{\"a\":1e999}", "\xff"})
    CHECK(read_config(text, "config.json").error().code == "checkpoint.json");
}

TEST_CASE("a folder that is not what it says is refused by name", "[checkpoint]") {
  const std::string whole = tiny_path("qwen3-sharded");
  CHECK(Checkpoint::open("tests/reference").error().code == "checkpoint.folder");
  CHECK(Checkpoint::open("tests/reference/nothing").error().code == "file.open");
  CHECK(Checkpoint::open(whole + "/config.json").error().code == "gguf.magic");
  {
    const Copy copy("qwen3-sharded");
    REQUIRE(copy.code() == "");
    fs::rename(copy.path / "model.safetensors.index.json", copy.path / "index");
    CHECK(copy.code() == "checkpoint.weights");
    fs::rename(copy.path / "index", copy.path / "model.safetensors.index.json");

    // The index: to files outside, to files that are not there or hold other tensors.
    const json index = copy.read("model.safetensors.index.json");
    const auto with = [&](const json& place) {
      json changed = index;
      changed["weight_map"]["model.norm.weight"] = place;
      copy.write("model.safetensors.index.json", changed.dump());
      return copy.code();
    };
    const std::string shard = index["weight_map"]["model.norm.weight"];
    CHECK(with(shard) == "");
    CHECK(with("./" + shard) == "");
    CHECK(with("../" + copy.path.filename().string() + "/" + shard) == "checkpoint.outside");
    CHECK(with("x/../../" + shard) == "checkpoint.outside");
    CHECK(with((copy.path / shard).string()) == "checkpoint.outside");
    CHECK(with("") == "checkpoint.outside");
    CHECK(with("nothing.safetensors") == "file.open");
    CHECK(with(".") == "file.open");
    CHECK(with("config.json") == "safetensors.header");
    CHECK(with(7) == "checkpoint.key_type");
    CHECK(with(index["weight_map"]["model.embed_tokens.weight"]) == "checkpoint.shard");
    json fewer = index;
    fewer["weight_map"].erase("model.norm.weight");
    copy.write("model.safetensors.index.json", fewer.dump());
    CHECK(copy.code() == "model.tensor");
    copy.write("model.safetensors.index.json", "{}");
    CHECK(copy.code() == "checkpoint.key_missing");
    copy.write("model.safetensors.index.json", "{\"weight_map\":[]}");
    CHECK(copy.code() == "checkpoint.key_missing");
    copy.write("model.safetensors.index.json", std::string(1 << 20, '['));
    CHECK(copy.code() == "checkpoint.json");
    copy.write("model.safetensors.index.json", index.dump());
    REQUIRE(copy.code() == "");

    // The configuration: tensors that it asks for are missing or have other shapes.
    const json config = copy.read("config.json");
    const auto configured = [&](const char* key, const json& value) {
      json changed = config;
      changed[key] = value;
      copy.write("config.json", changed.dump());
      const auto checkpoint = Checkpoint::open(copy.path);
      return checkpoint ? "" : checkpoint.error().code + " " + checkpoint.error().args.at(0);
    };
    CHECK(configured("vocab_size", 62) == "model.tensor model.embed_tokens.weight");
    CHECK(configured("num_hidden_layers", 4) == "model.tensor model.layers.3.input_layernorm.weight");
    CHECK(configured("num_hidden_layers", 1 << 24) == "model.tensor model.layers.3.input_layernorm.weight");
    CHECK(configured("num_hidden_layers", 2) == "");   // what is there besides is not used
    CHECK(configured("attention_bias", true) == "model.tensor model.layers.0.self_attn.q_proj.bias");
    CHECK(configured("tie_word_embeddings", false) == "model.tensor lm_head.weight");
    CHECK(configured("num_attention_heads", 4) == "model.tensor model.layers.0.self_attn.q_proj.weight");
    CHECK(configured("model_type", "llama") == "");    // without norms of q and k: they are not used either
    fs::remove(copy.path / "config.json");
    CHECK(copy.code() == "checkpoint.folder");
    REQUIRE(::mkfifo((copy.path / "config.json").c_str(), 0600) == 0);
    CHECK(copy.code() == "file.open");                 // and no waiting for a writer
  }

  // Qwen2 has biases of q, k and v: llama's tensors, which lack them, are no such model, of either kind.
  {
    const Copy copy("mistral");
    json config = copy.read("config.json");
    config["model_type"] = "qwen2";
    copy.write("config.json", config.dump());
    const auto checkpoint = Checkpoint::open(copy.path);
    REQUIRE_FALSE(checkpoint);
    CHECK(checkpoint.error().code == "model.tensor");
    CHECK(checkpoint.error().args[0] == "model.layers.0.self_attn.q_proj.bias");
  }

  // Weights in a type that is no weight's.
  const Copy copy("mistral");
  std::string bytes = *read_file(copy.path / "model.safetensors");
  const std::size_t at = bytes.find("\"F32\"");
  REQUIRE(at != bytes.npos);
  bytes.replace(at, 5, "\"I32\"");
  copy.write("model.safetensors", bytes);
  CHECK(copy.code() == "checkpoint.type");
}

TEST_CASE("a GGUF whose metadata and tensors disagree is refused", "[checkpoint]") {
  const Copy copy("llama3");
  const std::string whole = *read_file(copy.path / "model.gguf");
  const auto changed = [&](const std::string& key, auto value, std::size_t skip = 4) {
    std::string bytes = whole;
    const std::size_t at = bytes.find(key);
    REQUIRE(at != bytes.npos);
    std::memcpy(bytes.data() + at + key.size() + skip, &value, sizeof value);   // behind the type
    copy.write("model.gguf", bytes);
    const auto checkpoint = Checkpoint::open(copy.path / "model.gguf");
    return checkpoint ? "" : checkpoint.error().code;
  };
  CHECK(changed("llama.block_count", std::uint32_t{2}) == "");
  CHECK(changed("llama.block_count", std::uint32_t{3}) == "model.tensor");
  CHECK(changed("llama.block_count", std::uint32_t{0}) == "model.size");
  CHECK(changed("llama.block_count", std::uint32_t{0xffffffff}) == "model.size");
  CHECK(changed("llama.block_count", std::uint32_t{1 << 24}) == "model.tensor");
  CHECK(changed("llama.attention.head_count", std::uint32_t{0}) == "model.size");
  CHECK(changed("llama.attention.head_count", std::uint32_t{8}) == "model.tensor");
  CHECK(changed("llama.embedding_length", std::uint32_t{25}) == "model.tensor");
  CHECK(changed("llama.rope.dimension_count", std::uint32_t{8}) == "model.unsupported");
  CHECK(changed("llama.rope.freq_base", -1.f) == "model.number");
  CHECK(changed("llama.rope.freq_base", std::nanf("")) == "model.number");
  CHECK(changed("llama.attention.layer_norm_rms_epsilon", INFINITY) == "model.number");
}

TEST_CASE("a GGUF of Qwen2 has biases of q, k and v, and none of the head", "[checkpoint]") {
  const Copy copy("qwen2");
  const std::string whole = *read_file(copy.path / "model.gguf");
  const auto renamed = [&](const std::string& from, const std::string& to) {   // a tensor, to a name of that length
    std::string bytes = whole;
    REQUIRE(from.size() == to.size());
    const std::size_t at = bytes.find(from);
    REQUIRE(at != bytes.npos);
    bytes.replace(at, from.size(), to);
    copy.write("model.gguf", bytes);
    const auto checkpoint = Checkpoint::open(copy.path / "model.gguf");
    return checkpoint ? "" : checkpoint.error().code + " " + checkpoint.error().args.at(0);
  };
  CHECK(renamed("blk.1.attn_v.bias", "blk.1.attn_v.bias") == "");
  CHECK(renamed("blk.0.attn_q.bias", "blk.0.attn_?.bias") == "model.tensor blk.0.attn_q.bias");
  CHECK(renamed("blk.1.attn_v.bias", "blk.1.attn_?.bias") == "model.tensor blk.1.attn_v.bias");

  GgufBuilder file;
  file.header(1, 7).entry("general.architecture", "qwen2");
  for (const char* size : {"block_count", "embedding_length", "feed_forward_length", "context_length",
                           "attention.head_count"})
    file.entry<std::uint32_t>(std::string("qwen2.") + size, 4, 2);
  file.entry<float>("qwen2.attention.layer_norm_rms_epsilon", 6, 1e-6f);
  file.tensor("output.bias", {8}, 0, 0).pad();
  for (int i = 0; i < 8; ++i) file.put(1.f);
  copy.write("model.gguf", file.bytes);
  const auto biased = Checkpoint::open(copy.path / "model.gguf");
  REQUIRE_FALSE(biased);
  CHECK(biased.error().code == "model.unsupported");
  CHECK(biased.error().args.at(0) == "output.bias");
}
