// For labs without a picture of their own: the columns of the snapshot as tables. Columns of one length that share the
// first part of their name ("costs.form", "costs.mean") stand side by side.
#include "figure/kit.h"

namespace tb::figure {
namespace {

constexpr std::size_t longest = 16;       // rows of a table; how many more there are is said below it
constexpr std::int64_t widest = 10;       // columns of a matrix that is shown in full
constexpr float size = 13;

std::string prefix_of(const std::string& name) { return name.substr(0, name.find('.')); }

// Three significant digits; whole numbers whole.
std::string number(double value, const std::string& unit, std::string_view language) {
  if (!std::isfinite(value)) return std::isnan(value) ? "–" : value > 0 ? "∞" : "−∞";
  if (unit == "probability") return format_percent(value, language);
  if (unit == "byte") return format_bytes(static_cast<std::int64_t>(value), language);
  if (value == std::round(value) && std::abs(value) < 1e15)
    return format_integer(static_cast<std::int64_t>(value), language);
  const int decimals = 2 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  return format_fixed(value, std::clamp(decimals, 0, 9), language);
}

// One column of a table as it is drawn.
struct Cells {
  std::string head;
  std::vector<std::string> rows;          // those that are shown
  bool numbers = false;                   // stand to the right
};
struct Table {
  std::vector<Cells> columns;
  std::size_t rows = 0;                   // all of them
};

std::vector<Table> tables_of(const Snapshot& snapshot, const Look& look) {
  const std::string_view language = look.strings.language();
  std::vector<Table> tables;
  std::string prefix;                     // of the last table, where it may be joined
  for (const Column& column : snapshot.columns) {
    const auto* numbers = std::get_if<std::vector<double>>(&column.data);
    const auto* texts = std::get_if<std::vector<std::string>>(&column.data);
    const std::size_t count = numbers ? numbers->size() : texts->size();
    if (count == 0) continue;
    const bool matrix = column.shape.size() == 2 && column.shape[1] <= widest;
    if (column.shape.size() > 1 && !matrix) continue;   // a picture's work: see the lab's CSV
    const std::size_t across = matrix ? static_cast<std::size_t>(column.shape[1]) : 1, rows = count / across;
    if (matrix || tables.empty() || prefix != prefix_of(column.name) || tables.back().rows != rows) {
      tables.push_back({{}, rows});
      prefix = matrix ? std::string() : prefix_of(column.name);
    }
    for (std::size_t j = 0; j < across; ++j) {
      Cells cells{matrix ? column.name + "[·," + std::to_string(j) + "]" : column.name, {}, numbers != nullptr};
      for (std::size_t i = 0; i < std::min(rows, longest); ++i)
        cells.rows.push_back(numbers ? (look.signed_values() && (*numbers)[i * across + j] > 0 ? "+" : "") +
                                           number((*numbers)[i * across + j], column.unit, language)
                                     : visible((*texts)[i * across + j]));
      tables.back().columns.push_back(std::move(cells));
    }
  }
  return tables;
}

}  // namespace

Figure draw_table(const Snapshot& snapshot, const Look& look) {
  Figure figure;
  figure.width = look.width;
  Pen pen(figure, look);
  const float line = pen.px(21), gap = pen.px(22);
  float y = 0;
  std::string names;
  for (const Table& table : tables_of(snapshot, look)) {
    float x = 0;
    const float top = y;
    for (const Cells& column : table.columns) {
      names += (names.empty() ? "" : ", ") + column.head;
      // A cell is no wider than the figure.
      std::vector<std::string> cells = {pen.fit(column.head, look.width, 12)};
      float width = pen.width(cells[0], Face::text, 12);
      for (const std::string& cell : column.rows) {
        cells.push_back(pen.fit(cell, look.width, size));
        width = std::max(width, pen.width(cells.back(), Face::text, size));
      }
      if (x > 0 && x + width > look.width) {   // the rest of the table stands below
        x = 0;
        y += line * static_cast<float>(cells.size()) + pen.px(8);
      }
      for (std::size_t i = 0; i < cells.size(); ++i)
        pen.text(column.numbers ? x + width : x, y + line * (static_cast<float>(i) + 0.7f), cells[i],
                 i == 0 ? pen.colors().muted : pen.colors().ink, i == 0 ? 12 : size, column.numbers ? 1 : 0);
      pen.line(x, y + line, x + width, y + line, pen.colors().rule);
      x += width + gap;
    }
    const std::size_t shown = std::min(table.rows, longest);
    y = std::max(y, top) + line * static_cast<float>(shown + 1);
    if (table.rows > shown) {
      const auto more = static_cast<std::int64_t>(table.rows - shown);
      pen.text(0, y + line * 0.7f, look.strings.plural("figure.more-rows", more), pen.colors().muted, 12);
      y += line;
    }
    y += pen.px(12);
  }
  figure.height = std::ceil(y);
  figure.alt = pen.word("figure.alt.table", {names});
  return figure;
}

}  // namespace tb::figure
