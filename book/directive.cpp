#include "book/directive.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "book/predict.h"
#include "book/verdict.h"

namespace tb::book {

namespace {

const std::array<std::string, 7> kinds{"lab", "predict", "quiz", "exercise", "code", "claim", "experiments"};

// The keys of a kind. Whatever is neither required nor optional sets an input where `inputs` is true, and is an error
// elsewhere. Only `repeated` keys may come more than once.
struct Keys {
  std::vector<std::string> required, optional, repeated;
  bool inputs = false;
};

const Keys& keys_of(std::string_view kind) {
  static const Keys lab{{"id", "lab"}, {"caption"}, {"example", "set"}, true};
  static const Keys predict{{"id", "lab", "question"}, {"answer", "because", "value", "guess", "min", "max", "step", "unit",
                             "tolerance"}, {"choice", "is", "set"}, false};
  static const Keys quiz{{"id", "question"}, {}, {"right", "wrong", "because"}, false};
  static const Keys exercise{{"id"}, {}, {}, false};
  static const Keys code{{"id"}, {"caption"}, {}, false};
  static const Keys claim{{"id", "lab", "value", "expect", "tolerance"}, {"says", "supported", "low", "high", "verdict"}, {}, true};
  static const Keys experiments{};
  if (kind == "lab") return lab;
  if (kind == "predict") return predict;
  if (kind == "quiz") return quiz;
  if (kind == "exercise") return exercise;
  if (kind == "code") return code;
  if (kind == "experiments") return experiments;
  return claim;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// A lower-case word of letters, digits, '-', '_' and '.', as keys and ids are.
bool is_name(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

// What a value in double quotes stands for; nullopt where it is not closed or has an escape we do not know.
std::optional<std::string> unquote(std::string_view quoted) {
  std::string out;
  for (std::size_t i = 1; i < quoted.size(); ++i) {
    if (quoted[i] == '"') return i + 1 == quoted.size() ? std::optional(out) : std::nullopt;
    if (quoted[i] != '\\') {
      out += quoted[i];
      continue;
    }
    if (++i == quoted.size()) return std::nullopt;
    switch (quoted[i]) {
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      default: return std::nullopt;
    }
  }
  return std::nullopt;
}

// What `is` may say: a text, or low..high with at least one of the two.
bool is_outcome(std::string_view text) {
  const auto range = read_range(text);
  return !text.empty() && text != ".." && (!range || range->low <= range->high);
}

class Reader {
 public:
  Reader(std::string_view kind, int first_line, const std::string& path) : path_(path), first_line_(first_line) {
    out_.directive.kind = kind;
  }

  ParsedDirective read(std::string_view body) {
    int line = first_line_;
    while (!body.empty()) {
      const auto end = body.find('\n');
      read_line(body.substr(0, end), line++);
      body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    }
    for (auto& entry : entries()) unquote_value(entry);
    out_.directive.id = out_.directive.value("id");
    check_keys();
    check_values();
    return std::move(out_);
  }

 private:
  std::vector<Directive::Entry>& entries() { return out_.directive.entries; }
  std::string at(int line) const { return path_ + ":" + std::to_string(line); }
  void report(const tl::unexpected<Error>& error) { out_.errors.push_back(error.value()); }

  void read_line(std::string_view text, int line) {
    const auto content = trim(text);
    if (content.empty()) return;
    if (is_blank(text.front())) {
      if (entries().empty()) return report(fail("directive.indent", at(line), {std::string(content)}));
      auto& value = entries().back().value;
      if (!value.empty()) value += ' ';
      value += content;
      return;
    }
    const auto colon = content.find(':');
    const bool pair = colon != std::string_view::npos && is_name(content.substr(0, colon)) &&
                      (colon + 1 == content.size() || is_blank(content[colon + 1]));
    if (pair) {
      entries().push_back({std::string(content.substr(0, colon)), std::string(trim(content.substr(colon + 1))), line});
    } else if (out_.directive.kind == "code" && entries().empty()) {
      entries().push_back({"id", std::string(content), line});
    } else {
      report(fail("directive.syntax", at(line), {std::string(content)}));
    }
  }

  void unquote_value(Directive::Entry& entry) {
    if (entry.value.empty() || entry.value.front() != '"') return;
    if (auto value = unquote(entry.value)) {
      entry.value = std::move(*value);
    } else {
      report(fail("directive.quote", at(entry.line), {entry.key, entry.value}));
    }
  }

  void check_keys() {
    const auto& keys = keys_of(out_.directive.kind);
    std::vector<std::string> known = keys.required, seen;
    known.insert(known.end(), keys.optional.begin(), keys.optional.end());
    known.insert(known.end(), keys.repeated.begin(), keys.repeated.end());
    for (const auto& entry : entries()) {
      if (!keys.inputs && !contains(known, entry.key)) {
        std::string all;
        for (const auto& key : known) all += (all.empty() ? "" : ", ") + key;
        report(fail("directive.unknown-key", at(entry.line),
                    {entry.key, out_.directive.kind, nearest(entry.key, known).value_or(all)}));
      }
      if (!contains(keys.repeated, entry.key) && contains(seen, entry.key)) {
        report(fail("directive.twice", at(entry.line), {entry.key}));
      }
      seen.push_back(entry.key);
    }
    for (const auto& key : keys.required) {
      if (out_.directive.value(key).empty()) {
        report(fail("directive.missing", at(first_line_ - 1), {out_.directive.kind, key}));
      }
    }
  }

  void check_values() {
    const auto& directive = out_.directive;
    if (directive.kind == "code") {
      const auto hash = directive.id.find('#');
      if (!directive.id.empty() && (hash == 0 || hash == std::string::npos || hash + 1 == directive.id.size())) {
        report(fail("directive.region", at(first_line_), {directive.id}));
      }
    } else if (!directive.id.empty() && !is_name(directive.id)) {
      report(fail("directive.id", at(first_line_), {directive.id}));
    }
    for (const auto& entry : directive.entries) {
      const bool number = directive.kind == "claim" && (entry.key == "expect" || entry.key == "tolerance");
      if (number && !read_number(entry.value)) {
        report(fail("directive.number", at(entry.line), {entry.key, entry.value}));
      }
    }
    if (directive.kind == "lab") check_examples();
    if (directive.kind == "quiz") check_quiz();
    if (directive.kind == "predict") check_predict();
    if (directive.kind == "claim") check_verdict();
  }

  // A statement, the values that support it and the verdict come together; the interval may be absent.
  void check_verdict() {
    const auto& directive = out_.directive;
    const auto given = [&](const char* key) { return !directive.value(key).empty(); };
    if (!given("says") && !given("supported") && !given("verdict") && !given("low") && !given("high")) return;
    for (const char* key : {"says", "supported", "verdict"})
      if (!given(key)) report(fail("directive.missing", at(first_line_ - 1), {"claim", key}));
    if (given("low") != given("high"))
      report(fail("directive.missing", at(first_line_ - 1), {"claim", given("low") ? "high" : "low"}));
    for (const auto& entry : directive.entries) {
      const auto range = entry.key == "supported" ? read_range(entry.value) : std::nullopt;
      const bool wrong = (entry.key == "supported" && (!range || range->low > range->high)) ||
                         (entry.key == "verdict" && !read_finding(entry.value));
      if (wrong) report(fail("directive.verdict", at(entry.line), {entry.key, entry.value}));
    }
  }

  void check_examples() {
    const Directive::Entry* empty = nullptr;               // an example that sets nothing yet
    bool begun = false;
    const auto complain = [&](const Directive::Entry& entry) {
      report(fail("directive.example", at(entry.line), {entry.key + ": " + entry.value}));
    };
    for (const auto& entry : entries()) {
      if (entry.key == "example") {
        if (empty || entry.value.empty()) complain(empty ? *empty : entry);
        empty = &entry;
        begun = true;
      } else if (entry.key == "set") {
        if (!begun || !read_setting(entry)) complain(entry);
        empty = nullptr;
      }
    }
    if (empty) complain(*empty);
  }

  void check_quiz() {
    int answers = 0, right = 0;
    bool explained = true;
    for (const auto& entry : entries()) {
      if (entry.key == "because") {
        if (explained) report(fail("directive.choices", at(entry.line), {"quiz"}));
        explained = true;
      } else if (entry.key == "right" || entry.key == "wrong") {
        if (!explained) report(fail("directive.choices", at(entry.line), {"quiz"}));
        explained = false;
        ++answers;
        right += entry.key == "right";
      }
    }
    if (!explained || answers < 2 || right == 0) report(fail("directive.choices", at(first_line_ - 1), {"quiz"}));
  }

  void check_predict() {
    const auto& directive = out_.directive;
    std::vector<std::string> offered, judged;            // judged: those of which `is` says when they are right
    for (const auto& entry : entries()) {
      if (entry.key == "choice") offered.push_back(entry.value);
      if (entry.key == "set" && !read_setting(entry)) report(fail("directive.set", at(entry.line), {entry.value}));
      if (entry.key != "is") continue;
      if (offered.empty() || !is_outcome(entry.value)) report(fail("directive.is", at(entry.line), {entry.value}));
      if (!offered.empty()) judged.push_back(offered.back());
    }
    const auto needs = [&](const char* key) {
      if (directive.value(key).empty()) report(fail("directive.missing", at(first_line_ - 1), {"predict", key}));
    };
    if (!directive.value("guess").empty()) {
      for (const char* key : {"value", "answer", "min", "max"}) needs(key);
      return check_guess(offered);
    }
    if (offered.size() < 2) report(fail("directive.choices", at(first_line_ - 1), {"predict"}));
    for (const auto& entry : entries()) {
      if (entry.key == "answer" && !contains(offered, entry.value)) {
        report(fail("directive.answer", at(entry.line), {entry.value}));
      }
    }
    if (!judged.empty()) needs("value");
    if (directive.value("value").empty()) return;
    needs("answer");
    const std::string answer = directive.value("answer");
    if (contains(offered, answer) && !contains(judged, answer))
      report(fail("directive.is", at(first_line_ - 1), {answer}));
  }

  void check_guess(const std::vector<std::string>& offered) {
    double low = 0, high = 0;
    for (const auto& entry : entries()) {
      if (entry.key == "guess" && (entry.value != "number" || !offered.empty()))
        report(fail("directive.guess", at(entry.line), {entry.value}));
      const bool number = entry.key == "min" || entry.key == "max" || entry.key == "step" || entry.key == "answer" ||
                          entry.key == "tolerance";
      if (!number) continue;
      const auto value = read_number(entry.value);
      if (!value) report(fail("directive.number", at(entry.line), {entry.key, entry.value}));
      if (entry.key == "min") low = value.value_or(0);
      if (entry.key == "max") high = value.value_or(0);
      if ((entry.key == "step" && value == 0.0) || (value && *value < 0 && (entry.key == "step" || entry.key == "tolerance")))
        report(fail("directive.guess", at(entry.line), {entry.value}));
    }
    const auto answer = read_number(out_.directive.value("answer"));
    if (low >= high || (answer && (*answer < low || *answer > high)))
      report(fail("directive.guess", at(first_line_ - 1), {out_.directive.value("answer")}));
  }

  ParsedDirective out_;
  const std::string& path_;
  int first_line_;
};

}  // namespace

std::optional<Directive::Entry> read_setting(const Directive::Entry& set) {
  const auto equals = set.value.find('=');
  if (equals == std::string::npos || !is_name(trim(std::string_view(set.value).substr(0, equals)))) return std::nullopt;
  const auto given = trim(std::string_view(set.value).substr(equals + 1));
  const auto value = given.starts_with('"') ? unquote(given) : std::optional<std::string>(given);
  if (!value) return std::nullopt;
  return Directive::Entry{std::string(trim(std::string_view(set.value).substr(0, equals))), *value, set.line};
}

std::span<const std::string> directive_kinds() { return kinds; }

bool is_directive(std::string_view word) { return std::ranges::count(directive_kinds(), word) > 0; }

Result<void> check_language(std::string_view word, const std::string& where) {
  static const std::vector<std::string> languages{"text", "console", "bash", "cpp", "c", "cmake", "python", "json",
                                                  "toml", "markdown", "latex", "diff", "csv"};
  if (word.empty() || std::ranges::count(languages, word) > 0) return {};
  const auto kinds = directive_kinds();
  std::vector<std::string> words(kinds.begin(), kinds.end());
  words.insert(words.end(), languages.begin(), languages.end());
  std::string all;
  for (const auto& kind : kinds) all += (all.empty() ? "" : ", ") + kind;
  const std::string given(word);
  return fail("directive.unknown", where, {given, nearest(given, words).value_or(all)});
}

ParsedDirective parse_directive(std::string_view kind, std::string_view body, int first_line, const std::string& path) {
  return Reader(kind, first_line, path).read(body);
}

std::string Directive::value(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return entry.value;
  }
  return "";
}

std::map<std::string, std::string> Directive::inputs() const {
  std::map<std::string, std::string> out;
  const auto& keys = keys_of(kind);
  if (!keys.inputs) return out;
  for (const auto& entry : entries) {
    if (!contains(keys.required, entry.key) && !contains(keys.optional, entry.key) &&
        !contains(keys.repeated, entry.key))
      out[entry.key] = entry.value;
  }
  return out;
}

std::vector<Example> examples(const Directive& lab) {
  std::vector<Example> out;
  for (const auto& entry : lab.entries) {
    if (entry.key == "example") out.push_back({entry.value, {}});
    if (entry.key != "set" || out.empty()) continue;
    if (auto setting = read_setting(entry)) out.back().inputs.push_back(std::move(*setting));
  }
  return out;
}

Directive with_example(const Directive& lab, const Example& example, std::string id) {
  Directive out{.kind = lab.kind, .id = std::move(id), .entries = {}};
  const auto is_set = [&](const std::string& key) {
    return std::any_of(example.inputs.begin(), example.inputs.end(), [&](const auto& e) { return e.key == key; });
  };
  for (const auto& entry : lab.entries)
    if (entry.key != "example" && entry.key != "set" && !is_set(entry.key)) out.entries.push_back(entry);
  out.entries.insert(out.entries.end(), example.inputs.begin(), example.inputs.end());
  return out;
}

std::vector<Choice> choices(const Directive& quiz) {
  std::vector<Choice> out;
  for (const auto& entry : quiz.entries) {
    if (entry.key == "right" || entry.key == "wrong") out.push_back({entry.value, "", entry.key == "right"});
    if (entry.key == "because" && !out.empty()) out.back().because = entry.value;
  }
  return out;
}

}  // namespace tb::book
