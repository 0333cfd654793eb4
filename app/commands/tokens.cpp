// textbook tokens TEXT: how the model's tokenizer cuts a text. Needs the model's file, and none of its weights.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/prompt.h"
#include "base/text.h"

namespace tb::app {

namespace {

struct Options {
  std::optional<std::string> text;
  bool no_special = false, batch = false;
};

std::string json_of(const Encoding& encoding) {
  nlohmann::ordered_json json{{"ids", encoding.ids()}, {"tokens", nlohmann::json::array()}};
  for (const Token& token : encoding.tokens) {
    nlohmann::ordered_json entry{{"id", token.id}, {"bytes", to_hex(token.bytes)}, {"text", nullptr},
                                 {"start", token.start}, {"end", token.end}};
    if (is_utf8(token.bytes)) entry["text"] = token.bytes;
    json["tokens"].push_back(std::move(entry));
  }
  for (const Unencodable& gap : encoding.unencodable)
    json["unencodable"].push_back(nlohmann::ordered_json{{"at", gap.at}, {"bytes", to_hex(gap.bytes)}});
  return json.dump();
}

// Bytes for a table cell: what is no whole character, or would move the cursor, as \xNN.
std::string shown(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t start = at;
    const auto code_point = next_code_point(bytes, at);
    const bool printable = code_point && *code_point >= 0x20 && (*code_point < 0x7F || *code_point >= 0xA0);
    const std::string_view character = bytes.substr(start, at - start);
    if (printable) out += character;
    else for (const char byte : character) out += "\\x" + to_hex({&byte, 1});
  }
  return "\u00ab" + out + "\u00bb";
}

// One row for each token and for each byte without one, in the order of the text.
std::string table_of(const Encoding& encoding, const Strings& strings) {
  std::size_t widest = 0;
  for (const Token& token : encoding.tokens) widest = std::max(widest, 2 * token.bytes.size());
  const auto row = [width = std::clamp<std::size_t>(widest, 12, 40)](std::string_view place, std::string_view id,
                                                                     std::string_view bytes, std::string_view text) {
    return fmt::format("{:>12}  {:>7}  {:<{}}  {}\n", place, id, bytes, width, text);
  };
  std::string out = row(strings.get("cli.tokens-place"), strings.get("cli.tokens-id"), strings.get("cli.tokens-bytes"),
                        strings.get("cli.tokens-text"));
  auto gap = encoding.unencodable.begin();
  const auto gaps_before = [&](std::size_t place) {
    for (; gap != encoding.unencodable.end() && gap->at < place; ++gap)
      out += row(fmt::format("{}\u2013{}", gap->at, gap->at + gap->bytes.size()), "\u2014", to_hex(gap->bytes),
                 shown(gap->bytes));
  };
  for (const Token& token : encoding.tokens) {
    gaps_before(token.end);
    out += row(fmt::format("{}\u2013{}", token.start, token.end), std::to_string(token.id), to_hex(token.bytes),
               shown(token.bytes));
  }
  gaps_before(std::string::npos);
  return out;
}

// The text of one line of --batch: {"text":".."} or {"bytes":"hex"}.
Result<std::string> text_of_line(const std::string& line, const std::string& where) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded()) return fail("tokens.json", where);
  const bool has_text = json.is_object() && json.size() == 1 && json.contains("text") && json["text"].is_string();
  if (has_text) return json["text"].get<std::string>();
  const bool has_bytes = json.is_object() && json.size() == 1 && json.contains("bytes") && json["bytes"].is_string();
  if (!has_bytes) return fail("tokens.line", where);
  if (auto bytes = from_hex(json["bytes"].get<std::string>())) return std::move(*bytes);
  return fail("tokens.hex", where);
}

int run_tokens(const Shell& shell, const Options& options) {
  if (options.batch == options.text.has_value()) return shell.report({"tokens.use", "", {}});
  const Result<Tokenizer> tokenizer = open_tokenizer(shell);
  if (!tokenizer) return shell.report(tokenizer.error());
  if (!tokenizer->present()) return shell.report({"prompt.tokenizer", "", {}});

  if (options.batch) {
    bool whole = true;
    const int code = run_batch(shell, [&](const std::string& line, const std::string& where) -> Result<std::string> {
      const Result<std::string> text = text_of_line(line, where);
      if (!text) return tl::unexpected<Error>(text.error());
      const Encoding encoding = tokenizer->encode(*text, !options.no_special);
      whole = whole && encoding.unencodable.empty();
      return json_of(encoding);
    });
    return code == kDone && !whole ? kNo : code;
  }

  const Result<std::string> text = shell.text(*options.text);
  if (!text) return shell.report(text.error());
  const Encoding encoding = tokenizer->encode(*text, !options.no_special);
  std::cout << (shell.json ? json_of(encoding) + "\n" : table_of(encoding, shell.strings));
  if (encoding.unencodable.empty()) return kDone;
  const auto missing = static_cast<std::int64_t>(encoding.unencodable.size());
  if (!shell.json) std::cerr << shell.strings.plural("cli.tokens-unencodable", missing) << "\n";
  return kNo;
}

}  // namespace

CommandSpec tokens_command() {
  const auto declare = [](CLI::App& command, const Shell& words) -> Run {
    const auto options = std::make_shared<Options>();
    command.add_option("TEXT", options->text, words.help("tokens-argument"));
    command.add_flag("--no-special", options->no_special, words.help("tokens-no-special"));
    command.add_flag("--batch", options->batch, words.help("tokens-batch"));
    return [options](Shell& shell) { return run_tokens(shell, *options); };
  };
  return {"tokens", declare};
}

}  // namespace tb::app
