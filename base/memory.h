// How much memory this machine has to spare.
#pragma once

#include <cstdint>

namespace tb {

// Bytes that programs can take without pushing others out: what the system calls available, or less where a control
// group (a container) sets a limit. 0 where neither is known.
std::int64_t available_memory();

}  // namespace tb
