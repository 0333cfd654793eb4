#include "labs/all_labs.h"

#include <array>

#include "labs/attention/attention.h"
#include "labs/next-token/next_token.h"
#include "labs/tokens/tokens.h"

namespace tb {

std::span<const Lab* const> all_labs() {
  static const TokensLab tokens;
  static const NextTokenLab next_token;
  static const AttentionLab attention;
  static const std::array<const Lab*, 3> labs = {&tokens, &next_token, &attention};
  return labs;
}

}  // namespace tb
