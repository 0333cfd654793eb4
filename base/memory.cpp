#include "base/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tb {

namespace {

// The number after a key at the start of a line; 0 where there is none.
std::int64_t number_after(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word, rest;
  for (std::int64_t number; file >> word >> number; std::getline(file, rest))
    if (word == key) return number;
  return 0;
}

// What the control group leaves us. Files it has read count as its use, but they go when room is needed.
std::int64_t left_by_group() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::int64_t limit = 0;
  if (!(file >> limit)) return std::numeric_limits<std::int64_t>::max();   // no group, or "max"
  return std::max<std::int64_t>(0, limit - number_after("/sys/fs/cgroup/memory.stat", "anon"));
}

}  // namespace

std::int64_t available_memory() {
  return std::min(number_after("/proc/meminfo", "MemAvailable:") * 1024, left_by_group());
}

void return_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace tb
