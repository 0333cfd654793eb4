// The text form of interventions: what can be meant, what is refused, files as sources; and partial runs.
#include <cmath>
#include <cstring>

#include "base/files.h"
#include "labs/engine.h"
#include "tests/labs/context_fixture.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::testing;

namespace {

std::string error_of(const std::string& spec, const std::shared_ptr<const Source>& source = nullptr) {
  return code_of(Intervention::parse(spec, bundled_model().transformer().config(), source));
}

// What a run of the tiny model with one SPEC and a source of one tensor fails with.
std::string run_error(const std::string& spec, const std::string& name, const at::Tensor& tensor) {
  const Subject& tiny = subjects().back();
  const auto list = parsed(*tiny.model, {spec}, Source::of({{name, tensor}}));
  if (!list) return list.error().code;
  Context context(*tiny.model);
  const auto report = context.run(tiny.ids, Probes(), *list, {});
  if (!report) CHECK(report.error().where == spec);
  return code_of(report);
}

}  // namespace

TEST_CASE("A SPEC that cannot be meant is a located error", "[intervention]") {
  CHECK(error_of("bias-key:layer=15..29,head=*,query=-1,key=3,value=4.0").empty());
  CHECK(error_of("bias-key:key=0..3+5,value=-1e-2").empty());
  CHECK(error_of("ablate-head").empty());
  CHECK(error_of("bias-kye:key=3,value=1") == "intervention.type");
  for (const char* none : {"", ":", ",", "=", "bias-key,key=3", "Bias-key:key=3,value=1", " bias-key:key=3,value=1"})
    CHECK(error_of(none) == "intervention.type");
  CHECK(error_of("bias-key:kee=3,value=1") == "intervention.key");
  CHECK(error_of("ablate-head:key=3") == "intervention.key");
  CHECK(error_of("ablate-head:,") == "intervention.key");
  CHECK(error_of("bias-key:value=1") == "intervention.missing");
  CHECK(error_of("bias-key:key=3") == "intervention.missing");
  CHECK(error_of("bias-key") == "intervention.missing");
  CHECK(error_of("bias-key:key=3,key=4,value=1") == "intervention.twice");
  for (const char* value : {"", "x", "1e", "nan", "inf", "1 ", "1e999", "1e39", "0x10", "--1"})
    CHECK(error_of(std::string("bias-key:key=3,value=") + value) == "intervention.number");
  for (const char* list : {"", "1+", "..", "..2", "1..2..3", "a", "1.5", "**", "1++2", "99999999999999999999"})
    CHECK(error_of(std::string("ablate-head:head=") + list) == "intervention.number");
  CHECK(error_of("ablate-head:head=1..") == "");       // from 1 on
  CHECK(error_of("ablate-head:head=9") == "intervention.range");
  CHECK(error_of("ablate-head:head=9223372036854775807") == "intervention.range");
  CHECK(error_of("ablate-head:head=-9223372036854775808") == "intervention.range");
  CHECK(error_of("ablate-head:layer=0..30") == "intervention.range");
  CHECK(error_of("ablate-head:layer=5..3") == "intervention.range");
  CHECK(error_of("logit-bias:token=49152,value=1") == "intervention.range");
  for (const char* value : {"0", "-1", "1e-30"})
    CHECK(error_of(std::string("temperature:value=") + value) == "intervention.bounds");
  for (const char* value : {"-0.1", "1.0001"})
    CHECK(error_of(std::string("set-pattern:key=0,value=") + value) == "intervention.bounds");

  const auto wrong = Intervention::parse("bias-key:kee=3,value=1", bundled_model().transformer().config());
  CHECK(wrong.error().where == "bias-key:kee=3,value=1");
  CHECK((wrong.error().args == std::vector<std::string>{"kee", "key"}));

  // Each of the types is near its own misspelling.
  for (const std::string type : {"bias-key", "temperature", "scale-pattern", "set-pattern", "knock-out", "scale-head",
                                 "ablate-head", "replace-mlp", "add-residual", "patch-from", "freeze-norms",
                                 "logit-bias"}) {
    const auto near = Intervention::parse(type.substr(0, type.size() - 1), bundled_model().transformer().config());
    REQUIRE_FALSE(near);
    CHECK((near.error().args == std::vector<std::string>{type.substr(0, type.size() - 1), type}));
  }
}

TEST_CASE("A SPEC that needs a source says so, and one that cannot use what it is given too", "[intervention]") {
  const auto source = Source::of({{"v", at::zeros({576})}});
  for (const char* spec : {"patch-from:point=embed", "freeze-norms", "replace-mlp:layer=3", "add-residual:layer=3",
                           "ablate-head:mode=mean", "ablate-head:mode=resample,head=2", "replace-mlp:mode=mean"}) {
    INFO(spec);
    CHECK(error_of(spec) == "intervention.missing");
    CHECK(error_of(spec, source).empty());
    CHECK(error_of(std::string(spec) + (std::strchr(spec, ':') ? "," : ":") + "file=") == "intervention.number");
    CHECK(error_of(std::string(spec) + (std::strchr(spec, ':') ? "," : ":") + "file=no/such/file") == "file.open");
  }
  CHECK(error_of("patch-from:layer=3", source) == "intervention.missing");
  CHECK(error_of("patch-from:point=attn.z,tensor=", source) == "intervention.number");
  CHECK(error_of("patch-from:point=attn.z,from=a", source) == "intervention.number");
  for (const char* point : {"z", "attn.zz", "attn.head_out", "blocks.3.attn.z", "", "*", "final_norm.scale"})
    CHECK(error_of(std::string("patch-from:point=") + point, source) == "intervention.choice");
  CHECK(error_of("add-residual:point=attn_out", source) == "intervention.choice");
  CHECK(error_of("ablate-head:mode=rows", source) == "intervention.choice");
  CHECK(error_of("ablate-head:mode=men", source) == "intervention.choice");
  CHECK(error_of("freeze-norms:norm=norm3", source) == "intervention.choice");
  CHECK(error_of("freeze-norms:norm=norm1+", source) == "intervention.choice");
  CHECK(error_of("ablate-head:mode=zero,file=x") == "intervention.unused");
  CHECK(error_of("ablate-head:from=3") == "intervention.unused");
  CHECK(error_of("patch-from:point=resid_mid,head=0", source) == "intervention.unused");
  CHECK(error_of("patch-from:point=embed,layer=0", source) == "intervention.unused");
  CHECK(error_of("patch-from:point=attn.k,head=3", source) == "intervention.range");    // three heads of keys
  CHECK(error_of("patch-from:point=attn.q,head=3", source).empty());
  CHECK(error_of("freeze-norms:head=3", source) == "intervention.key");
}

TEST_CASE("A source that does not fit is a located error", "[intervention]") {
  const Subject& tiny = subjects().back();   // 9 tokens, 2 layers, 4 and 2 heads of 16, width 24
  const auto n = static_cast<std::int64_t>(tiny.ids.size());
  const std::string resid = "blocks.1.resid_mid", spec = "patch-from:point=resid_mid,layer=1";
  CHECK(run_error(spec, resid, at::zeros({n, 24})).empty());
  CHECK(run_error(spec, resid, at::zeros({n, 24}, at::kBFloat16)).empty());
  CHECK(run_error(spec, resid, at::zeros({24, n}).t()).empty());
  CHECK(run_error(spec, "blocks.0.resid_mid", at::zeros({n, 24})) == "intervention.tensor");
  for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{
           {24}, {n, 23}, {n, 24, 1}, {1, n, 24}, {}, {0, 24}, {n}}) {
    INFO(shape.size());
    CHECK(run_error(spec, resid, at::zeros(shape)) == "intervention.shape");
  }
  for (const double wrong : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300}) {
    at::Tensor numbers = at::zeros({n, 24}, at::kDouble);
    numbers[3][5].fill_(wrong);
    CHECK(run_error(spec, resid, numbers) == "intervention.finite");
  }
  CHECK(run_error(spec, resid, at::zeros({n + 1, 24})) == "intervention.rows");
  CHECK(run_error(spec, resid, at::zeros({n - 1, 24})) == "intervention.rows");
  CHECK(run_error(spec + ",query=0..3", resid, at::zeros({n - 1, 24})).empty());
  CHECK(run_error(spec + ",query=-1", resid, at::zeros({n - 1, 24})) == "intervention.from");
  CHECK(run_error(spec + ",query=-1,from=-1", resid, at::zeros({n - 1, 24})).empty());
  CHECK(run_error(spec + ",query=0..3,from=0..2", resid, at::zeros({n, 24})) == "intervention.rows");
  CHECK(run_error(spec + ",from=0..1", resid, at::zeros({n, 24})) == "intervention.rows");
  CHECK(run_error(spec + ",from=9", resid, at::zeros({n, 24})) == "intervention.from");
  CHECK(run_error(spec + ",from=-10", resid, at::zeros({n, 24})) == "intervention.from");
  CHECK(run_error(spec + ",query=9", resid, at::zeros({n, 24})) == "intervention.position");
  CHECK(run_error(spec + ",query=3+3,from=1+2", resid, at::zeros({n, 24})) == "intervention.again");
  CHECK(run_error("ablate-head:layer=1,mode=mean,from=9", "blocks.1.attn.z", at::zeros({n, 4, 16})) ==
        "intervention.from");
  CHECK(run_error("ablate-head:layer=1,mode=mean", "blocks.1.attn.z", at::zeros({3, 4, 16})).empty());

  const std::string rows = "patch-from:point=attn.pattern,layer=1", pattern = "blocks.1.attn.pattern";
  CHECK(run_error(rows, pattern, at::zeros({4, n, n})).empty());
  CHECK(run_error(rows, pattern, at::zeros({4, n, n + 1})) == "intervention.shape");
  CHECK(run_error(rows, pattern, at::zeros({3, n, n})) == "intervention.shape");
  CHECK(run_error(rows, pattern, at::zeros({n, n})) == "intervention.shape");
  CHECK(run_error(rows, pattern, at::zeros({4, n + 2, n + 2})) == "intervention.rows");
  CHECK(run_error(rows + ",query=2..3", pattern, at::zeros({4, n + 2, n + 2})).empty());
  CHECK(run_error(rows + ",query=2..3,from=3", pattern, at::zeros({4, n, n})) == "intervention.future");
  CHECK(run_error(rows + ",query=2..3,from=2", pattern, at::zeros({4, n, n})).empty());

  CHECK(run_error("add-residual:layer=1,tensor=v", "v", at::zeros({24})).empty());
  CHECK(run_error("add-residual:layer=1,tensor=v", "v", at::zeros({1, 24})).empty());
  CHECK(run_error("add-residual:layer=1,tensor=v", "v", at::zeros({2, 24})) == "intervention.rows");
  CHECK(run_error("add-residual:layer=1,tensor=v,from=1", "v", at::zeros({2, 24})).empty());
  CHECK(run_error("add-residual:layer=1", "v", at::zeros({24})) == "intervention.tensor");
  CHECK(run_error("freeze-norms", "blocks.0.norm1.scale", at::ones({n})) == "intervention.tensor");

  // Weights that are more than 1 together; where the keys lie in the future of every query they are no edges.
  CHECK(run_error("set-pattern:query=-1,key=0+1,value=0.6", "v", at::zeros({1})) == "intervention.weights");
  CHECK(run_error("set-pattern:query=-1,key=0..3,value=0.25", "v", at::zeros({1})).empty());
  CHECK(run_error("set-pattern:query=1,key=1..5,value=0.6", "v", at::zeros({1})).empty());

  // An intervention put together in C++ without a source.
  Intervention bare;
  bare.type = Intervention::Type::patch_from;
  bare.points = {Point::embed};
  CHECK(code_of(Context(*tiny.model).run(tiny.ids, Probes(), std::vector{bare}, {})) == "intervention.tensor");
}

TEST_CASE("A position outside the text is an error, and leaves the context as it was", "[intervention]") {
  Context context(bundled_model());
  run(context, bundled_model(), first(store, 5), {}, {});
  const auto biased = value_of(parsed(bundled_model(), {"bias-key:key=5,value=1"}));
  CHECK(code_of(context.run(first(store, 5), Probes(), biased, {})) == "intervention.position");
  CHECK(run(context, bundled_model(), first(store, 5), {}, {}).computed == 0);
}

TEST_CASE("A trace is a source for the next one", "[intervention]") {
  const TemporaryFolder folder;
  const Subject& tiny = subjects().back();
  const std::string file = (folder.path / "a+b = c: d.safetensors").string(), out = (folder.path / "out").string();
  REQUIRE(torch_engine().trace(*tiny.model, {tiny.others, {"*"}, {}, file}, {}));
  const Runner runner(tiny);
  const auto other = source_of(tiny, true);
  for (const std::string spec :
       {"patch-from:point=resid_post,layer=0", "ablate-head:mode=resample,head=1", "freeze-norms",
        "patch-from:point=attn.pattern,query=4,from=2", "replace-mlp:mode=mean,layer=1"}) {
    INFO(spec);
    const std::string with_file = spec + (spec.find(':') == std::string::npos ? ":" : ",") + "file=" + file;
    CHECK(at::equal(runner({with_file}).last_logits(), runner({spec}, other).last_logits()));
  }

  // What is no such file, or does not hold what is needed.
  const auto trace_error = [&](const std::string& spec) {
    return code_of(torch_engine().trace(*tiny.model, {tiny.ids, {"embed"}, {spec}, out}, {}));
  };
  REQUIRE(torch_engine().trace(*tiny.model, {tiny.others, {"embed"}, {}, out}, {}));
  CHECK(trace_error("patch-from:point=attn.z,file=" + out) == "intervention.tensor");
  CHECK(trace_error("patch-from:point=embed,tensor=tokens,file=" + out) == "intervention.tensor");   // whole numbers
  CHECK(trace_error("patch-from:point=embed,file=" + folder.path.string()).starts_with("file."));
  write_file(folder.path / "text", "no safetensors");
  CHECK(trace_error("patch-from:point=embed,file=" + (folder.path / "text").string()).starts_with("safetensors."));
}

TEST_CASE("Partial runs with interventions equal full ones", "[intervention]") {
  for (const Subject& subject : subjects()) {
    const Runner runner(subject);
    const auto other = source_of(subject, true);
    const auto n = subject.ids.size();
    for (const std::string spec :
         {"temperature:value=0.7", "set-pattern:layer=@L,head=0+1,query=1..-1,key=-2,value=0.5",
          "knock-out:key=0,head=1", "patch-from:point=attn.pattern,layer=@L,query=2..4",
          "patch-from:point=resid_mid,layer=0,query=-2..-1,from=3",
          "add-residual:layer=@L,query=*,from=4,value=0.5", "ablate-head:head=0,query=3..-1,mode=mean",
          "freeze-norms:layer=@L,query=0..4", "replace-mlp:query=4,from=1", "patch-from:point=attn.v,query=1+4,head=1",
          "patch-from:point=final_norm,query=-1,from=0", "logit-bias:token=7,value=2"}) {
      INFO(subject.name << " " << spec);
      std::string there = spec;
      if (const auto at = there.find("@L"); at != std::string::npos)
        there.replace(at, 2, std::to_string(subject.layer));
      const std::vector<std::string> points = {"blocks.*.resid_post", "blocks.1.attn.*", "logits"};
      Context context(*subject.model), whole(*subject.model);
      run(context, *subject.model, first(subject.ids, n - 2), {there}, points, other);
      for (std::size_t length = n - 1; length <= n; ++length)
        run(context, *subject.model, first(subject.ids, length), {there}, points, other);
      REQUIRE(context.edit(4, 1, std::vector<std::int64_t>{9}, {}));
      run(whole, *subject.model, with(subject.ids, 4, 9), {there}, points, other);
      CHECK(largest_difference(context.last_logits(), whole.last_logits()) < tolerance);
      for (const Probe& probe : whole.probes().points())
        CHECK(scaled_difference(context.point(probe.name), whole.point(probe.name)) < tolerance);
    }
  }
}

TEST_CASE("A model without MLPs has no points of them to change", "[intervention]") {
  Config config = bundled_model().transformer().config();
  config.d_mlp = 0;
  const auto source = Source::of({{"v", at::zeros({576})}});
  const auto code = [&](const char* spec) { return code_of(Intervention::parse(spec, config, source)); };
  CHECK(code("replace-mlp") == "intervention.mlp");
  CHECK(code("patch-from:point=mlp.act") == "intervention.mlp");
  CHECK(code("freeze-norms:norm=norm1+norm2") == "intervention.mlp");
  const auto frozen = Intervention::parse("freeze-norms", config, source);
  REQUIRE(frozen);
  CHECK((frozen->points == std::vector<Point>{Point::norm1_scale, Point::final_scale}));
}
