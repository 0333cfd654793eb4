// Changes to a forward pass, as values. They are given to one run and applied in the order given; nothing global is
// touched, and without any the hook is never entered. The text form (SPEC) is a type, then keys:
//
//   bias-key:layer=15..29,head=*,query=-1,key=3,value=4.0     adds value to the scores before softmax: the odds of the
//                                                             key move by exactly e^value
//   scale-pattern:layer=3,head=1,query=*,key=0,value=0.5      multiplies the weights after softmax
//   knock-out:layer=3,head=1,query=*,key=0                    removes edges; the other weights of the row are divided
//                                                             by what is left (a row with nothing left is all zero)
//   scale-head:layer=4,head=2,query=*,value=0.5               multiplies what a head gathered (z)
//   ablate-head:layer=4,head=2+5,query=*                      sets it to zero
//   logit-bias:token=260,query=*,value=-5                     adds value to the logits
//
// layer, head and query default to *, all of them. A list is 1+2, a range 0..8 with both ends; a negative position
// counts from the last token (-1). No torch here: labs/model/edits.h applies them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tb {

struct Config;

// Indices as a SPEC writes them.
struct Selection {
  bool all = true;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;   // first and last, both included; negative: from the end

  // The indices out of 0 .. size - 1, rising, each once. nullopt: one of them is outside, or a range runs backwards.
  std::optional<std::vector<std::int64_t>> resolve(std::int64_t size) const;
  bool from_end() const;                                       // means other indices when the text grows
  bool operator==(const Selection&) const = default;
};

struct Intervention {
  enum class Type { bias_key, scale_pattern, knock_out, scale_head, ablate_head, logit_bias };
  Type type = Type::bias_key;
  std::vector<std::int64_t> layers, heads, tokens;             // resolved: they do not depend on the text
  Selection queries, keys;                                     // positions
  double value = 0;
  std::string spec;                                            // as written, for messages

  // Errors, all at the SPEC: intervention.type and intervention.key (name the nearest), intervention.missing,
  // intervention.twice, intervention.number, intervention.range.
  static Result<Intervention> parse(std::string_view spec, const Config& config);
  bool operator==(const Intervention&) const = default;
};

}  // namespace tb
