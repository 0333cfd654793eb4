// Published configurations, as data. No torch.
#pragma once

#include <span>
#include <string_view>

#include "labs/model/config.h"

namespace tb {

struct Preset {
  std::string_view name;      // "qwen3-0.6b": a choice of the lab
  std::string_view title;     // "Qwen3-0.6B"
  std::string_view source;    // where its config.json is published
  Config config;
};

std::span<const Preset> presets();

}  // namespace tb
