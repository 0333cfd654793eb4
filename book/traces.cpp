#include "book/traces.h"

#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

namespace tb::book {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "textbook-progress";
constexpr int kVersion = 1;

constexpr Verdict kVerdicts[] = {Verdict::open, Verdict::right, Verdict::wrong, Verdict::skipped};
constexpr Mark::Kind kKinds[] = {Mark::Kind::read, Mark::Kind::tried};

void put(Json& json, const Spot& spot) {
  json["chapter"] = spot.chapter;
  json["anchor"] = spot.anchor;
  json["fraction"] = spot.fraction;
  json["snippet"] = spot.snippet;
  json["language"] = spot.language;
}

// Reads the members of one object; the first that is not as it should be is remembered with its place.
class Fields {
 public:
  Fields(const Json& json, std::string place, std::string& wrong) : json_(json), place_(std::move(place)), wrong_(wrong) {}

  std::string text(const char* key) { return get<std::string>(key, [](const Json& j) { return j.is_string(); }); }
  std::int64_t integer(const char* key) {
    return get<std::int64_t>(key, [](const Json& j) { return j.is_number_integer(); });
  }
  bool has(const char* key) const { return json_.is_object() && json_.contains(key); }
  double number(const char* key) { return get<double>(key, [](const Json& j) { return j.is_number(); }); }
  bool truth(const char* key) { return get<bool>(key, [](const Json& j) { return j.is_boolean(); }); }
  template <class Enum, std::size_t N>
  Enum one_of(const char* key, const Enum (&all)[N]) {
    const std::string name = text(key);
    for (const Enum each : all)
      if (name == name_of(each)) return each;
    complain(key);
    return all[0];
  }
  Spot spot() {
    Spot out{text("chapter"), text("anchor"), number("fraction"), text("snippet"), text("language")};
    if (out.fraction < 0 || out.fraction > 1) complain("fraction");
    return out;
  }

 private:
  template <class T, class Good>
  T get(const char* key, Good good) {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (found != json_.end() && good(*found)) return found->template get<T>();
    complain(key);
    return T();
  }
  void complain(const char* key) {
    if (wrong_.empty()) wrong_ = place_ + "." + key;
  }
  const Json& json_;
  std::string place_;
  std::string& wrong_;
};

}  // namespace

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::open: return "open";
    case Verdict::right: return "right";
    case Verdict::wrong: return "wrong";
    case Verdict::skipped: return "skipped";
  }
  return "";
}

const char* name_of(Mark::Kind kind) { return kind == Mark::Kind::read ? "read" : "tried"; }

std::string to_json(const Traces& traces) {
  Json json{{"format", kFormat}, {"version", kVersion}};
  for (const char* list : {"answers", "marks", "exercises", "bookmarks", "notes"}) json[list] = Json::array();
  for (const Answer& a : traces.answers)
    json["answers"].push_back({{"chapter", a.chapter}, {"question", a.question}, {"attempt", a.attempt},
                               {"choice", a.choice}, {"text", a.text}, {"model", a.model},
                               {"verdict", name_of(a.verdict)}, {"at", a.at}});
  for (const Mark& m : traces.marks)
    json["marks"].push_back({{"chapter", m.chapter}, {"kind", name_of(m.kind)}, {"item", m.item}, {"at", m.at}});
  for (const ExerciseResult& e : traces.exercises)
    json["exercises"].push_back({{"chapter", e.chapter}, {"exercise", e.exercise}, {"attempts", e.attempts},
                                 {"points", e.points}, {"out_of", e.out_of}, {"confessed", e.confessed},
                                 {"solved", e.solved()}, {"at", e.at}, {"hints", e.hints}});
  for (const Bookmark& b : traces.bookmarks) {
    Json one;
    put(one, b.spot);
    one["at"] = b.at;
    json["bookmarks"].push_back(std::move(one));
  }
  for (const OwnNote& n : traces.notes) {
    Json one;
    put(one, n.spot);
    one["quote"] = n.quote;
    one["text"] = n.text;
    one["at"] = n.at;
    one["changed"] = n.changed;
    json["notes"].push_back(std::move(one));
  }
  // What a learner pasted may be no UTF-8; a file that no program reads would be worse than a replaced character.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Traces> traces_from_json(std::string_view text, const std::string& where) {
  const Json json = Json::parse(text, nullptr, false);
  const auto is = [&](const char* key) { return json.is_object() && json.contains(key); };
  if (!is("format") || json["format"] != kFormat || !is("version") || json["version"] != kVersion)
    return fail("progress.json", where, {kFormat, std::to_string(kVersion)});
  Traces out;
  std::string wrong;
  const auto each = [&](const char* list, auto take) {
    if (!json.contains(list)) return;
    if (!json[list].is_array()) {
      if (wrong.empty()) wrong = list;
      return;
    }
    for (std::size_t i = 0; i < json[list].size(); ++i) {
      Fields fields(json[list][i], std::string(list) + "[" + std::to_string(i) + "]", wrong);
      take(fields);
    }
  };
  each("answers", [&](Fields& f) {
    out.answers.push_back({f.text("chapter"), f.text("question"), f.integer("attempt"), f.integer("choice"),
                           f.text("text"), f.text("model"), f.one_of("verdict", kVerdicts), f.text("at")});
  });
  each("marks", [&](Fields& f) {
    out.marks.push_back({f.one_of("kind", kKinds), f.text("chapter"), f.text("item"), f.text("at")});
  });
  each("exercises", [&](Fields& f) {
    out.exercises.push_back({f.text("chapter"), f.text("exercise"), f.integer("attempts"), f.number("points"),
                             f.number("out_of"), f.truth("confessed"), f.text("at"),
                             f.has("hints") ? f.integer("hints") : 0});   // older files have none
  });
  each("bookmarks", [&](Fields& f) { out.bookmarks.push_back({0, f.spot(), f.text("at")}); });
  each("notes", [&](Fields& f) {
    out.notes.push_back({0, f.spot(), f.text("quote"), f.text("text"), f.text("at"), f.text("changed")});
  });
  if (!wrong.empty()) return fail("progress.field", where, {wrong});
  return out;
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

}  // namespace tb::book
