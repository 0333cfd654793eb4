#include "labs/exercise/grade/handed_in.h"

#include <algorithm>
#include <vector>

namespace tb::exercise {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<HandedIn> moodle(std::string_view name) {
  constexpr std::string_view mark = "_assignsubmission_";
  const auto at = name.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto who = name.substr(0, at);
  const auto split = who.rfind('_');
  if (split == std::string_view::npos || !is_number(who.substr(split + 1))) return std::nullopt;
  // "file_softmax.cpp", "file_", "file", "onlinetext_onlinetext.html"
  const auto rest = name.substr(at + mark.size());
  const auto file = rest.find('_');
  HandedIn found;
  found.submission = who;
  found.name = who.substr(0, split);
  found.id = who.substr(split + 1);
  if (file != std::string_view::npos) found.file = rest.substr(file + 1);
  return found;
}

std::optional<HandedIn> canvas(std::string_view name) {
  std::vector<std::string_view> words;
  std::vector<std::size_t> begins;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('_', at), name.size());
    words.push_back(name.substr(at, end - at));
    begins.push_back(at);
    at = end + 1;
  }
  // The user and the file are numbers that follow each other; of an anonymous user it is "anon" and some letters.
  for (std::size_t i = 1; i + 2 < words.size(); ++i) {
    if (!is_number(words[i + 1])) continue;
    const bool anonymous = words[i - 1] == "anon";
    if (!anonymous && !is_number(words[i])) continue;
    std::size_t end = anonymous ? i - 1 : i;   // of the words that are the name
    HandedIn found;
    found.late = end > 0 && words[end - 1] == "LATE";
    if (found.late) --end;
    if (!anonymous && end == 0) return std::nullopt;
    if (end > 0) found.name = name.substr(0, begins[end] - 1);
    if (!anonymous) found.id = words[i];
    found.submission = anonymous ? "anon_" + std::string(words[i]) : found.name + "_" + found.id;
    found.file = name.substr(begins[i + 2]);
    if (found.file.empty()) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<HandedIn> handed_in(std::string_view name) {
  if (auto found = moodle(name)) return found;
  return canvas(name);
}

}  // namespace tb::exercise
