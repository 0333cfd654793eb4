#include "base/strings.h"

#include <algorithm>

#include <toml++/toml.h>

#include "base/files.h"
#include "base/numbers.h"

namespace tb {

namespace {

// Replaces {0}, {1}, ... by the arguments; a number without an argument stays as it is, so that it is seen.
std::string fill(std::string_view text, const std::vector<std::string>& args) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      const std::size_t close = text.find('}', i);
      if (close != std::string_view::npos && close > i + 1 && close - i <= 3 &&
          std::all_of(text.begin() + i + 1, text.begin() + close, [](char c) { return c >= '0' && c <= '9'; })) {
        const std::size_t index = std::stoul(std::string(text.substr(i + 1, close - i - 1)));
        if (index < args.size()) {
          out += args[index];
          i = close;
          continue;
        }
      }
    }
    out += text[i];
  }
  return out;
}

// CLDR's plural category of a whole number.
std::string_view category(std::int64_t n, std::string_view lang) {
  const std::int64_t a = n < 0 ? -n : n;
  if (lang != "ru") return a == 1 ? "one" : "other";
  const std::int64_t ten = a % 10, hundred = a % 100;
  if (ten == 1 && hundred != 11) return "one";
  if (ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14)) return "few";
  return "many";
}

// [a.b] c = "text" becomes "a.b.c"; a quoted key such as "gguf.truncated" counts as the path it spells.
// `twice` receives a key that was there already.
void collect(const toml::table& table, const std::string& prefix, std::map<std::string, std::string, std::less<>>& into,
             std::string& twice) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      collect(*inner, name, into, twice);
    } else if (const auto text = node.value<std::string>()) {
      if (!into.emplace(name, *text).second) twice = name;
    }
  }
}

}  // namespace

Result<Strings> Strings::load(const std::filesystem::path& folder, std::string_view lang) {
  namespace fs = std::filesystem;
  Strings strings;
  strings.lang_ = lang;
  std::error_code ec;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / lang, ec))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  if (files.empty()) return fail("strings.missing", (folder / lang).string());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    toml::table table;
    try {
      table = toml::parse_file(file.string());
    } catch (const toml::parse_error& error) {
      return fail("strings.syntax", file.string() + ":" + std::to_string(error.source().begin.line),
                  {std::string(error.description())});
    }
    std::string twice;
    collect(table, "", strings.texts_, twice);
    if (!twice.empty()) return fail("strings.twice", file.string(), {twice});
  }
  return strings;
}

bool Strings::has(std::string_view key) const { return texts_.find(key) != texts_.end(); }

std::string Strings::get(std::string_view key) const {
  const auto found = texts_.find(key);
  return found != texts_.end() ? found->second : "[[" + std::string(key) + "]]";
}

std::string Strings::format(std::string_view key, const std::vector<std::string>& args) const {
  return fill(get(key), args);
}

std::string Strings::plural(std::string_view key, std::int64_t n, const std::vector<std::string>& args) const {
  std::vector<std::string> all{format_integer(n, lang_)};
  all.insert(all.end(), args.begin(), args.end());
  return format(std::string(key) + "." + std::string(category(n, lang_)), all);
}

std::vector<std::string> Strings::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, text] : texts_) keys.push_back(key);
  return keys;
}

Message describe(const Error& error, const Strings& strings) {
  const std::string base = "error." + error.code;
  std::vector<std::string> args = error.args;
  for (std::string& arg : args)
    if (arg.starts_with("@") && strings.has(arg.substr(1))) arg = strings.get(arg.substr(1));
  Message message;
  message.where = error.where;
  if (strings.has(base + ".what")) {
    message.what = strings.format(base + ".what", args);
    if (strings.has(base + ".remedy")) message.remedy = strings.format(base + ".remedy", args);
    return message;
  }
  message.what = error.code;
  for (std::size_t i = 0; i < args.size(); ++i) message.what += (i ? ", " : ": ") + args[i];
  return message;
}

}  // namespace tb
