#include "book/symbols.h"

#include <algorithm>
#include <set>

#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "book/formula_symbols.h"

namespace tb::book {

namespace {

const std::vector<std::string> keys{"tex", "en", "ru", "shape", "term", "at"};

std::vector<std::string> texts(const toml::node* node) {
  std::vector<std::string> out;
  if (!node) return out;
  if (const auto one = node->value<std::string>()) out.push_back(*one);
  if (const auto* list = node->as_array())
    for (const auto& each : *list) out.push_back(each.value_or(std::string()));
  return out;
}

// How closely a symbol's places fit: 0 not at all, 1 the whole book, 2 this chapter, 3 this section.
int fit(const Symbol& symbol, std::string_view place) {
  if (symbol.at.empty()) return 1;
  const std::string_view chapter = place.substr(0, place.find('#'));
  int best = 0;
  for (const std::string& at : symbol.at)
    best = std::max(best, at == place && at != chapter ? 3 : at == chapter ? 2 : 0);
  return best;
}

void explain(const std::vector<SymbolUse>& uses, const Symbols& symbols, std::string_view place,
             std::vector<Explained>& out) {
  const auto add = [&](const std::string& name, const Symbol* symbol) {
    if (std::ranges::none_of(out, [&](const Explained& known) { return known.name == name; }))
      out.push_back({name, symbol});
  };
  for (const SymbolUse& use : uses) {
    const Symbol* found = nullptr;
    for (const std::string& name : use.names) {
      found = symbols.find(name, place);
      if (!found) continue;
      add(name, found);
      if (name != use.names.front()) explain(use.inside, symbols, place, out);
      break;
    }
    if (found) continue;
    add(use.names.back(), nullptr);
    explain(use.inside, symbols, place, out);
  }
}

}  // namespace

const Symbol* Symbols::find(std::string_view name, std::string_view place) const {
  const Symbol* best = nullptr;
  int best_fit = 0;
  for (const Symbol& symbol : all) {
    const int fits = fit(symbol, place);
    if (fits <= best_fit || std::ranges::find(symbol.tex, name) == symbol.tex.end()) continue;
    best = &symbol;
    best_fit = fits;
  }
  return best;
}

Result<Symbols> read_symbols(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto at = [&](const toml::source_region& place) {
    return file.generic_string() + ":" + std::to_string(place.begin.line);
  };
  toml::table table;
  try {
    table = toml::parse(*text);
  } catch (const toml::parse_error& error) {
    return fail("symbols.syntax", at(error.source()), {std::string(error.description())});
  }
  Symbols symbols;
  std::set<std::string> taken;                             // "name at place"
  for (const auto& [key, node] : table)
    if (key != "symbol" || !node.is_array()) return fail("symbols.syntax", at(node.source()), {std::string(key.str())});
  const auto* entries = table["symbol"].as_array();
  for (std::size_t i = 0; entries && i < entries->size(); ++i) {
    const auto& node = (*entries)[i];
    const auto where = at(node.source());
    const auto* entry = node.as_table();
    if (!entry) return fail("symbols.syntax", where, {"[[symbol]]"});
    for (const auto& [key, value] : *entry)
      if (const std::string name(key.str()); std::ranges::find(keys, name) == keys.end())
        return fail("symbols.unknown-key", at(value.source()), {name, nearest(name, keys).value_or("tex")});
    Symbol symbol;
    symbol.line = static_cast<int>(node.source().begin.line);
    for (const std::string& tex : texts(entry->get("tex"))) {
      const auto uses = symbols_in(tex);
      if (uses.size() != 1 || uses.front().begin != 0 || uses.front().end != tex.size())
        return fail("symbols.tex", where, {tex});
      symbol.tex.push_back(uses.front().names.front());
    }
    for (const char* language : {"en", "ru"}) symbol.meaning[language] = (*entry)[language].value_or(std::string());
    for (const char* needed : {"tex", "en", "ru"})
      if (needed == std::string_view("tex") ? symbol.tex.empty() : symbol.meaning[needed].empty())
        return fail("symbols.missing", where, {needed});
    symbol.shape = (*entry)["shape"].value_or(std::string());
    symbol.term = (*entry)["term"].value_or(std::string());
    symbol.at = texts(entry->get("at"));
    for (const std::string& tex : symbol.tex)
      for (const std::string& place : symbol.at.empty() ? std::vector<std::string>{""} : symbol.at)
        if (!taken.insert(tex + " " + place).second) return fail("symbols.twice", where, {tex});
    symbols.all.push_back(std::move(symbol));
  }
  return symbols;
}

std::vector<Explained> explain(std::string_view latex, const Symbols& symbols, std::string_view place) {
  std::vector<Explained> out;
  explain(symbols_in(latex), symbols, place, out);
  return out;
}

std::vector<PlacedFormula> formulas_of(const Document& document) {
  std::vector<PlacedFormula> out;
  std::string section;
  const auto take = [&](const Block& block) {
    if (block.kind == Block::Kind::heading && (block.level == 2 || block.level == 3)) section = block.anchor;
    if (block.kind == Block::Kind::math) out.push_back({block.text, section, block.line});
    for (const Span& span : block.spans)
      if (span.kind == Span::Kind::math) out.push_back({span.text, section, block.line});
  };
  for_each_block(document.blocks, take);
  for (const Note& note : document.notes) for_each_block(note.blocks, take);
  return out;
}

}  // namespace tb::book
