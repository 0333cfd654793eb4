// Writing on, and tracing, with a model that is steered: what `generate` and `trace` take besides the text. No torch.
#pragma once

#include <string>
#include <vector>

#include "labs/lab.h"

namespace tb {

struct Steering {
  std::vector<std::string> interventions;   // SPECs (labs/model/intervention.h), applied left to right
  std::string adapter;                      // a folder in the format of peft; "": none
};

// Errors: those of Engine's functions of the same names, of Intervention::parse and Edits::of, and of Lora::load.
struct SteeredEngine {
  virtual ~SteeredEngine() = default;
  virtual Result<Generated> generate(Model&, const GenerateRequest&, const Steering&, const Progress&) = 0;
  // The request's interventions come first.
  virtual Result<TraceReport> trace(Model&, const TraceRequest&, const Steering&, const Progress&) = 0;
};

// Of the shared library that open_engine opens. Errors: engine.open.
Result<SteeredEngine*> open_steered_engine();

}  // namespace tb
