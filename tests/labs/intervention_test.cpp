// Interventions do what their names say, each proved by an identity, and leave nothing else behind.
#include <cmath>

#include "tests/labs/context_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

at::Tensor log_odds(const at::Tensor& probability) { return (probability / (1 - probability)).log(); }

}  // namespace

TEST_CASE("bias-key moves the odds of the key by exactly e^value", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const std::int64_t last = static_cast<std::int64_t>(subject.ids.size()) - 1;
    const Context plain = runner({}), biased = runner({"bias-key:layer=@L,head=2,query=-1,key=3,value=1.5"});
    const at::Tensor before = runner.point(plain, "attn.pattern"), after = runner.point(biased, "attn.pattern");
    const auto moved = [&](std::int64_t head) {
      return (log_odds(after[head][last][3].to(at::kDouble)) - log_odds(before[head][last][3].to(at::kDouble)))
          .item<double>();
    };
    CHECK(moved(2) == Approx(1.5).margin(2e-4));
    CHECK(at::equal(after.select(0, 1), before.select(0, 1)));                      // other heads
    CHECK(at::equal(after.slice(1, 0, last), before.slice(1, 0, last)));            // other queries
    CHECK(largest_difference(runner.point(biased, "attn.scores")[2][last][3],
                             runner.point(plain, "attn.scores")[2][last][3]) == Approx(1.5).epsilon(1e-5));
  }
}

TEST_CASE("temperature divides the log ratio of any two weights", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    for (const double temperature : {2.0, 0.5}) {
      const Context plain = runner({});
      const Context warm = runner({"temperature:layer=@L,head=1,value=" + std::to_string(temperature)});
      const std::int64_t last = static_cast<std::int64_t>(subject.ids.size()) - 1;
      const at::Tensor before = runner.point(plain, "attn.pattern"), after = runner.point(warm, "attn.pattern");
      const auto log_ratios = [&](const at::Tensor& pattern) {
        const at::Tensor logs = pattern[1][last].to(at::kDouble).log();
        return logs - logs[0];
      };
      CHECK(largest_difference(log_ratios(after), log_ratios(before) / temperature) < 1e-4);
      CHECK(at::equal(after.select(0, 0), before.select(0, 0)));
    }
    // Without end it is uniform, without heat the strongest key has everything.
    const Context hot = runner({"temperature:layer=@L,value=1e15"}), cold = runner({"temperature:layer=@L,value=1e-9"});
    const at::Tensor uniform = runner.point(hot, "attn.pattern");
    const auto n = static_cast<std::int64_t>(subject.ids.size());
    CHECK(largest_difference(uniform[0][n - 1], at::full({n}, 1.0 / static_cast<double>(n))) < 1e-6);
    CHECK(runner.point(cold, "attn.pattern").eq(1).sum().item<std::int64_t>() == uniform.size(0) * n);
  }
}

TEST_CASE("set-pattern sets the named weights and rescales the others to 1", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const auto n = static_cast<std::int64_t>(subject.ids.size());
    const Context plain = runner({}), set = runner({"set-pattern:layer=@L,head=1,query=2..-1,key=0+2,value=0.3"});
    const at::Tensor before = runner.point(plain, "attn.pattern"), after = runner.point(set, "attn.pattern");
    for (const int key : {0, 2})
      CHECK(largest_difference(after[1].slice(0, 2).select(1, key), at::full({n - 2}, 0.3f)) == 0);
    CHECK(largest_difference(after[1].slice(0, 3).sum(-1), at::ones({n - 3})) < 1e-6);
    CHECK(largest_difference(after[1][n - 1].slice(0, 3) / after[1][n - 1][3],
                             before[1][n - 1].slice(0, 3) / before[1][n - 1][3]) < 1e-4);   // their ratios stay
    CHECK(at::equal(after.select(0, 0), before.select(0, 0)));
    CHECK(at::equal(after.slice(1, 0, 2), before.slice(1, 0, 2)));

    // A weight set to what it is changes nothing.
    const double own = before[1][n - 1][3].item<double>();
    const Context same = runner({"set-pattern:layer=@L,head=1,query=-1,key=3,value=" + std::to_string(own)});
    CHECK(largest_difference(runner.point(same, "attn.pattern"), before) < 1e-6);

    // 0 is a knock-out, 1 leaves nothing for the rest, and a key of the future is no edge.
    CHECK(at::equal(runner({"set-pattern:layer=@L,key=0,value=0"}).last_logits(),
                    runner({"knock-out:layer=@L,key=0"}).last_logits()));
    const Context whole = runner({"set-pattern:layer=@L,head=1,query=*,key=1,value=1"});
    const at::Tensor one = runner.point(whole, "attn.pattern")[1];
    CHECK(one.slice(0, 1).select(1, 1).eq(1).all().item<bool>());
    CHECK(one.slice(0, 1).sum(-1).eq(1).all().item<bool>());
    CHECK(at::equal(one[0], before[1][0]));

    // Where nothing else is left to rescale, the row sums to what was set.
    const at::Tensor lone = runner.point(runner({"set-pattern:layer=@L,query=0,key=0,value=0.25"}), "attn.pattern");
    CHECK(lone.select(1, 0).sum(-1).eq(0.25).all().item<bool>());
  }
}

TEST_CASE("knock-out is the limit of a bias to minus infinity", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const Context plain = runner({}), cut = runner({"knock-out:layer=@L,head=1,query=1..-1,key=0"});
    const Context biased = runner({"bias-key:layer=@L,head=1,query=1..-1,key=0,value=-1000"});
    CHECK(largest_difference(runner.point(cut, "attn.pattern"), runner.point(biased, "attn.pattern")) < 2e-5);
    CHECK(runner.point(cut, "attn.pattern")[1].slice(0, 1).select(1, 0).eq(0).all().item<bool>());
    CHECK(largest_difference(cut.last_logits(), biased.last_logits()) < tolerance);

    // Nothing left to look at is nothing; a row without such an edge keeps its bits.
    const at::Tensor none = runner.point(runner({"knock-out:layer=@L,head=1,key=0"}), "attn.pattern");
    CHECK(none[1][0].eq(0).all().item<bool>());
    const at::Tensor later = runner.point(runner({"knock-out:layer=@L,head=1,key=4"}), "attn.pattern");
    CHECK(at::equal(later.slice(1, 0, 4), runner.point(plain, "attn.pattern").slice(1, 0, 4)));
  }
}

TEST_CASE("scale-pattern multiplies, and leaves the rest; scaling all edges scales the head", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const Context plain = runner({}), scaled = runner({"scale-pattern:layer=@L,head=*,query=3..-1,key=0+2,value=0.5"});
    const at::Tensor before = runner.point(plain, "attn.pattern"), after = runner.point(scaled, "attn.pattern");
    CHECK(at::equal(after.slice(1, 0, 3), before.slice(1, 0, 3)));
    CHECK(at::equal(after.slice(1, 3).select(2, 1), before.slice(1, 3).select(2, 1)));
    CHECK(at::equal(after.slice(1, 3).select(2, 2), before.slice(1, 3).select(2, 2) * 0.5));
    CHECK(at::equal(runner({"scale-pattern:layer=@L,head=1,key=*,value=0.5"}).last_logits(),
                    runner({"scale-head:layer=@L,head=1,value=0.5"}).last_logits()));   // a power of two: equal bits
  }
}

TEST_CASE("Ablating a head takes away what it added", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const Context plain = runner({}), ablated = runner({"ablate-head:layer=@L,head=2"});
    const at::Tensor head = runner.point(plain, "attn.head_out").select(1, 2);
    CHECK(runner.point(plain, "attn.z").select(1, 2).abs().max().item<double>() > 0);
    CHECK(runner.point(ablated, "attn.head_out").select(1, 2).eq(0).all().item<bool>());
    CHECK(largest_difference(runner.point(plain, "attn_out") - runner.point(ablated, "attn_out"), head) < 1e-4);
    CHECK(at::equal(ablated.last_logits(), runner({"scale-head:layer=@L,head=2,value=0"}).last_logits()));
    CHECK(at::equal(ablated.last_logits(), runner({"ablate-head:layer=@L,head=2,mode=zero"}).last_logits()));
  }
}

TEST_CASE("logit-bias moves the log-odds of a token by exactly its value", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const Context plain = runner({}), biased = runner({"logit-bias:token=25+30,query=-1,value=-5"});
    const at::Tensor difference = biased.last_logits() - plain.last_logits();
    CHECK(difference[25].item<double>() == Approx(-5).epsilon(1e-5));
    CHECK(difference[30].item<double>() == Approx(-5).epsilon(1e-5));
    CHECK(difference.ne(0).sum().item<std::int64_t>() == 2);
    CHECK(at::equal(biased.point("logits").slice(0, 0, -1), plain.point("logits").slice(0, 0, -1)));
    const auto odds = [](const Context& c) { return log_odds(c.last_logits().to(at::kDouble).softmax(-1)[25]); };
    const Context one = runner({"logit-bias:token=25,query=-1,value=3"});
    CHECK((odds(one) - odds(plain)).item<double>() == Approx(3).margin(1e-4));
  }
}

TEST_CASE("Interventions act left to right at one point, and in the order of computation between points",
          "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const std::string bias = "bias-key:layer=@L,key=3,value=2", heat = "temperature:layer=@L,value=4";
    const at::Tensor before = runner.point(runner({}), "attn.scores").select(2, 3);
    const at::Tensor bias_first = runner.point(runner({bias, heat}), "attn.scores").select(2, 3);
    const at::Tensor heat_first = runner.point(runner({heat, bias}), "attn.scores").select(2, 3);
    CHECK(largest_difference(bias_first, (before + 2) / 4) < 1e-5);
    CHECK(largest_difference(heat_first, before / 4 + 2) < 1e-5);

    // Written in any order, the pattern is reached before z, and z before the logits.
    const std::string z = "scale-head:layer=@L,head=0,value=3", pattern = "knock-out:layer=@L,head=0,key=1",
                      logits = "logit-bias:token=9,value=1";
    CHECK(at::equal(runner({z, pattern, logits}).last_logits(), runner({logits, pattern, z}).last_logits()));

    const Context once = runner({"bias-key:layer=@L,head=2,key=3,value=2"});
    const Context twice =
        runner({"bias-key:layer=@L,head=2,key=3,value=0.5", "bias-key:layer=@L,head=2,key=3,value=1.5"});
    CHECK(largest_difference(runner.point(once, "attn.pattern"), runner.point(twice, "attn.pattern")) < 1e-6);
  }
}

TEST_CASE("What has no effect changes no bit", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const Context plain = runner({});
    const auto source = vector_source(some_vector(subject, 3));
    for (const char* spec : {"bias-key:key=0,value=0", "temperature:value=1", "scale-pattern:key=*,value=1",
                             "scale-head:value=1", "logit-bias:token=*,value=0", "add-residual:tensor=v,value=0"}) {
      INFO(spec);
      CHECK(at::equal(runner({spec}, source).last_logits(), plain.last_logits()));
    }
  }
}

TEST_CASE("An intervention changes no bit of what comes before it", "[intervention]") {
  for (const Subject& subject : subjects()) {
    const Runner runner(subject);
    const Context plain = runner({}), changed = runner({"scale-head:layer=@L,head=0,query=6,value=3"});
    const std::string earlier = block(subject.layer - 1, "resid_post");
    CHECK(at::equal(plain.point(earlier), changed.point(earlier)));
    const at::Tensor before = runner.point(plain, "resid_post"), after = runner.point(changed, "resid_post");
    CHECK(at::equal(before.slice(0, 0, 6), after.slice(0, 0, 6)));
    CHECK_FALSE(at::equal(before.select(0, 6), after.select(0, 6)));
  }
}

TEST_CASE("Where an edit does not reach, the rows are handed through untouched", "[intervention]") {
  const auto& config = bundled_model().transformer().config();
  const auto list = value_of(parsed(bundled_model(), {"scale-head:layer=3,query=5,value=2"}));
  const Edits edits = value_of(Edits::of(list, 10, config));
  const at::Tensor z = at::randn({4, config.n_heads, config.d_head});
  CHECK(edits.apply(Point::z, 2, 4, z).is_same(z));            // another layer
  CHECK(edits.apply(Point::pattern, 3, 4, z).is_same(z));      // another point
  CHECK(edits.apply(Point::z, 3, 0, z).is_same(z));            // rows 0 .. 3
  CHECK(edits.apply(Point::z, 3, 6, z).is_same(z));            // rows 6 .. 9
  const at::Tensor untouched = z.clone(), scaled = edits.apply(Point::z, 3, 4, z);
  CHECK(at::equal(scaled[1], z[1] * 2));
  CHECK(at::equal(z, untouched));                              // nothing in place
  CHECK(Edits().empty());
}
