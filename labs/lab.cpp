#include "labs/lab.h"

#include "labs/cell.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace tb {

namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<std::int64_t>> list(std::string_view text) {
  std::vector<std::int64_t> values;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    const auto value = number<std::int64_t>(item);
    if (!value) return std::nullopt;
    values.push_back(*value);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return values;
}

// The text as the alternative that `like` holds.
std::optional<Value> read(std::string_view text, const Value& like) {
  if (std::holds_alternative<bool>(like)) {
    if (text == "true" || text == "yes" || text == "1") return Value(true);
    if (text == "false" || text == "no" || text == "0") return Value(false);
    return std::nullopt;
  }
  if (std::holds_alternative<std::int64_t>(like)) return number<std::int64_t>(text);
  if (std::holds_alternative<double>(like)) return number<double>(text);
  if (std::holds_alternative<std::string>(like)) return Value(std::string(text));
  return list(text);
}

// As an error's argument: '@' marks a key of the strings.
const char* type_name(const Value& value) {
  static constexpr const char* names[] = {"@type.boolean", "@type.integer", "@type.number", "@type.text", "@type.list"};
  return names[value.index()];
}

std::string write(const Value& value) {
  struct Writer {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return std::to_string(i); }
    std::string operator()(double d) const { return fmt::format("{}", d); }   // the shortest text that reads back equal
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const std::vector<std::int64_t>& v) const { return fmt::format("{}", fmt::join(v, ",")); }
  };
  return std::visit(Writer{}, value);
}

// A size that a field bounds: the number itself, or the length of a text or list.
std::optional<double> extent(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&value)) return *d;
  if (const auto* s = std::get_if<std::string>(&value)) return static_cast<double>(s->size());
  if (const auto* v = std::get_if<std::vector<std::int64_t>>(&value)) return static_cast<double>(v->size());
  return std::nullopt;
}

// Infinities and NaN have no JSON number: they are strings.
nlohmann::json to_json_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

// Bytes that are no UTF-8 must not break the JSON: they stand as \xNN.
std::string printable(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    if (next_code_point(text, at)) out += text.substr(from, at - from);
    else out += "\\x" + to_hex(text.substr(from, 1));
  }
  return out;
}

nlohmann::json to_json_value(const Value& value) {
  if (const auto* d = std::get_if<double>(&value)) return to_json_number(*d);
  if (const auto* s = std::get_if<std::string>(&value)) return printable(*s);
  return std::visit([](const auto& v) { return nlohmann::json(v); }, value);
}

std::size_t size_of(const Column& column) {
  return std::visit([](const auto& v) { return v.size(); }, column.data);
}

}  // namespace

const Column* Snapshot::find(std::string_view name) const {
  for (const Column& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

const std::vector<double>& Snapshot::numbers(std::string_view name) const {
  static const std::vector<double> none;
  const Column* column = find(name);
  const auto* data = column ? std::get_if<std::vector<double>>(&column->data) : nullptr;
  return data ? *data : none;
}

const std::vector<std::string>& Snapshot::texts(std::string_view name) const {
  static const std::vector<std::string> none;
  const Column* column = find(name);
  const auto* data = column ? std::get_if<std::vector<std::string>>(&column->data) : nullptr;
  return data ? *data : none;
}

Result<Inputs> parse(std::span<const Field> fields, const std::map<std::string, std::string>& texts,
                     const std::string& where) {
  const auto located = [&](const std::string& key) { return where.empty() ? key : where + ": " + key; };
  Inputs inputs;
  std::vector<std::string> known;
  for (const Field& field : fields) {
    inputs[field.key] = field.initial;
    known.push_back(field.key);
  }
  for (const auto& [key, text] : texts) {
    const Field* field = nullptr;
    for (const Field& candidate : fields)
      if (candidate.key == key) field = &candidate;
    if (!field) return fail("input.unknown", located(key), {key, nearest(key, known).value_or(known.empty() ? "" : known[0])});
    const std::optional<Value> value = read(text, field->initial);
    if (!value) return fail("input.type", located(key), {key, type_name(field->initial), text});
    if (const auto* d = std::get_if<double>(&*value); d && !std::isfinite(*d))
      return fail("input.type", located(key), {key, type_name(field->initial), text});
    if (!field->choices.empty() && std::find(field->choices.begin(), field->choices.end(), text) == field->choices.end())
      return fail("input.choice", located(key), {key, text, fmt::format("{}", fmt::join(field->choices, ", "))});
    if (const auto size = extent(*value); size && field->min < field->max && (*size < field->min || *size > field->max))
      return fail(std::holds_alternative<std::string>(*value) ? "input.length" : "input.range", located(key),
                  {key, fmt::format("{}", *size), fmt::format("{}", field->min), fmt::format("{}", field->max)});
    inputs[key] = *value;
  }
  return inputs;
}

bool has_effect(const Field& field, std::span<const Field> fields, const Inputs& inputs) {
  return field.when.empty() || std::ranges::any_of(field.when, [&](const Condition& condition) {
    const auto other = std::ranges::find(fields, condition.key, &Field::key);
    const auto input = inputs.find(condition.key);
    if (other == fields.end()) return true;
    const auto listed = [&](const std::vector<Value>& values) { return std::ranges::find(values, input->second) != values.end(); };
    const bool holds = input == inputs.end() ||
                       ((condition.among.empty() || listed(condition.among)) && !listed(condition.except));
    return holds && has_effect(*other, fields, inputs);
  });
}

std::map<std::string, std::string> unparse(const Inputs& inputs) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : inputs) texts[key] = write(value);
  return texts;
}

std::string to_json(const Snapshot& snapshot) {
  using nlohmann::json;
  json inputs = json::object(), columns = json::object();
  for (const auto& [key, value] : snapshot.inputs) inputs[key] = to_json_value(value);
  for (const Column& column : snapshot.columns) {
    json data = json::array();
    if (const auto* numbers = std::get_if<std::vector<double>>(&column.data))
      for (const double value : *numbers) data.push_back(to_json_number(value));
    else
      for (const std::string& text : std::get<std::vector<std::string>>(column.data))
        data.push_back(is_utf8(text) ? json(text) : json(nullptr));   // a part of a character has no text
    columns[column.name] = {{"unit", column.unit}, {"shape", column.shape}, {"data", std::move(data)}};
  }
  return json{{"lab", snapshot.lab}, {"inputs", std::move(inputs)}, {"columns", std::move(columns)},
              {"model", snapshot.model}, {"model_checksum", snapshot.model_checksum}, {"device", snapshot.device},
              {"dtype", snapshot.dtype}, {"threads", snapshot.threads}, {"tokens_computed", snapshot.tokens_computed},
              {"tokens_reused", snapshot.tokens_reused}, {"seconds", to_json_number(snapshot.seconds)},
              {"partial", snapshot.partial}}.dump();
}

// One line for each element: column, index, value, unit. Tables of different shapes fit into one file this way.
std::string to_csv(const Snapshot& snapshot) {
  const auto quote = [](const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
  };
  std::string out = "column,index,value,unit\r\n";
  for (const Column& column : snapshot.columns) {
    std::vector<std::int64_t> index(column.shape.size(), 0);
    for (std::size_t i = 0; i < size_of(column); ++i) {
      const auto* numbers = std::get_if<std::vector<double>>(&column.data);
      const std::string value = numbers ? fmt::format("{}", (*numbers)[i])
                                        : quote(printable(std::get<std::vector<std::string>>(column.data)[i]));
      out += fmt::format("{},{},{},{}\r\n", column.name, fmt::join(index, " "), value, column.unit);
      for (std::size_t d = index.size(); d-- > 0;) {   // the next index, the last dimension fastest
        if (++index[d] < column.shape[d]) break;
        index[d] = 0;
      }
    }
  }
  return out;
}

Result<Snapshot> difference(const Snapshot& a, const Snapshot& b) {
  Snapshot result = b;
  if (a.columns.size() != b.columns.size()) {
    const auto& longer = a.columns.size() > b.columns.size() ? a.columns : b.columns;
    return fail("snapshot.shape", longer[std::min(a.columns.size(), b.columns.size())].name);
  }
  for (std::size_t i = 0; i < b.columns.size(); ++i) {
    const Column& from = a.columns[i];
    Column& to = result.columns[i];
    if (from.name != to.name || from.shape != to.shape || from.data.index() != to.data.index() || size_of(from) != size_of(to))
      return fail("snapshot.shape", to.name);
    if (auto* numbers = std::get_if<std::vector<double>>(&to.data))
      for (std::size_t j = 0; j < numbers->size(); ++j) {
        const double before = std::get<std::vector<double>>(from.data)[j];
        double& value = (*numbers)[j];
        value = value == before ? 0 : value - before;   // also of equal infinities
      }
  }
  result.inputs.clear();   // a difference belongs to no single list of inputs
  return result;
}

namespace {

// The place's column, of those that `wanted` takes, and how far into its data the place is.
struct Cell {
  const Column* column;
  std::size_t at;
};
template <class Wanted>
Result<Cell> find_cell(const Snapshot& snapshot, std::string_view place, Wanted wanted) {
  const std::size_t open = std::min(place.find('['), place.size());
  const std::string_view name = place.substr(0, open);
  const Column* column = snapshot.find(name);
  if (!column || !wanted(*column)) {
    std::vector<std::string> known;
    for (const Column& candidate : snapshot.columns)
      if (wanted(candidate)) known.push_back(candidate.name);
    return fail("snapshot.column", std::string(place), {std::string(name), nearest(name, known).value_or("")});
  }
  const auto outside = [&] {
    return fail("snapshot.index", std::string(place), {fmt::format("{}", fmt::join(column->shape, ","))});
  };
  std::vector<std::int64_t> index;
  if (open < place.size()) {
    const auto parsed = place.ends_with(']') ? list(place.substr(open + 1, place.size() - open - 2)) : std::nullopt;
    if (!parsed) return outside();
    index = *parsed;
  }
  // A column of one value needs no index.
  if (index.empty() && std::visit([](const auto& data) { return data.size(); }, column->data) == 1) return Cell{column, 0};
  std::int64_t flat = 0;
  bool inside = index.size() == column->shape.size();
  for (std::size_t d = 0; inside && d < index.size(); ++d) {
    inside = index[d] >= 0 && index[d] < column->shape[d];
    flat = flat * column->shape[d] + index[d];
  }
  if (!inside) return outside();
  return Cell{column, static_cast<std::size_t>(flat)};
}

}  // namespace

Result<double> value_at(const Snapshot& snapshot, std::string_view place) {
  const auto numbers = [](const Column& column) { return std::holds_alternative<std::vector<double>>(column.data); };
  return find_cell(snapshot, place, numbers).map([](const Cell& cell) {
    return std::get<std::vector<double>>(cell.column->data)[cell.at];
  });
}

Result<std::variant<double, std::string>> cell_at(const Snapshot& snapshot, std::string_view place) {
  return find_cell(snapshot, place, [](const Column&) { return true; }).map([](const Cell& cell) {
    return std::visit([&](const auto& data) { return std::variant<double, std::string>(data[cell.at]); },
                      cell.column->data);
  });
}

}  // namespace tb
