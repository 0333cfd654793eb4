// The labs as the program gets them: they run on a learner's functions where there are any in use (labs/function.h).
#pragma once

#include <span>

#include "labs/function.h"
#include "labs/lab.h"

namespace tb {

FunctionEngine& function_engine();
std::span<const Lab* const> labs_on_functions();   // of the types of all_labs

}  // namespace tb
