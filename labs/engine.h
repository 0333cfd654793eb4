// The engines, for those who link torch: the shared library's export, and the tests.
#pragma once

#include "labs/lab.h"
#include "labs/steered.h"

namespace tb {

Engine& torch_engine();
SteeredEngine& torch_steered_engine();

}  // namespace tb
