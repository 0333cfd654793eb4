// Adapters: against peft (tests/reference/peft), and against what follows from their definition.
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/labs/training_fixture.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

const std::string reference = "tests/reference/peft/";

Lora peft_adapter(const std::string& name) {
  return must(Lora::load(reference + name, tiny(name).config(), at::kCPU));
}

// An adapter with something in B, too: numbers that look random.
Lora adapter(const std::string& model, const LoraOptions& options) {
  Lora lora = must(Lora::create(tiny(model).config(), options, 7, at::kCPU));
  Random random(8);
  for (const NamedTensor& t : named(lora.parameters()))
    if (t.name.find("lora_B") != std::string::npos)
      for (std::int64_t i = 0; i < t.value.numel(); ++i)
        t.value.data_ptr<float>()[i] = static_cast<float>(random.uniform() - 0.5);
  return lora;
}

const LoraOptions all_of_them = {.projections = {Projection::q, Projection::k, Projection::v, Projection::out,
                                                 Projection::gate, Projection::up, Projection::down},
                                 .rank = 3, .alpha = 5};
// What tests/reference/peft/ours was made of.
const LoraOptions ours = {.projections = {Projection::k, Projection::out, Projection::up}, .layers = {0}, .rank = 2,
                          .alpha = 3};

// A copy of peft's adapter for the Qwen3 model, to be damaged.
struct Damaged {
  TemporaryFolder folder;
  Damaged() {
    for (const char* file : {"adapter_config.json", "adapter_model.safetensors"})
      std::filesystem::copy(reference + "qwen3/" + file, folder.path / file);
  }
  void config(const std::string& key, const nlohmann::json& value) {
    auto config = nlohmann::json::parse(std::ifstream(folder.path / "adapter_config.json"));
    config[key] = value;
    std::ofstream(folder.path / "adapter_config.json") << config;
  }
  void replace(const std::string& from, const std::string& to) {   // bytes in the tensors' file
    std::string bytes = must(read_file(folder.path / "adapter_model.safetensors"));
    bytes.replace(bytes.find(from), from.size(), to);
    must(write_file(folder.path / "adapter_model.safetensors", bytes));
  }
  Error error() const {
    const auto lora = Lora::load(folder.path, tiny("qwen3").config(), at::kCPU);
    return lora ? Error{"none", "", {}} : lora.error();
  }
};

}  // namespace

TEST_CASE("Adapters made by peft give peft's logits, loss and gradients", "[lora]") {
  for (const std::string name : {"qwen3", "llama"}) {
    const Record record(reference + name + "/record.safetensors");
    const Transformer& model = tiny(name);
    const Lora lora = peft_adapter(name);
    const auto ids = record.integers("ids");
    const at::Tensor logits = logits_of(model, ids, &lora);
    const double error = largest_difference(logits, record["logits"]);
    WARN(name << ": logits differ from peft's by " << error << " at most");
    CHECK(error < 1e-4);
    CHECK(largest_difference(logits_of(model, ids), record["logits"]) > 0.1);   // else the adapter does nothing

    for (const Parameter& p : lora.parameters()) p.tensor.requires_grad_(true);
    const Batch batch = batch_of(std::vector<Example>{{ids, {}}});
    Run run{.lora = &lora};
    const at::Tensor loss =
        next_token_loss(model.logits(model.forward(ids_tensor(batch.ids), run)), ids_tensor(batch.targets));
    CHECK(largest_difference(loss, record["loss"]) < 1e-5);
    loss.backward();
    for (const NamedTensor& t : named(lora.parameters())) {
      INFO(t.name);
      CHECK(relative_difference(t.gradient, record["gradient." + t.name]) < 1e-4);
    }
  }
}

TEST_CASE("A context runs with the adapter it is given, and starts afresh when that changes", "[lora]") {
  LoadOptions options;
  options.path = "tests/reference/tiny/qwen3";
  options.device = "cpu";
  const auto model = must(Model::load(options, {}));
  const Record record(reference + "qwen3/record.safetensors");
  const auto ids = record.integers("ids");
  const auto adapter = std::make_shared<const Lora>(peft_adapter("qwen3"));
  const Probes probes = must(Probes::of(*model, std::vector<std::string>{"logits"}));
  Context context(*model);
  must(context.run(ids, probes, {}, {}));
  const at::Tensor plain = context.point("logits").clone();
  context.use(adapter);
  CHECK(must(context.run(ids, probes, {}, {})).computed == static_cast<std::int64_t>(ids.size()));
  CHECK(largest_difference(context.point("logits"), record["logits"]) < 1e-4);
  CHECK(must(context.run(ids, probes, {}, {})).computed == 0);
  CHECK(must(must(context.fork()).run(ids, probes, {}, {})).computed == 0);
  {
    const c10::InferenceMode no_gradients;
    adapter->pair(1, Projection::q).b.mul_(0);   // as a step of training would: the same adapter, other numbers
  }
  CHECK(must(context.run(ids, probes, {}, {})).computed == static_cast<std::int64_t>(ids.size()));
  CHECK(largest_difference(context.point("logits"), record["logits"]) > 1e-4);
  context.use(nullptr);
  CHECK(must(context.run(ids, probes, {}, {})).computed == static_cast<std::int64_t>(ids.size()));
  CHECK(same_bits(context.point("logits"), plain));
}

TEST_CASE("The adapter's options come from its files", "[lora]") {
  const Lora qwen = peft_adapter("qwen3");
  CHECK(qwen.options().rank == 4);
  CHECK(qwen.scale() == 2.5);
  CHECK(qwen.options().dropout == 0.25);
  CHECK(qwen.options().layers == std::vector<std::int64_t>{1});
  CHECK((qwen.options().projections == std::vector<Projection>{Projection::q, Projection::v, Projection::down}));
  CHECK_FALSE(qwen.pair(0, Projection::q).a.defined());
  CHECK(peft_adapter("llama").options().projections.size() == n_projections);
}

TEST_CASE("peft reads what we write", "[lora]") {
  // record.py has loaded the folder `ours` with peft (the hidden test below wrote it); here it is shown that this is
  // what we write, and that peft's logits are ours.
  const Lora lora = adapter("qwen3", ours);
  const TemporaryFolder folder;
  must(lora.save(folder.path, "tiny/qwen3"));
  for (const char* file : {"adapter_config.json", "adapter_model.safetensors"}) {
    INFO(file);
    CHECK(must(read_file(folder.path / file)) == must(read_file(reference + "ours/" + file)));
  }
  const Record record(reference + "ours/record.safetensors");
  CHECK(largest_difference(logits_of(tiny("qwen3"), record.integers("ids"), &lora), record["logits"]) < 1e-4);
}

TEST_CASE("Writes tests/reference/peft/ours anew, for record.py to read with peft", "[.record]") {
  must(adapter("qwen3", ours).save(reference + "ours", "tiny/qwen3"));
}

TEST_CASE("What is saved is loaded, bit for bit", "[lora]") {
  const Lora lora = adapter("llama", all_of_them);
  const TemporaryFolder folder;
  must(lora.save(folder.path / "deeper" / "adapter", "llama \xff with a broken name"));
  const Lora again = must(Lora::load(folder.path / "deeper" / "adapter", tiny("llama").config(), at::kCPU));
  const auto before = named(lora.parameters()), after = named(again.parameters());
  REQUIRE(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i].name == after[i].name);
    CHECK(same_bits(before[i].value, after[i].value));
  }
  CHECK(again.options().alpha == 5);
  CHECK(again.options().layers == lora.options().layers);
  CHECK((again.options().projections == lora.options().projections));
}

TEST_CASE("An adapter that was not trained changes nothing, and seeds tell adapters apart", "[lora]") {
  const auto ids = random_ids(9, 61, 1);
  for (const std::string name : {"qwen3", "llama-multi-query"}) {
    const Lora lora = must(Lora::create(tiny(name).config(), all_of_them, 5, at::kCPU));
    CHECK(same_bits(logits_of(tiny(name), ids), logits_of(tiny(name), ids, &lora)));
    const Lora other = must(Lora::create(tiny(name).config(), all_of_them, 6, at::kCPU));
    const at::Tensor a = lora.pair(1, Projection::q).a;
    CHECK_FALSE(at::equal(a, other.pair(1, Projection::q).a));
    const double reach = 1 / std::sqrt(24.0);   // uniform in +-reach: deviation reach / sqrt(3)
    CHECK(a.abs().max().item<double>() <= reach);
    CHECK(a.std().item<double>() == Approx(reach / std::sqrt(3.0)).epsilon(0.25));
  }
}

TEST_CASE("Merged weights give the same logits; the others stay as they were", "[lora]") {
  for (const std::string name : {"qwen3", "llama", "llama-multi-query"}) {
    const Transformer& model = tiny(name);
    const Lora lora = adapter(name, all_of_them);
    const auto ids = random_ids(15, 61, 2);
    const at::Tensor before = logits_of(model, ids), with = logits_of(model, ids, &lora);
    std::vector<at::Tensor> bits;
    for (const Parameter& p : parameters_of(model.config(), model.weights())) bits.push_back(p.tensor.clone());

    const Transformer merged(model.config(), lora.merged(model.weights()));
    const double error = largest_difference(logits_of(merged, ids), with);
    INFO(name << " " << error);
    CHECK(error < tolerance);
    CHECK(largest_difference(before, with) > 0.1);

    // To unmerge is to use the weights that were merged into: they have not changed by a bit.
    std::size_t i = 0;
    for (const Parameter& p : parameters_of(model.config(), model.weights())) CHECK(same_bits(p.tensor, bits[i++]));
    CHECK(same_bits(logits_of(model, ids), before));
    CHECK(merged.weights().blocks[0].norm1.is_same(model.weights().blocks[0].norm1));   // not copied
  }
}

TEST_CASE("An adapter computes alpha / r * B A x", "[lora]") {
  const Lora lora = adapter("qwen3", all_of_them);
  const Config& c = tiny("qwen3").config();
  const at::Tensor x = at::tensor(std::vector<double>(static_cast<std::size_t>(c.d_model * 2), 0.5), at::kFloat)
                           .view({2, c.d_model}) * at::arange(1, c.d_model + 1);
  const at::Tensor y = lora.add(at::zeros({2, (c.n_heads + 2 * c.n_kv_heads) * c.d_head}), x, 1, Product::qkv, nullptr);
  std::int64_t row = 0;
  for (const Projection projection : {Projection::q, Projection::k, Projection::v}) {
    const auto& [a, b] = lora.pair(1, projection);
    const at::Tensor wanted = x.to(at::kDouble).mm(a.to(at::kDouble).t()).mm(b.to(at::kDouble).t()) * (5.0 / 3);
    CHECK(relative_difference(y.narrow(1, row, b.size(0)), wanted) < 1e-5);
    row += b.size(0);
  }
}

TEST_CASE("Dropout leaves numbers out in training alone, and keeps the sum on average", "[lora]") {
  LoraOptions options = all_of_them;
  options.dropout = 0.25;
  Lora lora = adapter("qwen3", options);
  const at::Tensor x = at::ones({4000, 24}), y = at::zeros({4000, 24});
  const at::Tensor whole = lora.add(y.clone(), at::ones({4000, 64}), 0, Product::out, nullptr);
  CHECK(same_bits(whole, lora.add(y.clone(), at::ones({4000, 64}), 0, Product::out, nullptr)));
  Random random(3), same(3);
  const at::Tensor thin = lora.add(y.clone(), at::ones({4000, 64}), 0, Product::out, &random);
  CHECK(same_bits(thin, lora.add(y.clone(), at::ones({4000, 64}), 0, Product::out, &same)));
  CHECK(largest_difference(thin[0], whole[0]) > 0.01);
  CHECK(relative_difference(thin.mean(0), whole.mean(0)) < 0.05);
}

TEST_CASE("Adapters that would be computed otherwise are refused", "[lora]") {
  CHECK(Damaged().error().code == "none");
  const auto with = [](const std::string& key, const nlohmann::json& value) {
    Damaged damaged;
    damaged.config(key, value);
    return damaged.error();
  };
  for (const auto& [key, value] : std::map<std::string, nlohmann::json>{
           {"use_rslora", true}, {"use_dora", true}, {"bias", "all"}, {"modules_to_save", {"lm_head"}},
           {"rank_pattern", {{"q_proj", 8}}}, {"alpha_pattern", {{"q_proj", 8}}}, {"fan_in_fan_out", true},
           {"init_lora_weights", "pissa"}, {"layer_replication", {{0, 1}}}, {"peft_type", "LOHA"},
           {"an_option_of_tomorrow", 3}}) {
    const Error error = with(key, value);
    INFO(key);
    CHECK(error.code == "lora.unsupported");
    CHECK(error.args.at(0) == key);
    CHECK(error.where.find("adapter_config.json:" + key) != std::string::npos);
  }
  CHECK(with("an_option_of_tomorrow", nullptr).code == "none");
  CHECK(with("r", 0).code == "lora.key");
  CHECK(with("r", 4.5).code == "lora.key");
  CHECK(with("r", "4").code == "lora.key");
  CHECK(with("r", 5).code == "lora.tensor");   // the tensors are of rank 4
  CHECK(with("lora_alpha", nullptr).code == "lora.key");
  CHECK(with("lora_dropout", 1).code == "lora.key");
}

TEST_CASE("Damaged adapters are refused", "[lora]") {
  const auto replaced = [](const std::string& from, const std::string& to) {
    Damaged damaged;
    damaged.replace(from, to);
    return damaged.error().code;
  };
  CHECK(replaced("layers.1.self_attn.q_proj.lora_A", "layers.2.self_attn.q_proj.lora_A") == "lora.tensor");
  CHECK(replaced("layers.1.self_attn.q_proj.lora_A", "layers.1.self_attn.z_proj.lora_A") == "lora.tensor");
  CHECK(replaced("layers.1.self_attn.q_proj.lora_A", "layers.0.self_attn.q_proj.lora_A") == "lora.pair");
  CHECK(replaced("\"F32\"", "\"I32\"") == "lora.tensor");
  {
    Damaged damaged;   // the last number becomes NaN
    std::string bytes = must(read_file(damaged.folder.path / "adapter_model.safetensors"));
    bytes.replace(bytes.size() - 4, 4, std::string("\x00\x00\xc0\x7f", 4));
    must(write_file(damaged.folder.path / "adapter_model.safetensors", bytes));
    CHECK(damaged.error().code == "lora.number");
    bytes.pop_back();
    must(write_file(damaged.folder.path / "adapter_model.safetensors", bytes));
    CHECK(damaged.error().code.starts_with("safetensors."));
    std::filesystem::remove(damaged.folder.path / "adapter_model.safetensors");
    CHECK(damaged.error().code == "file.open");
    must(write_file(damaged.folder.path / "adapter_config.json", "{\"r\": "));
    CHECK(damaged.error().code == "checkpoint.json");
    must(write_file(damaged.folder.path / "adapter_config.json", "{}"));
    CHECK(damaged.error().code == "lora.unsupported");
  }
}

TEST_CASE("Adapters that make no sense are refused", "[lora]") {
  const auto refused = [](auto change, Config config = tiny("qwen3").config()) {
    LoraOptions options;
    change(options);
    const auto lora = Lora::create(config, options, 1, at::kCPU);
    return lora ? "" : lora.error().code;
  };
  CHECK(refused([](auto&) {}) == "");
  CHECK(refused([](auto& o) { o.rank = 0; }) == "lora.rank");
  CHECK(refused([](auto& o) { o.rank = 1000; }) == "lora.rank");
  CHECK(refused([](auto& o) { o.alpha = NAN; }) == "lora.alpha");
  CHECK(refused([](auto& o) { o.dropout = 1; }) == "lora.dropout");
  CHECK(refused([](auto& o) { o.layers = {2}; }) == "lora.layer");
  CHECK(refused([](auto& o) { o.layers = {-1}; }) == "lora.layer");
  CHECK(refused([](auto& o) { o.projections = {}; }) == "lora.projection");
  Config attention_only = tiny("qwen3").config();
  attention_only.d_mlp = 0;
  CHECK(refused([](auto& o) { o.projections = {Projection::up}; }, attention_only) == "lora.projection");
}
