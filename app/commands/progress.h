// textbook progress: what the learner leaves behind.
#pragma once

#include "app/commands/common.h"

namespace tb::app {

CommandSpec progress_command();

}  // namespace tb::app
