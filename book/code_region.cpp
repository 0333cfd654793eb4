#include "book/code_region.h"

#include <algorithm>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "book/source.h"

namespace tb::book {

namespace {

struct Mark {
  std::string name;
  bool closing;
};

// "// [scores]" or "// [/scores]", alone on its line.
std::optional<Mark> mark_of(std::string_view line) {
  line = trim_blanks(line);
  if (!line.starts_with("// [") || !line.ends_with("]")) return std::nullopt;
  auto name = line.substr(4, line.size() - 5);
  const bool closing = name.starts_with('/');
  if (closing) name.remove_prefix(1);
  const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return valid ? std::optional(Mark{std::string(name), closing}) : std::nullopt;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

// Without blank lines at the ends and without the indentation that all lines share.
std::string unindented(std::vector<std::string_view> lines) {
  const auto blank = [](std::string_view line) { return trim_blanks(line).empty(); };
  while (!lines.empty() && blank(lines.back())) lines.pop_back();
  lines.erase(lines.begin(), std::find_if_not(lines.begin(), lines.end(), blank));
  std::size_t common = std::string_view::npos;
  for (const auto line : lines) {
    if (!blank(line)) common = std::min(common, line.find_first_not_of(' '));
  }
  std::string out;
  for (const auto line : lines) {
    if (!blank(line)) out += line.substr(common);
    out += '\n';
  }
  return out;
}

}  // namespace

Result<std::string> read_region(const std::filesystem::path& root, std::string_view path_and_region) {
  const std::string where(path_and_region);
  const auto hash = path_and_region.find('#');
  const auto file = std::filesystem::path(path_and_region.substr(0, hash)).lexically_normal();
  const bool inside = !file.empty() && file.is_relative() && *file.begin() != "..";
  const std::string region(hash == std::string_view::npos ? "" : path_and_region.substr(hash + 1));
  if (!inside || region.empty()) return fail("region.name", where);

  const auto text = read_file(root / file);
  if (!text) return tl::unexpected(text.error());
  std::vector<std::string_view> lines;
  enum { before, within, after } state = before;
  for (const auto line : lines_of(*text)) {
    const auto mark = mark_of(line);
    if (mark && mark->name == region && !mark->closing) {
      if (state != before) return fail("region.twice", where, {region});
      state = within;
    } else if (mark && mark->name == region && state == within) {
      state = after;
    } else if (state == within && !mark) {
      lines.push_back(line);
    }
  }
  if (state == within) return fail("region.unclosed", where, {region});
  if (state == before) {
    const auto names = region_names(*text);
    return fail("region.missing", where, {region, file.generic_string(), nearest(region, names).value_or("—")});
  }
  return unindented(std::move(lines));
}

std::vector<std::string> region_names(std::string_view source) {
  std::vector<std::string> opened, out;
  for (const auto line : lines_of(source)) {
    const auto mark = mark_of(line);
    if (!mark) continue;
    if (!mark->closing) {
      opened.push_back(mark->name);
    } else if (std::find(opened.begin(), opened.end(), mark->name) != opened.end()) {
      out.push_back(mark->name);
    }
  }
  return out;
}

}  // namespace tb::book
