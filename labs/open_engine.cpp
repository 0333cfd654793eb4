#include <dlfcn.h>

#include "labs/function.h"
#include "labs/lab.h"
#include "labs/live_model.h"
#include "labs/steered.h"

namespace tb {

namespace {

// The library stays open for the life of the process: libtorch does not survive being unloaded.
Result<void*> library() {
  static void* const handle = ::dlopen(TEXTBOOK_LABS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  static const std::string reason = handle ? "" : ::dlerror();
  if (!handle) return fail("engine.open", TEXTBOOK_LABS_LIBRARY, {reason});
  return handle;
}

// What one of its symbols gives.
template <class T>
Result<T*> opened(const char* symbol) {
  const Result<void*> handle = library();
  if (!handle) return tl::unexpected(handle.error());
  const auto open = reinterpret_cast<T* (*)()>(::dlsym(*handle, symbol));
  if (!open) return fail("engine.open", TEXTBOOK_LABS_LIBRARY, {::dlerror()});
  return open();
}

}  // namespace

Result<Engine*> open_engine() { return opened<Engine>("textbook_engine"); }
Result<FunctionEngine*> open_function_engine() { return opened<FunctionEngine>("textbook_functions"); }
Result<SteeredEngine*> open_steered_engine() { return opened<SteeredEngine>("textbook_steered"); }
Result<LiveModels*> open_live_models() { return opened<LiveModels>("textbook_live_models"); }

}  // namespace tb
