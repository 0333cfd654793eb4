// The explicit list of labs: adding one is a folder, a line here, a figure and a line in its list.
#pragma once

#include <span>

#include "labs/lab.h"

namespace tb {

std::span<const Lab* const> all_labs();

}  // namespace tb
