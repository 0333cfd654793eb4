// The context: cached and uncached runs agree, whatever is appended, taken back, edited in the middle or forked; only
// what changed is computed, and the memory is what the closed forms say.
#include <random>

#include "tests/labs/context_fixture.h"

using namespace tb;
using namespace tb::testing;

namespace {

const std::vector<std::string> watched = {"blocks.*.resid_post", "blocks.5.attn.*", "blocks.29.attn.pattern",
                                          "final_norm", "logits"};

RunReport run(Context& context, const std::vector<std::int64_t>& ids, const std::vector<std::string>& specs = {},
              const std::vector<std::string>& points = watched) {
  return tb::testing::run(context, bundled_model(), ids, specs, points);
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
  REQUIRE_FALSE(context.run(store, probes_of(watched), value_of(parsed(bundled_model(), specs)), stopping));
  const std::vector<std::int64_t> held(context.ids().begin(), context.ids().end());
  run(context, held, specs);
  CHECK(difference_to_fresh(context, specs) < tolerance);
}

TEST_CASE("Any sequence of appends, rewinds, edits and forks equals a full run", "[context]") {
  const std::vector<std::string> points = {"blocks.*.resid_post", "blocks.1.attn.*", "final_norm", "logits"};
  const std::vector<std::vector<std::string>> all_specs = {
      {},
      {"bias-key:layer=1,query=-1,key=-2,value=3"},
      {"scale-head:layer=0,query=-3..-1,value=0.5", "temperature:layer=1,value=2", "logit-bias:token=3,value=1"},
      {"knock-out:key=1", "set-pattern:layer=1,head=1,query=3..-1,key=-1,value=0.6"}};
  std::mt19937 random(11);
  double largest = 0;
  for (const Subject& subject : subjects()) {
    const std::int64_t vocabulary = subject.model->info().vocabulary;
    for (const auto& specs : all_specs) {
      Context context(*subject.model);
      std::vector<std::int64_t> ids = subject.ids;
      tb::testing::run(context, *subject.model, ids, specs, points);
      for (int step = 0; step < 10; ++step) {
        const auto held = static_cast<std::int64_t>(ids.size());
        std::vector<std::int64_t> some(1 + random() % 3);
        for (std::int64_t& id : some) id = static_cast<std::int64_t>(random()) % vocabulary;
        Result<RunReport> report;
        std::int64_t kept = held;
        switch (random() % 4) {
          case 0:
            report = context.append(some, {});
            ids.insert(ids.end(), some.begin(), some.end());
            break;
          case 1: {
            kept = std::max<std::int64_t>(5, held - 1 - static_cast<std::int64_t>(random() % 4));
            if (kept > held) kept = held;
            report = context.rewind(kept, {});
            ids.resize(static_cast<std::size_t>(kept));
            break;
          }
          case 2: {   // the fork goes on, and what it was taken from is thrown away
            Context copy = value_of(context.fork());
            REQUIRE(context.append(some, {}));
            context = std::move(copy);
            report = context.append({}, {});
            break;
          }
          default: {
            kept = static_cast<std::int64_t>(random() % held);
            const std::int64_t removed = std::min<std::int64_t>(held - kept, 1);
            report = context.edit(kept, removed, some, {});
            ids.erase(ids.begin() + kept, ids.begin() + kept + removed);
            ids.insert(ids.begin() + kept, some.begin(), some.end());
            break;
          }
        }
        INFO(subject.name << ", " << specs.size() << " interventions, step " << step);
        REQUIRE(report);
        const auto now = static_cast<std::int64_t>(ids.size());
        REQUIRE(std::vector<std::int64_t>(context.ids().begin(), context.ids().end()) == ids);
        CHECK(report->computed + report->reused == now);
        if (specs.empty()) CHECK(report->reused >= std::min(kept, now));

        Context fresh(*subject.model);
        tb::testing::run(fresh, *subject.model, ids, specs, points);
        largest = std::max(largest, largest_difference(context.last_logits(), fresh.last_logits()));
        for (const Probe& probe : fresh.probes().points())
          largest = std::max(largest, scaled_difference(context.point(probe.name), fresh.point(probe.name)));
        CHECK(largest < tolerance);
      }
    }
  }
  WARN("after any operation logits and points differ from a full run by " << largest << " at most (limit "
                                                                            << tolerance << ")");
}

TEST_CASE("append, rewind and edit compute only what changed", "[context]") {
  Context context(bundled_model());
  run(context, store);
  const auto counts = [](const Result<RunReport>& report) { return std::pair(report->computed, report->reused); };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  CHECK(counts(context.append(std::vector<std::int64_t>{504, 28}, {})) == Pair(2, 14));
  CHECK(counts(context.append({}, {})) == Pair(0, 16));
  CHECK(counts(context.rewind(9, {})) == Pair(0, 9));
  CHECK(counts(context.edit(4, 2, std::vector<std::int64_t>{9}, {})) == Pair(4, 4));     // 8 tokens from now on
  CHECK(counts(context.edit(8, 0, std::vector<std::int64_t>{9}, {})) == Pair(1, 8));
  CHECK(counts(context.edit(8, 1, std::vector<std::int64_t>{9}, {})) == Pair(0, 9));     // the same token again
  CHECK(difference_to_fresh(context) < tolerance);
  CHECK(counts(context.rewind(0, {})) == Pair(0, 0));
  CHECK(context.ids().empty());
  CHECK_FALSE(context.last_logits().defined());
  CHECK(counts(context.append(store, {})) == Pair(14, 0));                               // watched as before
  CHECK(difference_to_fresh(context) < tolerance);

  for (const auto& [at, removed] : {Pair(-1, 0), Pair(15, 0), Pair(0, 15), Pair(0, -1), Pair(14, 1),
                                    Pair(1, std::numeric_limits<std::int64_t>::max())})
    CHECK(code_of(context.edit(at, removed, {}, {})) == "run.place");
  CHECK(code_of(context.rewind(-1, {})) == "run.place");
  CHECK(code_of(context.rewind(15, {})) == "run.place");
  CHECK(code_of(context.append(std::vector<std::int64_t>{-1}, {})) == "run.id");
  CHECK(context.ids().size() == 14);                                                     // wrong input changes nothing
  CHECK(code_of(Context(bundled_model()).append({}, {})).empty());
}

TEST_CASE("A fork goes its own way", "[context]") {
  Context context(bundled_model());
  run(context, store);
  const at::Tensor logits = context.last_logits().clone();
  const at::Tensor pattern = context.point("blocks.5.attn.pattern").clone();
  Context copy = value_of(context.fork());
  CHECK(at::equal(copy.last_logits(), logits));
  CHECK(at::equal(copy.point("blocks.5.attn.pattern"), pattern));
  CHECK(copy.append({}, {})->computed == 0);
  for (const Probe& probe : copy.probes().points()) {
    if (probe.point == Point::scores || probe.point == Point::head_out) continue;   // computed on demand
    CHECK(copy.point(probe.name).data_ptr() != context.point(probe.name).data_ptr());
  }

  REQUIRE(copy.edit(2, 1, std::vector<std::int64_t>{504, 505}, {}));
  CHECK(difference_to_fresh(copy) < tolerance);
  CHECK(at::equal(context.last_logits(), logits));
  CHECK(at::equal(context.point("blocks.5.attn.pattern"), pattern));
  CHECK(context.append({}, {})->computed == 0);
  REQUIRE(context.append(std::vector<std::int64_t>{28}, {}));
  CHECK(difference_to_fresh(context) < tolerance);

  // Only the rows in use are copied: a long text that was taken back leaves no room behind.
  std::vector<std::int64_t> ids(300, 28);
  run(context, ids);
  REQUIRE(context.rewind(10, {}));
  CHECK(context.capacity() >= 300);
  CHECK(value_of(context.fork()).capacity() == 64);
  CHECK(value_of(Context(bundled_model()).fork()).ids().empty());
}

TEST_CASE("Memory is what the closed forms say, and only for what is asked", "[context]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const ModelInfo& info = subject.model->info();
    Context context(*subject.model);
    CHECK(context.cache_bytes() == 0);
    CHECK(context.trace_bytes() == 0);
    tb::testing::run(context, *subject.model, subject.ids, {}, {});
    const std::int64_t rows = context.capacity();
    CHECK(rows >= static_cast<std::int64_t>(subject.ids.size()));
    CHECK(context.cache_bytes_per_layer() == 2 * info.n_kv_heads * info.d_head * 4 * rows);
    CHECK(context.cache_bytes() == info.n_layers * context.cache_bytes_per_layer());
    CHECK(context.trace_bytes() == 0);

    const auto bytes = [&](const std::vector<std::string>& points) {
      Context watching(*subject.model);
      tb::testing::run(watching, *subject.model, subject.ids, {}, points);
      CHECK(watching.capacity() == rows);
      return watching.trace_bytes();
    };
    CHECK(bytes({"blocks.0.resid_post"}) == rows * info.d_model * 4);
    CHECK(bytes({"blocks.0.attn.pattern"}) == info.n_heads * rows * rows * 4);
    CHECK(bytes({"blocks.*.norm1.scale"}) == info.n_layers * rows * 4);
    CHECK(bytes({"blocks.1.mlp.act", "embed"}) == rows * (info.d_mlp + info.d_model) * 4);
    CHECK(bytes({"logits"}) == rows * info.vocabulary * 4);
    CHECK(bytes({"blocks.*.attn.k", "blocks.*.attn.v"}) == 0);                            // the cache holds them
    CHECK(bytes({"blocks.0.attn.head_out"}) == rows * info.n_heads * info.d_head * 4);    // z, from which it is made
  }
}

TEST_CASE("Points are found by exact name and by stars, and by nothing else", "[probes]") {
  const auto count = [](const std::vector<std::string>& names) {
    const auto probes = Probes::of(bundled_model(), names);
    return probes ? static_cast<std::int64_t>(probes->points().size()) : -1;
  };
  CHECK(count({}) == 0);
  CHECK(count({"**"}) == count({"*"}));
  CHECK(count({"*.attn.pattern"}) == 30);
  CHECK(count({"blocks.1*.resid_post"}) == 11);
  CHECK(count({"*l*o*g*i*t*s*"}) == 1);
  for (const char* name : {"", "?", "embe?", "[e]mbed", "embed ", " embed", "Embed", "blocks", "blocks.", ".", "*x*",
                           "blocks.-1.resid_post", "blocks.03.resid_post", "logits*e"}) {
    INFO(name);
    const auto unknown = Probes::of(bundled_model(), std::vector<std::string>{"embed", name});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == "probe.unknown");
    CHECK(unknown.error().where == name);
    CHECK_FALSE(unknown.error().args.at(1).empty());
  }
  // Many stars take no longer than a few.
  CHECK(count({std::string(200, '*') + "z" + std::string(200, '*')}) == count({"*z*"}));

  Config attention_only = bundled_model().transformer().config();
  attention_only.d_mlp = 0;
  CHECK(Probes::of(attention_only, std::vector<std::string>{"*"})->points().size() == 30 * 15 + 3);
  CHECK(code_of(Probes::of(attention_only, std::vector<std::string>{"blocks.0.mlp_out"})) == "probe.unknown");
}
