#pragma once

#include <string>

#include "labs/lab.h"

namespace tb::app {

// Errors: lab.type (names the nearest).
Result<const Lab*> find_lab(Engine& engine, const std::string& type);

}  // namespace tb::app
