// The best next tokens of two runs, with and without a change: dashed as it was, filled as it is.
#pragma once

#include "figure/kit.h"

namespace tb::figure {

// Rows for the columns top.{id, bytes, ...}, top.before and top.after [token], the most probable now above; a bar of
// the whole length is the probability `full`. Returns the y below; y itself where the columns are not there.
float draw_before_after(Pen& pen, const Look& look, const Snapshot& snapshot, float y, double full);

}  // namespace tb::figure
