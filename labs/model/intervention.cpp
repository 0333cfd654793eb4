#include "labs/model/intervention.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "base/text.h"
#include "labs/model/config.h"

namespace tb {

namespace {

using Type = Intervention::Type;

// What each type takes. layer, head and query may be left out: then they mean all.
struct Grammar {
  Type type;
  std::string_view name;
  std::vector<std::string> keys;
};

const std::vector<Grammar>& grammars() {
  static const std::vector<Grammar> list = {
      {Type::bias_key, "bias-key", {"layer", "head", "query", "key", "value"}},
      {Type::scale_pattern, "scale-pattern", {"layer", "head", "query", "key", "value"}},
      {Type::knock_out, "knock-out", {"layer", "head", "query", "key"}},
      {Type::scale_head, "scale-head", {"layer", "head", "query", "value"}},
      {Type::ablate_head, "ablate-head", {"layer", "head", "query"}},
      {Type::logit_bias, "logit-bias", {"token", "query", "value"}},
  };
  return list;
}

constexpr std::array required_keys = {"key", "value", "token"};

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
std::optional<Selection> selection_in(std::string_view text) {
  Selection selection;
  if (text == "*") return selection;
  selection.all = false;
  for (const std::string_view part : split(text, "+")) {
    const auto ends = split(part, "..");
    const auto first = number_in<std::int64_t>(ends.front()), last = number_in<std::int64_t>(ends.back());
    if (!first || !last || ends.size() > 2) return std::nullopt;
    selection.ranges.emplace_back(*first, *last);
  }
  return selection;
}

}  // namespace

std::optional<std::vector<std::int64_t>> Selection::resolve(std::int64_t size) const {
  std::set<std::int64_t> indices;
  if (all)
    for (std::int64_t i = 0; i < size; ++i) indices.insert(indices.end(), i);
  for (auto [first, last] : ranges) {
    if (first < 0) first += size;
    if (last < 0) last += size;
    if (first < 0 || last >= size || first > last) return std::nullopt;
    for (std::int64_t i = first; i <= last; ++i) indices.insert(i);
  }
  return std::vector<std::int64_t>(indices.begin(), indices.end());
}

bool Selection::from_end() const {
  return std::any_of(ranges.begin(), ranges.end(), [](const auto& r) { return r.first < 0 || r.second < 0; });
}

Result<Intervention> Intervention::parse(std::string_view spec, const Config& config) {
  const std::string where(spec);
  Intervention result;
  result.spec = where;

  // The type stands before the colon.
  const std::size_t colon = spec.find(':');
  const std::string_view name = spec.substr(0, colon);
  const auto grammar =
      std::find_if(grammars().begin(), grammars().end(), [&](const Grammar& g) { return g.name == name; });
  if (grammar == grammars().end()) {
    std::vector<std::string> names;
    for (const Grammar& known : grammars()) names.emplace_back(known.name);
    return fail("intervention.type", where, {std::string(name), suggestion(name, names)});
  }
  result.type = grammar->type;

  // Then its keys, each once.
  Selection layers, heads, tokens;
  std::set<std::string, std::less<>> given;
  const auto body = colon == std::string_view::npos ? std::string_view() : spec.substr(colon + 1);
  for (const std::string_view pair : body.empty() ? std::vector<std::string_view>() : split(body, ",")) {
    const std::size_t equals = pair.find('=');
    const std::string key(pair.substr(0, equals));
    const std::string_view text = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (std::find(grammar->keys.begin(), grammar->keys.end(), key) == grammar->keys.end())
      return fail("intervention.key", where, {key, suggestion(key, grammar->keys)});
    if (!given.insert(key).second) return fail("intervention.twice", where, {key});
    if (key == "value") {
      const auto value = number_in<double>(text);
      if (!value || !std::isfinite(*value)) return fail("intervention.number", where, {key, std::string(text)});
      result.value = *value;
    } else {
      const auto selection = selection_in(text);
      if (!selection) return fail("intervention.number", where, {key, std::string(text)});
      Selection& target = key == "layer"   ? layers
                          : key == "head"  ? heads
                          : key == "token" ? tokens
                          : key == "key"   ? result.keys
                                           : result.queries;
      target = *selection;
    }
  }
  for (const std::string key : required_keys) {
    const bool takes = std::find(grammar->keys.begin(), grammar->keys.end(), key) != grammar->keys.end();
    if (takes && !given.count(key)) return fail("intervention.missing", where, {key});
  }

  // Layers, heads and tokens are the model's own: they can be resolved now, positions only when the text is known.
  const auto resolve = [&](const char* key, const Selection& selection, std::int64_t size,
                           std::vector<std::int64_t>& indices) -> Result<void> {
    const auto resolved = selection.resolve(size);
    if (!resolved) return fail("intervention.range", where, {key, std::to_string(size - 1)});
    indices = *resolved;
    return {};
  };
  if (result.type == Type::logit_bias) {
    if (const auto ok = resolve("token", tokens, config.vocabulary, result.tokens); !ok)
      return tl::unexpected(ok.error());
    return result;
  }
  if (const auto ok = resolve("layer", layers, config.n_layers, result.layers); !ok) return tl::unexpected(ok.error());
  if (const auto ok = resolve("head", heads, config.n_heads, result.heads); !ok) return tl::unexpected(ok.error());
  return result;
}

}  // namespace tb
