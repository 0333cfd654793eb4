// The labs that train: what they say of the untrained model is what the engine says of it; what they say after is what
// the saved adapter gives elsewhere, and what it gives inside the matrices; and stopped, extended or picked up from a
// file, a run has the numbers of one that was never interrupted, bit for bit.
#include "tests/labs/training_fixture.h"

#include <cmath>
#include <filesystem>

#include "labs/all_labs.h"
#include "labs/model/context.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

using Texts = std::map<std::string, std::string>;

const Lab& lab_of(std::string_view type) {
  for (const Lab* lab : all_labs())
    if (lab->type() == type) return *lab;
  throw std::runtime_error("no lab " + std::string(type));
}

// One instance of a lab, with its session and its folder.
struct Bench {
  const Lab& lab;
  std::filesystem::path folder;
  std::unique_ptr<Session> session;
  std::vector<Snapshot> published;
  int steps = 0;                       // of the last run, counted at its yields

  explicit Bench(std::string_view type, std::filesystem::path keep = {}) : lab(lab_of(type)), folder(std::move(keep)) {}

  // Stopped after so many steps, where `most` is not negative.
  Result<Snapshot> run(const Texts& texts, int most = -1) {
    const Inputs inputs = must(parse(lab.fields(&bundled_model()), texts, ""));
    std::stop_source stop;
    published.clear();
    steps = 0;
    Job job{.inputs = inputs, .model = &bundled_model(), .kept = session};
    job.progress.stop = stop.get_token();
    job.publish = [&](Snapshot s) { published.push_back(std::move(s)); };
    job.yield = [&] {
      if (++steps == most) stop.request_stop();
    };
    job.folder = folder;
    return lab.run(job);
  }
  std::string code(const Texts& texts) {
    const auto result = run(texts);
    return result ? "" : result.error().code + " at " + result.error().where;
  }
};

// Names of columns that are not bit for bit the same; NaN equals NaN.
std::vector<std::string> different(const Snapshot& a, const Snapshot& b) {
  std::vector<std::string> names;
  if (a.columns.size() != b.columns.size()) names.push_back("number of columns");
  for (std::size_t i = 0; i < std::min(a.columns.size(), b.columns.size()); ++i) {
    const Column &x = a.columns[i], &y = b.columns[i];
    bool same = x.name == y.name && x.shape == y.shape && x.data.index() == y.data.index();
    if (const auto* p = std::get_if<std::vector<double>>(&x.data); p && same) {
      const auto& q = std::get<std::vector<double>>(y.data);
      same = p->size() == q.size();
      for (std::size_t k = 0; same && k < p->size(); ++k)
        same = (*p)[k] == q[k] || (std::isnan((*p)[k]) && std::isnan(q[k]));
    } else {
      same = same && x.data == y.data;
    }
    if (!same) names.push_back(x.name);
  }
  return names;
}

// The adapter in the two upper layers: quick, and the rest is read once.
Texts small_lora(const std::string& steps) {
  return {{"first-layer", "28"}, {"steps", steps}, {"dropout", "0.1"}, {"mix", "1"}, {"batch", "2"}};
}
Texts small_scratch(const std::string& steps) {
  return {{"steps", steps}, {"width", "16"}, {"heads", "2"}, {"length", "12"}, {"shortest", "2"}, {"longest", "4"},
          {"vocabulary", "8"}, {"batch", "4"}, {"every", "2"}, {"mlp", "true"}};
}

std::vector<std::int64_t> ids_of(const std::string& text) { return bundled_model().tokenizer().encode(text).ids(); }

// -log p of ids[1], ids[2], ..., by the engine that the other labs use.
std::vector<double> costs(const std::vector<std::int64_t>& ids, std::shared_ptr<const Lora> adapter = nullptr) {
  Context context(bundled_model());
  context.use(std::move(adapter));
  const Probes probes = probes_of({"logits"});
  must(context.run(ids, probes, {}, {}));
  const at::Tensor log_p = context.point("logits").to(at::kDouble).log_softmax(-1);
  std::vector<double> all;
  for (std::size_t i = 1; i < ids.size(); ++i)
    all.push_back(-log_p[static_cast<std::int64_t>(i) - 1][ids[i]].item<double>());
  return all;
}
double mean(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  return sum / static_cast<double>(numbers.size());
}

const std::string neutral_text = "The market opens at nine, and the bridge is old.";

}  // namespace

TEST_CASE("lora: the model before training and the saved adapter after it are what the engine says",
          "[training-labs]") {
  const TemporaryFolder folder;
  Bench bench("lora", folder.path);
  Texts texts = {{"texts", "Meaning is a movement\n\n  \r\nThe sense of a word is a movement\n"}, {"steps", "6"},
                 {"first-layer", "26"}, {"learning-rate", "0.01"}, {"projections", "all"}, {"neutral", neutral_text},
                 {"prompt", "Meaning is"}, {"continuation", " a movement"}};
  const Snapshot s = must(bench.run(texts));

  // Before: the mean cost of all tokens to be learned, the continuation's two tokens, the neutral text.
  std::vector<double> learned = costs(ids_of("Meaning is a movement"));
  for (const double x : costs(ids_of("The sense of a word is a movement"))) learned.push_back(x);
  CHECK(s.numbers("training.loss")[0] == Approx(mean(learned)).epsilon(1e-5));
  const auto p_of_continuation = [&](std::shared_ptr<const Lora> adapter) {
    const std::vector<double> all = costs(ids_of("Meaning is a movement"), std::move(adapter));
    return std::exp(-(all[all.size() - 2] + all.back()));
  };
  CHECK(s.numbers("watched.id").size() == 2);
  CHECK(s.numbers("watch.p").front() == Approx(p_of_continuation(nullptr)).epsilon(1e-4));
  CHECK(s.numbers("neutral.nll").front() == Approx(mean(costs(ids_of(neutral_text)))).epsilon(1e-5));
  CHECK(s.numbers("probes.step") == std::vector<double>{0, 1, 2, 3, 4, 5, 6});
  CHECK(s.numbers("training.loss").size() == 6);

  // After: the adapter as peft would find it.
  const auto saved = folder.path / s.texts("adapter.folder").at(0);
  const Transformer& model = bundled_model().transformer();
  const auto adapter = std::make_shared<Lora>(must(Lora::load(saved, model.config(), at::kCPU)));
  CHECK(s.numbers("watch.p").back() == Approx(p_of_continuation(adapter)).epsilon(1e-4));
  CHECK(s.numbers("watch.p").back() > 10 * s.numbers("watch.p").front());
  CHECK(s.numbers("neutral.nll").back() == Approx(mean(costs(ids_of(neutral_text), adapter))).epsilon(1e-5));

  // Merged into the matrices it says the same, and the matrices have moved by what the lab says.
  const Weights merged = adapter->merged(model.weights());
  const Transformer with(model.config(), merged);
  const at::Tensor p = logits_of(with, ids_of("Meaning is"))[1].to(at::kDouble).softmax(-1);
  for (std::size_t i = 0; i < s.numbers("after.p").size(); ++i)
    CHECK(p[static_cast<std::int64_t>(s.numbers("after.id")[i])].item<double>() ==
          Approx(s.numbers("after.p")[i]).epsilon(1e-3).margin(1e-7));
  CHECK(s.numbers("change.layer") == std::vector<double>{26, 27, 28, 29});
  const auto length = [](const std::vector<at::Tensor>& parts) {
    double squares = 0;
    for (const at::Tensor& x : parts) squares += x.to(at::kDouble).square().sum().item<double>();
    return std::sqrt(squares);
  };
  const Block &from = model.weights().blocks[27], &to = merged.blocks[27];
  std::vector<at::Tensor> before, moved;
  for (const auto& [a, b] : {std::pair(&from.qkv, &to.qkv), std::pair(&from.out, &to.out),
                             std::pair(&from.gate_up, &to.gate_up), std::pair(&from.down, &to.down)}) {
    before.push_back(unpacked(*a));
    moved.push_back(unpacked(*b) - unpacked(*a));
  }
  CHECK(s.numbers("change.norm")[1] == Approx(length(moved)).epsilon(1e-4));
  CHECK(s.numbers("change.share")[1] == Approx(length(moved) / length(before)).epsilon(1e-4));
  // Without the adapter the model is as it was.
  CHECK(p_of_continuation(nullptr) == Approx(s.numbers("watch.p").front()).epsilon(1e-4));
}

TEST_CASE("lora: other prompts are asked as the engine asks them, and merging changes no answer", "[training-labs]") {
  Bench bench("lora");
  Texts texts = {{"steps", "4"}, {"first-layer", "28"}, {"learning-rate", "0.02"},
                 {"others", "The capital of France is\n\nOnce\nOnce upon a\n"}};
  const Snapshot s = must(bench.run(texts));
  REQUIRE(s.texts("others.prompt") == std::vector<std::string>{"The capital of France is", "Once", "Once upon a"});
  CHECK(s.texts("others.was.text")[0] == " Paris");
  CHECK(s.numbers("others.p")[0] ==
        Approx(std::exp(-costs(ids_of("The capital of France is Paris")).back())).epsilon(1e-4));
  CHECK(s.numbers("others.watched")[2] ==
        Approx(std::exp(-costs(ids_of("Once upon a movement")).back())).epsilon(1e-4));   // of " movement"
  CHECK(s.numbers("others.kept")[0] == 1);
  CHECK(s.numbers("others.kl")[0] == Approx(0).margin(1e-6));
  CHECK(s.numbers("others.kl").back() > 0);
  CHECK(s.numbers("watch.gain")[0] == 0);
  const auto log_odds = [](double p) { return std::log(p / (1 - p)); };
  CHECK(s.numbers("watch.gain").back() ==
        Approx(log_odds(s.numbers("watch.p").back()) - log_odds(s.numbers("watch.p").front())).epsilon(1e-6));
  REQUIRE(s.numbers("others.gain").size() == 5 * 3);
  for (std::size_t i = 0; i < 15; i += 3) {
    CHECK(s.numbers("others.gain")[i] <= s.numbers("others.gain")[i + 1]);
    CHECK(s.numbers("others.gain")[i + 1] <= s.numbers("others.gain")[i + 2]);
  }
  CHECK(s.numbers("merged.p")[0] == Approx(s.numbers("watch.p").back()).epsilon(1e-4));
  CHECK(s.numbers("merged.left")[0] < 1e-6);
  CHECK(s.numbers("merged.left")[1] > s.numbers("merged.left")[0]);   // bfloat16 keeps eight bits

  texts["others"] = "";
  CHECK(must(bench.run(texts)).numbers("others.kl").empty());
  for (int i = 0; i <= 40; ++i) texts["others"] += "a\n";
  CHECK(bench.code(texts) == "lora.others at others");
}

TEST_CASE("lora: a penalty holds the model near what it was, and leaves the first step alone", "[training-labs]") {
  Bench free("lora"), held("lora");
  Texts texts = {{"steps", "5"}, {"first-layer", "28"}, {"learning-rate", "0.02"},
                 {"keep", "She put the books back on the"}, {"others", "She put the books back on the"}};
  const Snapshot without = must(free.run(texts));
  texts["penalty"] = "10";
  const Snapshot with = must(held.run(texts));
  // Nothing differs from itself yet: no loss, no gradient.
  CHECK(with.numbers("training.loss")[0] == without.numbers("training.loss")[0]);
  CHECK(with.numbers("training.gradient_norm")[0] ==
        Approx(without.numbers("training.gradient_norm")[0]).epsilon(1e-5));
  CHECK(with.numbers("watch.p")[1] == Approx(without.numbers("watch.p")[1]).epsilon(1e-4));
  CHECK(with.numbers("others.kl").back() < without.numbers("others.kl").back());
}

TEST_CASE("A lab's training that is stopped, extended or crashes ends with the bits of one that is not",
          "[training-labs]") {
  for (const std::string type : {"lora", "from-scratch"}) {
    CAPTURE(type);
    const auto with = [&](const std::string& steps) {
      return type == "lora" ? small_lora(steps) : small_scratch(steps);
    };
    const TemporaryFolder folder;
    Bench whole(type, folder.path / "whole");
    const Snapshot expected = must(whole.run(with("7")));
    CHECK_FALSE(expected.partial);
    CHECK(whole.steps == 7);
    REQUIRE(whole.published.size() >= 1);
    CHECK(whole.published[0].partial);
    CHECK(whole.published[0].numbers("run.steps") == std::vector<double>{0});
    CHECK(whole.published[0].numbers("probes.step") == std::vector<double>{0});

    Bench stopped(type, folder.path / "stopped");
    const auto interrupted = stopped.run(with("7"), 3);
    REQUIRE_FALSE(interrupted);
    CHECK(interrupted.error().code == "job.stopped");
    CHECK(stopped.published.back().numbers("run.steps") == std::vector<double>{3});   // what there is is shown
    CHECK(stopped.published.back().partial);
    const Snapshot continued = must(stopped.run(with("7")));
    CHECK(stopped.steps == 4);
    CHECK(continued.tokens_reused > 0);
    CHECK(continued.tokens_computed + continued.tokens_reused == expected.tokens_computed);
    CHECK(different(continued, expected) == std::vector<std::string>{});

    // More steps go on; fewer, or another input, begin anew.
    Bench extended(type, folder.path / "extended");
    (void)must(extended.run(with("4")));
    const Snapshot longer = must(extended.run(with("7")));
    CHECK(extended.steps == 3);
    CHECK(different(longer, expected) == std::vector<std::string>{});
    const Snapshot again = must(extended.run(with("7")));
    CHECK(extended.steps == 0);
    CHECK(different(again, expected) == std::vector<std::string>{});
    (void)must(extended.run(with("2")));
    CHECK(extended.steps == 2);
    Texts other = with("2");
    other["learning-rate"] = "0.004";
    const Snapshot changed = must(extended.run(other));
    CHECK(extended.steps == 2);
    CHECK(changed.numbers("training.loss")[1] != expected.numbers("training.loss")[1]);

    // Another process finds the stopped run, and the finished one; a damaged file is one that is not there.
    Bench crashed(type, folder.path / "crashed");
    (void)crashed.run(with("7"), 5);
    crashed.session.reset();
    const Snapshot resumed = must(crashed.run(with("7")));
    CHECK(crashed.steps == 2);
    CHECK(different(resumed, expected) == std::vector<std::string>{});
    crashed.session.reset();
    CHECK(different(must(crashed.run(with("7"))), expected) == std::vector<std::string>{});
    CHECK(crashed.steps == 0);
    crashed.session.reset();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path / "crashed"))
      if (entry.path().filename() == "run.safetensors") std::filesystem::resize_file(entry.path(), 1000);
    CHECK(different(must(crashed.run(with("7"))), expected) == std::vector<std::string>{});
    CHECK(crashed.steps == 7);
  }
}

TEST_CASE("Where nothing can be saved the lab trains all the same, and says why", "[training-labs]") {
  const TemporaryFolder folder;
  must(write_file(folder.path / "file", "no folder"));
  Bench bench("from-scratch", folder.path / "file");
  const Snapshot s = must(bench.run(small_scratch("3")));
  REQUIRE(s.texts("saved.error").size() >= 2);
  CHECK(s.texts("saved.error")[0] == "file.write");
  CHECK(s.texts("saved.error")[1].find("file") != std::string::npos);
  Bench free("from-scratch");
  const Snapshot same = must(free.run(small_scratch("3")));
  CHECK(same.texts("saved.error").empty());
  CHECK(different(s, same) == std::vector<std::string>{"saved.error"});
}

TEST_CASE("Only the newest runs of a lab are kept", "[training-labs]") {
  const TemporaryFolder folder;
  must(write_file(folder.path / "notes.txt", "stays"));
  Bench bench("from-scratch", folder.path);
  for (int seed = 0; seed < 10; ++seed) {
    Texts texts = small_scratch("1");
    texts["seed"] = std::to_string(seed);
    (void)must(bench.run(texts));
  }
  std::size_t runs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) runs += entry.is_directory();
  CHECK(runs <= 9);
  CHECK(runs >= 8);
  CHECK(std::filesystem::exists(folder.path / "notes.txt"));
}

TEST_CASE("from-scratch: sizes, guesses and the first loss by closed forms and by hand", "[training-labs]") {
  Bench bench("from-scratch");
  const Snapshot s = must(bench.run(small_scratch("2")));
  CHECK(s.numbers("guess.uniform")[0] == Approx(std::log(8.0)));
  // Pieces of 2, 3 and 4 tokens leave 9, 8 and 7 of 12 tokens that can be known.
  CHECK(s.numbers("guess.piece")[0] ==
        Approx((9 * std::log(2.0) + 8 * std::log(3.0) + 7 * std::log(4.0)) / (9 + 8 + 7)));
  CHECK(s.numbers("score.in_context")[0] == Approx(s.numbers("score.late")[0] - std::log(8.0)).epsilon(1e-6));
  // Two layers: norms 2 * 16, q k v out 4 * 16 * 16, MLP 3 * 16 * 64; embedding and head 8 * 16 each; one norm.
  CHECK(s.numbers("model.parameters")[0] == 2 * (32 + 4 * 256 + 3 * 1024) + 2 * 128 + 16);
  CHECK(s.find("heads.induction")->shape == std::vector<std::int64_t>{2, 2, 2});
  CHECK(s.find("pattern.attention")->shape == std::vector<std::int64_t>{2, 2, 12, 12});
  const std::vector<double>& pattern = s.numbers("pattern.attention");
  for (std::size_t row = 0; row < pattern.size() / 12; ++row) {
    double sum = 0, future = 0;
    for (std::size_t key = 0; key < 12; ++key) {
      sum += pattern[row * 12 + key];
      if (key > row % 12) future += pattern[row * 12 + key];
    }
    CHECK(sum == Approx(1).epsilon(1e-5));
    CHECK(future == 0);
  }
  // The text repeats a piece of three tokens; from the fifth token on it can be known.
  const std::vector<double>&ids = s.numbers("tokens.id"), &known = s.numbers("tokens.known");
  REQUIRE(ids.size() == 12);
  for (std::size_t i = 3; i < 12; ++i) CHECK(ids[i] == ids[i - 3]);
  for (std::size_t i = 0; i < 12; ++i) CHECK(known[i] == (i > 3));
  CHECK(std::isnan(s.numbers("tokens.p")[0]));

  // The loss of step 0 is the untrained model's on the first batch, token by token.
  Config config;
  config.architecture = "llama";
  config.n_layers = 2;
  config.n_heads = config.n_kv_heads = 2;
  config.d_model = 16;
  config.d_head = 8;
  config.d_mlp = 64;
  config.vocabulary = 8;
  config.context = 12;
  config.norm_epsilon = 1e-5;
  config.rope_theta = 10000;
  const Transformer model = must(from_scratch(config, 0));
  const Repeats task{.vocabulary = 8, .length = 12, .shortest = 2, .longest = 4, .texts = 4};
  const Batch batch = repeated_pieces(task, 1)(0);
  double sum = 0;
  for (std::int64_t text = 0; text < 4; ++text) {
    const std::vector<std::int64_t> one(batch.ids.begin() + text * 11, batch.ids.begin() + (text + 1) * 11);
    const at::Tensor logits = logits_of(model, one).to(at::kDouble);
    for (std::int64_t i = 0; i < 11; ++i) {
      const std::int64_t target = batch.targets[text * 11 + i];
      if (target >= 0) sum += (logits[i].logsumexp(0) - logits[i][target]).item<double>();
    }
  }
  CHECK(s.numbers("training.loss")[0] == Approx(sum / static_cast<double>(batch.learned())).epsilon(1e-5));
}

TEST_CASE("Two sources of texts make one batch, filled up where no target sees it", "[training-labs]") {
  const auto constant = [](std::vector<Example> examples) -> Data {
    return [examples](std::int64_t) { return batch_of(examples); };
  };
  const Batch both = together(constant({{{1, 2, 3}, {}}}), constant({{{4, 5, 6, 7}, {}}, {{8, 9}, {}}}))(0);
  CHECK(both.texts == 3);
  CHECK(both.ids == std::vector<std::int64_t>{1, 2, 0, 4, 5, 6, 8, 9, 0});
  CHECK(both.targets == std::vector<std::int64_t>{2, 3, -1, 5, 6, 7, 9, -1, -1});
}

TEST_CASE("Inputs that cannot be trained on say what is wrong with which", "[training-labs]") {
  Bench lora("lora");
  CHECK(lora.code({{"texts", " \n\n"}}) == "lab.empty at texts");
  CHECK(lora.code({{"prompt", ""}}) == "lab.empty at prompt");
  CHECK(lora.code({{"continuation", ""}}) == "lab.empty at continuation");
  CHECK(lora.code({{"texts", "Two words\nOne"}}) == "lora.line at texts");
  std::string words;
  for (int i = 0; i < 140; ++i) words += " word";
  CHECK(lora.code({{"texts", words}}) == "lab.too_long at texts");
  CHECK(lora.code({{"keep", "x"}, {"mix", "1"}}) == "lora.line at keep");
  Bench scratch("from-scratch");
  CHECK(scratch.code({{"shortest", "13"}, {"longest", "12"}}) == "from-scratch.pieces at shortest");
  CHECK(scratch.code({{"length", "21"}}) == "from-scratch.length at length");

  // No neutral text, layers the wrong way round, a byte without a token: all usable.
  const Snapshot s = must(lora.run({{"neutral", ""}, {"first-layer", "29"}, {"last-layer", "28"}, {"steps", "1"},
                                    {"texts", "Meaning is a\x04 movement"}}));
  CHECK(s.numbers("neutral.nll").empty());
  CHECK(s.numbers("change.layer") == std::vector<double>{28, 29});
  CHECK(s.texts("unencodable.input") == std::vector<std::string>{"texts"});
  // One head, one layer, one text of the shortest kind.
  CHECK(scratch.code({{"layers", "1"}, {"heads", "1"}, {"width", "8"}, {"vocabulary", "4"}, {"length", "4"},
                      {"shortest", "2"}, {"longest", "2"}, {"batch", "1"}, {"steps", "2"}}) == "");
}
