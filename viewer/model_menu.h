// The list of known models, on a card above the line at the bottom: a click or its number loads one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "labs/compute.h"
#include "viewer/theme.h"

namespace tb::viewer {

struct ModelChoice {
  std::string name;
  LoadOptions options;
  std::optional<Error> error;   // why it cannot be loaded
};
using ListModels = std::function<std::vector<ModelChoice>()>;   // asked whenever the menu opens

class ModelMenu {
 public:
  bool is_open() const { return open_; }
  void open(const ListModels& list);   // stays shut where there is no list
  void close() { open_ = false; }
  // Draws the open menu into the current window. The model that was chosen, which may be the one at hand.
  std::optional<ModelChoice> draw(const Theme& theme, const ModelView& model);

 private:
  bool open_ = false;
  std::vector<ModelChoice> choices_;
};

}  // namespace tb::viewer
