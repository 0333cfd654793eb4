// The edge of a job: beyond it torch's exceptions are errors like all others.
#pragma once

#include <new>
#include <string>
#include <utility>

#include <c10/util/Exception.h>

#include "base/error.h"

namespace tb {

// What `work` returns (a Result), or the error torch.memory or torch.failed if torch threw.
template <class Work>
auto guarded(const std::string& where, Work&& work) -> decltype(work()) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return fail("torch.memory", where);
  } catch (const c10::OutOfMemoryError&) {
    return fail("torch.memory", where);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    // The CPU's allocator has no exception type of its own; and after the first line follows a stack of C++ calls.
    if (text.find("not enough memory") != std::string::npos) return fail("torch.memory", where);
    return fail("torch.failed", where, {text.substr(0, text.find('\n'))});
  }
}

}  // namespace tb
