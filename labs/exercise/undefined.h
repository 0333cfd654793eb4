// What a sanitizer build found, as a reason that can be told in plain words.
#pragma once

#include <string_view>
#include <vector>

#include "labs/exercise/check.h"

namespace tb::exercise {

// `said` is "signed-integer-overflow: Signed integer overflow: ...": a kind of libubsan's or of child/sanitized.h's, and
// words or numbers of its own. The learner's process says so: any text. `arguments` are the call's.
CallFailure undefined_behaviour(std::string_view said, const std::vector<Argument>& arguments);

}  // namespace tb::exercise
