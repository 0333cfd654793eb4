#include "book/lesson.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "book/document.h"

namespace tb::book {

namespace {

const std::vector<std::string> kTables{"lesson", "step"};
const std::vector<std::string> kLessonKeys{"title", "language"};
const std::vector<std::string> kStepKeys{"place", "notes", "minutes"};
constexpr double kLongest = 24 * 60;            // minutes

class Reading {
 public:
  explicit Reading(const std::string& path) : path_(path) {}

  Result<Lesson> lesson(const toml::table& file) const {
    if (auto known = only(file, kTables); !known) return tl::unexpected(known.error());
    Lesson lesson;
    const toml::node* head = file.get("lesson");
    if (!head) return fail("lesson.missing", path_ + ":1", {"[lesson]"});
    if (!head->is_table()) return fail("lesson.type", at(*head), {"lesson", "[lesson]"});
    if (auto done = read_head(*head->as_table(), lesson); !done) return tl::unexpected(done.error());
    const toml::node* steps = file.get("step");
    if (!steps) return lesson;
    if (!steps->is_array()) return fail("lesson.type", at(*steps), {"step", "[[step]]"});
    for (const toml::node& node : *steps->as_array()) {
      if (!node.is_table()) return fail("lesson.type", at(node), {"step", "[[step]]"});
      auto step = read_step(*node.as_table());
      if (!step) return tl::unexpected(step.error());
      lesson.steps.push_back(std::move(*step));
    }
    return lesson;
  }

 private:
  std::string at(const toml::node& node) const { return path_ + ":" + std::to_string(node.source().begin.line); }

  Result<void> only(const toml::table& table, const std::vector<std::string>& known) const {
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      return fail("lesson.unknown-key", path_ + ":" + std::to_string(key.source().begin.line),
                  {name, nearest(name, known).value_or(known.front())});
    }
    return {};
  }

  // "" where it is absent.
  Result<std::string> text(const toml::table& table, const std::string& key) const {
    const toml::node* node = table.get(key);
    if (!node) return std::string();
    if (!node->is_string()) return fail("lesson.type", at(*node), {key, "\"…\""});
    return node->as_string()->get();
  }

  Result<void> read_head(const toml::table& head, Lesson& lesson) const {
    if (auto known = only(head, kLessonKeys); !known) return known;
    auto title = text(head, "title"), language = text(head, "language");
    if (!title) return tl::unexpected(title.error());
    if (!language) return tl::unexpected(language.error());
    if (title->empty()) return fail("lesson.missing", at(head), {"title"});
    if (!language->empty() && *language != "en" && *language != "ru")
      return fail("lesson.language", at(*head.get("language")), {*language});
    lesson.title = std::move(*title);
    lesson.language = std::move(*language);
    return {};
  }

  Result<LessonStep> read_step(const toml::table& table) const {
    if (auto known = only(table, kStepKeys); !known) return tl::unexpected(known.error());
    LessonStep step;
    step.line = static_cast<int>(table.source().begin.line);
    auto place = text(table, "place"), notes = text(table, "notes");
    if (!place) return tl::unexpected(place.error());
    if (!notes) return tl::unexpected(notes.error());
    if (place->empty()) return fail("lesson.missing", at(table), {"place"});
    auto parsed = parse_place(*place);
    if (!parsed) return fail(parsed.error().code, at(*table.get("place")), parsed.error().args);
    step.place = std::move(*parsed);
    step.notes = std::move(*notes);
    if (const toml::node* minutes = table.get("minutes")) {
      const auto value = minutes->value<double>();
      if (!value || !minutes->is_number()) return fail("lesson.type", at(*minutes), {"minutes", "5"});
      if (!std::isfinite(*value) || *value <= 0 || *value > kLongest) return fail("lesson.minutes", at(*minutes));
      step.minutes = *value;
    }
    return step;
  }

  const std::string& path_;
};

// What a chapter offers to a step: the anchors of its headings, and its labs with their types.
struct Targets {
  std::vector<std::string> anchors, labs;
  std::map<std::string, std::string> types;     // by instance
};

Targets targets_of(const Document& document) {
  Targets targets;
  for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind == Block::Kind::heading && block.level >= 2) targets.anchors.push_back(block.anchor);
    if (block.directive.kind != "lab") return;
    targets.labs.push_back(block.directive.id);
    targets.types.emplace(block.directive.id, block.directive.value("lab"));
  });
  return targets;
}

std::string near_or_all(const std::string& word, std::span<const std::string> known) {
  if (auto near = nearest(word, known)) return *near;
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  return all;
}

std::optional<Error> fault(const LessonStep& step, const std::string& where, const Targets& targets,
                           const CheckInputs& check) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const Place& place = step.place;
  if (!place.anchor.empty() && !has(targets.anchors, place.anchor))
    return Error{"lesson.anchor", where, {place.anchor, place.chapter, near_or_all(place.anchor, targets.anchors)}};
  if (place.lab.empty()) return std::nullopt;
  if (!has(targets.labs, place.lab))
    return Error{"lesson.lab", where, {place.lab, place.chapter, near_or_all(place.lab, targets.labs)}};
  if (const auto good = check(targets.types.at(place.lab), place.inputs, where); !good) return good.error();
  return std::nullopt;
}

}  // namespace

Result<Lesson> parse_lesson(std::string_view text, const std::string& path) {
  try {
    return Reading(path).lesson(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return fail("lesson.syntax", path + ":" + std::to_string(error.source().begin.line),
                {std::string(error.description())});
  }
}

Result<Lesson> read_lesson(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  return parse_lesson(*text, path.string());
}

std::vector<Error> faults(const Lesson& lesson, const std::string& path, const std::vector<Chapter>& chapters,
                          const CheckInputs& check) {
  std::vector<Error> found;
  if (lesson.steps.empty()) found.push_back(Error{"lesson.empty", path, {}});
  std::map<std::size_t, Result<Targets>> read;  // by chapter
  for (const LessonStep& step : lesson.steps) {
    const std::string where = path + ":" + std::to_string(step.line);
    const auto chapter = find_chapter(chapters, step.place.chapter);
    if (!chapter) {
      found.push_back(Error{chapter.error().code, where, chapter.error().args});
      continue;
    }
    auto known = read.find(*chapter);
    if (known == read.end()) {
      const std::string language = lesson.language.empty() ? "en" : lesson.language;
      known = read.emplace(*chapter, read_document(chapters[*chapter].file(language), language).map(targets_of)).first;
      if (!known->second) found.push_back(known->second.error());
    }
    if (!known->second) continue;               // said once
    if (auto wrong = fault(step, where, *known->second, check)) found.push_back(std::move(*wrong));
  }
  return found;
}

}  // namespace tb::book
