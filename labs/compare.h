// Two runs of one lab, A and B, and what B − A is for its type: a snapshot with the lab's own column names, so that the
// lab's own figure draws it. No torch.
#pragma once

#include <string>

#include "base/strings.h"
#include "labs/lab.h"

namespace tb {

// B − A. Amounts (probabilities, logits, bits) are subtracted; what names or places them (tokens, the chosen layer)
// stays as it is in B; all other columns are left out. Its inputs are those that A and B share. What is equal in both,
// an infinity too, gives 0, so that a run less itself is zero, and A − B is the negative of it.
//   next-token: rows by token, not by rank: bars.{id, bytes, text, special}, bars.p_a, bars.p_b and the differences
//     bars.p, bars.kept, bars.adjusted, for every token that A or B lists in its bars, the largest change first; NaN
//     where a run does not say (see `more_to_report`). tail.{p_a, p_b, p} is the rest of the vocabulary.
//   lora, from-scratch: the curves up to the last step that both have.
// Errors, each of them a state to show with A beside B, and not a fault: compare.names (a text's tokens), compare.graph,

// compare.input (an input that must be the same), compare.length (texts of other lengths), compare.steps,
// compare.models, compare.shape.
Result<Snapshot> compare(const Snapshot& a, const Snapshot& b);

// Inputs to run a lab with again, so that its run also says what the comparison with `other` asks of it: of next-token
// the tokens that the other run lists. Empty where nothing is missing. Its other inputs stay.
Inputs more_to_report(const Snapshot& run, const Snapshot& other);

// {"a":…,"b":…,"difference":… or null,"why":null or {"code","what","remedy"}}.
std::string to_json(const Snapshot& a, const Snapshot& b, const Result<Snapshot>& difference, const Strings& strings);
// As to_csv of one snapshot: its columns are "a.NAME", "b.NAME" and, where there is a difference, "b-a.NAME".
std::string to_csv(const Snapshot& a, const Snapshot& b, const Result<Snapshot>& difference);

}  // namespace tb
