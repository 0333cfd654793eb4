#include "tests/content/lint.h"

#include <algorithm>
#include <set>

namespace tb::lint {

namespace {

// The numbers in {0}, {1}, ... of a text.
std::set<std::string> placeholders(std::string_view text) {
  std::set<std::string> out;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) break;
    const auto number = text.substr(open + 1, close - open - 1);
    if (!number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos) out.emplace(number);
  }
  return out;
}

std::string before_last_dot(const std::string& key) { return key.substr(0, key.rfind('.')); }

// Keys with the forms one and other are a plural.
std::set<std::string> plurals(const Strings& strings) {
  std::set<std::string> out;
  for (const auto& key : strings.keys()) {
    const auto base = before_last_dot(key);
    if (key.ends_with(".other") && strings.has(base + ".one")) out.insert(base);
  }
  return out;
}

// Every key once: a plural as its base, whatever forms the language has.
std::set<std::string> names(const Strings& strings) {
  const auto plural = plurals(strings);
  std::set<std::string> out;
  for (const auto& key : strings.keys()) out.insert(plural.contains(before_last_dot(key)) ? before_last_dot(key) : key);
  return out;
}

void check_plural(const Strings& strings, const std::string& base, std::initializer_list<const char*> forms,
                  Findings& out) {
  const auto wanted = placeholders(strings.get(base + ".other"));
  for (const auto* form : forms) {
    const auto key = base + "." + form;
    if (!strings.has(key)) {
      out.push_back(std::string(strings.language()) + ": " + base + " lacks the form " + form);
      continue;
    }
    auto found = placeholders(strings.get(key));
    if (std::string_view(form) == "one") found.insert("0");   // "one token" needs no figure
    if (found != wanted) out.push_back(std::string(strings.language()) + ": placeholders of " + key);
  }
}

bool is_key(std::string_view word) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return word.find('.') != std::string_view::npos && !word.ends_with('.') &&
         word.find_first_not_of(letters) == std::string_view::npos;
}

// Calls `visit` with every string literal that is the first argument of a call of `function`, and its line.
template <class Visit>
void for_each_literal(std::string_view source, std::string_view function, Visit visit) {
  std::size_t found = source.find(function);
  for (; found != std::string_view::npos; found = source.find(function, found + 1)) {
    const auto open = source.find_first_not_of(" \n\t", found + function.size());
    if (open == std::string_view::npos || source[open] != '"') continue;
    const auto close = source.find('"', open + 1);
    if (close == std::string_view::npos) return;
    const auto line = 1 + std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(found), '\n');
    visit(std::string(source.substr(open + 1, close - open - 1)), line, source.substr(close + 1).starts_with(" +"));
  }
}

}  // namespace

Findings strings_differ(const Strings& en, const Strings& ru) {
  Findings out;
  const auto in_en = names(en), in_ru = names(ru), en_plurals = plurals(en), ru_plurals = plurals(ru);
  for (const auto& key : in_en) {
    if (!in_ru.contains(key)) out.push_back("ru lacks " + key);
  }
  for (const auto& key : in_ru) {
    if (!in_en.contains(key)) {
      out.push_back("en lacks " + key);
    } else if (en_plurals.contains(key) != ru_plurals.contains(key)) {
      out.push_back(key + " is a plural in one language only");
    } else if (!en_plurals.contains(key) && placeholders(en.get(key)) != placeholders(ru.get(key))) {
      out.push_back("placeholders of " + key + " differ");
    } else if (en_plurals.contains(key) &&
               placeholders(en.get(key + ".other")) != placeholders(ru.get(key + ".other"))) {
      out.push_back("placeholders of " + key + ".other differ");
    }
  }
  for (const auto& key : en_plurals) check_plural(en, key, {"one", "other"}, out);
  for (const auto& key : ru_plurals) check_plural(ru, key, {"one", "few", "many", "other"}, out);
  return out;
}

Findings mixed_alphabets(const Strings& strings) {
  Findings out;
  for (const auto& key : strings.keys()) {
    auto word = mixed_word(strings.get(key));
    if (word.empty() && strings.language() == "en") word = disguised_word(strings.get(key));
    if (!word.empty()) out.push_back(std::string(strings.language()) + ": " + key + ": mixed alphabets in " + word);
  }
  return out;
}

Findings lab_labels(std::span<const Lab* const> labs, const Strings& strings) {
  Findings out;
  const auto check = [&](const std::string& key) {
    if (!strings.has(key)) out.push_back(std::string(strings.language()) + " lacks " + key);
  };
  for (const Lab* lab : labs) {
    const auto prefix = "lab." + std::string(lab->type()) + ".";
    check(prefix + "title");
    for (const auto& field : lab->fields(nullptr)) {
      check(prefix + field.key);
      if (!field.unit.empty() && !strings.has("unit." + field.unit + ".other")) check("unit." + field.unit);
    }
  }
  return out;
}

Findings unknown_keys(const std::map<std::string, std::string>& sources, const Strings& strings) {
  Findings out;
  const std::string language(strings.language());
  std::string all;
  for (const auto& [file, source] : sources) {
    all += source;
    const auto where = [&, name = file](auto line) { return name + ":" + std::to_string(line) + ": "; };
    for (const auto* function : {"fail(", "Error{"}) {
      for_each_literal(source, function, [&](const std::string& code, auto line, bool) {
        for (const auto* part : {".what", ".remedy"}) {
          const auto key = "error." + code + part;
          if (is_key(code) && !strings.has(key)) out.push_back(where(line) + language + " lacks " + key);
        }
      });
    }
    for (const auto* function : {".get(", ".format(", ".plural("}) {
      for_each_literal(source, function, [&](const std::string& key, auto line, bool continued) {
        if (!is_key(key) || continued) return;   // "lab." + type is checked by lab_labels
        const bool known = strings.has(std::string_view(function) == ".plural(" ? key + ".other" : key);
        if (!known) out.push_back(where(line) + language + " lacks " + key);
      });
    }
  }
  for (const auto& key : strings.keys()) {
    if (!key.starts_with("error.") || !key.ends_with(".what")) continue;
    const auto code = key.substr(6, key.size() - 6 - 5);
    const bool given = all.find("\"" + code + "\"") != std::string::npos;
    if (!given) out.push_back(language + ": no source gives the error " + code);
  }
  return out;
}

}  // namespace tb::lint
