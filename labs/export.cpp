// The only symbol that the shared library of labs shows.
#include "labs/engine.h"

extern "C" __attribute__((visibility("default"))) tb::Engine* textbook_engine() { return &tb::torch_engine(); }
