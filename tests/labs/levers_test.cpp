// What a set-up does to a task and what it costs: against formulas, against contexts, and against runs with nothing.
#include "labs/levers/measure.h"
#include "labs/model/lora.h"
#include "tests/labs/context_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

const TaskText film = {
    .prompts = {"I watched the film last night, and I think it was", "We saw the play, and in my opinion it was really"},
    .towards = " good, great,wonderful", .away = "bad, terrible",
    .neutral = "The city lies on the river and has two bridges."};

Task task_of(const TaskText& text) { return value_of(read_task(bundled_model().tokenizer(), text)); }
Meter film_meter() { return Meter(bundled_model().transformer(), task_of(film)); }

Setup with_specs(const std::vector<std::string>& specs, const std::shared_ptr<const Source>& source = nullptr) {
  return {.prefix = {}, .interventions = value_of(parsed(bundled_model(), specs, source)), .by_text = {}, .lora = {}};
}

std::string bias_of(const std::vector<std::int64_t>& ids, double b) {
  std::string list;
  for (const std::int64_t id : ids) list += (list.empty() ? "" : "+") + std::to_string(id);
  return "logit-bias:token=" + list + ",value=" + std::to_string(b);
}

}  // namespace

TEST_CASE("levers: words and prompts are read as they are meant", "[levers]") {
  const Tokenizer& tokenizer = bundled_model().tokenizer();
  const auto words = value_of(word_tokens(tokenizer, " good,great ,  good,,\n", "towards"));
  REQUIRE(words.size() == 2);
  CHECK(tokenizer.bytes(words[0]) == " good");
  CHECK(tokenizer.bytes(words[1]) == " great");
  const auto refused = [&](const std::function<void(TaskText&)>& change) {
    TaskText text = film;
    change(text);
    const auto task = read_task(tokenizer, text);
    REQUIRE_FALSE(task);
    return task.error().code + "@" + task.error().where;
  };
  CHECK(refused([](TaskText& t) { t.towards = " , "; }) == "lab.empty@towards");
  CHECK(refused([](TaskText& t) { t.away = "good"; }) == "levers.both@away");
  CHECK(refused([](TaskText& t) { t.away = "incomprehensibleness"; }) == "levers.word@away");
  CHECK(refused([](TaskText& t) { t.prompts.clear(); }) == "lab.empty@prompts");
  CHECK(refused([](TaskText& t) { t.prompts[1] = std::string(400, '7'); }) == "lab.too_long@prompts");
  CHECK(refused([](TaskText& t) { t.neutral = "a"; }) == "levers.neutral@neutral");
}

TEST_CASE("levers: a set-up that does nothing has no effect and no cost, to the last bit", "[levers]") {
  Meter meter = film_meter();
  const auto vector = vector_source(some_vector(subjects()[0], 3));
  const auto lora = std::make_shared<const Lora>(
      value_of(Lora::create(bundled_model().transformer().config(), {.layers = {12, 20}}, 1, at::kCPU)));
  for (const Setup& none : {Setup{}, with_specs({"add-residual:layer=9,query=1..-1,value=0,tensor=v"}, vector),
                            with_specs({"bias-key:layer=*,key=2,value=0"}), with_specs({"logit-bias:token=7,value=0"}),
                            Setup{.prefix = {}, .interventions = {}, .by_text = {}, .lora = lora}}) {
    for (const double effect : value_of(meter.effects(none, {}))) CHECK(effect == 0);
    const Cost cost = value_of(meter.cost(none, {}));
    CHECK(cost.kl == 0);
    CHECK(cost.nll == 0);
  }
}

TEST_CASE("levers: a bias on all words towards is the effect, and its cost has a formula", "[levers]") {
  Meter meter = film_meter();
  const double b = 1.5;
  const Setup setup = with_specs({bias_of(meter.task().towards, b)});
  for (const double effect : value_of(meter.effects(setup, {}))) CHECK(effect == Approx(b).margin(1e-5));

  // KL = log(1 + S (e^b - 1)) - S b, where S is the probability of the words before; the mean over the rows.
  Context context(bundled_model());
  run(context, bundled_model(), meter.task().neutral, {}, {"logits"});
  const at::Tensor p = context.point("logits").to(at::kDouble).softmax(-1);
  const at::Tensor share = p.index_select(1, at::tensor(meter.task().towards, at::kLong)).sum(-1).slice(0, 0, -1);
  const double kl = ((1 + share * (std::exp(b) - 1)).log() - share * b).mean().item<double>();
  const Cost cost = value_of(meter.cost(setup, {}));
  CHECK(cost.kl == Approx(kl).margin(1e-7));
  CHECK(cost.kl > 0);
}

TEST_CASE("levers: what it says of a prompt is what a context says", "[levers]") {
  Meter meter = film_meter();
  const auto source = vector_source(some_vector(subjects()[0], 3));
  const std::vector<std::vector<std::string>> all = {
      {"add-residual:layer=14,query=1..-1,value=20,tensor=v"}, {"bias-key:layer=3..20,key=4,value=3"},
      {"add-residual:layer=29,query=1..-1,value=9,tensor=v", "bias-key:layer=10,head=2,key=1,value=2"},
      {"add-residual:point=resid_pre,layer=0,query=-1,value=2,tensor=v", bias_of({100, 200}, -3)}};
  for (const auto& specs : all) {
    const auto effects = value_of(meter.effects(with_specs(specs, source), {}));
    for (std::size_t i = 0; i < effects.size(); ++i) {
      const auto log_odds = [&](const std::vector<std::string>& with) {
        Context context(bundled_model());
        run(context, bundled_model(), meter.task().prompts[i], with, {}, source);
        const at::Tensor logits = context.last_logits().to(at::kDouble);
        const auto side = [&](const std::vector<std::int64_t>& ids) {
          return logits.index_select(0, at::tensor(ids, at::kLong)).exp().sum().log().item<double>();
        };
        return side(meter.task().towards) - side(meter.task().away);
      };
      CHECK(effects[i] == Approx(log_odds(specs) - log_odds({})).margin(1e-3));
    }
    CHECK(value_of(meter.cost(with_specs(specs, source), {})).kl > 0);
  }
}

TEST_CASE("levers: a prefix is read before every text; what depends on the text sees both", "[levers]") {
  Meter meter = film_meter();
  const Tokenizer& tokenizer = bundled_model().tokenizer();
  Setup setup{.prefix = tokenizer.encode("Everyone loved it. ").ids(), .interventions = {}, .by_text = {}, .lora = {}};
  std::vector<std::size_t> lengths;
  setup.by_text = [&](std::span<const std::int64_t> ids) -> Result<std::vector<Intervention>> {
    lengths.push_back(ids.size());
    return std::vector<Intervention>{};
  };
  std::vector<std::int64_t> together = setup.prefix;
  const std::vector<std::int64_t>& prompt = meter.task().prompts[0];
  together.insert(together.end(), prompt.begin(), prompt.end());
  Context context(bundled_model());
  run(context, bundled_model(), together, {}, {});
  CHECK(largest_difference(value_of(meter.last_logits(setup, prompt, {})), context.last_logits()) < 5e-4);
  CHECK(lengths == std::vector<std::size_t>{together.size()});
  CHECK(value_of(meter.cost(setup, {})).kl > 0);
}

TEST_CASE("levers: the spread over paraphrases", "[levers]") {
  const EffectSpread spread = spread_of(std::vector<double>{2, -1, 0, 3});
  CHECK(spread.mean == 1);
  CHECK(spread.least == -1);
  CHECK(spread.most == 3);
  CHECK(spread.right == 0.5);
  CHECK(spread.interval.low < 1);
  CHECK(spread.interval.high > 1);
  CHECK(std::isnan(spread_of(std::vector<double>{2}).interval.low));
}
