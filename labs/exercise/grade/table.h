// Tables as text: what courses exchange. Written so that a spreadsheet opens them and runs nothing that is in them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace tb::exercise {

// How a table is written. `plain` is for programs (RFC 4180, but lines end with LF); the others are what a spreadsheet
// set to that language opens by a double click: with a mark that it is UTF-8, in Russian with semicolons and decimal
// commas.
enum class TableFormat { plain, en, ru };
std::optional<TableFormat> table_format(std::string_view name);   // "plain", "en", "ru"

using Cell = std::variant<std::string, double>;   // numbers with two decimals at most
// Text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line's end) gets an apostrophe.
std::string write_table(const std::vector<std::vector<Cell>>& rows, TableFormat format);

// A row by the names in the first line, in lower case, and where it stands: "roster.csv:7".
struct Row {
  std::map<std::string, std::string, std::less<>> cells;
  std::string where;
  std::string get(std::string_view column) const;   // trimmed; "" where there is none
};
// Separated by commas, semicolons or tabs: whichever the first line has most of. `name` is for messages; each of
// `needed` has to be a column ("id|submission": one of these). Errors: grade.table (not UTF-8, a quote that does not
// end, a row longer than the first), grade.column.
Result<std::vector<Row>> read_table(std::string_view text, const std::string& name,
                                    const std::vector<std::string>& needed);

// 7.5 of 7.4999999: with two decimals at most.
std::string short_number(double value);

}  // namespace tb::exercise
