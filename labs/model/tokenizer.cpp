#include "labs/model/tokenizer.h"

#include <algorithm>
#include <array>
#include <deque>
#include <queue>
#include <unordered_map>

#include "base/text.h"
#include "labs/model/normalise.h"
#include "labs/model/vocabulary.h"

namespace tb {

namespace {

using Kind = Vocabulary::Kind;

// Byte-level vocabularies write bytes as letters (GPT-2's table): printable Latin-1 stands for itself, the other 68
// bytes follow from U+0100 on, in order.
const std::array<char32_t, 256>& byte_letters() {
  static const auto letters = [] {
    std::array<char32_t, 256> table{};
    char32_t next = 0x100;
    for (unsigned b = 0; b < 256; ++b) {
      const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      table[b] = printable ? b : next++;
    }
    return table;
  }();
  return letters;
}

// Appends the bytes that `letters` stand for; false, and nothing appended, if it is not written in that table.
bool append_bytes(std::string& out, std::string_view letters) {
  static const auto table = [] {
    std::array<int, 0x100 + 68> inverse;
    inverse.fill(-1);
    for (unsigned b = 0; b < 256; ++b) inverse[byte_letters()[b]] = static_cast<int>(b);
    return inverse;
  }();
  const std::size_t before = out.size();
  for (std::size_t at = 0; at < letters.size();) {
    const auto letter = next_code_point(letters, at);
    if (!letter || *letter >= table.size() || table[*letter] < 0) {
      out.resize(before);
      return false;
    }
    out += static_cast<char>(table[*letter]);
  }
  return true;
}

// Symbols are what merging works on: the ids of the vocabulary, and behind them what the vocabulary has no token for
// (single bytes, or results of merges in a broken file).
using Symbol = std::uint32_t;
constexpr Symbol swallowed = UINT32_MAX;   // what a part becomes that another one has taken in
struct Merge { std::uint32_t rank; Symbol result; };
std::uint64_t pair_of(Symbol left, Symbol right) { return std::uint64_t{left} << 32 | right; }

}  // namespace

struct Tokenizer::State {
  std::string texts;                          // the bytes of all tokens, one behind the other
  std::vector<std::size_t> starts;            // [vocab + 1] where each token's bytes start in `texts`
  std::vector<Kind> kinds;                    // [vocab]
  std::array<Symbol, 256> byte_symbols;
  std::unordered_map<std::uint64_t, Merge> merges;
  std::unordered_map<std::string_view, std::int64_t> pieces;   // tokens by their bytes, where whole pieces count
  std::vector<std::int64_t> sought, sought_later;   // tokens found as text, and in normalised text; longest text first
  std::optional<std::int64_t> begin_token;
  std::vector<std::int64_t> ends;
  bool add_begin = false, normalise = false, leftmost_first = false;
  std::optional<Pretokenizer> pretokenizer;   // none: there is no vocabulary

  std::size_t size() const { return kinds.size(); }
  std::string_view bytes(std::size_t id) const {
    return std::string_view(texts).substr(starts[id], starts[id + 1] - starts[id]);
  }

  struct Fragment { std::size_t start, end; std::int64_t token; };   // a token found as text, or -1: ordinary text
  using Fragments = std::vector<Fragment>;
  using Ids = std::vector<std::int64_t>;
  Fragments cut(std::string_view text, const Ids& tokens, bool specials) const;
  Fragments cut_longest(std::string_view text, const Ids& tokens, bool specials) const;
  Fragments cut_leftmost(std::string_view text, const Ids& tokens, bool specials) const;
  void encode_text(std::string_view source, std::size_t at, bool specials, Encoding& out) const;
  void encode_piece(std::string_view piece, std::size_t start, Encoding& out) const;
};

Tokenizer::Tokenizer() : state_(std::make_unique<State>()) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::absent(std::int64_t vocabulary) {
  Tokenizer tokenizer;
  tokenizer.state_->kinds.assign(static_cast<std::size_t>(vocabulary), Kind::missing);
  tokenizer.state_->starts.assign(static_cast<std::size_t>(vocabulary) + 1, 0);
  return tokenizer;
}

bool Tokenizer::present() const { return state_->pretokenizer.has_value(); }

Result<Tokenizer> Tokenizer::of(Vocabulary vocabulary) {
  Tokenizer tokenizer;
  State& state = *tokenizer.state_;
  const std::string& where = vocabulary.where;
  const std::size_t n = vocabulary.tokens.size();
  if (n == 0 || n > INT32_MAX) return fail("tokenizer.vocabulary", where, {std::to_string(n)});

  // The texts as the file writes them, which is also how merges write them.
  std::unordered_map<std::string_view, Symbol> symbols;
  symbols.reserve(n + 256);
  for (std::size_t id = 0; id < n; ++id) {
    const auto& [text, kind, normalised] = vocabulary.tokens[id];
    state.kinds.push_back(kind);
    state.starts.push_back(state.texts.size());
    if (kind == Kind::missing) continue;
    const auto [found, fresh] = symbols.emplace(text, static_cast<Symbol>(id));
    if (!fresh) return fail("tokenizer.twice", where, {std::to_string(found->second), std::to_string(id)});
    if (kind != Kind::letters || !append_bytes(state.texts, text)) state.texts += text;
    if (kind == Kind::control || kind == Kind::added)
      (normalised ? state.sought_later : state.sought).push_back(static_cast<std::int64_t>(id));
  }
  state.starts.push_back(state.texts.size());
  const auto longer = [&](auto a, auto b) { return state.bytes(a).size() > state.bytes(b).size(); };
  std::stable_sort(state.sought.begin(), state.sought.end(), longer);
  std::stable_sort(state.sought_later.begin(), state.sought_later.end(), longer);
  if (vocabulary.whole_pieces)
    for (std::size_t id = 0; id < n; ++id)
      if (state.kinds[id] == Kind::letters) state.pieces.emplace(state.bytes(id), static_cast<std::int64_t>(id));

  // Symbols beyond the vocabulary are numbered on.
  Symbol next = static_cast<Symbol>(n);
  std::array<std::string, 256> letters;
  for (std::size_t b = 0; b < 256; ++b) {
    append_utf8(letters[b], byte_letters()[b]);
    const auto [found, fresh] = symbols.emplace(letters[b], next);
    if (fresh) ++next;
    state.byte_symbols[b] = found->second;
  }

  // Merge number r is a left and a right text: where both stand side by side they become one, the lower r first.
  state.merges.reserve(vocabulary.merges.size());
  std::string joined;
  std::deque<std::string> joined_texts;   // of results that are no token; a deque leaves them where they are
  for (std::size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const auto& [left_text, right_text] = vocabulary.merges[rank];
    const auto left = symbols.find(left_text), right = symbols.find(right_text);
    if (left == symbols.end() || right == symbols.end()) continue;   // can never stand in a text
    joined.assign(left_text).append(right_text);
    auto result = symbols.find(joined);
    if (result == symbols.end()) {
      joined_texts.push_back(joined);
      result = symbols.emplace(joined_texts.back(), next++).first;
    }
    const Merge merge{static_cast<std::uint32_t>(rank), result->second};
    state.merges.emplace(pair_of(left->second, right->second), merge);
  }

  state.begin_token = vocabulary.begin;
  state.ends = std::move(vocabulary.ends);
  state.add_begin = vocabulary.add_begin && vocabulary.begin;
  state.normalise = vocabulary.normalise;
  state.leftmost_first = vocabulary.leftmost_first;
  state.pretokenizer = std::move(vocabulary.pretokenizer);
  return tokenizer;
}

Encoding Tokenizer::encode(std::string_view text, bool specials) const {
  const State& state = *state_;
  Encoding out;
  if (!present()) {
    if (!text.empty()) out.unencodable.push_back({0, std::string(text)});
    return out;
  }
  if (state.add_begin) out.tokens.push_back({*state.begin_token, std::string(bytes(*state.begin_token)), 0, 0, true});
  for (const auto& [start, end, token] : state.cut(text, state.sought, specials)) {
    const std::string_view part = text.substr(start, end - start);
    if (token < 0) state.encode_text(part, start, specials, out);
    else out.tokens.push_back({token, std::string(part), start, end, true});
  }
  return out;
}

// Finds the special and added tokens of a text. Those that a user added count even where special ones do not.
auto Tokenizer::State::cut(std::string_view text, const Ids& tokens, bool specials) const -> Fragments {
  if (tokens.empty()) return {{0, text.size(), -1}};
  return leftmost_first ? cut_leftmost(text, tokens, specials) : cut_longest(text, tokens, specials);
}

// Each token over the whole text before the next shorter one.
auto Tokenizer::State::cut_longest(std::string_view text, const Ids& tokens, bool specials) const -> Fragments {
  std::vector<Fragment> fragments{{0, text.size(), -1}}, next;
  for (const std::int64_t id : tokens) {
    const std::string_view token = bytes(id);
    if (token.empty() || (!specials && kinds[id] != Kind::added)) continue;
    next.clear();
    for (Fragment fragment : fragments) {
      if (fragment.token < 0) {
        const std::string_view part = text.substr(0, fragment.end);
        for (std::size_t at; (at = part.find(token, fragment.start)) != part.npos; fragment.start = at + token.size()) {
          if (at > fragment.start) next.push_back({fragment.start, at, -1});
          next.push_back({at, at + token.size(), id});
        }
      }
      if (fragment.start < fragment.end) next.push_back(fragment);
    }
    fragments.swap(next);
  }
  return fragments;
}

// Once through the text, at each place the longest token that begins there. A special one that does not count is
// ordinary text, and no other is looked for inside it.
auto Tokenizer::State::cut_leftmost(std::string_view text, const Ids& tokens, bool specials) const -> Fragments {
  std::array<std::vector<std::int64_t>, 256> beginning_with;
  for (const std::int64_t id : tokens)
    if (!bytes(id).empty()) beginning_with[static_cast<unsigned char>(bytes(id)[0])].push_back(id);
  std::vector<Fragment> fragments;
  std::size_t start = 0, at = 0;   // of the ordinary text before the next token
  while (at < text.size()) {
    const auto& candidates = beginning_with[static_cast<unsigned char>(text[at])];
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&](auto id) { return text.substr(at).starts_with(bytes(id)); });
    if (found == candidates.end()) {
      ++at;
      continue;
    }
    const std::size_t end = at + bytes(*found).size();
    if (specials || kinds[*found] == Kind::added) {
      if (at > start) fragments.push_back({start, at, -1});
      fragments.push_back({at, end, *found});
      start = end;
    }
    at = end;
  }
  if (start < text.size()) fragments.push_back({start, text.size(), -1});
  return fragments;
}

// Ordinary text, which stands at `at` of the whole one.
void Tokenizer::State::encode_text(std::string_view source, std::size_t at, bool specials, Encoding& out) const {
  const Normalised normal = normalise ? nfc(source) : Normalised{std::string(source), {}};
  const std::string_view text = normal.text;
  const std::size_t tokens_before = out.tokens.size(), gaps_before = out.unencodable.size();
  for (const auto& [start, end, token] : cut(text, sought_later, specials)) {
    const std::string_view part = text.substr(start, end - start);
    if (token >= 0) {
      out.tokens.push_back({token, std::string(part), start, end, true});
      continue;
    }
    for (const std::string_view piece : pretokenizer->split(part))
      encode_piece(piece, static_cast<std::size_t>(piece.data() - text.data()), out);
  }
  for (std::size_t i = tokens_before; i < out.tokens.size(); ++i) {
    Token& token = out.tokens[i];
    token.start = at + normal.place(token.start);
    token.end = at + normal.place(token.end);
  }
  for (std::size_t i = gaps_before; i < out.unencodable.size(); ++i)
    out.unencodable[i].at = at + normal.place(out.unencodable[i].at);
}

// Byte-pair encoding (Sennrich et al. 2016) of one piece: of all neighbours that may be merged, the pair of the lowest
// rank, the leftmost of equals, again and again. A queue holds the candidates, so that a long piece stays n log n.
void Tokenizer::State::encode_piece(std::string_view piece, std::size_t start, Encoding& out) const {
  if (const auto whole = pieces.find(piece); whole != pieces.end()) {
    out.tokens.push_back({whole->second, std::string(piece), start, start + piece.size(), false});
    return;
  }
  struct Part { Symbol symbol; std::size_t start, end, before, after; };   // a list; its ends point to `none`
  struct Candidate {
    std::uint32_t rank;
    Symbol left_symbol, right_symbol, result;
    std::size_t left;
    bool operator<(const Candidate& other) const {   // the queue hands out the greatest
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  const std::size_t none = piece.size();
  std::vector<Part> parts(piece.size());
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i] = {byte_symbols[static_cast<unsigned char>(piece[i])], i, i + 1, i == 0 ? none : i - 1, i + 1};

  std::priority_queue<Candidate> queue;
  const auto consider = [&](std::size_t left) {
    if (left == none || parts[left].after == none) return;
    const Symbol a = parts[left].symbol, b = parts[parts[left].after].symbol;
    if (const auto merge = merges.find(pair_of(a, b)); merge != merges.end())
      queue.push({merge->second.rank, a, b, merge->second.result, left});
  };
  for (std::size_t i = 0; i < parts.size(); ++i) consider(i);

  // [merge]
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Part& left = parts[best.left];
    if (left.symbol != best.left_symbol || left.after == none) continue;   // merged meanwhile
    Part& right = parts[left.after];
    if (right.symbol != best.right_symbol) continue;
    left.symbol = best.result;
    left.end = right.end;
    left.after = right.after;
    if (left.after != none) parts[left.after].before = best.left;
    right.symbol = swallowed;
    consider(left.before);
    consider(best.left);
  }
  // [/merge]

  const auto emit = [&](Symbol symbol, std::size_t from, std::size_t to) {
    std::string own(piece.substr(from, to - from));
    if (symbol < size()) out.tokens.push_back({symbol, std::move(own), start + from, start + to, false});
    else out.unencodable.push_back({start + from, std::move(own)});
  };
  for (std::size_t i = 0; i != none; i = parts[i].after) {
    const Part& part = parts[i];
    if (part.symbol < size() || part.end - part.start == 1) emit(part.symbol, part.start, part.end);
    else   // a merge whose result the vocabulary lacks: its bytes one by one
      for (std::size_t b = part.start; b < part.end; ++b)
        emit(byte_symbols[static_cast<unsigned char>(piece[b])], b, b + 1);
  }
}

std::vector<std::int64_t> Encoding::ids() const {
  std::vector<std::int64_t> ids;
  ids.reserve(tokens.size());
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids) const {
  std::string out;
  for (const std::int64_t id : ids) out += bytes(id);
  return out;
}

std::string_view Tokenizer::bytes(std::int64_t id) const {
  return id >= 0 && id < size() ? state_->bytes(static_cast<std::size_t>(id)) : std::string_view();
}

bool Tokenizer::special(std::int64_t id) const {
  return id >= 0 && id < size() && state_->kinds[static_cast<std::size_t>(id)] == Kind::control;
}

std::int64_t Tokenizer::size() const { return static_cast<std::int64_t>(state_->size()); }
std::optional<std::int64_t> Tokenizer::end_token() const {
  return state_->ends.empty() ? std::nullopt : std::optional(state_->ends.front());
}

bool Tokenizer::ends(std::int64_t id) const {
  return std::find(state_->ends.begin(), state_->ends.end(), id) != state_->ends.end();
}

std::optional<std::int64_t> Tokenizer::begin_token() const { return state_->begin_token; }

}  // namespace tb
