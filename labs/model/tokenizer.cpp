#include "labs/model/tokenizer.h"

#include <algorithm>
#include <array>
#include <deque>
#include <queue>
#include <unordered_map>

#include "base/text.h"
#include "labs/model/gguf.h"
#include "labs/model/pretokenizer.h"

namespace tb {

namespace {

// What the number of a token's type means in a GGUF.
constexpr std::uint8_t normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, single_byte = 6;

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
  std::string where;                          // the file, for errors
  std::string text;                           // the bytes of all tokens, one behind the other
  std::vector<std::size_t> starts;            // [vocab + 1] where each token's bytes start in `text`
  std::vector<std::uint8_t> types;            // [vocab]
  std::array<Symbol, 256> byte_symbols;
  std::unordered_map<std::uint64_t, Merge> merges;
  std::vector<std::int64_t> specials;         // ids of tokens found as text, longest text first
  std::optional<std::int64_t> begin_token, end_token;
  bool add_begin = false;
  std::optional<Pretokenizer> pretokenizer;

  std::size_t size() const { return types.size(); }
  std::string_view bytes(std::size_t id) const {
    return std::string_view(text).substr(starts[id], starts[id + 1] - starts[id]);
  }
  Result<void> read_vocabulary(const Gguf& file);
  Result<std::optional<std::int64_t>> special_id(const Gguf& file, std::string_view key) const;
  void encode_text(std::string_view source, std::size_t start, std::size_t end, Encoding& out) const;
  void encode_piece(std::string_view piece, std::size_t start, Encoding& out) const;
};

// Token texts, types and merges.
Result<void> Tokenizer::State::read_vocabulary(const Gguf& file) {
  const auto tokens = file.strings("tokenizer.ggml.tokens");
  if (!tokens) return tl::unexpected<Error>(tokens.error());
  const auto lines = file.strings("tokenizer.ggml.merges");
  if (!lines) return tl::unexpected<Error>(lines.error());
  const std::size_t n = tokens->size();
  if (n == 0 || n > INT32_MAX) return fail("tokenizer.vocabulary", where, {std::to_string(n)});

  types.assign(n, normal);
  if (file.has("tokenizer.ggml.token_type")) {
    const auto numbers = file.integers("tokenizer.ggml.token_type");
    if (!numbers) return tl::unexpected<Error>(numbers.error());
    if (numbers->size() != n)
      return fail("tokenizer.types", where, {std::to_string(numbers->size()), std::to_string(n)});
    for (std::size_t id = 0; id < n; ++id) {
      const std::int64_t type = (*numbers)[id];
      types[id] = static_cast<std::uint8_t>(type >= normal && type <= single_byte ? type : normal);
    }
  }

  // The texts as the file writes them, which is also how merges write them.
  std::unordered_map<std::string_view, Symbol> symbols;
  symbols.reserve(n + 256);
  for (std::size_t id = 0; id < n; ++id) {
    const auto [found, fresh] = symbols.emplace((*tokens)[id], static_cast<Symbol>(id));
    if (!fresh) return fail("tokenizer.twice", where, {std::to_string(found->second), std::to_string(id)});
    starts.push_back(text.size());
    const bool written_in_letters = types[id] == normal || types[id] == unused;
    if (!written_in_letters || !append_bytes(text, (*tokens)[id])) text += (*tokens)[id];
    if (types[id] == unknown || types[id] == control || types[id] == user_defined)
      specials.push_back(static_cast<std::int64_t>(id));
  }
  starts.push_back(text.size());
  std::stable_sort(specials.begin(), specials.end(), [&](auto a, auto b) { return bytes(a).size() > bytes(b).size(); });

  std::array<std::string, 256> letters;
  for (std::size_t b = 0; b < 256; ++b) {
    append_utf8(letters[b], byte_letters()[b]);
    byte_symbols[b] = symbols.emplace(letters[b], static_cast<Symbol>(symbols.size())).first->second;
  }

  // Merge number r is "left right": where both stand side by side they become one, the lower r first.
  merges.reserve(lines->size());
  std::string joined;
  std::deque<std::string> joined_texts;   // of results that are no token; a deque leaves them where they are
  for (std::size_t rank = 0; rank < lines->size(); ++rank) {
    const std::string_view line = (*lines)[rank];
    const std::size_t gap = line.find(' ', 1);
    if (gap == line.npos || gap + 1 == line.size()) return fail("tokenizer.merge", where, {std::to_string(rank)});
    const auto left = symbols.find(line.substr(0, gap)), right = symbols.find(line.substr(gap + 1));
    if (left == symbols.end() || right == symbols.end()) continue;   // can never stand in a text
    joined.assign(left->first).append(right->first);
    auto result = symbols.find(joined);
    if (result == symbols.end()) {
      joined_texts.push_back(joined);
      result = symbols.emplace(joined_texts.back(), static_cast<Symbol>(symbols.size())).first;
    }
    merges.emplace(pair_of(left->second, right->second), Merge{static_cast<std::uint32_t>(rank), result->second});
  }
  return {};
}

Result<std::optional<std::int64_t>> Tokenizer::State::special_id(const Gguf& file, std::string_view key) const {
  if (!file.has(key)) return std::nullopt;
  const auto id = file.integer(key);
  if (!id) return tl::unexpected<Error>(id.error());
  if (*id < 0 || *id >= static_cast<std::int64_t>(size()))
    return fail("tokenizer.special_id", where, {std::string(key), std::to_string(*id), std::to_string(size())});
  return *id;
}

Tokenizer::Tokenizer() : state_(std::make_unique<State>()) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from(const Gguf& file) {
  Tokenizer tokenizer;
  State& state = *tokenizer.state_;
  state.where = file.path();
  const auto model = file.string("tokenizer.ggml.model");
  if (!model) return tl::unexpected<Error>(model.error());
  if (*model != "gpt2") return fail("tokenizer.model", state.where, {std::string(*model)});
  const auto name = file.string("tokenizer.ggml.pre");
  if (!name) return tl::unexpected<Error>(name.error());
  auto pretokenizer = Pretokenizer::named(*name, state.where);
  if (!pretokenizer) return tl::unexpected<Error>(pretokenizer.error());
  state.pretokenizer = std::move(*pretokenizer);
  if (auto read = state.read_vocabulary(file); !read) return tl::unexpected<Error>(read.error());

  auto begin = state.special_id(file, "tokenizer.ggml.bos_token_id");
  if (!begin) return tl::unexpected<Error>(begin.error());
  auto end = state.special_id(file, "tokenizer.ggml.eos_token_id");
  if (!end) return tl::unexpected<Error>(end.error());
  state.begin_token = *begin;
  state.end_token = *end;
  if (file.has("tokenizer.ggml.add_bos_token")) {
    const auto add = file.boolean("tokenizer.ggml.add_bos_token");
    if (!add) return tl::unexpected<Error>(add.error());
    state.add_begin = *add && state.begin_token;
  }
  return tokenizer;
}

Encoding Tokenizer::encode(std::string_view text, bool specials) const {
  const State& state = *state_;
  Encoding out;
  if (state.add_begin) out.tokens.push_back({*state.begin_token, std::string(bytes(*state.begin_token)), 0, 0, true});

  // Cut out the special tokens, each over the whole text before the next shorter one, as llama.cpp does. Tokens that
  // a user added to the vocabulary count even where special ones do not.
  struct Fragment { std::size_t start, end; std::int64_t special; };   // special: -1 is ordinary text
  std::vector<Fragment> fragments{{0, text.size(), -1}}, next;
  for (const std::int64_t id : state.specials) {
    const std::string_view token = state.bytes(id);
    if (token.empty() || (!specials && state.types[id] != user_defined)) continue;
    next.clear();
    for (Fragment fragment : fragments) {
      if (fragment.special < 0) {
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

  for (const auto& [start, end, special] : fragments) {
    if (special < 0) state.encode_text(text, start, end, out);
    else out.tokens.push_back({special, std::string(text.substr(start, end - start)), start, end, true});
  }
  return out;
}

void Tokenizer::State::encode_text(std::string_view source, std::size_t start, std::size_t end, Encoding& out) const {
  for (const std::string_view piece : pretokenizer->split(source.substr(start, end - start))) {
    encode_piece(piece, start, out);
    start += piece.size();
  }
}

// Byte-pair encoding (Sennrich et al. 2016) of one piece: of all neighbours that may be merged, the pair of the lowest
// rank, the leftmost of equals, again and again. A queue holds the candidates, so that a long piece stays n log n.
void Tokenizer::State::encode_piece(std::string_view piece, std::size_t start, Encoding& out) const {
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
  return id >= 0 && id < size() && (state_->types[id] == control || state_->types[id] == unknown ||
                                    state_->types[id] == user_defined);
}

std::int64_t Tokenizer::size() const { return static_cast<std::int64_t>(state_->size()); }
std::optional<std::int64_t> Tokenizer::end_token() const { return state_->end_token; }
std::optional<std::int64_t> Tokenizer::begin_token() const { return state_->begin_token; }

}  // namespace tb
