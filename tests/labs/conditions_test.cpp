// Inputs that say when they have an effect (Field::when), of every lab: what they hang on is there, and while they are
// hidden nothing that a card shows depends on them, however odd they are.
#include <algorithm>

#include "base/strings.h"
#include "figure/figure.h"
#include "tests/labs/lab_bench.h"
#include "tests/small_inputs.h"

using namespace tb;
using namespace tb::testing;

namespace {

const Field* find_field(const std::vector<Field>& fields, const std::string& key) {
  const auto found = std::ranges::find(fields, key, &Field::key);
  return found == fields.end() ? nullptr : &*found;
}

std::vector<Value> values_of(const Condition& condition) {
  std::vector<Value> all = condition.among;
  all.insert(all.end(), condition.except.begin(), condition.except.end());
  return all;
}

// Through every condition, from input to input; false where the way leads back to where it has been.
bool comes_to_an_end(const std::vector<Field>& fields, const Field& field, std::size_t steps) {
  return steps <= fields.size() && std::ranges::all_of(field.when, [&](const Condition& condition) {
           const Field* other = find_field(fields, condition.key);
           return other && comes_to_an_end(fields, *other, steps + 1);
         });
}

// With which the condition does not hold: `now`, where it does not.
Value against(const Condition& condition, const Field& other, const Value& now) {
  if (!condition.except.empty()) return condition.except.front();
  if (std::ranges::find(condition.among, now) == condition.among.end()) return now;
  if (const auto* on = std::get_if<bool>(&condition.among.front())) return !*on;
  for (const std::string& choice : other.choices)
    if (std::ranges::find(condition.among, Value(choice)) == condition.among.end()) return choice;
  throw std::runtime_error("every choice of " + other.key + " lets the condition hold");
}

Value another(const Value& value, const Field& field) {
  if (const auto* on = std::get_if<bool>(&value)) return !*on;
  if (std::holds_alternative<std::string>(value)) {
    for (const std::string& choice : field.choices)
      if (Value(choice) != value) return choice;
    return std::string("no such thing: 99.99");
  }
  const Value most = std::holds_alternative<double>(value) ? Value(field.max) : Value(static_cast<std::int64_t>(field.max));
  if (most != value) return most;
  return std::holds_alternative<double>(value) ? Value(field.min) : Value(static_cast<std::int64_t>(field.min));
}

// What the card shows: the picture with all that pointing at it tells.
std::string shown(Bench& bench, const Inputs& inputs) {
  static const Strings strings = Strings::load("assets/strings", "en").value();
  static const figure::Measure measure = figure::freetype_measure();
  const figure::Palette& colors = figure::palette(figure::themes[0]);
  auto snapshot = bench.run(unparse(inputs));
  CHECK((snapshot.inputs == inputs));   // what is hidden is kept
  for (Column& column : snapshot.columns)
    if (column.unit == "ms") column.data = std::vector<double>(std::get<std::vector<double>>(column.data).size());
  const figure::Figure picture = figure::draw(
      snapshot, {.colors = colors, .strings = strings, .measure = measure, .width = 520, .hovered = "", .selected = ""});
  std::string all = figure::to_svg(picture, colors);
  for (const figure::Hit& hit : picture.hits)
    for (const std::string& line : hit.tip) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("what an input hangs on is an input of the lab, in values that it can have, and never itself") {
  for (const Lab* lab : all_labs()) {
    const auto fields = lab->fields(nullptr);
    for (const Field& field : fields) {
      CAPTURE(lab->type(), field.key);
      CHECK(comes_to_an_end(fields, field, 0));
      for (const Condition& condition : field.when) {
        const Field* other = find_field(fields, condition.key);
        REQUIRE(other);
        CHECK(condition.among.empty() != condition.except.empty());
        for (const Value& value : values_of(condition))
          CHECK(parse(fields, unparse({{other->key, value}}), "").has_value());
      }
    }
  }
}

TEST_CASE("an input without effect changes nothing that is shown") {
  for (const Lab* lab : all_labs()) {
    const std::string type(lab->type());
    if (lab->long_running() || type == "levers") continue;   // half a minute for one input each
    Bench bench(type);
    const auto fields = lab->fields(&bundled_model());
    Texts texts = small_inputs(type);
    if (type == "steering")
      texts = {{"prompts", "The soup was very"}, {"neutral", "It snows."}, {"length", "2"}, {"alpha", "0"}};
    if (find_field(fields, "controls")) texts["controls"] = "1";
    if (find_field(fields, "prompt")) texts["prompt"] = "The capital of France is";
    if (type == "heads" || type == "control") texts["answer"] = "Paris", texts["other"] = "London";
    const Inputs usual = parse(fields, texts, type).value();
    std::vector<Inputs> states;
    for (const Field& field : fields)
      for (const Condition& condition : field.when) {
        Inputs state = usual;
        state[condition.key] = against(condition, *find_field(fields, condition.key), usual.at(condition.key));
        if (std::ranges::find(states, state) == states.end()) states.push_back(std::move(state));
      }
    for (const Inputs& state : states) {
      Inputs odd = state;
      std::string hidden;
      for (const Field& field : fields)
        if (!has_effect(field, fields, state)) {
          odd[field.key] = another(state.at(field.key), field);
          hidden += field.key + " ";
        }
      CAPTURE(type, hidden);
      REQUIRE_FALSE(hidden.empty());
      CHECK(shown(bench, state) == shown(bench, odd));
    }
  }
}
