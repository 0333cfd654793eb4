#include <dlfcn.h>

#include <mutex>

#include "labs/lab.h"

namespace tb {

// The library stays open for the life of the process: libtorch does not survive being unloaded.
Result<Engine*> open_engine() {
  static std::once_flag once;
  static Engine* engine = nullptr;
  static std::string reason;
  std::call_once(once, [] {
    void* library = ::dlopen(TEXTBOOK_LABS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      reason = ::dlerror();
      return;
    }
    using Open = Engine* (*)();
    if (const auto open = reinterpret_cast<Open>(::dlsym(library, "textbook_engine"))) engine = open();
    else reason = ::dlerror();
  });
  if (!engine) return fail("engine.open", TEXTBOOK_LABS_LIBRARY, {reason});
  return engine;
}

}  // namespace tb
