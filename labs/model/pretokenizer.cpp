#include "labs/model/pretokenizer.h"

#include <cstdint>
#include <new>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/text.h"

namespace tb {

namespace {

// The published expressions with their \s written out, since engines differ in it. {space} is Unicode's White_Space;
// PCRE2's own \s has U+180E as well.
constexpr std::string_view space =
  R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
// GPT-2's: contractions, then words, numbers and signs with the space before them, then spaces.
constexpr std::string_view gpt2 =
  R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^{space}\p{L}\p{N}]+|[{space}]+(?![^{space}])|[{space}]+)";
constexpr std::string_view one_digit = R"(\p{N})";
// Qwen's and Llama 3's differ in how many digits stay together.
constexpr std::string_view modern =
  R"('[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|{digits}|)"
  R"( ?[^{space}\p{L}\p{N}]+[\r\n]*|[{space}]*[\r\n]+|[{space}]+(?![^{space}])|[{space}]+)";
constexpr std::string_view one_to_three_digits = R"(\p{N}{1,3})";

// As tokenizer.json has them, between the digits.
constexpr std::string_view published_before = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
constexpr std::string_view published_after = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

struct Free {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
using Expression = std::unique_ptr<pcre2_code, Free>;

Expression compile(std::string_view written, std::string_view digits = {}) {
  std::string pattern(written);
  const auto fill_in = [&](std::string_view placeholder, std::string_view text) {
    for (std::size_t at; (at = pattern.find(placeholder)) != pattern.npos;)
      pattern.replace(at, placeholder.size(), text);
  };
  fill_in("{space}", space);
  fill_in("{digits}", digits);
  int error = 0;
  PCRE2_SIZE where = 0;
  Expression code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF | PCRE2_UCP,
                                &error, &where, nullptr));
  if (!code) throw std::bad_alloc();                   // the patterns are constants: only memory can be missing
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);   // where there is no such compiler, matching works without
  return code;
}

// Appends the matches of the expression in well-formed `text`, and what stands between them, in order.
void cut(const Expression& expression, std::string_view text, std::vector<std::string_view>& out) {
  const std::unique_ptr<pcre2_match_data, Free> match(pcre2_match_data_create_from_pattern(expression.get(), nullptr));
  const std::unique_ptr<pcre2_match_context, Free> context(pcre2_match_context_create(nullptr));
  if (!match || !context) throw std::bad_alloc();
  pcre2_set_match_limit(context.get(), UINT32_MAX);   // the expressions are linear in the text; it may be long
  const auto find = [&](std::size_t from, std::uint32_t options) {
    return pcre2_match(expression.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                       PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | options, match.get(), context.get());
  };
  std::size_t at = 0;
  while (at < text.size()) {
    int found = find(at, 0);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH) found = find(at, PCRE2_NO_JIT);   // its stack is small
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) throw std::bad_alloc();
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match.get());
    if (ends[0] > at) out.push_back(text.substr(at, ends[0] - at));
    out.push_back(text.substr(ends[0], ends[1] - ends[0]));
    at = ends[1];
  }
  if (at < text.size()) out.push_back(text.substr(at));
}

}  // namespace

struct Pretokenizer::State {
  std::vector<Expression> expressions;   // each cuts the pieces of the one before
};

Pretokenizer::Pretokenizer() : state_(std::make_unique<State>()) {}
Pretokenizer::Pretokenizer(Pretokenizer&&) noexcept = default;
Pretokenizer& Pretokenizer::operator=(Pretokenizer&&) noexcept = default;
Pretokenizer::~Pretokenizer() = default;

Pretokenizer Pretokenizer::of(const std::vector<Rule>& rules) {
  Pretokenizer pretokenizer;
  for (const Rule rule : rules) {
    pretokenizer.state_->expressions.push_back(rule == Rule::digits  ? compile(one_digit)
                                               : rule == Rule::gpt2  ? compile(gpt2)
                                               : rule == Rule::qwen2 ? compile(modern, one_digit)
                                                                     : compile(modern, one_to_three_digits));
  }
  return pretokenizer;
}

Result<Pretokenizer> Pretokenizer::named(std::string_view name, const std::string& where) {
  if (name == "smollm") return of({Rule::digits, Rule::gpt2});
  if (name == "qwen2") return of({Rule::qwen2});
  if (name == "llama-bpe") return of({Rule::llama3});
  return fail("tokenizer.pre", where, {std::string(name)});
}

std::optional<Pretokenizer::Rule> Pretokenizer::of_expression(std::string_view published) {
  const auto is = [&](std::string_view digits) {
    return published == std::string(published_before).append(digits).append(published_after);
  };
  if (is(one_digit)) return Rule::qwen2;
  if (is(one_to_three_digits)) return Rule::llama3;
  return std::nullopt;
}

std::vector<std::string_view> Pretokenizer::split(std::string_view text) const {
  std::vector<std::string_view> pieces;
  const auto split_well_formed = [&](std::string_view run) {
    std::vector<std::string_view> before{run}, after;
    for (const Expression& expression : state_->expressions) {
      after.clear();
      for (const std::string_view piece : before) cut(expression, piece, after);
      before.swap(after);
    }
    pieces.insert(pieces.end(), before.begin(), before.end());
  };
  // Between ill-formed bytes stand runs of well-formed text; each is split as if it were all there is.
  std::size_t start = 0, at = 0;
  while (at < text.size()) {
    const std::size_t here = at;
    if (next_code_point(text, at)) continue;
    if (here > start) split_well_formed(text.substr(start, here - start));
    pieces.push_back(text.substr(here, 1));
    start = at = here + 1;
  }
  if (start < text.size()) split_well_formed(text.substr(start));
  return pieces;
}

}  // namespace tb
