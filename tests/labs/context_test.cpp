// The context: cached and uncached runs agree, edits recompute what they must, interventions do what their names say
// and leave nothing behind.
#include <cmath>
#include <random>

#include "labs/model/transformer.h"
#include "tests/labs/model_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

const std::vector<std::string> watched = {"blocks.*.resid_post", "blocks.5.attn.*", "blocks.29.attn.pattern",
                                          "final_norm", "logits"};

std::vector<Intervention> interventions_of(const std::vector<std::string>& specs) {
  std::vector<Intervention> result;
  for (const std::string& spec : specs) {
    auto parsed = Intervention::parse(spec, bundled_model().transformer().config());
    if (!parsed) throw std::runtime_error(parsed.error().code);
    result.push_back(*parsed);
  }
  return result;
}

RunReport run(Context& context, const std::vector<std::int64_t>& ids, const std::vector<std::string>& specs = {},
              const std::vector<std::string>& points = watched) {
  const auto report = context.run(ids, probes_of(points), interventions_of(specs), {});
  if (!report) throw std::runtime_error(report.error().code);
  return *report;
}

// Everything that was captured, against a run of the same tokens in a fresh context.
double difference_to_fresh(const Context& context, const std::vector<std::string>& specs = {}) {
  const std::vector<std::int64_t> ids(context.ids().begin(), context.ids().end());
  Context fresh(bundled_model());
  run(fresh, ids, specs);
  double largest = largest_difference(context.last_logits(), fresh.last_logits());
  const Probes probes = probes_of(watched);
  for (const Probe& probe : probes.points()) {
    const at::Tensor ours = context.point(probe.name), theirs = fresh.point(probe.name);
    const double size = std::max(1.0, theirs.abs().max().item<double>());
    largest = std::max(largest, largest_difference(ours, theirs) / size);
  }
  return largest;
}

std::vector<std::int64_t> with(std::vector<std::int64_t> ids, std::size_t at, std::int64_t id) {
  ids[at] = id;
  return ids;
}
std::vector<std::int64_t> first(const std::vector<std::int64_t>& ids, std::size_t n) {
  return {ids.begin(), ids.begin() + n};
}

at::Tensor point(Context& context, const std::string& name) { return context.point(name).clone(); }

std::string error_of(const std::string& spec) {
  const auto parsed = Intervention::parse(spec, bundled_model().transformer().config());
  return parsed ? "" : parsed.error().code;
}

}  // namespace

TEST_CASE("Appending computes the new tokens only, and equals a full run", "[context]") {
  Context context(bundled_model());
  CHECK(run(context, first(store, 5)).computed == 5);
  for (std::size_t n = 6; n <= store.size(); ++n) {
    const RunReport report = run(context, first(store, n));
    CHECK(report.computed == 1);
    CHECK(report.reused == static_cast<std::int64_t>(n) - 1);
  }
  const double error = difference_to_fresh(context);
  INFO(error);
  CHECK(error < tolerance);
  CHECK(run(context, store).computed == 0);   // the same again
}

TEST_CASE("An edit recomputes from its position on, and equals a full run", "[context]") {
  Context context(bundled_model());
  run(context, store);
  const RunReport report = run(context, with(store, 6, 504));
  CHECK(report.computed == 8);
  CHECK(report.reused == 6);
  CHECK(difference_to_fresh(context) < tolerance);
}

TEST_CASE("Taking tokens off the end computes none, and equals a full run", "[context]") {
  Context context(bundled_model());
  run(context, store);
  CHECK(run(context, first(store, 9)).computed == 0);
  CHECK(difference_to_fresh(context) < tolerance);
  CHECK((context.point("blocks.5.attn.pattern").sizes().vec() == std::vector<std::int64_t>{9, 9, 9}));
  CHECK(run(context, store).computed == 5);
  CHECK(difference_to_fresh(context) < tolerance);
}

TEST_CASE("Random edits, appends and cuts equal full runs", "[context]") {
  std::mt19937 random(3);
  Context context(bundled_model());
  std::vector<std::int64_t> ids = store;
  for (int step = 0; step < 12; ++step) {
    const std::size_t at = random() % ids.size();
    const std::int64_t id = 100 + random() % 40000;
    switch (random() % 4) {
      case 0: ids[at] = id; break;
      case 1: ids.push_back(id); break;
      case 2: ids.insert(ids.begin() + at, 60, id); break;   // grows the buffers
      default: ids.resize(1 + at); break;
    }
    run(context, ids);
    INFO("step " << step << ", " << ids.size() << " tokens");
    CHECK(difference_to_fresh(context) < tolerance);
  }
}

TEST_CASE("A text longer than one chunk equals the same text token by token at its end", "[context]") {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 520; ++i) ids.push_back(1000 + i * 37 % 5000);
  const std::vector<std::string> points = {"blocks.3.attn.pattern", "blocks.29.resid_post"};
  Context whole(bundled_model()), parts(bundled_model());
  run(whole, ids, {}, points);
  run(parts, first(ids, 300), {}, points);
  run(parts, ids, {}, points);
  CHECK(largest_difference(whole.last_logits(), parts.last_logits()) < tolerance);
  CHECK(largest_difference(whole.point("blocks.3.attn.pattern"), parts.point("blocks.3.attn.pattern")) < tolerance);
}

TEST_CASE("Watching changes no bit, and neither does an intervention that is gone", "[context]") {
  Context plain(bundled_model()), other(bundled_model());
  run(plain, store, {}, {"embed"});
  const at::Tensor logits = plain.last_logits().clone();
  run(other, store, {"ablate-head:layer=3,head=2"});
  CHECK_FALSE(at::equal(other.last_logits(), logits));
  run(other, store);
  CHECK(at::equal(other.last_logits(), logits));
}

TEST_CASE("An intervention changes no bit of what comes before it", "[context]") {
  Context plain(bundled_model()), changed(bundled_model());
  run(plain, store);
  run(changed, store, {"scale-head:layer=7,head=0,query=9,value=3"});
  CHECK(at::equal(plain.point("blocks.6.resid_post"), changed.point("blocks.6.resid_post")));
  const at::Tensor before = point(plain, "blocks.7.resid_post"), after = point(changed, "blocks.7.resid_post");
  CHECK(at::equal(before.slice(0, 0, 9), after.slice(0, 0, 9)));
  CHECK_FALSE(at::equal(before.select(0, 9), after.select(0, 9)));
}

TEST_CASE("A stopped run rolls back to the common prefix", "[context]") {
  Context context(bundled_model());
  run(context, store);
  std::stop_source stop;
  const Progress stopping{.stop = stop.get_token(), .report = [&](double, std::string_view) { stop.request_stop(); }};
  const auto stopped = context.run(with(store, 6, 504), probes_of(watched), {}, stopping);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == "job.stopped");
  CHECK(std::vector<std::int64_t>(context.ids().begin(), context.ids().end()) == first(store, 6));
  CHECK_FALSE(context.last_logits().defined());
  CHECK(run(context, store).computed == 8);
  CHECK(difference_to_fresh(context) < tolerance);
}

TEST_CASE("Wrong ids are errors", "[context]") {
  Context context(bundled_model());
  const auto code = [&](const std::vector<std::int64_t>& ids) {
    const auto report = context.run(ids, Probes(), {}, {});
    return report ? std::string() : report.error().code;
  };
  CHECK(code({}) == "run.empty");
  CHECK(code({5, -1}) == "run.id");
  CHECK(code({49152}) == "run.id");
  CHECK(code(std::vector<std::int64_t>(8193, 5)) == "run.too_long");
  CHECK(code({5}).empty());
}

TEST_CASE("bias-key moves the odds of the key by exactly e^value", "[intervention]") {
  Context plain(bundled_model()), biased(bundled_model());
  run(plain, store);
  const double value = 1.5;
  run(biased, store, {"bias-key:layer=5,head=2,query=-1,key=3,value=1.5"});
  const auto odds = [](const at::Tensor& pattern, int head, int query) {
    const double p = pattern[head][query][3].item<double>();
    return p / (1 - p);
  };
  const at::Tensor before = point(plain, "blocks.5.attn.pattern"), after = point(biased, "blocks.5.attn.pattern");
  CHECK(odds(after, 2, 13) / odds(before, 2, 13) == Approx(std::exp(value)).epsilon(1e-4));
  CHECK(at::equal(after.select(0, 1), before.select(0, 1)));                      // other heads
  CHECK(at::equal(after.slice(1, 0, 13), before.slice(1, 0, 13)));                // other queries
  CHECK(largest_difference(point(biased, "blocks.5.attn.scores")[2][13], point(plain, "blocks.5.attn.scores")[2][13]) ==
        Approx(value).epsilon(1e-5));
}

TEST_CASE("Interventions are applied left to right and add up", "[intervention]") {
  Context once(bundled_model()), twice(bundled_model());
  run(once, store, {"bias-key:layer=5,head=2,key=3,value=2"});
  run(twice, store, {"bias-key:layer=5,head=2,key=3,value=0.5", "bias-key:layer=5,head=2,key=3,value=1.5"});
  CHECK(largest_difference(once.point("blocks.5.attn.pattern"), twice.point("blocks.5.attn.pattern")) < 1e-6);
}

TEST_CASE("knock-out removes an edge and divides the rest by what is left", "[intervention]") {
  Context plain(bundled_model()), cut(bundled_model());
  run(plain, store);
  run(cut, store, {"knock-out:layer=5,head=4,query=*,key=0"});
  const at::Tensor before = point(plain, "blocks.5.attn.pattern")[4], after = point(cut, "blocks.5.attn.pattern")[4];
  CHECK(after.select(1, 0).abs().max().item<double>() == 0);
  CHECK(after[0].abs().max().item<double>() == 0);    // nothing left to look at
  const at::Tensor expected = before.slice(1, 1) / (1 - before.select(1, 0)).unsqueeze(1);
  CHECK(largest_difference(after.slice(1, 1).slice(0, 1), expected.slice(0, 1)) < 1e-4);
}

TEST_CASE("scale-pattern multiplies, and leaves the rest", "[intervention]") {
  Context plain(bundled_model()), scaled(bundled_model());
  run(plain, store);
  run(scaled, store, {"scale-pattern:layer=5,head=*,query=3..-1,key=0+2,value=0.5"});
  const at::Tensor before = point(plain, "blocks.5.attn.pattern"), after = point(scaled, "blocks.5.attn.pattern");
  CHECK(at::equal(after.slice(1, 0, 3), before.slice(1, 0, 3)));
  CHECK(at::equal(after.slice(1, 3).select(2, 1), before.slice(1, 3).select(2, 1)));
  CHECK(at::equal(after.slice(1, 3).select(2, 2), before.slice(1, 3).select(2, 2) * 0.5));
}

TEST_CASE("Ablating a head takes away what it added", "[intervention]") {
  Context plain(bundled_model()), ablated(bundled_model()), scaled(bundled_model());
  run(plain, store);
  run(ablated, store, {"ablate-head:layer=5,head=2"});
  run(scaled, store, {"scale-head:layer=5,head=2,value=0"});
  const at::Tensor head = point(plain, "blocks.5.attn.head_out").select(1, 2);
  const at::Tensor taken = point(plain, "blocks.5.attn.z").select(1, 2);
  CHECK(taken.abs().max().item<double>() > 0);
  CHECK(point(ablated, "blocks.5.attn.head_out").select(1, 2).abs().max().item<double>() == 0);
  const auto resid = [](Context& c) { return point(c, "blocks.5.attn.head_out").sum(1); };
  CHECK(largest_difference(resid(plain) - resid(ablated), head) < 1e-5);
  CHECK(at::equal(ablated.last_logits(), scaled.last_logits()));
}

TEST_CASE("logit-bias moves the named logits and no other", "[intervention]") {
  Context plain(bundled_model()), biased(bundled_model());
  run(plain, store);
  run(biased, store, {"logit-bias:token=260+300,query=-1,value=-5"});
  const at::Tensor difference = biased.last_logits() - plain.last_logits();
  CHECK(difference[260].item<double>() == Approx(-5).epsilon(1e-5));
  CHECK(difference[300].item<double>() == Approx(-5).epsilon(1e-5));
  CHECK(difference.ne(0).sum().item<std::int64_t>() == 2);
  CHECK(at::equal(biased.point("logits").slice(0, 0, 13), plain.point("logits").slice(0, 0, 13)));
}

TEST_CASE("A position that counts from the end moves with the text", "[intervention]") {
  const std::vector<std::string> specs = {"bias-key:layer=3..9,query=-1,key=-2,value=3"};
  Context context(bundled_model());
  run(context, first(store, 10), specs);
  run(context, first(store, 11), specs);
  CHECK(difference_to_fresh(context, specs) < tolerance);
  run(context, first(store, 7), specs);
  CHECK(difference_to_fresh(context, specs) < tolerance);

  // Also after a stopped run, whose rows were meant for another length.
  std::stop_source stop;
  const Progress stopping{.stop = stop.get_token(), .report = [&](double, std::string_view) { stop.request_stop(); }};
  REQUIRE_FALSE(context.run(store, probes_of(watched), interventions_of(specs), stopping));
  const std::vector<std::int64_t> held(context.ids().begin(), context.ids().end());
  run(context, held, specs);
  CHECK(difference_to_fresh(context, specs) < tolerance);
}

TEST_CASE("A SPEC that cannot be meant is a located error", "[intervention]") {
  CHECK(error_of("bias-key:layer=15..29,head=*,query=-1,key=3,value=4.0").empty());
  CHECK(error_of("bias-key:key=0..3+5,value=-1e-2").empty());
  CHECK(error_of("ablate-head").empty());
  CHECK(error_of("bias-kye:key=3,value=1") == "intervention.type");
  CHECK(error_of("bias-key:kee=3,value=1") == "intervention.key");
  CHECK(error_of("ablate-head:key=3") == "intervention.key");
  CHECK(error_of("bias-key:value=1") == "intervention.missing");
  CHECK(error_of("bias-key:key=3") == "intervention.missing");
  CHECK(error_of("bias-key:key=3,key=4,value=1") == "intervention.twice");
  for (const char* value : {"", "x", "1e", "nan", "inf", "1 "})
    CHECK(error_of(std::string("bias-key:key=3,value=") + value) == "intervention.number");
  for (const char* list : {"", "1+", "1..", "..2", "1..2..3", "a", "1.5", "**"})
    CHECK(error_of(std::string("ablate-head:head=") + list) == "intervention.number");
  CHECK(error_of("ablate-head:head=9") == "intervention.range");
  CHECK(error_of("ablate-head:layer=0..30") == "intervention.range");
  CHECK(error_of("ablate-head:layer=5..3") == "intervention.range");
  CHECK(error_of("logit-bias:token=49152,value=1") == "intervention.range");

  const auto wrong = Intervention::parse("bias-key:kee=3,value=1", bundled_model().transformer().config());
  CHECK(wrong.error().where == "bias-key:kee=3,value=1");
  CHECK((wrong.error().args == std::vector<std::string>{"kee", "key"}));

  Context context(bundled_model());
  const auto outside = context.run(first(store, 5), Probes(), interventions_of({"bias-key:key=5,value=1"}), {});
  REQUIRE_FALSE(outside);
  CHECK(outside.error().code == "intervention.position");
}
