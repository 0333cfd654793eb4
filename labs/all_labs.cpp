#include "labs/all_labs.h"

#include <array>

#include "labs/attention/attention.h"
#include "labs/lens/lens.h"
#include "labs/next-token/next_token.h"
#include "labs/tokens/tokens.h"
#include "labs/weights/weights.h"

namespace tb {

std::span<const Lab* const> all_labs() {
  static const TokensLab tokens;
  static const NextTokenLab next_token;
  static const AttentionLab attention;
  static const LensLab lens;
  static const WeightsLab weights;
  static const std::array<const Lab*, 5> labs = {&tokens, &next_token, &attention, &lens, &weights};
  return labs;
}

}  // namespace tb
