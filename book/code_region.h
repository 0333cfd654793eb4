// Code in the book is cut from the tested source: the lines between `// [scores]` and `// [/scores]`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb::book {

// The lines of "labs/model/attention.cpp#scores" below `root`, without their common indentation and without the marks
// of other regions inside. Errors: region.name (no path#region, or a path that leads out of root), region.missing
// (names the nearest region of that file), region.unclosed, region.twice; file.open where there is no such file.
Result<std::string> read_region(const std::filesystem::path& root, std::string_view path_and_region);

// The names of the regions in a source, in the order they end. A comment such as "// [pos]" that nothing closes is no
// region.
std::vector<std::string> region_names(std::string_view source);

}  // namespace tb::book
