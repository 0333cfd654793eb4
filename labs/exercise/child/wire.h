// What checker and learner's process share: the start of the shared memory, and the numbers of its file descriptors.
// The child writes into the first part once, the host into the second before each call, the child into the third after
// it. All of it is the learner's to destroy: the host never trusts what it reads here.
#pragma once

#include <cstdint>

#include "plugin.h"

namespace tb::exercise::wire {

inline constexpr int kSocket = 3, kMemory = 4;            // as the child finds them
inline constexpr std::uint32_t kMaxArrays = 8;            // arguments, results, and numbers
inline constexpr std::uint32_t kMaxTrace = 32;

// One message over the socket, in either direction. The child's first has the number 0: it is ready.
struct Message {
  std::uint64_t call;
};

struct Header {
  std::uint32_t abi, call_size, array_size;
  char exercise[64], signature[512];

  std::uint32_t n_args, n_results, n_scalars;
  std::int32_t layer;
  tb_array args[kMaxArrays], results[kMaxArrays];         // data: bytes from the start of the memory
  double scalars[kMaxArrays];

  std::int32_t status;                                    // tb_status
  char error[512];
  std::uint32_t n_trace;                                  // of a sanitizer build: where it happened, innermost first, in
  std::uint64_t trace[kMaxTrace];                         // bytes from the program's start
};
inline constexpr std::size_t kDataBegin = 8192;
static_assert(sizeof(Header) <= kDataBegin);

}  // namespace tb::exercise::wire
