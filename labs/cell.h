// One value of a snapshot, number or text, by its place.
#pragma once

#include "labs/lab.h"

namespace tb {

// What stands at "bars.p[0]" or "bars.text[0]". Errors: snapshot.column, snapshot.index, as of value_at.
Result<std::variant<double, std::string>> cell_at(const Snapshot& snapshot, std::string_view place);

}  // namespace tb
