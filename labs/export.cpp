// The only symbols that the shared library of labs shows.
#include "labs/engine.h"
#include "labs/functions.h"
#include "labs/live_model.h"

#define TEXTBOOK_SHOWN extern "C" __attribute__((visibility("default")))

TEXTBOOK_SHOWN tb::Engine* textbook_engine() { return &tb::torch_engine(); }
TEXTBOOK_SHOWN tb::FunctionEngine* textbook_functions() { return &tb::function_engine(); }
TEXTBOOK_SHOWN tb::SteeredEngine* textbook_steered() { return &tb::torch_steered_engine(); }
TEXTBOOK_SHOWN tb::LiveModels* textbook_live_models() { return &tb::live_models(); }
