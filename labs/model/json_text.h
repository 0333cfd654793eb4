// The small texts of a model's folder, of which nothing is believed. No torch.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace tb {

// A plain file of at most 16 MB. Errors: file.open, file.map, checkpoint.text_size.
Result<std::string> read_text(const std::filesystem::path& path);

// A JSON object; `where` stands for the file. What lies deeper than 16 levels is left out.
// Errors: checkpoint.json (not JSON in UTF-8, or no object).
Result<nlohmann::json> parse_json(std::string_view text, const std::string& where);

}  // namespace tb
