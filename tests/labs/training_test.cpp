// Gradients, the optimiser and whole runs, against PyTorch (tests/reference/tiny and tests/reference/training), finite
// differences and closed forms.
#include "tests/labs/training_fixture.h"

#include <set>

#include "labs/model/training/optimiser.h"

using namespace tb;
using namespace tb::testing;

namespace {

const std::vector<std::string> models = {"qwen3", "qwen3-sharded", "qwen3-yarn", "llama", "llama-multi-query",
                                         "llama-bias", "llama3", "llama-dynamic", "mistral", "qwen2"};

at::Tensor loss_of(const Transformer& transformer, const Batch& batch) {
  Run run{.texts = batch.texts};
  const at::Tensor x = transformer.forward(ids_tensor(batch.ids), run);
  return next_token_loss(transformer.logits(x), ids_tensor(batch.targets));
}

std::vector<at::Tensor> tensors(const std::vector<Parameter>& parameters) {
  std::vector<at::Tensor> all;
  for (const Parameter& p : parameters) all.push_back(p.tensor);
  return all;
}

const Record& recorded() {
  static const Record record("tests/reference/training/record.safetensors");
  return record;
}

// The four texts of the recorded run.
std::vector<Example> recorded_examples() {
  std::vector<Example> examples;
  for (int i = 0; i < 4; ++i) {
    Example example{recorded().integers("text." + std::to_string(i)), {}};
    for (const std::int64_t learned : recorded().integers("learned." + std::to_string(i)))
      example.learned.push_back(learned != 0);
    examples.push_back(example);
  }
  return examples;
}

}  // namespace

TEST_CASE("The loss and the gradient of every parameter agree with PyTorch", "[training]") {
  for (const std::string& name : models) {
    const Record record("tests/reference/tiny/" + name + "/record.safetensors");
    const Transformer model = tiny_to_train(name);
    const at::Tensor loss = loss_of(model, batch_of(std::vector<Example>{{record.integers("ids"), {}}}));
    CHECK(largest_difference(loss, record["loss"]) < 1e-5);
    loss.backward();
    double largest = 0;
    std::size_t count = 0;
    for (const NamedTensor& t : named(parameters_of(model.config(), model.weights()))) {
      INFO(name << " " << t.name);
      REQUIRE(t.gradient.defined());
      const double error = relative_difference(t.gradient, record["gradient." + t.name]);
      CHECK(error < 1e-4);
      largest = std::max(largest, error);
      ++count;
    }
    std::size_t wanted = 0;
    for (const SafetensorsTensor& t : record.file().tensors()) wanted += t.name.starts_with("gradient.");
    CHECK(count == wanted);
    WARN(name << ": the gradients of " << count << " parameters differ by at most " << largest
              << " of their largest number");
  }
}

TEST_CASE("Gradients are what small steps show", "[training]") {
  // Central differences in float32, with a step h along a random direction of length 1 in each parameter. The loss is
  // right to about 1e-6, so the quotient to about 1e-6 / h.
  const Transformer model = tiny_to_train("qwen3");
  const Batch batch = batch_of(std::vector<Example>{{random_ids(12, 259, 4), {}}, {random_ids(9, 259, 5), {}}});
  loss_of(model, batch).backward();
  Random random(6);
  const double h = 1e-2;
  for (const NamedTensor& t : named(parameters_of(model.config(), model.weights()))) {
    at::Tensor direction = at::empty(t.value.sizes());
    for (std::int64_t i = 0; i < direction.numel(); ++i)
      direction.data_ptr<float>()[i] = static_cast<float>(random.uniform() - 0.5);
    direction /= direction.norm();
    const at::NoGradGuard no_gradients;
    const at::Tensor before = t.value.clone();
    const auto at_step = [&](double step) {
      t.value.copy_(before + step * direction);
      const double loss = loss_of(model, batch).item<double>();
      t.value.copy_(before);
      return loss;
    };
    const double slope = (8 * (at_step(h) - at_step(-h)) - (at_step(2 * h) - at_step(-2 * h))) / (12 * h);
    const double ours = (t.gradient * direction).sum().item<double>();
    INFO(t.name << ": " << ours << " and " << slope);
    CHECK(std::abs(ours - slope) < 3e-4 + 2e-3 * std::abs(slope));
  }
}

TEST_CASE("AdamW takes the steps of torch.optim.AdamW", "[training]") {
  const Record& r = recorded();
  std::vector<at::Tensor> ours;
  const auto key = [](const char* what, int i, int step) {
    return "adamw." + (what + std::to_string(i)) + "." + std::to_string(step);
  };
  for (int i = 0; i < 3; ++i) ours.push_back(r[key("", i, 0)].requires_grad_(true));
  AdamW optimiser(ours, {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.1});
  const at::Tensor rates = r["adamw.rates"];
  for (int step = 0; step < rates.size(0); ++step) {
    for (int i = 0; i < 3; ++i) ours[i].mutable_grad() = r[key("gradient.", i, step)];
    optimiser.step(rates[step].item<double>());
    for (int i = 0; i < 3; ++i) {
      INFO("parameter " << i << ", step " << step);
      CHECK(relative_difference(ours[i].detach(), r[key("", i, step + 1)]) < 1e-6);
    }
  }
  CHECK(optimiser.steps() == rates.size(0));
}

TEST_CASE("Schedules go as in transformers, but do not waste the first step", "[training]") {
  using Shape = Schedule::Shape;
  for (const auto& [name, shape] : {std::pair("linear", Shape::linear), {"cosine", Shape::cosine}}) {
    const at::Tensor theirs = recorded()[std::string("schedule.") + name];
    const Schedule ours{.shape = shape, .peak = 2, .warm_up = 8};
    for (int step = 0; step < 40; ++step) {
      INFO(name << " " << step);
      const double wanted = step < 8 ? (step + 1) / 8.0 : theirs[step].item<double>();   // theirs begins with 0 / 8
      CHECK(ours.rate(step, 40) == Approx(2 * wanted).margin(1e-6));
    }
    CHECK(ours.rate(40, 40) == Approx(0).margin(1e-12));
  }
  CHECK(Schedule{.peak = 0.5}.rate(1000, 40) == 0.5);
  CHECK((Schedule{.shape = Schedule::Shape::linear, .peak = 1, .last = 0.25}.rate(40, 40)) == Approx(0.25));
}

TEST_CASE("A run of ten steps agrees with PyTorch", "[training]") {
  const Transformer model = tiny_to_train("qwen3");
  TrainingOptions options;
  options.steps = 10;
  options.schedule = {.shape = Schedule::Shape::cosine, .peak = 5e-3};
  options.adamw.weight_decay = 0.05;
  const std::vector<Example> examples = recorded_examples();
  Trainer trainer = must(Trainer::create(model, nullptr, [&](std::int64_t) { return batch_of(examples); }, options));
  must(trainer.run({}, {}, {}));
  REQUIRE(trainer.records().size() == 10);
  for (const StepRecord& record : trainer.records()) {
    INFO("step " << record.step);
    CHECK(record.loss == Approx(recorded()["loss"][record.step].item<double>()).epsilon(1e-4));
    CHECK(record.gradient_norm == Approx(recorded()["norm"][record.step].item<double>()).epsilon(1e-3));
  }
  std::size_t compared = 0;
  for (const NamedTensor& t : named(trainer.parameters())) {
    if (!recorded().file().tensor("trained." + t.name)) continue;
    INFO(t.name);
    CHECK(largest_difference(t.value, recorded()["trained." + t.name]) < 2e-4);   // a number moves by up to 0.03
    ++compared;
  }
  CHECK(compared == 12);
}

TEST_CASE("A batch in pieces has the gradient of the whole", "[training]") {
  const std::vector<Example> examples = recorded_examples();
  const auto after_one_step = [&](std::int64_t pieces) {
    auto model = std::make_shared<Transformer>(tiny_to_train("qwen3"));
    TrainingOptions options;
    options.pieces = pieces;
    options.clip = 0;
    Trainer trainer = must(Trainer::create(*model, nullptr, [&](std::int64_t) { return batch_of(examples); }, options));
    const StepRecord record = must(trainer.step({}));
    return std::pair(record, tensors(trainer.parameters()));
  };
  const auto [whole, one] = after_one_step(1);
  for (const std::int64_t pieces : {2, 3, 4, 100}) {
    const auto [record, other] = after_one_step(pieces);
    CHECK(record.loss == Approx(whole.loss).epsilon(1e-5));
    CHECK(record.gradient_norm == Approx(whole.gradient_norm).epsilon(1e-5));
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(relative_difference(other[i].grad(), one[i].grad()) < 1e-5);
  }
}

TEST_CASE("Clipping keeps the direction and limits the length", "[training]") {
  std::vector<at::Tensor> ps = {at::zeros({2}).requires_grad_(true), at::zeros({1, 2}).requires_grad_(true)};
  ps[0].mutable_grad() = at::tensor({3.0f, 0.0f});
  ps[1].mutable_grad() = at::tensor({0.0f, 4.0f}).view({1, 2});
  CHECK(gradient_norm(ps) == Approx(5));
  clip_gradients(ps, 5, 10);
  CHECK(ps[0].grad()[0].item<float>() == 3);
  clip_gradients(ps, 5, 0.5);
  CHECK(gradient_norm(ps) == Approx(0.5));
  CHECK(ps[1].grad()[0][1].item<float>() == Approx(0.4));
}

TEST_CASE("Windows make every token but the first a target once", "[training]") {
  for (const std::int64_t size : {0, 1, 2, 9, 10, 11, 25}) {
    const std::vector<std::int64_t> text = random_ids(size, 1000000, 3);
    std::vector<std::int64_t> targets;
    for (const Example& window : windows(text, 5)) {
      CHECK(window.ids.size() <= 6);
      const Batch batch = batch_of({&window, 1});
      for (const std::int64_t target : batch.targets)
        if (target >= 0) targets.push_back(target);
    }
    INFO(size);
    CHECK(targets == std::vector<std::int64_t>(text.begin() + std::min<std::int64_t>(1, size), text.end()));
  }
}

TEST_CASE("Every pass reads every example once, in an order of its own", "[training]") {
  std::vector<Example> examples;
  for (std::int64_t i = 0; i < 7; ++i) examples.push_back({{i, i}, {}});
  const Data data = shuffled(examples, 3, 42), again = shuffled(examples, 3, 42), other = shuffled(examples, 3, 43);
  std::vector<std::int64_t> read, elsewhere;
  for (std::int64_t step = 0; step < 7; ++step) {
    for (const std::int64_t id : data(step).ids) read.push_back(id);
    for (const std::int64_t id : other(step).ids) elsewhere.push_back(id);
  }
  REQUIRE(read.size() == 21);
  std::set<std::vector<std::int64_t>> orders;
  for (int pass = 0; pass < 3; ++pass) {
    std::vector<std::int64_t> order(read.begin() + 7 * pass, read.begin() + 7 * pass + 7);
    orders.insert(order);
    std::sort(order.begin(), order.end());
    CHECK((order == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));
  }
  CHECK(orders.size() == 3);
  CHECK(read != elsewhere);
  CHECK(again(5).ids == data(5).ids);   // asked out of order
  CHECK(again(0).ids == data(0).ids);
}

TEST_CASE("Repeated pieces repeat, and only what repeats is learned", "[training]") {
  const Repeats sizes{.vocabulary = 50, .length = 24, .shortest = 5, .longest = 9, .texts = 40};
  const Batch batch = repeated_pieces(sizes, 9)(3);
  CHECK(batch.pos() == 23);
  std::set<std::int64_t> distances;
  for (std::int64_t text = 0; text < 40; ++text) {
    const auto first = std::find_if(batch.targets.begin() + text * 23, batch.targets.begin() + (text + 1) * 23,
                                    [](std::int64_t target) { return target >= 0; });
    const std::int64_t piece = first - (batch.targets.begin() + text * 23);   // the target at i is the token i + 1
    distances.insert(piece);
    CHECK((piece >= 5 && piece <= 9));
    for (std::int64_t i = piece; i < 23; ++i)
      CHECK(batch.targets[text * 23 + i] == batch.ids[text * 23 + i + 1 - piece]);
  }
  CHECK(distances.size() == 5);
}

TEST_CASE("What cannot be trained is said", "[training]") {
  const Transformer& frozen = tiny("qwen3");
  const Data fine = [](std::int64_t) { return batch_of(std::vector<Example>{{{1, 2, 3}, {}}}); };
  CHECK(Trainer::create(frozen, nullptr, fine, {}).error().code == "training.nothing");
  const Transformer model = tiny_to_train("qwen3");
  const auto refused = [&](auto change) {
    TrainingOptions options;
    change(options);
    return Trainer::create(model, nullptr, fine, options).error();
  };
  CHECK(refused([](auto& o) { o.steps = 0; }).args.at(0) == "steps");
  CHECK(refused([](auto& o) { o.schedule.peak = NAN; }).args.at(0) == "peak");
  CHECK(refused([](auto& o) { o.adamw.beta2 = 1; }).args.at(0) == "beta2");
  CHECK(refused([](auto& o) { o.pieces = 0; }).code == "training.options");

  const auto step = [&](std::vector<Example> examples, double rate = 1e-3) {
    TrainingOptions options;
    options.schedule.peak = rate;
    Trainer trainer = must(Trainer::create(model, nullptr, [&](std::int64_t) { return batch_of(examples); }, options));
    const auto record = trainer.step({});
    return record ? "" : record.error().code;
  };
  CHECK(step({}) == "training.batch");
  CHECK(step({{{5}, {}}}) == "training.batch");
  CHECK(step({{{5, 6}, {true, false}}}) == "training.batch");
  CHECK(step({{{5, 259}, {}}}) == "run.id");
  CHECK(step({{{-1, 3}, {}}}) == "run.id");
  CHECK(step({{std::vector<std::int64_t>(200, 1), {}}}) == "run.too_long");
  CHECK(step({{{5, 6}, {}}}) == "");

  Config config = tiny("qwen3").config();
  config.n_kv_heads = 3;
  CHECK(from_scratch(config, 1).error().args.at(0) == "n_kv_heads");
  config.n_kv_heads = 0;
  CHECK(from_scratch(config, 1).error().code == "training.config");
}

TEST_CASE("A step that diverges changes nothing", "[training]") {
  const Transformer model = tiny_to_train("qwen3");
  const Data data = [](std::int64_t) { return batch_of(std::vector<Example>{{{1, 2, 3}, {}}}); };
  Trainer trainer = must(Trainer::create(model, nullptr, data, {}));
  must(trainer.step({}));
  {
    const at::NoGradGuard no_gradients;
    model.weights().final_norm.fill_(std::numeric_limits<float>::infinity());
  }
  const at::Tensor before = model.weights().blocks[0].qkv.dense.detach().clone();
  const auto failed = trainer.step({});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == "training.diverged");
  CHECK(trainer.steps_done() == 1);
  CHECK(same_bits(before, model.weights().blocks[0].qkv.dense.detach()));
}
