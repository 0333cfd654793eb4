#include "labs/model/json_text.h"

#include "base/files.h"

namespace tb {

namespace {

constexpr std::size_t longest_text = 16 << 20;
constexpr int deepest = 16;

}  // namespace

Result<std::string> read_text(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);   // which refuses a pipe, where reading would wait
  if (!file) return tl::unexpected(file.error());
  const std::span<const std::byte> bytes = file->bytes();
  if (bytes.size() > longest_text) return fail("checkpoint.text_size", path.string(), {std::to_string(bytes.size())});
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<nlohmann::json> parse_json(std::string_view text, const std::string& where) {
  using nlohmann::json;
  const auto shallow = [](int depth, json::parse_event_t, json&) { return depth < deepest; };
  json value = json::parse(text, shallow, false);
  if (!value.is_object()) return fail("checkpoint.json", where);
  return value;
}

}  // namespace tb
