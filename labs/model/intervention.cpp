#include "labs/model/intervention.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"
#include "labs/model/config.h"
#include "labs/model/source.h"

namespace tb {

namespace {

using Type = Intervention::Type;
using Mode = Intervention::Mode;

// What each type takes, must be given, and where it acts. layer, head and query may be left out: then they mean all.
struct Grammar {
  Type type;
  std::string_view name;
  std::vector<std::string> keys, required;
  std::vector<Point> points;                          // where the SPEC does not say: the first is the default
  std::vector<std::pair<std::string, Mode>> modes;    // the first is the default; none: the type's own
};

const std::vector<Grammar>& grammars() {
  static const std::vector<Grammar> list = {
      {Type::bias_key, "bias-key", {"layer", "head", "query", "key", "value"}, {"key", "value"}, {Point::scores}, {}},
      {Type::temperature, "temperature", {"layer", "head", "query", "value"}, {"value"}, {Point::scores}, {}},
      {Type::scale_pattern, "scale-pattern", {"layer", "head", "query", "key", "value"}, {"key", "value"},
       {Point::pattern}, {}},
      {Type::set_pattern, "set-pattern", {"layer", "head", "query", "key", "value"}, {"key", "value"},
       {Point::pattern}, {}},
      {Type::knock_out, "knock-out", {"layer", "head", "query", "key"}, {"key"}, {Point::pattern}, {}},
      {Type::scale_head, "scale-head", {"layer", "head", "query", "value"}, {"value"}, {Point::z}, {}},
      {Type::ablate_head, "ablate-head", {"layer", "head", "query", "mode", "file", "tensor", "from"}, {}, {Point::z},
       {{"zero", Mode::zero}, {"mean", Mode::mean}, {"resample", Mode::rows}}},
      {Type::replace_mlp, "replace-mlp", {"layer", "query", "mode", "file", "tensor", "from"}, {}, {Point::mlp_out},
       {{"rows", Mode::rows}, {"mean", Mode::mean}, {"zero", Mode::zero}}},
      {Type::add_residual, "add-residual", {"layer", "point", "query", "value", "file", "tensor", "from"}, {},
       {Point::resid_post, Point::resid_pre, Point::resid_mid}, {}},
      {Type::patch_from, "patch-from", {"point", "layer", "head", "query", "file", "tensor", "from"}, {"point"}, {},
       {}},
      {Type::freeze_norms, "freeze-norms", {"layer", "norm", "query", "file", "from"}, {},
       {Point::norm1_scale, Point::norm2_scale, Point::final_scale}, {}},
      {Type::logit_bias, "logit-bias", {"token", "query", "value"}, {"token", "value"}, {Point::logits}, {}},
  };
  return list;
}

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

// The known word that is meant, or all of them where none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  return nearest(word, known).value_or(joined(known));
}

// The parts of `text` between `separator`s.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at; (at = text.find(separator)) != std::string_view::npos; text.remove_prefix(at + separator.size()))
    parts.push_back(text.substr(0, at));
  parts.push_back(text);
  return parts;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// "*", "3", "1+2", "0..8", "-3..-1+0".
constexpr std::int64_t to_the_end = std::numeric_limits<std::int64_t>::max();

std::optional<Selection> selection_in(std::string_view text) {
  Selection selection;
  if (text == "*") return selection;
  selection.all = false;
  for (const std::string_view part : split(text, "+")) {
    const auto ends = split(part, "..");
    const auto first = number_in<std::int64_t>(ends.front());
    const bool open = ends.size() == 2 && ends.back().empty();
    const auto last = open ? std::optional(to_the_end) : number_in<std::int64_t>(ends.back());
    if (!first || !last || ends.size() > 2) return std::nullopt;
    selection.ranges.emplace_back(*first, *last);
  }
  return selection;
}

// A SPEC on its way to an Intervention.
struct Reader {
  const Config& config;
  const Grammar& grammar;
  std::map<std::string, std::string_view, std::less<>> given;   // key, text
  Intervention result;

  bool takes(std::string_view key) const {
    return std::find(grammar.keys.begin(), grammar.keys.end(), key) != grammar.keys.end();
  }
  // Errors if one of `keys` is given where `setting` leaves it without a meaning.
  Result<void> unused(std::initializer_list<std::string> keys, const std::string& setting) const {
    for (const std::string& key : keys)
      if (given.count(key)) return fail("intervention.unused", result.spec, {key, setting});
    return {};
  }

  Result<void> read_keys(std::string_view body);
  Result<void> read_value();
  Result<void> read_source(std::shared_ptr<const Source> source);
  Result<void> read_points();
  Result<void> read_scope();
  Result<void> read_selection(const std::string& key, Selection& selection) const;
  Result<void> read_indices(const std::string& key, std::int64_t size, std::vector<std::int64_t>& indices) const;
};

// Each key once, and none that the type does not know.
Result<void> Reader::read_keys(std::string_view body) {
  for (const std::string_view pair : body.empty() ? std::vector<std::string_view>() : split(body, ",")) {
    const std::size_t equals = pair.find('=');
    const std::string key(pair.substr(0, equals));
    const std::string_view text = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (!takes(key)) return fail("intervention.key", result.spec, {key, suggestion(key, grammar.keys)});
    if (!given.emplace(key, text).second) return fail("intervention.twice", result.spec, {key});
  }
  for (const std::string& key : grammar.required)
    if (!given.count(key)) return fail("intervention.missing", result.spec, {key});
  return {};
}

Result<void> Reader::read_value() {
  const auto entry = given.find("value");
  if (entry == given.end()) return {};
  const std::string text(entry->second);
  const auto value = number_in<double>(text);
  if (!value || !(std::abs(*value) <= std::numeric_limits<float>::max()))
    return fail("intervention.number", result.spec, {"value", text});
  if (grammar.type == Type::temperature && *value < 1e-20)
    return fail("intervention.bounds", result.spec, {"value", text, ">= 1e-20"});
  if (grammar.type == Type::set_pattern && (*value < 0 || *value > 1))
    return fail("intervention.bounds", result.spec, {"value", text, "0..1"});
  result.value = *value;
  return {};
}

Result<void> Reader::read_source(std::shared_ptr<const Source> source) {
  if (!takes("file")) return {};
  if (!grammar.modes.empty()) {
    const auto entry = given.find("mode");
    const auto mode = entry == given.end()
                          ? grammar.modes.begin()
                          : std::find_if(grammar.modes.begin(), grammar.modes.end(),
                                         [&](const auto& known) { return known.first == entry->second; });
    if (mode == grammar.modes.end()) {
      std::vector<std::string> names;
      for (const auto& [name, _] : grammar.modes) names.push_back(name);
      const std::string text(entry->second);
      return fail("intervention.choice", result.spec, {"mode", text, suggestion(text, names)});
    }
    result.mode = mode->second;
    if (result.mode == Mode::zero) return unused({"file", "tensor", "from"}, "mode=zero");
  }
  for (const std::string key : {"file", "tensor"})
    if (given.count(key) && given[key].empty()) return fail("intervention.number", result.spec, {key, ""});
  result.tensor = given.count("tensor") ? given["tensor"] : "";
  result.source = std::move(source);
  if (given.count("file")) {
    auto opened = Source::open(std::string(given["file"]));
    if (!opened) return tl::unexpected(opened.error());
    result.source = std::move(*opened);
  }
  if (!result.source) return fail("intervention.missing", result.spec, {"file"});
  return read_selection("from", result.from);
}

// The points where the intervention acts, by name where the SPEC may choose.
Result<void> Reader::read_points() {
  std::vector<std::pair<std::string, Point>> choices;
  std::string key = "point";
  if (grammar.type == Type::freeze_norms) {
    key = "norm";
    choices = {{"norm1", Point::norm1_scale}, {"norm2", Point::norm2_scale}, {"final", Point::final_scale}};
  } else if (grammar.type == Type::patch_from) {
    for (const Probe& probe : all_points(1))
      if (probe.point != Point::head_out)
        choices.emplace_back(probe.layer < 0 ? probe.name : probe.name.substr(sizeof("blocks.0.") - 1), probe.point);
  } else {
    for (const Point point : grammar.points)
      choices.emplace_back(name_of(point, 0).substr(in_block(point) ? sizeof("blocks.0.") - 1 : 0), point);
  }

  const auto entry = given.find(key);
  if (entry != given.end() && !(key == "norm" && entry->second == "*")) {
    std::vector<std::string> names;
    for (const auto& [name, _] : choices) names.push_back(name);
    const auto parts = key == "norm" ? split(entry->second, "+") : std::vector<std::string_view>{entry->second};
    for (const std::string_view part : parts) {
      const auto choice = std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return c.first == part; });
      if (choice == choices.end())
        return fail("intervention.choice", result.spec, {key, std::string(part), suggestion(part, names)});
      if (!has_point(config, choice->second)) return fail("intervention.mlp", result.spec, {std::string(part)});
      if (std::find(result.points.begin(), result.points.end(), choice->second) == result.points.end())
        result.points.push_back(choice->second);
    }
  } else if (grammar.type == Type::freeze_norms) {
    const bool all_layers = !given.count("layer") || given["layer"] == "*";
    for (const Point point : grammar.points)
      if (has_point(config, point) && (all_layers || in_block(point))) result.points.push_back(point);
  } else {
    if (!has_point(config, grammar.points.front()))
      return fail("intervention.mlp", result.spec, {choices.front().first});
    result.points = {grammar.points.front()};
  }

  // What the point is not divided into cannot be chosen.
  const std::string setting = entry == given.end() ? "" : key + "=" + std::string(entry->second);
  const bool some_in_blocks = std::any_of(result.points.begin(), result.points.end(), in_block);
  if (!some_in_blocks)
    if (const auto ok = unused({"layer"}, setting); !ok) return ok;
  if (heads_at(result.points.front(), config) == 0) return unused({"head"}, setting);
  return {};
}

Result<void> Reader::read_selection(const std::string& key, Selection& selection) const {
  const auto entry = given.find(key);
  if (entry == given.end()) return {};
  const auto read = selection_in(entry->second);
  if (!read) return fail("intervention.number", result.spec, {key, std::string(entry->second)});
  selection = *read;
  return {};
}

// Layers, heads and tokens are the model's own: they can be resolved now, positions only when the text is known.
Result<void> Reader::read_indices(const std::string& key, std::int64_t size,
                                  std::vector<std::int64_t>& indices) const {
  Selection selection;
  if (const auto ok = read_selection(key, selection); !ok) return ok;
  const auto resolved = selection.resolve(size);
  if (!resolved || resolved->empty()) return fail("intervention.range", result.spec, {key, std::to_string(size - 1)});
  indices = *resolved;
  return {};
}

Result<void> Reader::read_scope() {
  const Point point = result.points.front();
  const std::int64_t heads = heads_at(point, config);
  if (const auto ok = read_selection("query", result.queries); !ok) return ok;
  if (const auto ok = read_selection("key", result.keys); !ok) return ok;
  if (takes("token")) return read_indices("token", config.vocabulary, result.tokens);
  if (const auto ok = read_indices("layer", config.n_layers, result.layers); !ok) return ok;
  return heads > 0 ? read_indices("head", heads, result.heads) : Result<void>();
}

}  // namespace

std::optional<std::vector<std::int64_t>> Selection::listed(std::int64_t size) const {
  std::vector<std::int64_t> indices;
  if (all)
    for (std::int64_t i = 0; i < size; ++i) indices.push_back(i);
  for (auto [first, last] : ranges) {
    if (first < 0) first += size;
    if (last == to_the_end) {
      if (first >= size) continue;   // the text has not grown so far yet
      last = size - 1;
    }
    if (last < 0) last += size;
    if (first < 0 || last >= size || first > last) return std::nullopt;
    for (std::int64_t i = first; i <= last; ++i) indices.push_back(i);
  }
  return indices;
}

std::optional<std::vector<std::int64_t>> Selection::resolve(std::int64_t size) const {
  auto indices = listed(size);
  if (!indices) return std::nullopt;
  std::sort(indices->begin(), indices->end());
  indices->erase(std::unique(indices->begin(), indices->end()), indices->end());
  return indices;
}

bool Selection::from_end() const {
  return std::any_of(ranges.begin(), ranges.end(), [](const auto& r) { return r.first < 0 || r.second < 0; });
}

Result<Intervention> Intervention::parse(std::string_view spec, const Config& config,
                                         std::shared_ptr<const Source> source) {
  // The type stands before the colon, its keys behind it.
  const std::size_t colon = spec.find(':');
  const std::string_view name = spec.substr(0, colon);
  const auto grammar =
      std::find_if(grammars().begin(), grammars().end(), [&](const Grammar& g) { return g.name == name; });
  if (grammar == grammars().end()) {
    std::vector<std::string> names;
    for (const Grammar& known : grammars()) names.emplace_back(known.name);
    return fail("intervention.type", std::string(spec), {std::string(name), suggestion(name, names)});
  }
  Reader reader{.config = config, .grammar = *grammar, .given = {}, .result = {}};
  reader.result.type = grammar->type;
  reader.result.spec = spec;
  const auto done = reader.read_keys(colon == std::string_view::npos ? std::string_view() : spec.substr(colon + 1))
                        .and_then([&] { return reader.read_value(); })
                        .and_then([&] { return reader.read_points(); })
                        .and_then([&] { return reader.read_scope(); })
                        .and_then([&] { return reader.read_source(std::move(source)); });
  if (!done) return tl::unexpected(done.error());
  return reader.result;
}

}  // namespace tb
