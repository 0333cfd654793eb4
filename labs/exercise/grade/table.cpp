#include "labs/exercise/grade/table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace tb::exercise {
namespace {

std::string text_cell(std::string text, char separator) {
  // https://owasp.org/www-community/attacks/CSV_Injection
  if (!text.empty() && std::string_view("=+-@\t\r\n").find(text[0]) != std::string_view::npos) text.insert(0, "'");
  if (text.find_first_of(std::string("\"\r\n") + separator) == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

char separator_of(std::string_view text) {
  const auto line = text.substr(0, text.find('\n'));
  char best = ',';
  for (const char c : {';', '\t'})
    if (std::count(line.begin(), line.end(), c) > std::count(line.begin(), line.end(), best)) best = c;
  return best;
}

struct Line {
  std::vector<std::string> cells;
  int number = 0;
};

// The lines with their cells; nullopt with the line where a quote does not end.
tl::expected<std::vector<Line>, int> lines_of(std::string_view text) {
  const char separator = separator_of(text);
  std::vector<Line> lines;
  Line line{{""}, 1};
  bool quoted = false;
  int number = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++number;
    std::string& cell = line.cells.back();
    if (quoted) {
      if (c != '"') cell += c;
      else if (at + 1 < text.size() && text[at + 1] == '"') cell += text[++at];
      else quoted = false;
    } else if (c == '"' && trimmed(cell).empty()) {
      cell.clear();
      quoted = true;
    } else if (c == separator) {
      line.cells.emplace_back();
    } else if (c == '\n') {
      lines.push_back(std::move(line));
      line = {{""}, number};
    } else {
      cell += c;
    }
  }
  if (quoted) return tl::unexpected(line.number);
  lines.push_back(std::move(line));
  std::erase_if(lines, [](const Line& one) {
    return std::all_of(one.cells.begin(), one.cells.end(), [](const auto& cell) { return trimmed(cell).empty(); });
  });
  return lines;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

}  // namespace

std::optional<TableFormat> table_format(std::string_view name) {
  if (name == "plain") return TableFormat::plain;
  if (name == "en") return TableFormat::en;
  if (name == "ru") return TableFormat::ru;
  return std::nullopt;
}

std::string short_number(double value) {
  std::string text = fmt::format("{:.2f}", std::round(value * 100) / 100);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with(".")) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string write_table(const std::vector<std::vector<Cell>>& rows, TableFormat format) {
  const char separator = format == TableFormat::ru ? ';' : ',';
  std::string out = format == TableFormat::plain ? "" : "\xef\xbb\xbf";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i) out += separator;
      if (const auto* text = std::get_if<std::string>(&row[i])) {
        out += text_cell(*text, separator);
      } else {
        std::string number = short_number(std::get<double>(row[i]));
        if (format == TableFormat::ru) std::replace(number.begin(), number.end(), '.', ',');
        out += number;
      }
    }
    out += "\n";
  }
  return out;
}

std::string Row::get(std::string_view column) const {
  const auto found = cells.find(column);
  return found == cells.end() ? "" : trimmed(found->second);
}

Result<std::vector<Row>> read_table(std::string_view text, const std::string& name,
                                    const std::vector<std::string>& needed) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!is_utf8(text)) return fail("grade.table", name, {"@grade.table-encoding"});
  const auto lines = lines_of(text);
  if (!lines) return fail("grade.table", fmt::format("{}:{}", name, lines.error()), {"@grade.table-quote"});
  if (lines->empty()) return fail("grade.table", name, {"@grade.table-empty"});
  std::vector<std::string> columns;
  for (const auto& cell : lines->front().cells) columns.push_back(lower(trimmed(cell)));
  for (const auto& names : needed) {
    bool there = false;
    for (std::size_t at = 0; at <= names.size();) {
      const auto end = std::min(names.find('|', at), names.size());
      there = there || std::find(columns.begin(), columns.end(), names.substr(at, end - at)) != columns.end();
      at = end + 1;
    }
    if (!there) return fail("grade.column", fmt::format("{}:{}", name, lines->front().number), {names});
  }
  std::vector<Row> rows;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    const auto& line = (*lines)[i];
    Row row{{}, fmt::format("{}:{}", name, line.number)};
    if (line.cells.size() > columns.size()) return fail("grade.table", row.where, {"@grade.table-long"});
    for (std::size_t c = 0; c < line.cells.size(); ++c) row.cells.emplace(columns[c], line.cells[c]);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tb::exercise
