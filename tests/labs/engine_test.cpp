// What the program asks of the engine: loading, generating, tracing into a file.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "labs/engine.h"
#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

std::string error_of_load(LoadOptions options) {
  if (options.path.empty()) options.path = model_path();
  const auto model = torch_engine().load(options, {});
  return model ? "" : model.error().code;
}

struct TemporaryFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("textbook-engine-" + std::to_string(getpid()));
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("A model says what it is", "[engine]") {
  const ModelInfo info = torch_engine().info(bundled_model());
  CHECK(info.architecture == "llama");
  CHECK(info.checksum == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
  CHECK(info.n_layers == 30);
  CHECK(info.n_heads == 9);
  CHECK(info.n_kv_heads == 3);
  CHECK(info.d_model == 576);
  CHECK(info.d_mlp == 1536);
  CHECK(info.vocabulary == 49152);
  CHECK(info.parameters == 134515008);
  CHECK(info.weights == "float32+blocks");
  CHECK(info.weight_bytes - info.block_bytes == 134515008 * 4);   // float32, the embedding shared with the head
  CHECK(info.block_bytes == 106168320 / 32 * 20 + 28311552 / 32 * 34);   // Q4_1, the embedding Q8_0
  CHECK(info.device == "cpu");
  CHECK(info.dtype == "float32");
  CHECK(info.threads >= 1);
  CHECK_FALSE(torch_engine().labs().empty());
}

TEST_CASE("What cannot be loaded is an error", "[engine]") {
  CHECK(error_of_load({.path = "there/is/none.gguf"}) == "model.missing");
  CHECK(error_of_load({.path = "", .device = "gpu"}) == "device.unknown");
  CHECK(error_of_load({.path = "", .device = "cuda:x"}) == "device.unknown");
  CHECK(error_of_load({.path = "", .device = "cuda:99"}) == "device.missing");
  CHECK(error_of_load({.path = "", .device = "cpu", .dtype = "float16"}) == "dtype.unknown");
  CHECK(error_of_load({.path = "", .device = "cpu", .dtype = "auto", .threads = -1}) == "threads.range");
  std::stop_source stop;
  stop.request_stop();
  const Progress stopping{.stop = stop.get_token(), .report = {}};
  const auto stopped = torch_engine().load({.path = model_path(), .device = "cpu"}, stopping);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == "job.stopped");
}

TEST_CASE("Greedy steps are the largest logits, logprobs a softmax over the whole vocabulary", "[engine]") {
  GenerateRequest request{.ids = store, .max_tokens = 3, .top = 5};
  std::vector<std::int64_t> told;
  request.step = [&](const GeneratedStep& step, std::string_view) { told.push_back(step.id); };
  const auto generated = torch_engine().generate(bundled_model(), request, {});
  REQUIRE(generated);
  CHECK(told == generated->ids);
  Context context(bundled_model());
  std::vector<std::int64_t> ids = store;
  for (const GeneratedStep& step : generated->steps) {
    REQUIRE(context.run(ids, Probes(), {}, {}));
    const at::Tensor logits = context.last_logits().to(at::kDouble), logprobs = logits.log_softmax(-1);
    CHECK(step.id == logits.argmax().item<std::int64_t>());
    CHECK(step.logit == Approx(logits.max().item<double>()).margin(tolerance));
    CHECK(step.logprob == Approx(logprobs[step.id].item<double>()).margin(tolerance));
    REQUIRE(step.top.size() == 5);
    CHECK(step.top[0].id == step.id);
    for (std::size_t i = 0; i < 5; ++i) {
      CHECK(step.top[i].logprob == Approx(logprobs[step.top[i].id].item<double>()).margin(tolerance));
      if (i > 0) CHECK(step.top[i].logit <= step.top[i - 1].logit);
    }
    ids.push_back(step.id);
  }
}

TEST_CASE("A seed draws the same tokens again, another seed others", "[engine]") {
  const auto draw = [](std::uint64_t seed, double temperature) {
    const GenerateRequest request{.ids = store, .max_tokens = 12, .temperature = temperature, .seed = seed};
    return torch_engine().generate(bundled_model(), request, {})->ids;
  };
  CHECK(draw(1, 1.5) == draw(1, 1.5));
  CHECK(draw(1, 1.5) != draw(2, 1.5));
  const GenerateRequest narrow{.ids = store, .max_tokens = 8, .temperature = 2, .top_k = 1};
  const GenerateRequest greedy{.ids = store, .max_tokens = 8};
  CHECK(torch_engine().generate(bundled_model(), narrow, {})->ids ==
        torch_engine().generate(bundled_model(), greedy, {})->ids);
}

TEST_CASE("Generation stops after the end token", "[engine]") {
  const std::string chat = "<|im_start|>user\nSay yes.<|im_end|>\n<|im_start|>assistant\n";
  const auto ids = bundled_model().tokenizer().encode(chat).ids();
  const auto generated = torch_engine().generate(bundled_model(), {.ids = ids, .max_tokens = 200}, {});
  REQUIRE(generated);
  CHECK(generated->ids.size() < 200);
  CHECK(generated->ids.back() == bundled_model().tokenizer().end_token());
  CHECK(std::count(generated->ids.begin(), generated->ids.end(), generated->ids.back()) == 1);
}

TEST_CASE("A forbidden token leaves its place to the next, a strong penalty lets none come again", "[engine]") {
  const auto plain = torch_engine().generate(bundled_model(), {.ids = store, .max_tokens = 1, .top = 2}, {});
  REQUIRE(plain);
  const auto& top = plain->steps[0].top;
  const GenerateRequest forbidden{.ids = store, .max_tokens = 1, .logit_bias = {{top[0].id, -INFINITY}}};
  const auto other = torch_engine().generate(bundled_model(), forbidden, {});
  REQUIRE(other);
  CHECK(other->ids[0] == top[1].id);
  CHECK(other->steps[0].logit == Approx(top[1].logit));   // what is listed stays the model's own

  for (const double temperature : {0.0, 1.0}) {
    const GenerateRequest penalised{.ids = store, .max_tokens = 24, .temperature = temperature,
                                    .repetition_penalty = 1e6};
    const auto generated = torch_engine().generate(bundled_model(), penalised, {});
    REQUIRE(generated);
    std::set<std::int64_t> seen(store.begin(), store.end());
    for (const std::int64_t id : generated->ids) CHECK(seen.insert(id).second);
  }
}

TEST_CASE("Values out of range are errors", "[engine]") {
  const auto code = [](GenerateRequest request) {
    request.ids = store;
    const auto generated = torch_engine().generate(bundled_model(), request, {});
    return generated ? std::string() : generated.error().code;
  };
  CHECK(code({.ids = {}, .max_tokens = -1}) == "generate.range");
  CHECK(code({.ids = {}, .temperature = -0.5}) == "generate.range");
  CHECK(code({.ids = {}, .temperature = std::nan("")}) == "generate.range");
  CHECK(code({.ids = {}, .top_k = -1}) == "generate.range");
  CHECK(code({.ids = {}, .top_p = 0}) == "generate.range");
  CHECK(code({.ids = {}, .min_p = 1.5}) == "generate.range");
  CHECK(code({.ids = {}, .repetition_penalty = 0}) == "generate.range");
  CHECK(code({.ids = {}, .repetition_penalty = std::nan("")}) == "generate.range");
  CHECK(code({.ids = {}, .logit_bias = {{3, std::nan("")}}}) == "generate.range");
  CHECK(code({.ids = {}, .logit_bias = {{3, INFINITY}}}) == "generate.range");
  CHECK(code({.ids = {}, .logit_bias = {{-1, 1.0}}}) == "run.id");
  CHECK(code({.ids = {}, .logit_bias = {{bundled_model().info().vocabulary, 1.0}}}) == "run.id");
  CHECK(code({.ids = {}, .max_tokens = 0}).empty());
}

TEST_CASE("Timing reads the tokens anew each time, and says what its buffers take", "[engine]") {
  std::int64_t held = 0;
  TimingRequest request{.ids = store, .points = {"blocks.*.resid_post"}, .runs = 3};
  request.held = [&](std::int64_t bytes) { held = bytes; };
  const auto seconds = torch_engine().time(bundled_model(), request);
  REQUIRE(seconds);
  CHECK(seconds->size() == 3);
  for (const double s : *seconds) CHECK(s > 0);
  const ModelInfo& info = bundled_model().info();
  CHECK(held >= static_cast<std::int64_t>(store.size()) * info.n_layers * info.d_model * 4);
  request.points = {"nothing"};
  CHECK(torch_engine().time(bundled_model(), request).error().code == "probe.unknown");
  request.ids.clear();
  request.points.clear();
  CHECK(torch_engine().time(bundled_model(), request).error().code == "run.empty");
}

TEST_CASE("A trace is a safetensors file with the points asked for", "[engine]") {
  const TemporaryFolder folder;
  const std::string out = (folder.path / "trace.safetensors").string();
  const std::string spec = "bias-key:layer=2,head=0,key=0,value=2";
  const auto report = torch_engine().trace(bundled_model(), {store, {"embed", "blocks.2.attn.*"}, {spec}, out}, {});
  REQUIRE(report);
  const std::string bytes = read_file(out).value();
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), 8);
  const auto header = nlohmann::json::parse(bytes.substr(8, header_size));
  CHECK(header["tokens"]["dtype"] == "I64");
  const auto numbers = [&](const std::string& name) {
    return bytes.data() + 8 + header_size + header[name]["data_offsets"][0].get<std::size_t>();
  };
  CHECK(std::memcmp(numbers("tokens"), store.data(), store.size() * 8) == 0);

  Context context(bundled_model());
  const auto biased = Intervention::parse(spec, bundled_model().transformer().config());
  REQUIRE(biased);
  REQUIRE(context.run(store, probes_of({"embed", "blocks.2.attn.*"}), std::vector{*biased}, {}));
  CHECK(header.size() - header.count("__metadata__") == 11);   // tokens, embed, nine points of attention
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__" || name == "tokens") continue;
    INFO(name);
    CHECK(entry["dtype"] == "F32");
    const at::Tensor point = context.point(name).contiguous();
    REQUIRE(entry["shape"].get<std::vector<std::int64_t>>() == point.sizes().vec());
    const at::Tensor written = at::from_blob(const_cast<char*>(numbers(name)), point.sizes(), at::kFloat).clone();
    CHECK(largest_difference(written, point) < 1e-4);
  }
}

TEST_CASE("A trace refuses unknown points and interventions", "[engine]") {
  const auto code = [](const TraceRequest& request) {
    const auto report = torch_engine().trace(bundled_model(), request, {});
    return report ? std::string() : report.error().code;
  };
  CHECK(code({store, {"blocks.2.atn.z"}, {}, "never-written"}) == "probe.unknown");
  CHECK(code({store, {"embed"}, {"bias:key=1"}, "never-written"}) == "intervention.type");
  CHECK(code({store, {"embed"}, {}, "there/is/no/such/folder/out.safetensors"}) == "file.write");
  CHECK_FALSE(std::filesystem::exists("never-written"));
}
