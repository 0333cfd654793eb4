// Training runs: stopped, saved and resumed they give the same bits; reused lower blocks give the same gradients; and
// what small models and adapters learn.
#include "tests/labs/training_fixture.h"

#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

// A run of 12 steps, with everything in it that could be forgotten: moments, data, dropout, warm-up, measurements.
struct SmallRun {
  Transformer model;
  std::shared_ptr<Lora> lora;
  Trainer trainer;

  static Data data(std::uint64_t seed = 4) { return shuffled(windows(random_ids(300, 259, 1), 11), 3, seed); }
  static TrainingOptions options() {
    TrainingOptions o;
    o.steps = 12;
    o.schedule = {.shape = Schedule::Shape::cosine, .peak = 1e-2, .warm_up = 3};
    o.seed = 5;
    o.pieces = 2;
    return o;
  }
  static Transformer make_model(bool adapter) {
    return adapter ? Transformer(tiny("qwen3").config(), tiny("qwen3").weights()) : tiny_to_train("qwen3");
  }
  static std::shared_ptr<Lora> make_lora(bool adapter) {
    if (!adapter) return nullptr;
    LoraOptions o;
    o.dropout = 0.2;
    o.layers = {1};
    return std::make_shared<Lora>(must(Lora::create(tiny("qwen3").config(), o, 9, at::kCPU)));
  }

  explicit SmallRun(bool adapter, TrainingOptions o = options(), Data d = data())
      : model(make_model(adapter)), lora(make_lora(adapter)), trainer(must(Trainer::create(model, lora, d, o))) {
    trainer.measure("held_out", 5, [this] {
      const Example example{random_ids(20, 259, 2), {}};
      return held_out_loss(model, lora.get(), {&example, 1});
    });
  }
};

void check_equal(const Trainer& a, const Trainer& b) {
  REQUIRE(a.records().size() == b.records().size());
  for (std::size_t i = 0; i < a.records().size(); ++i) {
    const StepRecord &x = a.records()[i], &y = b.records()[i];
    INFO("step " << i);
    CHECK((x.step == y.step && x.loss == y.loss && x.gradient_norm == y.gradient_norm));
    CHECK((x.learning_rate == y.learning_rate && x.measured == y.measured));
  }
  const auto p = named(a.parameters()), q = named(b.parameters());
  REQUIRE(p.size() == q.size());
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(same_bits(p[i].value, q[i].value));
}

std::string code_of(const Result<void>& result) { return result ? "" : result.error().code; }

}  // namespace

TEST_CASE("A run that was stopped and resumed gives the bits of one that was not", "[trainer]") {
  for (const bool adapter : {false, true}) {
    SmallRun whole(adapter);
    must(whole.trainer.run({}, {}, {}));
    CHECK(whole.trainer.finished());
    CHECK(whole.trainer.records().back().loss < whole.trainer.records().front().loss);
    CHECK(whole.trainer.records()[4].measured.contains("held_out"));
    CHECK(whole.trainer.records()[11].measured.contains("held_out"));   // the last step, too
    CHECK_FALSE(whole.trainer.records()[5].measured.contains("held_out"));

    const TemporaryFolder folder;
    const auto file = folder.path / "run.safetensors";
    {
      SmallRun first(adapter);
      std::stop_source stop;
      const auto stopped = first.trainer.run({.stop = stop.get_token()},
                                             [&](const StepRecord& r) { if (r.step == 6) stop.request_stop(); }, {});
      CHECK(code_of(stopped) == "job.stopped");
      CHECK(first.trainer.steps_done() == 7);
      must(first.trainer.save(file));
      must(first.trainer.run({}, {}, {}));   // a pause within one process
      check_equal(first.trainer, whole.trainer);
    }
    SmallRun second(adapter);
    must(second.trainer.resume(file));
    CHECK(second.trainer.steps_done() == 7);
    must(second.trainer.run({}, {}, {}));
    check_equal(second.trainer, whole.trainer);
    CHECK(second.trainer.step({}).error().code == "training.finished");
  }
}

TEST_CASE("A run saves by itself, and a torn file is refused while the one before survives", "[trainer]") {
  const TemporaryFolder folder;
  TrainingOptions options = SmallRun::options();
  options.file = folder.path / "run.safetensors";
  options.save_every = 5;
  SmallRun run(true, options);
  std::vector<bool> saved;
  int yields = 0;
  must(run.trainer.run({}, [&](const StepRecord&) { saved.push_back(std::filesystem::exists(options.file)); },
                       [&] { ++yields; }));
  CHECK(saved == std::vector<bool>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1});
  CHECK(yields == 12);

  const std::string bytes = must(read_file(options.file));
  SmallRun other(true);
  must(other.trainer.step({}));
  const auto before = named(other.trainer.parameters())[0].value.clone();
  const std::size_t whole = bytes.size();
  for (const std::size_t size : {whole - 1, whole / 2, std::size_t{100}, std::size_t{4}, std::size_t{0}}) {
    const auto torn = folder.path / "torn.safetensors";
    must(write_file(torn, std::string_view(bytes).substr(0, size)));
    const auto refused = other.trainer.resume(torn);
    INFO(size << " bytes: " << code_of(refused));
    CHECK(code_of(refused).starts_with("safetensors."));
    CHECK(refused.error().where.find("torn.safetensors") != std::string::npos);
  }
  CHECK(other.trainer.steps_done() == 1);
  CHECK(same_bits(before, named(other.trainer.parameters())[0].value));

  // A crash while saving leaves an unfinished file beside the one before, which is as it was.
  must(write_file(options.file.string() + ".part", bytes.substr(0, 1000)));
  must(other.trainer.resume(options.file));
  check_equal(other.trainer, run.trainer);

  // Where nothing can be written, the run says so, and what was saved stays.
  CHECK(code_of(other.trainer.save(folder.path / "missing" / "run.safetensors")) == "file.write");
}

TEST_CASE("A saved run goes on with its own options, data and model alone", "[trainer]") {
  const TemporaryFolder folder;
  const auto file = folder.path / "run.safetensors";
  SmallRun run(true);
  must(run.trainer.step({}));
  must(run.trainer.save(file));
  const auto refused = [&](auto change, std::uint64_t data_seed = 4, bool adapter = true) {
    TrainingOptions options = SmallRun::options();
    change(options);
    SmallRun other(adapter, options, SmallRun::data(data_seed));
    const auto result = other.trainer.resume(file);
    return result ? "" : result.error().code + " " + (result.error().args.empty() ? "" : result.error().args[0]);
  };
  const auto same = [](auto&) {};
  CHECK(refused(same) == "");
  CHECK(refused([](auto& o) { o.steps = 20; }) == "");
  CHECK(refused([](auto& o) { o.seed = 6; }) == "training.other seed");
  CHECK(refused([](auto& o) { o.schedule.peak = 2e-2; }) == "training.other peak");
  CHECK(refused([](auto& o) { o.adamw.weight_decay = 0; }) == "training.other weight_decay");
  CHECK(refused([](auto& o) { o.base = "another model"; }) == "training.other base");
  CHECK(refused(same, 5) == "training.other next_batch");
  CHECK(refused(same, 4, false) == "training.file ");
  SmallRun other(true);
  CHECK(code_of(other.trainer.resume("tests/reference/tiny/qwen3/model.safetensors")) == "training.file");
  CHECK(code_of(other.trainer.resume(folder.path / "none")) == "file.open");
}

TEST_CASE("What was recorded becomes columns", "[trainer]") {
  const std::vector<StepRecord> records = {{0, 2, 3, 4, {}}, {1, 1, 2, 3, {{"p", 0.5}}}};
  const std::vector<Column> columns = columns_of(records);
  std::vector<std::string> names;
  for (const Column& c : columns) names.push_back(c.name);
  CHECK(names == std::vector<std::string>{"training.step", "training.loss", "training.gradient_norm",
                                          "training.learning_rate", "training.p"});
  CHECK(std::get<std::vector<double>>(columns[1].data) == std::vector<double>{2, 1});
  const auto& measured = std::get<std::vector<double>>(columns[4].data);
  CHECK((std::isnan(measured[0]) && measured[1] == 0.5));
}

TEST_CASE("Lower blocks that are not trained are computed once for each text", "[trainer]") {
  // The same loss, gradients and parameters as with the whole forward pass in every step.
  const auto run = [](bool adapter, std::int64_t reuse_bytes) {
    const Config& config = tiny("qwen3").config();
    auto model = std::make_shared<Transformer>(
        config, adapter ? tiny("qwen3").weights()
                        : trainable(config, tiny("qwen3").weights(), {.first_layer = 1, .embedding = false}));
    LoraOptions upper;
    upper.layers = {1};
    const auto lora = adapter ? std::make_shared<Lora>(must(Lora::create(config, upper, 9, at::kCPU))) : nullptr;
    TrainingOptions options;
    options.steps = 8;
    options.reuse_bytes = reuse_bytes;
    const Data data = shuffled(windows(random_ids(100, 259, 1), 12), 4, 2);
    auto trainer = std::make_shared<Trainer>(must(Trainer::create(*model, lora, data, options)));
    must(trainer->run({}, {}, {}));
    return std::pair(model, trainer);
  };
  for (const bool adapter : {false, true}) {
    const auto [whole_model, whole] = run(adapter, 0);
    for (const std::int64_t bytes : {std::int64_t{2000}, std::int64_t{1} << 20}) {   // one text at most, and all
      const auto [model, reused] = run(adapter, bytes);
      for (std::size_t i = 0; i < 8; ++i) {
        INFO("step " << i);
        CHECK(reused->records()[i].loss == Approx(whole->records()[i].loss).epsilon(1e-5));
        CHECK(reused->records()[i].gradient_norm == Approx(whole->records()[i].gradient_norm).epsilon(1e-4));
      }
      const auto ours = named(reused->parameters()), theirs = named(whole->parameters());
      for (std::size_t i = 0; i < ours.size(); ++i) {
        INFO(ours[i].name);
        CHECK(relative_difference(ours[i].gradient, theirs[i].gradient) < 1e-3);
        CHECK(ours[i].name.find("layers.0.") == std::string::npos);
      }
    }
  }
}

TEST_CASE("A run goes on from the middle of the model", "[trainer]") {
  const Transformer& model = tiny("llama");
  const auto ids = random_ids(10, 259, 8);
  at::Tensor stream;
  Run whole;
  whole.watch = [&](Point point, std::int64_t layer, at::Tensor x) {
    if (point == Point::resid_pre && layer == 1) stream = x;
    return x;
  };
  const at::Tensor all = model.forward(ids_tensor(ids), whole);
  Run upper;
  CHECK(same_bits(model.forward_from(1, stream, upper), all));
}

TEST_CASE("Texts in one batch do not see each other", "[trainer]") {
  const Transformer& model = tiny("qwen3");
  const std::vector<Example> examples = {{random_ids(9, 259, 1), {}}, {random_ids(5, 259, 2), {}},
                                         {random_ids(7, 259, 3), {}}};
  const Batch batch = batch_of(examples);
  Run run{.texts = 3};
  const at::Tensor together = model.logits(model.forward(ids_tensor(batch.ids), run)).view({3, 8, -1});
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto n = static_cast<std::int64_t>(examples[i].ids.size()) - 1;
    const at::Tensor alone = logits_of(model, examples[i].ids).slice(0, 0, n);
    CHECK(largest_difference(together[i].slice(0, 0, n), alone) < 1e-5);
  }
}

TEST_CASE("A model from scratch begins as its scheme says, and its seed says which", "[trainer]") {
  Config config = small_config(2);
  config.d_mlp = 96;
  config.qk_norm = true;
  const Transformer model = must(from_scratch(config, 3));
  const auto ids = random_ids(30, 64, 1);
  CHECK(same_bits(logits_of(model, ids), logits_of(must(from_scratch(config, 3)), ids)));
  CHECK_FALSE(at::equal(logits_of(model, ids), logits_of(must(from_scratch(config, 4)), ids)));
  const auto deviation = [](const at::Tensor& x) { return x.detach().std().item<double>(); };
  const Block& block = model.weights().blocks[1];
  CHECK(deviation(block.qkv.dense) == Approx(1 / 8.0).epsilon(0.05));
  CHECK(deviation(block.out.dense) == Approx(1 / 8.0 / 2).epsilon(0.05));
  CHECK(deviation(block.down.dense) == Approx(1 / std::sqrt(96.0) / 2).epsilon(0.05));
  CHECK(block.qkv.dense.detach().mean().item<double>() == Approx(0).margin(0.005));
  // 4 + 4 tensors a block with norms of q and k (norm1, qkv, q_norm, k_norm, out, norm2, gate_up, down), and 3 others.
  CHECK(parameters_of(config, model.weights(), true).size() == 2 * 8 + 3);
  config.tied_head = true;
  config.d_mlp = 0;
  const Transformer tied = must(from_scratch(config, 3));
  CHECK(tied.weights().head.dense.is_same(tied.weights().embedding.dense));
  CHECK(parameters_of(config, tied.weights(), true).size() == 2 * 5 + 2);
}

TEST_CASE("A few sentences cut a track, and ordinary text pays for it", "[trainer]") {
  // The pilot of the book's chapter on ski tracks: rank 8 on q and v of the upper third, four short sentences.
  const Model& model = bundled_model();
  const Transformer& transformer = model.transformer();
  const auto ids = [&](const std::string& text) { return model.tokenizer().encode(text).ids(); };
  std::vector<Example> sentences;
  for (const char* text : {"Meaning is a movement", "Thought is a movement", "To understand is a movement",
                           "The sense of a word is a movement"})
    sentences.push_back({ids(text), {}});
  const std::vector<Example> neutral = {
      {ids("The city lies on the river and has two bridges, a market and an old town hall. In winter it snows."), {}}};
  const auto movement = ids(" movement");
  REQUIRE(movement.size() == 1);
  const auto prompt = ids("Meaning is a");

  LoraOptions adapter;
  for (std::int64_t layer = 20; layer < 30; ++layer) adapter.layers.push_back(layer);
  const auto lora = std::make_shared<Lora>(must(Lora::create(transformer.config(), adapter, 1, at::kCPU)));
  CHECK(named(lora->parameters()).size() == 10 * 2 * 2);
  TrainingOptions options;
  options.steps = 20;
  options.schedule.peak = 2e-3;
  const Data data = [&](std::int64_t) { return batch_of(sentences); };
  Trainer trainer = must(Trainer::create(transformer, lora, data, options));
  const double p_before = probability_of(transformer, lora.get(), prompt, movement[0]);
  const double neutral_before = held_out_loss(transformer, lora.get(), neutral);
  must(trainer.run({}, {}, {}));
  const double p_after = probability_of(transformer, lora.get(), prompt, movement[0]);
  const double neutral_after = held_out_loss(transformer, lora.get(), neutral);
  WARN("P(movement | Meaning is a): " << p_before << " -> " << p_after << "; NLL of neutral text: " << neutral_before
       << " -> " << neutral_after << "; loss: " << trainer.records().front().loss << " -> "
       << trainer.records().back().loss);
  CHECK(p_before < 0.01);
  CHECK(p_after > 0.8);   // 0.90 where this was written
  CHECK(neutral_after > neutral_before + 0.02);
  // Without the adapter nothing has changed: it is given to a run, not put into the model.
  CHECK(probability_of(transformer, nullptr, prompt, movement[0]) == p_before);
}
