#include "labs/exercise/exercise.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1));
}

// The id in `<a id="hints"></a>`, if that is what stands in the line.
std::optional<std::string> anchor(std::string_view line) {
  constexpr std::string_view begin = "<a id=\"", end = "\"></a>";
  const auto text = trimmed(line);
  if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  return text.substr(begin.size(), text.size() - begin.size() - end.size());
}

// The items of a list, each as one line: "1. First ..." and "- `id`: ..." go on in lines that are indented.
std::vector<std::string> items(const std::string& section) {
  std::vector<std::string> list;
  std::istringstream lines(section);
  for (std::string line; std::getline(lines, line);) {
    const bool number = !line.empty() && line[0] >= '0' && line[0] <= '9';
    if (line.starts_with("- ") || number) {
      list.push_back(trimmed(line.substr(line.find(' '))));
    } else if (line.starts_with("  ") && !list.empty()) {
      list.back() += " " + trimmed(line);
    }
  }
  return list;
}

// "`overflow`: An exponential ..." by its id.
std::map<std::string, std::string, std::less<>> by_id(const std::vector<std::string>& items) {
  std::map<std::string, std::string, std::less<>> table;
  for (const auto& item : items) {
    const auto end = item.find("`:");
    if (item.starts_with("`") && end != std::string::npos) table[item.substr(1, end - 1)] = trimmed(item.substr(end + 2));
  }
  return table;
}

}  // namespace

double Exercise::points() const {
  double sum = 0;
  for (const auto& one : cases) sum += one.points;
  return sum;
}

Result<Exercise> read_exercise(const fs::path& folder) {
  const fs::path file = folder / "exercise.toml";
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  toml::table table;
  try {
    table = toml::parse(*text);
  } catch (const toml::parse_error& error) {
    return fail("exercise.syntax", fmt::format("{}:{}", file.generic_string(), error.source().begin.line),
                {std::string(error.description())});
  }
  Exercise exercise;
  exercise.folder = folder;
  exercise.id = folder.filename().string();
  exercise.chapter = folder.parent_path().parent_path().filename().string();
  exercise.function = trimmed(table["function"].value_or(std::string()));
  exercise.difficulty = table["difficulty"].value_or(0);
  exercise.minutes = table["minutes"].value_or(0);
  exercise.seconds = table["seconds"].value_or(2.0);
  exercise.starter_fails = table["starter_fails"].value_or(std::string());
  exercise.model = table["model"].value_or(std::string());
  if (const auto* list = table["case"].as_array()) {
    for (const auto& entry : *list) {
      const auto* one = entry.as_table();
      if (!one) continue;
      exercise.cases.push_back({(*one)["id"].value_or(std::string()), (*one)["points"].value_or(0.0)});
    }
  }
  const auto wrong = [&](const char* key) { return fail("exercise.key", file.generic_string(), {key}); };
  if (exercise.function.find(exercise.id + "(") == std::string::npos) return wrong("function");
  if (exercise.difficulty < 1 || exercise.difficulty > 3) return wrong("difficulty");
  if (exercise.minutes < 1) return wrong("minutes");
  if (!(exercise.seconds > 0 && exercise.seconds <= 60)) return wrong("seconds");
  if (exercise.starter_fails.empty()) return wrong("starter_fails");
  if (exercise.cases.empty()) return wrong("case");
  for (const auto& one : exercise.cases) {
    const auto same = std::count_if(exercise.cases.begin(), exercise.cases.end(), [&](const auto& c) { return c.id == one.id; });
    if (one.id.empty() || same > 1) return wrong("case.id");
    if (!(one.points > 0)) return wrong("case.points");
  }
  return exercise;
}

Result<Texts> read_texts(const Exercise& exercise, std::string_view lang) {
  const fs::path file = exercise.file(fmt::format("{}.md", lang));
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  std::map<std::string, std::string> sections;
  std::string current, title;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (const auto id = anchor(line)) {
      current = *id;
    } else if (line.starts_with("# ") && title.empty()) {
      title = trimmed(line.substr(2));
    } else {
      sections[current] += line + "\n";
    }
  }
  Texts texts{title, trimmed(sections[""]), items(sections["hints"]), by_id(items(sections["cases"])),
              by_id(items(sections["reasons"]))};
  const auto missing = [&](const char* part) { return fail("exercise.texts", file.generic_string(), {part}); };
  if (texts.title.empty()) return missing("# ");
  if (texts.statement.empty()) return missing("statement");
  if (texts.hints.empty()) return missing("<a id=\"hints\"></a>");
  if (texts.cases.empty()) return missing("<a id=\"cases\"></a>");
  if (texts.reasons.empty()) return missing("<a id=\"reasons\"></a>");
  return texts;
}

Result<std::vector<Exercise>> all_exercises(const fs::path& chapters) {
  std::vector<Exercise> list;
  std::error_code none;
  for (const auto& chapter : fs::directory_iterator(chapters, none)) {
    for (const auto& folder : fs::directory_iterator(chapter.path() / "exercises", none)) {
      if (!folder.is_directory()) continue;
      auto exercise = read_exercise(folder.path());
      if (!exercise) return tl::unexpected(exercise.error());
      list.push_back(std::move(*exercise));
    }
  }
  std::sort(list.begin(), list.end(), [](const Exercise& a, const Exercise& b) {
    return std::tie(a.chapter, a.difficulty, a.id) < std::tie(b.chapter, b.difficulty, b.id);
  });
  return list;
}

Result<Exercise> find_exercise(const fs::path& chapters, std::string_view id) {
  const auto list = all_exercises(chapters);
  if (!list) return tl::unexpected(list.error());
  std::vector<std::string> known;
  for (const auto& exercise : *list) {
    if (exercise.id == id) return exercise;
    known.push_back(exercise.id);
  }
  if (const auto near = nearest(id, known)) return fail("exercise.unknown", std::string(id), {*near});
  return fail("exercise.unknown-name", std::string(id));
}

fs::path workspace_file(const std::string& exercise) { return data_folder() / "workspace" / (exercise + ".cpp"); }

}  // namespace tb::exercise
