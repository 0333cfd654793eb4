// Interventions that take numbers from another run, each proved by an identity.
#include <map>

#include "tests/labs/context_fixture.h"

using namespace tb;
using namespace tb::testing;

TEST_CASE("A head is replaced by the mean or by the rows of another run", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const auto other = source_of(subject, true), own = source_of(subject, false);
    const at::Tensor theirs = other->find(block(subject.layer, "attn.z"));
    const Context plain = runner({});

    const Context mean = runner({"ablate-head:layer=@L,head=2,query=1..-1,mode=mean"}, other);
    const at::Tensor z = runner.point(mean, "attn.z"), expected = theirs.select(1, 2).mean(0);
    CHECK(largest_difference(z.select(1, 2).slice(0, 1), expected.expand({z.size(0) - 1, -1})) < 1e-6);
    CHECK(at::equal(z.select(1, 1), runner.point(plain, "attn.z").select(1, 1)));
    CHECK(at::equal(z[0], runner.point(plain, "attn.z")[0]));
    const Context some = runner({"ablate-head:layer=@L,head=2,mode=mean,from=1+3"}, other);
    CHECK(largest_difference(runner.point(some, "attn.z")[0][2], (theirs[1][2] + theirs[3][2]) / 2) < 1e-6);

    // The mean of a constant is that constant: with zeros it is the usual ablation.
    const auto constant = Source::of({{block(subject.layer, "attn.z"), at::zeros_like(theirs)}});
    CHECK(at::equal(runner({"ablate-head:layer=@L,head=2,mode=mean"}, constant).last_logits(),
                    runner({"ablate-head:layer=@L,head=2"}).last_logits()));

    const Context resampled = runner({"ablate-head:layer=@L,head=0+2,mode=resample"}, other);
    CHECK(at::equal(runner.point(resampled, "attn.z").select(1, 2), theirs.select(1, 2)));
    CHECK(at::equal(runner({"ablate-head:layer=*,mode=resample"}, own).last_logits(), plain.last_logits()));
  }
}

TEST_CASE("An MLP's output is replaced by rows, their mean or nothing", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const auto other = source_of(subject, true), own = source_of(subject, false);
    const at::Tensor theirs = other->find(block(subject.layer, "mlp_out"));
    const Context plain = runner({});
    CHECK(at::equal(runner({"replace-mlp:layer=*"}, own).last_logits(), plain.last_logits()));
    const Context zero = runner({"replace-mlp:layer=@L,mode=zero"});
    CHECK(at::equal(runner.point(zero, "resid_post"), runner.point(zero, "resid_mid")));
    const Context rows = runner({"replace-mlp:layer=@L,query=2+0,from=4..5"}, other);
    CHECK(at::equal(runner.point(rows, "mlp_out")[2], theirs[4]));       // in the order written
    CHECK(at::equal(runner.point(rows, "mlp_out")[0], theirs[5]));
    CHECK(at::equal(runner.point(rows, "mlp_out")[1], runner.point(plain, "mlp_out")[1]));
    const Context mean = runner({"replace-mlp:layer=@L,mode=mean"}, other);
    CHECK(largest_difference(runner.point(mean, "mlp_out")[1], theirs.mean(0)) < 1e-5);
  }
}

TEST_CASE("add-residual adds a vector: twice with opposite signs is nothing, and it shows where it was added",
          "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const at::Tensor vector = some_vector(subject, 7);
    const auto source = vector_source(vector);
    const Context plain = runner({});
    for (const std::string point : {"resid_pre", "resid_mid", "resid_post"}) {
      const std::string spec = "add-residual:layer=@L,tensor=v,query=1+3,point=" + point;
      const Context added = runner({spec + ",value=2"}, source);
      const at::Tensor moved = runner.point(added, point) - runner.point(plain, point);
      CHECK(scaled_difference(moved[3], vector * 2) < 1e-4);
      CHECK(moved[2].eq(0).all().item<bool>());
      CHECK(moved[0].eq(0).all().item<bool>());
      const Context back = runner({spec, spec + ",value=-1"}, source);
      CHECK(largest_difference(back.last_logits(), plain.last_logits()) < tolerance);
    }

    // The rows of another run, row by row, times one minus those of this run: the other run's stream.
    const auto other = source_of(subject, true), own = source_of(subject, false);
    const auto config = subject.model->transformer().config();
    std::vector<Intervention> swap = {
        value_of(Intervention::parse("add-residual:layer=0,point=resid_pre,value=-1", config, own)),
        value_of(Intervention::parse("add-residual:layer=0,point=resid_pre", config, other))};
    Context swapped(*subject.model), theirs(*subject.model);
    run(theirs, *subject.model, subject.others, {}, {});
    REQUIRE(swapped.run(subject.ids, Probes(), swap, {}));
    CHECK(largest_difference(swapped.last_logits(), theirs.last_logits()) < tolerance);
  }
}

TEST_CASE("With the final norm frozen the logits are linear in what is added last", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const auto own = source_of(subject, false);
    const at::Tensor v = some_vector(subject, 1), w = some_vector(subject, 2);
    const std::int64_t last_layer = subject.model->info().n_layers - 1;
    const auto& config = subject.model->transformer().config();
    const auto moved = [&](const std::vector<std::pair<at::Tensor, double>>& vectors, bool frozen) {
      std::vector<Intervention> list;
      if (frozen) list.push_back(value_of(Intervention::parse("freeze-norms:norm=final", config, own)));
      for (const auto& [vector, value] : vectors)
        list.push_back(value_of(Intervention::parse("add-residual:tensor=v,layer=" + std::to_string(last_layer) +
                                                        ",query=-1,value=" + std::to_string(value),
                                                    config, vector_source(vector * 20))));
      Context context(*subject.model);
      value_of(context.run(subject.ids, Probes(), list, {}));
      return context.last_logits().clone();
    };
    const at::Tensor zero = moved({}, true), both = moved({{v, 2}, {w, -0.5}}, true) - zero;
    const at::Tensor sum = (moved({{v, 1}}, true) - zero) * 2 - (moved({{w, 1}}, true) - zero) * 0.5;
    CHECK(both.abs().max().item<double>() > 0.1);
    CHECK(scaled_difference(both, sum) < 1e-4);
    const at::Tensor free = moved({{v, 2}, {w, -0.5}}, false) - moved({}, false);
    CHECK(scaled_difference(free, sum) > 1e-3);   // the norm is what makes it not linear
  }
}

TEST_CASE("freeze-norms divides by another run's scales, and by its own changes nothing", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const auto other = source_of(subject, true), own = source_of(subject, false);
    const Context plain = runner({});
    CHECK(largest_difference(runner({"freeze-norms"}, own).last_logits(), plain.last_logits()) < 1e-6);
    const Context frozen = runner({"freeze-norms:layer=@L,norm=norm2"}, other);
    CHECK(at::equal(runner.point(frozen, "norm2.scale"), other->find(block(subject.layer, "norm2.scale"))));
    CHECK(at::equal(runner.point(frozen, "norm1.scale"), runner.point(plain, "norm1.scale")));

    // Twice the scale is half the norm; all scales and the stream of another run are that run.
    const at::Tensor scale = own->find(block(subject.layer, "norm1.scale"));
    const auto twice = Source::of({{block(subject.layer, "norm1.scale"), scale * 2}});
    const Context halved = runner({"freeze-norms:layer=@L,norm=norm1,query=1..-1"}, twice);
    CHECK(at::equal(runner.point(halved, "norm1").slice(0, 1), runner.point(plain, "norm1").slice(0, 1) / 2));
    CHECK(at::equal(runner.point(halved, "norm1")[0], runner.point(plain, "norm1")[0]));

    // The final norm belongs to no layer: it is frozen with all of them, or by name.
    const auto n_layers = static_cast<int>(subject.model->info().n_layers);
    std::map<std::string, at::Tensor> larger;
    for (int layer = 0; layer < n_layers; ++layer)
      for (const char* norm : {"norm1.scale", "norm2.scale"})
        larger[block(layer, norm)] = own->find(block(layer, norm)) * 1.01;
    const std::string stream = block(n_layers - 1, "resid_post");
    larger[stream] = own->find(stream) * 2;
    const auto last = [&](const std::string& spec) {
      return runner({spec}, Source::of(larger)).point("final_norm").clone();
    };
    // The epsilon inside the root is not doubled: hence the tolerance.
    CHECK(scaled_difference(last("freeze-norms:norm=final") * 2, plain.point("final_norm")) < 1e-3);
    CHECK_FALSE(at::equal(last("freeze-norms"), last("freeze-norms:norm=norm1+norm2")));
    CHECK(at::equal(last("freeze-norms:layer=@L"), last("freeze-norms:layer=@L,norm=norm1+norm2")));
    CHECK(at::equal(last("freeze-norms:norm=*"), last("freeze-norms")));
  }
}

TEST_CASE("Patching a run with itself changes no bit, at any point", "[intervention]") {
  for (const Subject& subject : subjects()) {
    const Runner runner(subject);
    const auto own = source_of(subject, false);
    const Context plain = runner({});
    std::vector<std::string> all;
    for (const Probe& probe : all_points(1)) {
      if (probe.point == Point::head_out || probe.point == Point::logits) continue;
      all.push_back("patch-from:point=" + (probe.layer < 0 ? probe.name : probe.name.substr(9)));
      if (subject.name != "qwen3") continue;
      INFO(all.back());
      CHECK(largest_difference(runner({all.back()}, own).last_logits(), plain.last_logits()) < 1e-6);
    }
    INFO(subject.name);
    const Context patched = runner(all, own);
    CHECK(largest_difference(patched.last_logits(), plain.last_logits()) < 1e-6);
    for (const char* point : {"attn.pattern", "attn.k", "mlp.act", "resid_post"})
      CHECK(at::equal(runner.point(patched, point), runner.point(plain, point)));
  }
}

TEST_CASE("Patching a whole layer from another run gives that run", "[intervention]") {
  for (const Subject& subject : subjects()) {
    const Runner runner(subject);
    const auto other = source_of(subject, true);
    const Context theirs = runner.of(subject.others, {});
    INFO(subject.name);
    // What follows the patch is computed from the same numbers in the same way: the same bits.
    CHECK(at::equal(runner({"patch-from:point=embed"}, other).last_logits(), theirs.last_logits()));
    CHECK(at::equal(runner({"patch-from:point=resid_post,layer=@L"}, other).last_logits(), theirs.last_logits()));
    CHECK(at::equal(runner({"patch-from:point=final_norm"}, other).last_logits(), theirs.last_logits()));
    CHECK(at::equal(runner({"patch-from:point=logits"}, other).last_logits(), theirs.point("logits")[-1]));
    for (const char* point : {"attn.pattern", "attn.q", "attn.k", "attn.v", "mlp.gate", "norm1.scale", "attn_out"}) {
      INFO(point);
      const Context patched = runner({std::string("patch-from:layer=@L,point=") + point}, other);
      CHECK(at::equal(runner.point(patched, point), runner.point(theirs, point)));
    }
  }
}

TEST_CASE("A patch goes where it is told", "[intervention]") {
  for (const Subject& subject : subjects()) {
    INFO(subject.name);
    const Runner runner(subject);
    const auto other = source_of(subject, true);
    const Context plain = runner({}), theirs = runner.of(subject.others, {});
    const auto before = [&](const char* name) { return runner.point(plain, name); };
    const auto source = [&](const char* name) { return runner.point(theirs, name); };

    const Context moved = runner({"patch-from:point=resid_mid,layer=@L,query=5+1,from=2+-1"}, other);
    const at::Tensor resid = runner.point(moved, "resid_mid");
    CHECK(at::equal(resid[5], source("resid_mid")[2]));
    CHECK(at::equal(resid[1], source("resid_mid")[-1]));
    CHECK(at::equal(resid[4], before("resid_mid")[4]));
    const Context spread = runner({"patch-from:point=resid_mid,layer=@L,query=1..3,from=0"}, other);
    for (const int row : {1, 2, 3}) CHECK(at::equal(runner.point(spread, "resid_mid")[row], source("resid_mid")[0]));

    // Heads of z, and heads of k, of which there are fewer.
    const Context heads = runner({"patch-from:point=attn.z,layer=@L,head=1+2,query=3"}, other);
    CHECK(at::equal(runner.point(heads, "attn.z")[3].slice(0, 1, 3), source("attn.z")[3].slice(0, 1, 3)));
    CHECK(at::equal(runner.point(heads, "attn.z")[3][0], before("attn.z")[3][0]));
    const Context keys = runner({"patch-from:point=attn.k,layer=@L,head=1"}, other);
    CHECK(at::equal(runner.point(keys, "attn.k").select(1, 1), source("attn.k").select(1, 1)));
    CHECK(at::equal(runner.point(keys, "attn.k").select(1, 0), before("attn.k").select(1, 0)));

    // A row of a pattern keeps the places of its keys; from an earlier query, what lies between gets nothing.
    const Context row = runner({"patch-from:point=attn.pattern,layer=@L,head=0,query=6,from=3"}, other);
    const at::Tensor pattern = runner.point(row, "attn.pattern");
    CHECK(at::equal(pattern[0][6], source("attn.pattern")[0][3]));
    CHECK(at::equal(pattern[1], before("attn.pattern")[1]));
    CHECK(pattern[0][6].slice(0, 4).eq(0).all().item<bool>());
    // The same through the scores, before softmax.
    const Context scores = runner({"patch-from:point=attn.scores,layer=@L,head=0,query=6,from=3"}, other);
    CHECK(largest_difference(runner.point(scores, "attn.pattern")[0][6], source("attn.pattern")[0][3]) < 1e-5);

    // Another layer's tensor by name.
    const Context across = runner({"patch-from:point=resid_post,layer=@L,tensor=blocks.0.resid_post"}, other);
    CHECK(at::equal(runner.point(across, "resid_post"), other->find("blocks.0.resid_post")));
  }
}
