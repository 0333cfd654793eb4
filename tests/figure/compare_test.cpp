// B − A: closed forms on snapshots made by hand, and figures that hold it whatever it is.
#include "labs/compare.h"

#include <nlohmann/json.hpp>

#include "figure/compare.h"
#include "tests/figure/analysis_snapshots.h"
#include "tests/figure/checks.h"
#include "tests/figure/training_snapshots.h"

using namespace tb;
using namespace tb::test;

namespace {

// One of each lab that has a difference.
std::vector<Snapshot> subtractable() {
  return {next_token_snapshot(), attention_snapshot(14), lens_snapshot(5), lens_snapshot(20, 81),
          patching_snapshot("resid", 14, 14), patching_snapshot("heads", 5, 9), attribution_snapshot("layer", 14),
          attribution_snapshot("size", 5, false, 2), heads_snapshot("previous", 14),
          heads_snapshot("entropy", 40, 40, 80),
          lora_snapshot(60, 60, 30), from_scratch_snapshot(30, 30, 1, 1, 4)};
}

std::vector<double>& numbers_in(Snapshot& s, std::string_view name) {
  for (Column& column : s.columns)
    if (column.name == name) return std::get<std::vector<double>>(column.data);
  throw std::runtime_error("no column " + std::string(name));
}

// The same run with other amounts: those that a difference of it has.
Snapshot changed(const Snapshot& a) {
  Snapshot b = a;
  const auto difference = compare(a, a);
  REQUIRE(difference);
  double seed = 0.1;
  for (Column& column : b.columns) {
    const Column* amount = difference->find(column.name);
    auto* numbers = std::get_if<std::vector<double>>(&column.data);
    const bool label = column.name.ends_with(".id") || column.name.ends_with(".special") ||
                       column.name.starts_with("chosen.") || column.name.starts_with("row.") ||
                       column.name.ends_with(".step") || column.name == "run.steps" || column.name == "lens.depth" ||
                       column.name == "lens.query" || column.name.starts_with("unencodable.") ||
                       column.name == "tail.count" || column.name == "tokens.start" || column.name == "tokens.end";
    if (!numbers || !amount || label) continue;
    for (double& value : *numbers) value += 0.2 * std::sin(seed += 0.37);
  }
  const std::string text = "Пожалуйста, объясни мне";
  if (a.lab == "from-scratch") b.inputs["seed"] = std::int64_t{1234567};
  else b.inputs[a.lab == "patching" ? "clean" : "prompt"] = text;
  return b;
}

bool is_label(const std::string& name) {
  return name.ends_with(".id") || name.ends_with(".special") || name.starts_with("row.") ||
         name == "chosen.layer" || name == "chosen.head" || name == "chosen.column" || name.ends_with(".step") ||
         name == "run.steps" || name == "lens.depth" || name == "lens.query" || name.starts_with("unencodable.") ||
         name == "tail.count" || name.ends_with(".start") || name.ends_with(".end") || name.ends_with(".p_a") ||
         name.ends_with(".p_b");
}

// Every amount of a difference, with the name of its column. What is no number stays none.
template <class Check>
void each_amount(const Snapshot& difference, Check check) {
  for (const Column& column : difference.columns) {
    const auto* numbers = std::get_if<std::vector<double>>(&column.data);
    if (!numbers || is_label(column.name)) continue;
    for (std::size_t i = 0; i < numbers->size(); ++i) check(column.name, i, (*numbers)[i]);
  }
}

Snapshot bars(const std::vector<std::int64_t>& ids, const Numbers& p, const Numbers& kept, double tail) {
  Snapshot s;
  s.lab = "next-token";
  Numbers id, special(ids.size(), 0.0);
  Texts bytes, text;
  for (const std::int64_t one : ids) {
    id.push_back(static_cast<double>(one));
    text.push_back("t" + std::to_string(one));
    bytes.push_back(to_hex(text.back()));
  }
  put(s, "bars.id", id);
  put(s, "bars.bytes", bytes);
  put(s, "bars.text", text);
  put(s, "bars.special", special);
  put(s, "bars.adjusted", p);
  put(s, "bars.p", p);
  put(s, "bars.kept", kept);
  put(s, "softmax.entropy", Numbers{static_cast<double>(ids.size())});
  put(s, "tail.count", Numbers{100.0 - static_cast<double>(ids.size())});
  put(s, "tail.p", Numbers{tail});
  return s;
}

void also(Snapshot& s, const Numbers& ids, const Numbers& p) {
  put(s, "also.id", ids);
  put(s, "also.p", p);
  put(s, "also.kept", p);
  put(s, "also.adjusted", p);
}

}  // namespace

TEST_CASE("a run less itself is zero, whatever the lab") {
  for (const Snapshot& a : subtractable()) {
    CAPTURE(a.lab);
    const auto zero = compare(a, a);
    REQUIRE(zero);
    std::size_t amounts = 0;
    each_amount(*zero, [&](const std::string& name, std::size_t, double value) {
      CAPTURE(name);
      ++amounts;
      CHECK((value == 0 || std::isnan(value)));
    });
    CHECK(amounts > 0);
    CHECK(zero->inputs == a.inputs);   // all of them are shared
  }
}

TEST_CASE("B - A is the negative of A - B, element by element, and is b - a") {
  for (const Snapshot& a : subtractable()) {
    CAPTURE(a.lab);
    const Snapshot b = changed(a);
    const auto forth = compare(a, b), back = compare(b, a);
    REQUIRE(forth);
    REQUIRE(back);
    double largest = 0;
    each_amount(*forth, [&](const std::string& name, std::size_t i, double value) {
      CAPTURE(name, i);
      const double other = back->numbers(name).at(i);
      CHECK((value == -other || (std::isnan(value) && std::isnan(other))));
      if (a.lab != "next-token" && a.find(name) && std::isfinite(value))
        CHECK(value == b.numbers(name).at(i) - a.numbers(name).at(i));
      largest = std::max(largest, std::isfinite(value) ? std::abs(value) : 0);
    });
    CHECK(largest > 0.05);
    CHECK(forth->inputs == a.inputs);                  // what B alone has is not shared
  }
}

TEST_CASE("next tokens are joined by token, not by rank") {
  // A lists 7 and 8, B lists 8 and 9; each was asked for the other's.
  Snapshot a = bars({7, 8}, {0.6, 0.3}, {0.7, 0.3}, 0.1), b = bars({8, 9}, {0.5, 0.25}, {0.5, 0.25}, 0.25);
  CHECK(more_to_report(a, b) == Inputs{{"also", std::vector<std::int64_t>{8, 9}}});
  also(a, {8, 9}, {0.3, 0.0625});
  also(b, {7, 8}, {0.125, 0.5});
  CHECK(more_to_report(a, b).empty());
  CHECK(more_to_report(b, a).empty());
  const Snapshot d = compare(a, b).value();
  CHECK(d.numbers("bars.id") == Numbers{7, 8, 9});   // changes of -0.475, 0.2 and 0.1875
  CHECK(d.numbers("bars.p_a") == Numbers{0.6, 0.3, 0.0625});
  CHECK(d.numbers("bars.p_b") == Numbers{0.125, 0.5, 0.25});
  CHECK(d.numbers("bars.p") == Numbers{0.125 - 0.6, 0.5 - 0.3, 0.25 - 0.0625});
  CHECK(d.numbers("bars.kept").at(1) == 0.5 - 0.3);
  // All others: A's tail of 0.1 holds token 9, B's tail of 0.25 holds token 7.
  CHECK(d.numbers("tail.p_a").at(0) == Approx(0.1 - 0.0625));
  CHECK(d.numbers("tail.p_b").at(0) == Approx(0.25 - 0.125));
  CHECK(d.numbers("tail.count").at(0) == 97);
  double sum = d.numbers("tail.p").at(0);
  for (const double p : d.numbers("bars.p")) sum += p;
  CHECK(sum == Approx(0).margin(1e-12));              // both sum to one
  CHECK(d.texts("bars.text") == Texts{"t7", "t8", "t9"});
}

TEST_CASE("what a run does not say of a token is said to be unknown") {
  const Snapshot a = bars({7, 8}, {0.6, 0.3}, {0.6, 0.3}, 0.1), b = bars({8, 9}, {0.5, 0.25}, {0.5, 0.25}, 0.25);
  const Snapshot d = compare(a, b).value();
  REQUIRE(d.numbers("bars.id") == Numbers{7, 9, 8});   // by what is known of them
  CHECK(std::isnan(d.numbers("bars.p_b").at(0)));
  CHECK(std::isnan(d.numbers("bars.p").at(0)));
  CHECK(std::isnan(d.numbers("tail.p").at(0)));
  CHECK(d.numbers("bars.p").at(2) == 0.5 - 0.3);
}

TEST_CASE("where there is nothing to subtract, the reason is given") {
  const auto why = [](const Snapshot& a, const Snapshot& b) {
    const auto difference = compare(a, b);
    return difference ? std::string() : difference.error().code;
  };
  CHECK(why(tokens_snapshot(), tokens_snapshot()) == "compare.names");
  CHECK(why(graph_snapshot(5), graph_snapshot(5)) == "compare.graph");
  CHECK(why(attention_snapshot(5), attention_snapshot(6)) == "compare.length");
  CHECK(why(patching_snapshot("resid", 5, 5), patching_snapshot("resid", 6, 6)) == "compare.length");
  CHECK(why(patching_snapshot("resid", 5, 5), patching_snapshot("mlp", 5, 5)) == "compare.input");
  CHECK(why(heads_snapshot("sink", 5), heads_snapshot("entropy", 5)) == "compare.input");
  CHECK(why(lens_snapshot(5, 31), lens_snapshot(5, 25)) == "compare.shape");
  Snapshot deeper = attention_snapshot(5), other_model = deeper;
  deeper.inputs["layer"] = std::int64_t{3};
  Snapshot here = attention_snapshot(5);
  here.inputs["layer"] = std::int64_t{4};
  CHECK(why(here, deeper) == "compare.input");
  other_model.model_checksum = "other";
  CHECK(why(here, other_model) == "compare.models");
  // Texts of other lengths are no reason where the numbers do not go by position.
  CHECK(why(heads_snapshot("sink", 5), heads_snapshot("sink", 9)).empty());
  CHECK(why(lens_snapshot(5), lens_snapshot(1)).empty());
  // The pattern of the chosen head goes by position, and is left out then.
  CHECK(compare(heads_snapshot("sink", 5), heads_snapshot("sink", 9))->find("chosen.pattern") == nullptr);
  CHECK(compare(heads_snapshot("sink", 5), heads_snapshot("sink", 5))->find("chosen.pattern") != nullptr);
}

TEST_CASE("runs of training are compared as far as both have gone") {
  const Snapshot shorter = lora_snapshot(60, 24, 30), longer = lora_snapshot(60, 60, 30);
  const Snapshot d = compare(shorter, longer).value();
  CHECK(d.numbers("training.loss").size() == 24);
  CHECK(d.numbers("probes.step") == Numbers{0, 10, 20});
  CHECK(d.numbers("watch.p").size() == 3);
  CHECK(d.find("change.share") == nullptr);            // of other steps
  CHECK(d.partial);
  const Snapshot begun = lora_snapshot(60, 0, 30);
  CHECK(compare(begun, longer)->numbers("training.loss").empty());
  CHECK(compare(begun, longer)->numbers("watch.p").size() == 1);
  const Snapshot small = from_scratch_snapshot(30, 20, 1, 1, 4), wide = from_scratch_snapshot(30, 30, 1, 2, 4);
  CHECK(compare(small, wide).error().code == "compare.shape");
}

TEST_CASE("a lab without a rule of its own is subtracted where its names are the same") {
  Snapshot a = table_snapshot(), b = a;
  numbers_in(b, "costs.mean")[1] += 1;
  const auto d = compare(a, b);
  REQUIRE(d);
  CHECK(d->numbers("costs.mean").at(1) == Approx(1));
  CHECK(d->numbers("costs.max").at(1) == 0);           // an infinity less itself
  std::get<std::vector<std::string>>(b.columns[0].data)[0] = "other";
  CHECK(compare(a, b).error().code == "compare.shape");
}

TEST_CASE("a comparison as JSON and CSV") {
  const Strings& english = strings("en");
  const Snapshot a = attention_snapshot(3), b = attention_snapshot(4);
  const auto none = nlohmann::json::parse(to_json(a, b, compare(a, b), english));
  CHECK(none["difference"].is_null());
  CHECK(none["why"]["code"] == "compare.length");
  CHECK(none["why"]["what"].get<std::string>().find("3 and 4") != std::string::npos);
  CHECK(none["b"]["columns"]["attention.sink"]["data"].size() == 9);
  const auto some = nlohmann::json::parse(to_json(a, a, compare(a, a), english));
  CHECK(some["why"].is_null());
  CHECK(some["difference"]["columns"]["attention.pattern"]["data"][4] == 0);
  const std::string csv = to_csv(a, a, compare(a, a));
  CHECK(csv.starts_with("column,index,value,unit\r\n"));
  for (const char* line : {"\r\na.row.layer,0,7,", "\r\nb.row.layer,0,7,", "\r\nb-a.attention.sink,8,0,"})
    CHECK(csv.find(line) != std::string::npos);
  CHECK(to_csv(a, b, compare(a, b)).find("b-a.") == std::string::npos);
}

TEST_CASE("the picture of a comparison holds what it must, whatever the runs, width and language") {
  std::vector<std::pair<Snapshot, Snapshot>> pairs;
  for (const Snapshot& a : subtractable()) pairs.emplace_back(a, changed(a));
  pairs.emplace_back(attention_snapshot(5), attention_snapshot(6));
  pairs.emplace_back(tokens_snapshot(), tokens_snapshot());
  pairs.emplace_back(graph_snapshot(5), graph_snapshot(1));
  pairs.emplace_back(table_snapshot(), table_snapshot());
  pairs.emplace_back(bars({7, 8}, {0.6, 0.3}, {0.6, 0.3}, 0.1), bars({8, 9}, {0.5, 0.25}, {0.5, 0.25}, 0.25));
  pairs.emplace_back(patching_snapshot("heads", 14, 64, 24, true), patching_snapshot("heads", 14, 64, 24));
  pairs.emplace_back(lora_snapshot(300, 123, 30, true), lora_snapshot(300, 0, 30));
  for (auto& [a, b] : pairs) {
    a.inputs["layer"] = b.inputs["layer"] = std::int64_t{3};
    const auto difference = compare(a, b);
    for (const char* language : {"en", "ru"})
      for (const auto& [width, size] : {std::pair{525.f, 15.f}, {360.f, 15.f}, {1120.f, 15.f}, {1120.f, 30.f}})
        for (const Shown shown : {Shown::all, Shown::difference}) {
          CAPTURE(a.lab, language, width, size, static_cast<int>(shown));
          const Look look{palette(Theme::light), strings(language), measure(), width, size, "", ""};
          if (a.find("tokens.id") == nullptr && a.lab == "next-token" && shown == Shown::all) continue;
          const Figure figure = draw_comparison(a, b, difference, shown, look);
          REQUIRE(figure.width == width);
          CHECK(figure.height > 20);
          check_inside(figure);
          check_readable(figure);
        }
  }
}

TEST_CASE("bars of a difference go to the left of zero and to the right, in the colours of the diverging map") {
  const Palette& colors = palette(Theme::light);
  const Snapshot a = bars({7, 8}, {0.5, 0.25}, {0.5, 0.25}, 0.25), b = bars({7, 8}, {0.25, 0.5}, {0.25, 0.5}, 0.25);
  const Snapshot d = compare(a, b).value();
  Look look{colors, strings("en"), measure(), 560, 15, "", ""};
  look.between = {&a, &b};
  const Figure figure = draw(d, look);
  const auto same = [](Color x, Color y) { return x.r == y.r && x.g == y.g && x.b == y.b && x.a > 0; };
  std::vector<Box> falls, grows;
  for (const Shape& shape : figure.shapes)
    if (const auto* rect = std::get_if<RectShape>(&shape)) {
      if (same(rect->fill, colors.diverging.front())) falls.push_back(rect->box);
      if (same(rect->fill, colors.diverging.back())) grows.push_back(rect->box);
    }
  REQUIRE(falls.size() == 1);
  REQUIRE(grows.size() == 1);
  CHECK(falls[0].x + falls[0].w == Approx(grows[0].x).margin(0.01));   // both begin at zero
  CHECK(falls[0].w == Approx(grows[0].w).margin(0.01));                // and are as long
  bool printed = false;
  for (const Shape& shape : figure.shapes)
    if (const auto* text = std::get_if<TextShape>(&shape)) printed = printed || text->text == "+25.0 pp";
  CHECK(printed);                                                      // the range stands below
}

TEST_CASE("a click in one of two figures belongs to that run") {
  const Look look{palette(Theme::light), strings("en"), measure(), 1000, 15, "", "b/bar/2"};
  const Snapshot a = next_token_snapshot(), b = next_token_snapshot(0);
  const Figure figure = draw_comparison(a, b, compare(a, b), Shown::beside, look);
  const auto left_of = [&](const std::string& id) {
    for (const Hit& hit : figure.hits)
      if (hit.id == id) return hit.box.x;
    return -1.f;
  };
  CHECK(left_of("a/bar/2") == 0);
  CHECK(left_of("b/bar/2") > 500);
}
