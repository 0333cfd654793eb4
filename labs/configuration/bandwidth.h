// How fast this machine reads its memory, measured.
#pragma once

namespace tb {

// Bytes a second: the best of a few sums over a buffer larger than the caches, by the threads that the model uses.
// 0 where there is no memory for it.
double measure_bandwidth();

}  // namespace tb
