// The one engine, for those who link torch: the shared library's export, and the tests.
#pragma once

#include "labs/lab.h"

namespace tb {

Engine& torch_engine();

}  // namespace tb
