#include "labs/answers.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace tb {

namespace {

// The tokens of a text as it stands: a beginning-of-text token, which has no place in it, is left out.
std::vector<Token> tokens_of(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<Token> tokens = tokenizer.encode(text).tokens;
  std::erase_if(tokens, [](const Token& token) { return token.start == token.end; });
  return tokens;
}

}  // namespace

Result<std::int64_t> answer_token(const Tokenizer& tokenizer, std::span<const float> logits, const std::string& text,
                                  const std::string& key) {
  if (text.empty()) return std::max_element(logits.begin(), logits.end()) - logits.begin();
  std::optional<std::int64_t> best;
  for (const std::string& written : {text, " " + text}) {
    if (written != text && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t')) continue;
    const std::vector<Token> tokens = tokens_of(tokenizer, written);
    if (tokens.size() != 1 || tokens[0].bytes != written) continue;
    if (!best || logits[tokens[0].id] > logits[*best]) best = tokens[0].id;
  }
  if (best) return *best;
  std::string pieces;
  for (const Token& token : tokens_of(tokenizer, text))   // a part of a character is shown by its bytes
    pieces += (pieces.empty() ? "" : " | ") + (is_utf8(token.bytes) ? token.bytes : to_hex(token.bytes));
  return fail("answer.tokens", key, {text, pieces});
}

}  // namespace tb
