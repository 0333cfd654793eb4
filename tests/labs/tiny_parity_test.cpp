// The tiny models of tests/reference/tiny against transformers: both families, all kinds of heads, biases, rotations,
// number formats and files. All is float32; where a model's own numbers are large, differences count relative to them.
#include <unistd.h>

#include "labs/engine.h"
#include "labs/model/checkpoint.h"
#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"
#include "tests/labs/tiny_record.h"

using namespace tb;
using namespace tb::testing;

namespace {

std::shared_ptr<Model> loaded(const std::string& path, const std::string& weights = "auto") {
  LoadOptions options;
  options.path = path;
  options.device = "cpu";
  options.weights = weights;
  options.threads = 1;   // nothing here is worth sharing
  auto model = Model::load(options, {});
  if (!model) throw std::runtime_error(model.error().code + " at " + model.error().where);
  return *model;
}

at::Tensor recorded(const TinyRecord& record, const std::string& name) {
  std::vector<float> numbers = record.numbers(name);
  return at::from_blob(numbers.data(), record.tensor(name).shape, at::kFloat).clone();
}

// The largest difference to the record, in parts of the record's largest number where that is above 1.
double difference(const at::Tensor& ours, const TinyRecord& record, const std::string& name) {
  const at::Tensor theirs = recorded(record, name);
  return largest_difference(ours, theirs) / std::max(1.0, theirs.abs().max().item<double>());
}

void compare(Model& model, const TinyRecord& record) {
  const std::vector<std::string> points = {"embed", "blocks.*.resid_post", "blocks.*.attn.pattern", "final_norm",
                                           "logits"};
  const auto probes = Probes::of(model, points);
  REQUIRE(probes);
  Context context(model);
  REQUIRE(context.run(record.ids(), *probes, {}, {}));
  CHECK(difference(context.point("embed"), record, "embed") == 0);
  for (std::int64_t layer = 0; layer < model.info().n_layers; ++layer) {
    const std::string number = std::to_string(layer), block = "blocks." + number;
    CHECK(difference(context.point(block + ".resid_post"), record, "resid." + number) < 1e-5);
    CHECK(difference(context.point(block + ".attn.pattern"), record, "attention." + number) < 1e-5);
  }
  CHECK(difference(context.point("final_norm"), record, "final_norm") < 1e-5);
  CHECK(difference(context.point("logits"), record, "logits") < 1e-5);

  // The same text token by token, from the cache: positions and keys are where they should be.
  Context typed(model);
  const auto ids = record.ids();
  for (std::size_t n = 1; n <= ids.size(); ++n) REQUIRE(typed.run(std::span(ids).first(n), *probes, {}, {}));
  CHECK(difference(typed.point("logits"), record, "logits") < 1e-5);
}

}  // namespace

TEST_CASE("folders of both families compute what transformers computes", "[parity]") {
  for (const std::string& name : tiny_models) {
    CAPTURE(name);
    const auto model = loaded(tiny_path(name));
    compare(*model, TinyRecord(name));
  }
}

TEST_CASE("the same models as GGUF files compute the same", "[parity]") {
  for (const std::string& name : tiny_models) {
    CAPTURE(name);
    const auto model = loaded(tiny_path(name) + "/model.gguf");
    compare(*model, TinyRecord(name));
  }
}

TEST_CASE("quantised weights compute what transformers computes with their values", "[parity]") {
  for (const char* form : {"dense", "blocks", "auto"}) {
    CAPTURE(form);
    const auto model = loaded(tiny_path("quantised") + "/model.gguf", form);
    compare(*model, TinyRecord("quantised"));
  }
}

TEST_CASE("16-bit folders kept as they are compute the same", "[parity]") {
  for (const char* name : {"llama", "llama3", "qwen3-sharded", "llama-bias"}) {
    CAPTURE(name);
    compare(*loaded(tiny_path(name), "blocks"), TinyRecord(name));
  }
}

TEST_CASE("a folder without a tokenizer runs by ids", "[parity]") {
  const auto model = loaded(tiny_path("llama3"));
  CHECK_FALSE(model->tokenizer().present());
  CHECK(model->info().name == "llama3");
  CHECK(model->info().vocabulary == 61);
  CHECK(model->info().checksum.size() == 64);
  CHECK(model->info().parameters == Checkpoint::open(tiny_path("llama3"))->parameters());

  const TinyRecord record("llama3");
  GenerateRequest request;
  request.ids = record.ids();
  request.max_tokens = 1;
  const auto written = torch_engine().generate(*model, request, {});
  REQUIRE(written);
  REQUIRE(written->ids.size() == 1);
  CHECK(written->ids[0] == recorded(record, "logits")[-1].argmax().item<std::int64_t>());
  CHECK(written->bytes.empty());
}

TEST_CASE("a long context costs nothing until it is used", "[parity]") {
  const auto copy = std::filesystem::temp_directory_path() / ("textbook-context-" + std::to_string(::getpid()));
  std::filesystem::copy(tiny_path("mistral"), copy);
  std::string config = read_file(copy / "config.json").value();
  const std::string given = "\"max_position_embeddings\": 96";
  REQUIRE(config.find(given) != config.npos);
  config.replace(config.find(given), given.size(), "\"max_position_embeddings\": 16777216");
  REQUIRE(write_file(copy / "config.json", config));
  const auto model = loaded(copy.string());
  std::filesystem::remove_all(copy);
  CHECK(model->info().context == 16777216);
  compare(*model, TinyRecord("mistral"));
}
