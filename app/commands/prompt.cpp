#include "app/commands/prompt.h"

#include <charconv>
#include <filesystem>
#include <iostream>

#include "base/text.h"
#include "labs/model/gguf.h"

namespace tb::app {

Result<Tokenizer> open_tokenizer(const Shell& shell) {
  const Result<LoadOptions> options = shell.load_options();
  if (!options) return tl::unexpected<Error>(options.error());
  const std::filesystem::path path = options->path;
  std::error_code unreadable;
  if (std::filesystem::is_directory(path, unreadable))
    return std::filesystem::exists(path / "tokenizer.json", unreadable) ? Tokenizer::from_folder(path)
                                                                        : Tokenizer::absent(0);
  const Result<Gguf> file = Gguf::open(path);
  if (!file) return tl::unexpected<Error>(file.error());
  return file->has("tokenizer.ggml.tokens") ? Tokenizer::from(*file) : Tokenizer::absent(0);
}

Result<Prompt> prompt_of(const Tokenizer& tokenizer, std::string_view bytes) {
  if (!tokenizer.present()) return fail("prompt.tokenizer", "");
  Encoding encoding = tokenizer.encode(bytes);
  return Prompt{encoding.ids(), std::move(encoding.unencodable)};
}

Result<Prompt> read_prompt(const Shell& shell, const Tokenizer& tokenizer, const std::optional<std::string>& text,
                           const std::optional<std::string>& ids) {
  if (text.has_value() == ids.has_value()) return fail("prompt.use", "");
  Prompt prompt;
  if (text) {
    const Result<std::string> bytes = shell.text(*text);
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    return prompt_of(tokenizer, *bytes);
  }
  const char* at = ids->data();
  const char* const end = at + ids->size();
  for (;;) {
    while (at != end && *at == ' ') ++at;
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(at, end, id);
    if (error != std::errc() || (stop != end && *stop != ',')) return fail("prompt.ids", "--ids", {*ids});
    prompt.ids.push_back(id);
    if (stop == end) return prompt;
    at = stop + 1;
  }
}

void report_unencodable(const Shell& shell, const Prompt& prompt) {
  if (prompt.unencodable.empty()) return;
  const auto missing = static_cast<std::int64_t>(prompt.unencodable.size());
  std::cerr << shell.strings.plural("cli.tokens-unencodable", missing) << "\n";
}

nlohmann::ordered_json unencodable_json(const std::vector<Unencodable>& gaps) {
  auto json = nlohmann::ordered_json::array();
  for (const Unencodable& gap : gaps)
    json.push_back(nlohmann::ordered_json{{"at", gap.at}, {"bytes", to_hex(gap.bytes)}});
  return json;
}

}  // namespace tb::app
