#include "book/traces_text.h"

#include <algorithm>

namespace tb::book {

namespace {

// Each line of it behind "> ".
std::string quoted(const std::string& text) {
  std::string out = "> ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out + "\n";
}

std::string place(const Spot& spot) { return spot.anchor.empty() ? spot.chapter : spot.chapter + "#" + spot.anchor; }

std::string chapter_text(const Traces& traces, const std::string& slug, const Strings& strings) {
  std::string notes, bookmarks, answers;
  for (const OwnNote& note : traces.notes)
    if (note.spot.chapter == slug)
      notes += quoted(note.quote.empty() ? note.spot.snippet : note.quote) + "\n" + note.text + "\n\n*" +
               place(note.spot) + ", " + note.changed.substr(0, 10) + "*\n\n";
  for (const Bookmark& bookmark : traces.bookmarks)
    if (bookmark.spot.chapter == slug) bookmarks += "- " + bookmark.spot.snippet + " *(" + place(bookmark.spot) + ")*\n";
  for (const Answer& answer : traces.answers)
    if (answer.chapter == slug)
      answers += "- " + answer.question + ", " + std::to_string(answer.attempt) + ": " +
                 (answer.text.empty() ? "" : answer.text + " ") + "(" +
                 strings.get(std::string("progress.verdict.") + name_of(answer.verdict)) + ")" +
                 (answer.model.empty() ? "" : "; " + strings.get("predict.model") + " " + answer.model) + "\n";
  std::string out;
  const auto add = [&](const char* key, const std::string& part) {
    if (!part.empty()) out += "### " + strings.get(key) + "\n\n" + part + (part.ends_with("\n\n") ? "" : "\n");
  };
  add("progress.notes", notes);
  add("progress.bookmarks", bookmarks);
  add("progress.answers", answers);
  return out;
}

}  // namespace

std::string to_markdown(const Traces& traces, const std::vector<Chapter>& chapters, const Strings& strings) {
  std::string out = "# " + strings.get("progress.title") + "\n\n";
  const std::string language(strings.language());
  for (const Chapter& chapter : chapters) {
    const std::string text = chapter_text(traces, chapter.slug, strings);
    const auto title = chapter.title.find(language);
    if (!text.empty())
      out += "## " + chapter.number + "  " + (title == chapter.title.end() ? chapter.slug : title->second) + "\n\n" + text;
  }
  return out;
}

}  // namespace tb::book
