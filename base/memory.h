// How much memory this machine has to spare.
#pragma once

#include <cstdint>

namespace tb {

// Bytes that programs can take without pushing others out: what the system calls available, or less where a control
// group (a container) sets a limit. 0 where neither is known.
std::int64_t available_memory();

// Gives what was freed back to the system. The allocator keeps much of it for the next time, some milliseconds' worth of
// work, which is right between two letters typed and wrong for a program that waits.
void return_freed_memory();

}  // namespace tb
