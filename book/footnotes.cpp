#include "book/footnotes.h"

#include <algorithm>

#include "book/inline_text.h"

namespace tb::book {

namespace {

constexpr std::size_t indentation = 4;

bool is_blank_line(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

// How many characters of a line are its indentation, at most `most` columns; a tab is worth four.
std::size_t indent_of(std::string_view line, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t columns = 0; at < line.size() && columns < most; ++at) {
    if (line[at] == ' ') ++columns;
    else if (line[at] == '\t') columns += indentation;
    else break;
  }
  return at;
}

bool is_indented(std::string_view line) {
  return line.starts_with('\t') || line.substr(0, indentation).find_first_not_of(' ') == std::string_view::npos;
}

// The marks of a fence that the line opens or closes, "" where it does neither.
std::string_view fence_of(std::string_view line) {
  line.remove_prefix(indent_of(line, 3));
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return {};
  const std::size_t count = std::min(line.find_first_not_of(line[0]), line.size());
  return count >= 3 ? line.substr(0, count) : std::string_view();
}

bool closes(std::string_view line, std::string_view fence) {
  const std::string_view marks = fence_of(line);
  const std::size_t begin = line.find_first_not_of(" \t");
  return marks.starts_with(fence) && is_blank_line(line.substr(begin + marks.size()));
}

// "[^name]:" at the beginning of a line: its length with the indentation, 0 where there is none.
std::size_t definition_at(std::string_view line) {
  const std::size_t begin = indent_of(line, 3), mark = footnote_mark_at(line, begin);
  const std::size_t end = begin + mark;
  return mark > 0 && end < line.size() && line[end] == ':' ? end + 1 : 0;
}

// Whether a line begins something of its own, so that it does not go on with the note above.
bool begins_block(std::string_view line) {
  line.remove_prefix(indent_of(line, 3));
  constexpr std::string_view marks[] = {"#", ">", "- ", "* ", "+ ", "|", "$$", "<", "!["};
  return !fence_of(line).empty() ||
         std::any_of(std::begin(marks), std::end(marks), [&](std::string_view mark) { return line.starts_with(mark); });
}

// The lines of a text, each with what ends it.
struct Lines {
  explicit Lines(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
      const std::size_t next = text.substr(end).starts_with("\r\n") ? end + 2 : std::min(end + 1, text.size());
      line.push_back(text.substr(at, end - at));
      ending.push_back(text.substr(end, next - end));
      at = next;
    }
  }
  std::vector<std::string_view> line, ending;
};

}  // namespace

std::size_t footnote_mark_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("[^")) return 0;
  const std::size_t end = text.find_first_of("[] \t\r\n", at + 2);
  return end == std::string_view::npos || text[end] != ']' || end == at + 2 ? 0 : end + 1 - at;
}

bool is_footnote_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Footnotes::Footnotes(std::string_view markdown) {
  if (markdown.find("[^") == std::string_view::npos) {
    rest_ = markdown;
    return;
  }
  const Lines lines(markdown);
  const auto keep = [&](std::size_t i) { rest_.append(lines.line[i]).append(lines.ending[i]); };
  std::string_view fence;
  bool in_comment = false;
  for (std::size_t i = 0; i < lines.line.size();) {
    const std::string_view line = lines.line[i];
    // 1. What stands in code or in a comment is no definition.
    if (in_comment || !fence.empty()) {
      if (in_comment) in_comment = line.find("-->") == std::string_view::npos;
      else if (closes(line, fence)) fence = {};
      keep(i++);
      continue;
    }
    fence = fence_of(line);
    in_comment = line.substr(indent_of(line, 3)).starts_with("<!--") && line.find("-->") == std::string_view::npos;
    const std::size_t begin = definition_at(line);
    if (begin == 0) {
      keep(i++);
      continue;
    }
    // 2. A definition: its own line, then what belongs to it.
    Definition& note = all_.emplace_back();
    const std::size_t name = line.find("[^") + 2;
    note.name = line.substr(name, line.find(']') - name);
    by_name_.emplace(note.name, all_.size() - 1);
    note.line = static_cast<int>(i) + 1;
    std::string_view first = line.substr(begin);
    first.remove_prefix(std::min(first.find_first_not_of(" \t"), first.size()));
    note.text = first;
    rest_ += lines.ending[i++];
    for (std::size_t end = i; end < lines.line.size(); ++end) {
      const std::string_view next = lines.line[end];
      if (is_blank_line(next)) continue;                     // it depends on what follows
      const bool close = end == i && !begins_block(next) && definition_at(next) == 0;
      if (!is_indented(next) && !close) break;
      for (; i <= end; ++i) {
        const std::string_view taken = lines.line[i];
        note.text.append("\n").append(taken.substr(is_indented(taken) ? indent_of(taken, indentation) : 0));
        rest_ += lines.ending[i];
      }
    }
  }
}

int Footnotes::mention(std::string_view name) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return 0;
  int& number = all_[at->second].number;
  return number > 0 ? number : number = ++mentioned_;
}

std::vector<const Footnotes::Definition*> Footnotes::wanted(ErrorLog& log) const {
  std::vector<const Definition*> wanted;
  for (const Definition& definition : all_) {
    const auto where = log.at(definition.line);
    const Definition& first = all_[by_name_.find(definition.name)->second];
    if (!is_footnote_name(definition.name)) {
      log.add(fail("document.note-name", where, {definition.name}));
    } else if (&first != &definition) {
      log.add(fail("document.note-twice", where, {definition.name, std::to_string(first.line)}));
    } else if (definition.number == 0) {
      log.add(fail("document.note-unused", where, {definition.name}));
    } else {
      if (trim_blanks(definition.text).empty()) log.add(fail("document.note-empty", where, {definition.name}));
      wanted.push_back(&definition);
    }
  }
  std::ranges::sort(wanted, {}, [](const Definition* each) { return each->number; });
  return wanted;
}

}  // namespace tb::book
