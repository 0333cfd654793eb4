// Labs on the bundled model: against closed forms, against the engine's own generation, and against the
// logits that transformers computed from the same file (tests/reference/smollm2).
#include <algorithm>
#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "labs/engine.h"
#include "tests/labs/lab_bench.h"
#include "tests/labs/transformers_record.h"
#include "tests/small_inputs.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("every column is as long as its shape says, and every field parses back") {
  const Texts prompt = {{"prompt", "The capital of France is"}};
  for (const Lab* lab : all_labs()) {
    CAPTURE(lab->type());
    Bench bench(lab->type());
    const auto fields = lab->fields(nullptr);
    const bool asks = std::any_of(fields.begin(), fields.end(), [](const Field& f) { return f.key == "prompt"; });
    Texts texts = asks ? prompt : small_inputs(std::string(lab->type()));
    if (lab->long_running()) texts["steps"] = "2";
    const Snapshot snapshot = bench.run(texts);
    CHECK(snapshot.lab == lab->type());
    CHECK(snapshot.model_checksum.size() == 64);
    for (const Column& column : snapshot.columns) {
      CAPTURE(column.name);
      const auto expected =
          std::accumulate(column.shape.begin(), column.shape.end(), std::int64_t{1}, std::multiplies<>());
      const std::size_t size = std::visit([](const auto& data) { return data.size(); }, column.data);
      CHECK(static_cast<std::int64_t>(size) == expected);
    }
    const auto again = parse(lab->fields(&bundled_model()), unparse(snapshot.inputs), "");
    REQUIRE(again);
    CHECK((*again == snapshot.inputs));
  }
}

TEST_CASE("tokens: the bytes of the tokens and the gaps between them are the text") {
  Bench bench("tokens");
  const std::string text = "Привет, \xF0\x9F\x99\x82 2+2=4\t\x04 <|im_end|>\xC3";
  for (const char* special : {"true", "false"}) {
    CAPTURE(special);
    const Snapshot s = bench.run({{"text", text}, {"special", special}});
    std::string rebuilt(text.size(), '\0');
    std::size_t covered = 0;
    const auto& bytes = s.texts("tokens.bytes");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto start = static_cast<std::size_t>(s.numbers("tokens.start")[i]);
      const std::string raw = from_hex(bytes[i]).value();
      CHECK(s.numbers("tokens.end")[i] == static_cast<double>(start + raw.size()));
      CHECK((s.numbers("tokens.whole")[i] == 1) == is_utf8(raw));
      CHECK(s.texts("tokens.text")[i] == raw);
      rebuilt.replace(start, raw.size(), raw);
      covered += raw.size();
    }
    for (std::size_t i = 0; i < s.numbers("unencodable.at").size(); ++i) {
      const std::string raw = from_hex(s.texts("unencodable.bytes")[i]).value();
      rebuilt.replace(static_cast<std::size_t>(s.numbers("unencodable.at")[i]), raw.size(), raw);
      covered += raw.size();
    }
    CHECK(rebuilt == text);
    CHECK(covered == text.size());
    CHECK(integer(s, "count.bytes") == static_cast<std::int64_t>(text.size()));
    // The vocabulary has no token for the byte 04 (and has one for C3): it is reported, not dropped.
    CHECK(s.texts("unencodable.bytes") == std::vector<std::string>{"04"});
    const auto& marks = s.numbers("tokens.special");
    CHECK(std::count(marks.begin(), marks.end(), 1.0) == (std::string(special) == "true" ? 1 : 0));
    CHECK(s.tokens_computed == 0);
  }
}

TEST_CASE("next-token: probabilities are the softmax of the logits that transformers computes") {
  Bench bench("next-token");
  const Snapshot s = bench.run({{"prompt", "The capital of France is"}, {"top", "20"}, {"temperature", "0.7"}});
  const std::vector<float> logits = recorded("capital/last_logits");
  double sum = 0, entropy = 0;
  const double max = *std::max_element(logits.begin(), logits.end()) / 0.7;
  for (const float logit : logits) sum += std::exp(logit / 0.7 - max);
  for (const float logit : logits) {
    const double p = std::exp(logit / 0.7 - max) / sum;
    if (p > 0) entropy -= p * std::log2(p);
  }
  CHECK(value_at(s, "softmax.max").value() == Approx(max).margin(1e-3));
  CHECK(value_at(s, "softmax.sum").value() == Approx(sum).epsilon(1e-3));
  CHECK(value_at(s, "softmax.entropy").value() == Approx(entropy).epsilon(1e-3));
  double mass = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    const auto id = static_cast<std::size_t>(s.numbers("bars.id")[i]);
    const double p = std::exp(logits[id] / 0.7 - max) / sum;
    mass += s.numbers("bars.p")[i];
    CHECK(s.numbers("bars.logit")[i] == Approx(logits[id]).margin(tolerance));
    CHECK(s.numbers("bars.p")[i] == Approx(p).epsilon(2e-3));
    CHECK(s.numbers("bars.cumulative")[i] == Approx(mass));
    if (i > 0) CHECK(s.numbers("bars.logit")[i] <= s.numbers("bars.logit")[i - 1]);
    // The columns of the softmax are its steps.
    CHECK(s.numbers("softmax.scaled")[i] == Approx(s.numbers("bars.logit")[i] / 0.7));
    CHECK(s.numbers("softmax.shifted")[i] ==
          Approx(s.numbers("softmax.scaled")[i] - s.numbers("softmax.max")[0]).margin(1e-9));
    CHECK(s.numbers("softmax.exp")[i] / s.numbers("softmax.sum")[0] == Approx(s.numbers("bars.p")[i]));
  }
  CHECK(mass + value_at(s, "tail.p").value() == Approx(1));
  CHECK(integer(s, "tail.count") == 49152 - 20);
}

TEST_CASE("next-token: filters keep what their definitions say, renormalised") {
  Bench bench("next-token");
  const Texts prompt = {{"prompt", "The capital of France is"}, {"top", "40"}};
  const auto with = [&](const std::string& key, const std::string& value) {
    Texts texts = prompt;
    texts[key] = value;
    return bench.run(texts);
  };
  const Snapshot plain = bench.run(prompt);
  const std::vector<double> p = plain.numbers("bars.p");
  CHECK(plain.numbers("bars.kept") == p);

  const Snapshot k = with("top-k", "5");
  CHECK(integer(k, "kept.count") == 5);
  const double five = std::accumulate(p.begin(), p.begin() + 5, 0.0);
  CHECK(value_at(k, "kept.mass").value() == Approx(five));
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(k.numbers("bars.kept")[i] == Approx(i < 5 ? p[i] / five : 0).margin(1e-12));

  const Snapshot nucleus = with("top-p", "0.85");
  const auto count = static_cast<std::size_t>(integer(nucleus, "kept.count"));
  REQUIRE(count > 0);
  REQUIRE(count < 40);
  CHECK(plain.numbers("bars.cumulative")[count - 1] >= 0.85);
  if (count > 1) CHECK(plain.numbers("bars.cumulative")[count - 2] < 0.85);

  const Snapshot floor = with("min-p", "0.01");
  for (std::size_t i = 0; i < 40; ++i) CHECK((floor.numbers("bars.kept")[i] > 0) == (p[i] >= 0.01 * p[0]));

  const Snapshot greedy = with("temperature", "0");
  CHECK(greedy.numbers("bars.p")[0] == 1);
  CHECK(greedy.numbers("sampled.id")[0] == greedy.numbers("bars.id")[0]);
}

TEST_CASE("next-token: moving a sampling slider computes no token, an appended token computes one") {
  Bench bench("next-token");
  const Texts prompt = {{"prompt", "The capital of France is"}};
  const Snapshot first = bench.run(prompt);
  CHECK(first.tokens_computed == 5);
  for (const auto& [key, value] : Texts{{"temperature", "0.3"}, {"top-k", "3"}, {"top-p", "0.5"}, {"min-p", "0.1"},
                                        {"seed", "77"}, {"top", "12"}, {"repetition-penalty", "1.3"},
                                        {"logit-bias", "Rome=2"}}) {
    CAPTURE(key);
    Texts texts = prompt;
    texts[key] = value;
    const Snapshot moved = bench.run(texts);
    CHECK(moved.tokens_computed == 0);
    CHECK(moved.tokens_reused == 5);
    CHECK(moved.numbers("bars.logit")[0] == first.numbers("bars.logit")[0]);
  }
  // The fields say the same.
  for (const Field& field : bench.lab.fields(nullptr))
    CHECK(field.forward == (field.key == "prompt" || field.key == "continuation" || field.key == "intervene"));

  Texts forced = prompt;
  forced["continuation"] = "260";   // " the"
  const Snapshot next = bench.run(forced);
  CHECK(next.tokens_computed == 1);
  CHECK(next.tokens_reused == 5);
  CHECK(next.texts("tokens.text").back() == " the");
  CHECK(next.numbers("tokens.drawn") == std::vector<double>{0, 0, 0, 0, 0, 1});
  // What was forced is what a prompt with these words gives.
  const Snapshot typed = Bench("next-token").run({{"prompt", "The capital of France is the"}});
  REQUIRE(typed.numbers("tokens.id") == next.numbers("tokens.id"));
  CHECK(typed.numbers("bars.logit")[0] == Approx(next.numbers("bars.logit")[0]).margin(tolerance));
}

TEST_CASE("next-token: a bias moves a token's odds by exactly e^b, a penalty shrinks the logits of what was read") {
  Bench bench("next-token");
  const Texts prompt = {{"prompt", "The capital of France is"}, {"continuation", "260"}, {"top", "40"}};   // " the"
  const auto with = [&](const std::string& key, const std::string& value) {
    Texts texts = prompt;
    texts[key] = value;
    return bench.run(texts);
  };
  const Snapshot plain = bench.run(prompt);
  CHECK(plain.numbers("bars.adjusted") == plain.numbers("bars.logit"));
  const auto p_of = [](const Snapshot& s, double id) {
    const auto& ids = s.numbers("bars.id");
    const auto row = std::find(ids.begin(), ids.end(), id) - ids.begin();
    return row < static_cast<std::ptrdiff_t>(ids.size()) ? s.numbers("bars.p")[row] : 0;
  };
  const auto odds = [&](const Snapshot& s, double id) { return p_of(s, id) / (1 - p_of(s, id)); };
  const double second = plain.numbers("bars.id")[1];
  const std::string id = std::to_string(static_cast<int>(second));
  CHECK(odds(with("logit-bias", id + "=1.5"), second) / odds(plain, second) == Approx(std::exp(1.5)));
  CHECK(odds(with("logit-bias", " " + id + " = -0.5 , 7=-inf"), second) / odds(plain, second) ==
        Approx(std::exp(-0.5)).epsilon(1e-6));
  CHECK(p_of(with("logit-bias", id + "=-inf"), second) == 0);

  // A word stands for itself with a space before it, too: against a third token the odds move by e^b.
  const double paris = bench.run({{"prompt", "The capital of France is"}}).numbers("bars.id")[0];
  const Texts short_prompt = {{"prompt", "The capital of France is"}, {"top", "40"}};
  const Snapshot before = bench.run(short_prompt);
  REQUIRE(before.texts("bars.text")[0] == " Paris");
  Texts biased = short_prompt;
  biased["logit-bias"] = "Paris=2";
  const Snapshot after = bench.run(biased);
  const double other = before.numbers("bars.id")[1];
  CHECK(p_of(after, paris) / p_of(after, other) / (p_of(before, paris) / p_of(before, other)) == Approx(std::exp(2)));

  // What was read is penalised, whether the prompt or the continuation has it; nothing else is.
  const Snapshot penalised = with("repetition-penalty", "1.5");
  const auto& read = plain.numbers("tokens.id");
  int changed = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const double id = penalised.numbers("bars.id")[i], raw = penalised.numbers("bars.logit")[i];
    const double adjusted = penalised.numbers("bars.adjusted")[i];
    const bool seen = std::find(read.begin(), read.end(), id) != read.end();
    CHECK(adjusted == Approx(!seen ? raw : raw > 0 ? raw / 1.5 : raw * 1.5));
    CHECK(penalised.numbers("softmax.scaled")[i] == adjusted);
    if (seen && p_of(plain, id) > 0) CHECK(p_of(penalised, id) < p_of(plain, id));
    changed += seen;
  }
  CHECK(changed > 0);

  const auto code = [&](const std::string& bias) {
    Texts texts = prompt;
    texts["logit-bias"] = bias;
    const auto run = bench.try_run(texts);
    return run ? "" : run.error().code;
  };
  for (const char* bias : {"Paris", "=2", "Paris=", "Paris=x", "Paris=inf", "Paris=nan", "Paris=2,",
                           "Paris=2, Paris=1", ","})
    CHECK(code(bias) == "sampling.bias");
  CHECK(code("Constantinople by the sea=2") == "next-token.word");
  CHECK(code("49152=1") == "run.id");
  CHECK(code(" ") == "");
}

TEST_CASE("A model without a tokenizer says so in every lab that reads a text") {
  LoadOptions options;
  options.path = "tests/reference/tiny/llama3";
  options.device = "cpu";
  const auto model = Model::load(options, {});
  REQUIRE(model);
  for (const Lab* lab : all_labs()) {
    const std::string type(lab->type());
    CAPTURE(type);
    if (lab->long_running()) continue;
    const auto fields = lab->fields(model->get());
    if (std::ranges::none_of(fields, [](const Field& f) { return f.key == "prompt" || f.key == "text"; })) continue;
    const auto inputs = parse(fields, {}, type);
    REQUIRE(inputs);
    std::unique_ptr<Session> kept;
    Job job{*inputs, model->get(), kept};
    const auto run = lab->run(job);
    REQUIRE_FALSE(run);
    CHECK(run.error().code == "lab.tokenizer");
  }
}

TEST_CASE("next-token: an intervention changes the run, and only that run") {
  Bench bench("next-token");
  const Snapshot plain = bench.run({{"prompt", "The capital of France is"}, {"also", "7042"}});
  // logit-bias adds to a logit, so that the token's log-odds move by exactly as much.
  const auto log_odds = [](const Snapshot& s) {
    const double p = s.numbers("also.p").at(0);
    return std::log(p / (1 - p));
  };
  const Snapshot less = bench.run(
      {{"prompt", "The capital of France is"}, {"also", "7042"}, {"intervene", "\n logit-bias:token=7042,value=-5 \n"}});
  CHECK(log_odds(less) - log_odds(plain) == Approx(-5).margin(1e-4));
  CHECK(less.numbers("also.id") == std::vector<double>{7042});
  // A whole layer's heads silenced: another run; without it, the very same bits as before.
  const Snapshot silenced =
      bench.run({{"prompt", "The capital of France is"}, {"also", "7042"}, {"intervene", "ablate-head:layer=23,head=*"}});
  CHECK(silenced.numbers("also.p") != plain.numbers("also.p"));
  const Snapshot again = bench.run({{"prompt", "The capital of France is"}, {"also", "7042"}});
  CHECK(again.numbers("also.p") == plain.numbers("also.p"));
  // What is asked for and stands among the bars is told alike in both places.
  CHECK(plain.numbers("bars.id").at(0) == 7042);
  CHECK(plain.numbers("also.p").at(0) == plain.numbers("bars.p").at(0));
  CHECK(plain.numbers("also.kept").at(0) == plain.numbers("bars.kept").at(0));
  const auto code = [&](const char* key, const char* text) {
    return bench.try_run({{"prompt", "The capital of France is"}, {key, text}}).error().code;
  };
  CHECK(code("intervene", "knock-in:layer=1").starts_with("intervention."));
  CHECK(code("intervene", "ablate-head:layer=400,head=1").starts_with("intervention."));
  CHECK(code("also", "49152") == "run.id");
  CHECK(code("also", "-1") == "run.id");
}

TEST_CASE("next-token: stepping draws the very tokens that generation with this seed gives") {
  GenerateRequest request;
  request.ids = {504, 3575, 282, 4649, 314};
  request.max_tokens = 12;
  request.temperature = 1.2;
  request.top_k = 40;
  request.seed = 5;
  const auto generated = torch_engine().generate(bundled_model(), request, {});
  REQUIRE(generated);
  Bench bench("next-token");
  std::string continuation;
  std::vector<std::int64_t> ids;
  while (ids.size() < generated->ids.size()) {
    const Snapshot s = bench.run({{"prompt", "The capital of France is"}, {"temperature", "1.2"}, {"top-k", "40"},
                                  {"seed", "5"}, {"continuation", continuation}});
    ids.push_back(integer(s, "sampled.id"));
    CHECK(value_at(s, "sampled.p").value() > 0);
    continuation += (continuation.empty() ? "" : ",") + std::to_string(ids.back());
  }
  CHECK(ids == generated->ids);
}

TEST_CASE("lens: the last step is the model's answer, and another row computes no token") {
  Bench bench("lens");
  const Snapshot s = bench.run({{"prompt", store_prompt}, {"top", "3"}});
  const auto steps = static_cast<std::size_t>(bundled_model().info().n_layers) + 1;
  const Snapshot bars = Bench("next-token").run({{"prompt", store_prompt}, {"top", "3"}});
  REQUIRE(s.numbers("lens.p").size() == steps * 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(s.texts("lens.text")[(steps - 1) * 3 + i] == bars.texts("bars.text")[i]);
    CHECK(s.numbers("lens.p")[(steps - 1) * 3 + i] == Approx(bars.numbers("bars.p")[i]).margin(1e-4));
  }
  CHECK(s.numbers("lens.kl").back() == 0);
  CHECK(s.numbers("lens.kl").front() > 1);
  const auto depth = static_cast<std::size_t>(s.numbers("lens.depth")[0]);
  for (std::size_t step = depth; step < steps; ++step) CHECK(s.texts("lens.text")[step * 3] == " Mary");
  CHECK(s.texts("lens.text")[(depth - 1) * 3] != " Mary");
  const Snapshot earlier = bench.run({{"prompt", store_prompt}, {"top", "3"}, {"query", "2"}});
  CHECK(earlier.tokens_computed == 0);
  CHECK(earlier.numbers("lens.query")[0] == 2);
}

TEST_CASE("a prompt that is empty or too long is an error that says so") {
  CHECK(Bench("lens").try_run({{"prompt", ""}}).error().code == "lab.empty");
  CHECK(Bench("next-token").try_run({{"prompt", ""}}).error().code == "lab.empty");
  CHECK(Bench("attention").try_run({{"prompt", ""}}).error().code == "lab.empty");
  std::string words;
  for (int i = 0; i < 70; ++i) words += " a";
  const auto wide = Bench("attention").try_run({{"prompt", words}});
  REQUIRE(!wide);
  CHECK(wide.error().code == "lab.too_long");
  CHECK(wide.error().args == std::vector<std::string>{"70", "64"});
  CHECK(Bench("tokens").run({{"text", ""}}).numbers("tokens.id").empty());
  // A byte without a token is reported and the rest is computed.
  const Snapshot gap = Bench("next-token").run({{"prompt", "The \x04 capital"}});
  CHECK(gap.texts("unencodable.bytes") == std::vector<std::string>{"04"});
  CHECK(gap.numbers("unencodable.at") == std::vector<double>{4});
}
