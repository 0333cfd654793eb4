#include "labs/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tb {

namespace {

using Names = std::vector<std::string_view>;

// What of a lab's columns is an amount, and what must be the same for a difference to mean something.
struct Rule {
  std::string_view lab;
  Names amounts;                 // "heads." stands for all columns that begin so; absent from both: left out
  Names labels;                  // kept as they are in B; "tokens." likewise
  Names inputs;                  // must be the same
  Names of_one_place;            // amounts of the chosen head, text or layers: only where `places` are the same
  Names places;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"attention", {"attention."}, {"tokens.", "row.layer", "row.head", "row.query"}, {"layer"}, {}, {}},
      {"lens", {"lens.entropy", "lens.kl"}, {"tokens.", "lens.depth", "lens.query"}, {}, {}, {}},
      {"weights", {"costs.mean", "costs.max", "costs.agreement"}, {"costs.form"}, {}, {}, {}},
      {"control", {"answer.before", "answer.after", "answer.change", "answer.p", "other.p", "controls.share"},
       {"answer.", "other."}, {}, {}, {}},
      {"anatomy", {"layers.", "vector."}, {"part.name", "query"}, {"part"}, {}, {}},
      {"configuration", {"config.value", "parts.value", "total.value", "weights.value", "cache.value", "cache.token",
                         "work.products", "work.attention", "speed.value"},
       {"config.name", "parts.name"}, {}, {}, {}},
      {"surprise", {"total."}, {}, {}, {}, {}},
      {"own-code", {"layers.difference", "layers.relative", "slot.", "logits.difference"}, {}, {}, {}, {}},
      {"cache", {"count.", "size.text", "work."}, {}, {"number"}, {}, {}},
      {"neighbours", {"baseline.mean", "norms.rho", "token.norm", "layers."}, {"token.text"}, {}, {}, {}},
      {"patching", {"map.recovery", "answer.clean", "answer.corrupted"},
       {"clean.", "corrupted.", "right.", "wrong.", "chosen.layer", "chosen.column"}, {"component"}, {}, {}},
      {"attribution", {"parts.", "layers.", "total."},
       {"tokens.", "answer.", "other.", "row.query", "chosen.layer", "chosen.head"}, {},
       {"chosen.sources"}, {"chosen.layer", "chosen.head"}},
      {"heads", {"heads.previous", "heads.induction", "heads.duplicate", "heads.sink", "heads.entropy",
                 "heads.knock-out", "answer.value"},
       {"tokens.", "answer.", "other.", "chosen.layer", "chosen.head"}, {"score"},
       {"chosen.pattern"}, {"chosen.layer", "chosen.head"}},
      {"lora", {"training.loss", "training.gradient_norm", "watch.p", "neutral.nll"},
       {"training.step", "probes.step", "tokens.", "watched.", "run.steps"}, {"every"},
       {"change.norm", "change.share"}, {"change.layer", "run.steps"}},
      {"from-scratch", {"training.loss", "training.gradient_norm", "held_out.", "score.", "heads."},
       {"training.step", "probes.step", "run.steps"}, {"every"},
       {"tokens.p", "pattern.attention"}, {"tokens.id", "run.steps"}},
  };
  return all;
}

bool begins(std::string_view name, const Names& with) {
  return std::any_of(with.begin(), with.end(), [&](std::string_view one) {
    return one.ends_with('.') ? name.starts_with(one) : name == one;
  });
}

bool same(const Column* a, const Column* b) { return a && b && a->shape == b->shape && a->data == b->data; }

std::size_t length(const Snapshot& snapshot, std::string_view ids) { return snapshot.numbers(ids).size(); }

// A word of the strings for a choice, else the value as it is written.
std::string shown(const Snapshot& snapshot, const std::string& key) {
  const auto value = snapshot.inputs.find(key);
  if (value == snapshot.inputs.end()) return "–";
  const std::string text = unparse({*value}).at(key);
  return std::holds_alternative<std::string>(value->second) ? "@lab." + snapshot.lab + "." + key + "." + text : text;
}

Inputs shared(const Snapshot& a, const Snapshot& b) {
  Inputs both;
  for (const auto& [key, value] : b.inputs)
    if (const auto other = a.inputs.find(key); other != a.inputs.end() && other->second == value) both[key] = value;
  return both;
}

// The head of a difference: what is true of both runs.
Snapshot begin_difference(const Snapshot& a, const Snapshot& b) {
  Snapshot head = b;
  head.columns.clear();
  head.inputs = shared(a, b);
  head.partial = a.partial || b.partial;
  head.tokens_computed = head.tokens_reused = 0;
  head.seconds = 0;
  return head;
}

// Why the shapes differ, in the reader's words where the lab reads texts.
tl::unexpected<Error> unlike(const Snapshot& a, const Snapshot& b, const std::string& column) {
  for (const char* ids : {"tokens.id", "clean.id"})
    if (const std::size_t in_a = length(a, ids), in_b = length(b, ids); in_a != in_b)
      return fail("compare.length", column, {std::to_string(in_a), std::to_string(in_b)});
  return fail("compare.shape", column, {column});
}

// Two runs of training as far as both have gone: every column of one value a step, or a probe, is cut there.
Result<void> cut_to_shorter(Snapshot& a, Snapshot& b) {
  const Names probed = {"probes.", "watch.", "neutral.", "held_out.", "score.", "heads."};
  for (const auto& [steps, series] : {std::pair<std::string_view, Names>{"training.step", {"training."}},
                                      {"probes.step", probed}}) {
    const std::vector<double>&in_a = a.numbers(steps), &in_b = b.numbers(steps);
    std::size_t rows = 0;
    while (rows < in_a.size() && rows < in_b.size() && in_a[rows] == in_b[rows]) ++rows;
    if (rows == 0 && !(in_a.empty() && in_b.empty()) && steps == "probes.step") return fail("compare.steps", "");
    for (Snapshot* run : {&a, &b})
      for (Column& column : run->columns) {
        auto* numbers = std::get_if<std::vector<double>>(&column.data);
        if (!numbers || !begins(column.name, series) || column.shape.empty() || column.shape[0] == 0) continue;
        numbers->resize(numbers->size() / static_cast<std::size_t>(column.shape[0]) * rows);
        column.shape[0] = static_cast<std::int64_t>(rows);
      }
  }
  return {};
}

Result<Snapshot> by_rule(Snapshot a, Snapshot b, const Rule& rule) {
  for (const std::string_view key : rule.inputs)
    if (const auto one = a.inputs.find(key), other = b.inputs.find(key);
        one != a.inputs.end() && other != b.inputs.end() && one->second != other->second)
      return fail("compare.input", std::string(key), {"@lab." + b.lab + "." + std::string(key),
                                                      shown(a, std::string(key)), shown(b, std::string(key))});
  const bool one_place = std::all_of(rule.places.begin(), rule.places.end(), [&](std::string_view place) {
    return same(a.find(place), b.find(place));
  });
  const bool trains = rule.lab == "lora" || rule.lab == "from-scratch";
  if (trains)
    if (const auto cut = cut_to_shorter(a, b); !cut) return tl::unexpected(cut.error());

  Snapshot from = begin_difference(a, b), to = from, labels = from;
  for (const Column& column : b.columns) {
    const Column* other = a.find(column.name);
    const bool number = std::holds_alternative<std::vector<double>>(column.data);
    const bool amount = number && begins(column.name, rule.amounts);
    // What belongs to one place is subtracted where the place is the same, and the text as long.
    const bool local = number && one_place && other && begins(column.name, rule.of_one_place) &&
                       other->shape == column.shape;
    if (amount || local) {
      if (!other) return unlike(a, b, column.name);
      from.columns.push_back(*other);
      to.columns.push_back(column);
    } else if (begins(column.name, rule.labels)) {
      labels.columns.push_back(column);
    }
  }
  auto result = difference(from, to);
  if (!result) return unlike(a, b, result.error().where);
  result->inputs = from.inputs;
  result->columns.insert(result->columns.begin(), labels.columns.begin(), labels.columns.end());
  return result;
}

// Of a lab without a rule of its own: every number is an amount, and every text a name that must be the same.
Result<Snapshot> plain(const Snapshot& a, const Snapshot& b) {
  for (const Column& column : b.columns)
    if (std::holds_alternative<std::vector<std::string>>(column.data) && !same(a.find(column.name), &column))
      return unlike(a, b, column.name);
  auto result = difference(a, b);
  if (!result) return unlike(a, b, result.error().where);
  const std::vector<Column> columns = std::move(result->columns);
  *result = begin_difference(a, b);
  result->columns = columns;
  return result;
}

// What a run of next-token says of single tokens: those of its bars, and those that it was asked for.
struct Said { double p, kept, adjusted; };
constexpr double unsaid = std::numeric_limits<double>::quiet_NaN();

std::map<std::int64_t, Said> said_by(const Snapshot& run) {
  std::map<std::int64_t, Said> said;
  for (const std::string prefix : {"bars", "also"}) {
    const std::vector<double>&id = run.numbers(prefix + ".id"), &p = run.numbers(prefix + ".p"),
          &kept = run.numbers(prefix + ".kept"), &adjusted = run.numbers(prefix + ".adjusted");
    for (std::size_t i = 0; i < id.size() && i < p.size() && i < kept.size() && i < adjusted.size(); ++i)
      said.emplace(static_cast<std::int64_t>(id[i]), Said{p[i], kept[i], adjusted[i]});
  }
  return said;
}

double minus(double b, double a) { return a == b ? 0 : b - a; }

Result<Snapshot> by_token(const Snapshot& a, const Snapshot& b) {
  const auto in_a = said_by(a), in_b = said_by(b);
  struct Row { std::int64_t id; const Snapshot* listed; std::size_t at; Said a, b; };
  std::vector<Row> rows;
  std::set<std::int64_t> seen;
  for (const Snapshot* run : {&a, &b}) {
    const std::vector<double>& ids = run->numbers("bars.id");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto id = static_cast<std::int64_t>(ids[i]);
      if (!seen.insert(id).second) continue;
      const auto in = [&](const std::map<std::int64_t, Said>& said) {
        const auto found = said.find(id);
        return found == said.end() ? Said{unsaid, unsaid, unsaid} : found->second;
      };
      rows.push_back({id, run, i, in(in_a), in(in_b)});
    }
  }
  // The largest change first; what only one run speaks of by what that one says.
  const auto size = [](const Row& row) {
    const double change = std::abs(minus(row.b.p, row.a.p));
    return std::isnan(change) ? (std::isnan(row.a.p) ? row.b.p : row.a.p) : change;
  };
  std::sort(rows.begin(), rows.end(), [&](const Row& x, const Row& y) {
    return size(x) != size(y) ? size(x) > size(y) : x.id < y.id;
  });

  Snapshot result = begin_difference(a, b);
  const auto put = [&](const std::string& name, const std::string& unit, auto data) {
    const auto count = static_cast<std::int64_t>(data.size());
    result.columns.push_back({name, unit, {count}, std::move(data)});
  };
  std::vector<double> id, special, p_a, p_b, p, kept, adjusted;
  std::vector<std::string> bytes, text;
  for (const Row& row : rows) {
    id.push_back(static_cast<double>(row.id));
    special.push_back(row.listed->numbers("bars.special").at(row.at));
    bytes.push_back(row.listed->texts("bars.bytes").at(row.at));
    text.push_back(row.listed->texts("bars.text").at(row.at));
    p_a.push_back(row.a.p);
    p_b.push_back(row.b.p);
    p.push_back(minus(row.b.p, row.a.p));
    kept.push_back(minus(row.b.kept, row.a.kept));
    adjusted.push_back(minus(row.b.adjusted, row.a.adjusted));
  }
  // All other tokens: what is left of the whole, from the small numbers themselves where the runs give them.
  const auto rest = [&](const Snapshot& run) {
    const std::vector<double>&also = run.numbers("also.id"), &also_p = run.numbers("also.p"),
          &listed = run.numbers("bars.id");
    double tail = run.numbers("tail.p").empty() ? unsaid : run.numbers("tail.p")[0];
    for (std::size_t i = 0; i < also.size(); ++i)
      if (std::find(listed.begin(), listed.end(), also[i]) == listed.end() &&
          seen.contains(static_cast<std::int64_t>(also[i])))
        tail -= also_p[i];
    const auto said = said_by(run);
    const bool all = std::all_of(seen.begin(), seen.end(), [&](std::int64_t token) { return said.contains(token); });
    return all ? std::max(tail, 0.0) : unsaid;
  };
  const double rest_a = rest(a), rest_b = rest(b);
  const std::size_t listed = id.size();
  put("bars.id", "token", std::move(id));
  put("bars.bytes", "", std::move(bytes));
  put("bars.text", "", std::move(text));
  put("bars.special", "", std::move(special));
  put("bars.p_a", "probability", std::move(p_a));
  put("bars.p_b", "probability", std::move(p_b));
  put("bars.p", "probability", std::move(p));
  put("bars.kept", "probability", std::move(kept));
  put("bars.adjusted", "logit", std::move(adjusted));
  const auto& beyond = b.numbers("tail.count");
  const double vocabulary = (beyond.empty() ? 0 : beyond[0]) + static_cast<double>(b.numbers("bars.id").size());
  put("tail.count", "token", std::vector{vocabulary - static_cast<double>(listed)});
  put("tail.p_a", "probability", std::vector{rest_a});
  put("tail.p_b", "probability", std::vector{rest_b});
  put("tail.p", "probability", std::vector{minus(rest_b, rest_a)});
  if (const auto &bits_a = a.numbers("softmax.entropy"), &bits_b = b.numbers("softmax.entropy");
      !bits_a.empty() && !bits_b.empty())
    put("softmax.entropy", "bit", std::vector{minus(bits_b[0], bits_a[0])});
  return result;
}

}  // namespace

Result<Snapshot> compare(const Snapshot& a, const Snapshot& b) {
  if (a.lab != b.lab) return fail("compare.shape", b.lab, {b.lab});
  if (a.model_checksum != b.model_checksum) return fail("compare.models", "", {a.model, b.model});
  if (b.lab == "tokens")
    return fail("compare.names", "tokens.id",
                {std::to_string(length(a, "tokens.id")), std::to_string(length(b, "tokens.id"))});
  if (b.lab == "graph") return fail("compare.graph", "edge.weight", {"@lab.attribution.title"});
  if (b.lab == "next-token") return by_token(a, b);
  for (const Rule& rule : rules())
    if (rule.lab == b.lab) return by_rule(a, b, rule);
  return plain(a, b);
}

Inputs more_to_report(const Snapshot& run, const Snapshot& other) {
  if (run.lab != "next-token" || other.lab != run.lab || run.model_checksum != other.model_checksum) return {};
  const auto said = said_by(run);
  std::vector<std::int64_t> wanted;
  bool missing = false;
  for (const double id : other.numbers("bars.id")) {
    wanted.push_back(static_cast<std::int64_t>(id));
    missing = missing || !said.contains(wanted.back());
  }
  return missing ? Inputs{{"also", std::move(wanted)}} : Inputs();
}

std::string to_json(const Snapshot& a, const Snapshot& b, const Result<Snapshot>& difference, const Strings& strings) {
  nlohmann::json why;
  if (!difference) {
    const Message message = describe(difference.error(), strings);
    why = {{"code", difference.error().code}, {"what", message.what}, {"remedy", message.remedy}};
  }
  // The snapshots are JSON already.
  return fmt::format(R"({{"a":{},"b":{},"difference":{},"why":{}}})", to_json(a), to_json(b),
                     difference ? to_json(*difference) : "null", why.dump());
}

std::string to_csv(const Snapshot& a, const Snapshot& b, const Result<Snapshot>& difference) {
  Snapshot all;
  const auto add = [&](const std::string& run, const Snapshot& snapshot) {
    for (Column column : snapshot.columns) {
      column.name = run + "." + column.name;
      all.columns.push_back(std::move(column));
    }
  };
  add("a", a);
  add("b", b);
  if (difference) add("b-a", *difference);
  return to_csv(all);
}

}  // namespace tb
