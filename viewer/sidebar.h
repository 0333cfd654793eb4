// The contents: chapters, the sections of the one at hand with the current one marked, and the few switches that a
// reader without the keys needs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "book/catalogue.h"
#include "book/document.h"
#include "book/progress.h"
#include "viewer/keys.h"
#include "viewer/theme.h"

namespace tb::viewer {

struct SidebarView {
  const std::vector<book::Chapter>& chapters;
  std::size_t chapter = 0;                        // the one at hand
  const std::vector<book::Section>& sections;     // of it
  std::string anchor;                             // of the section in sight
  std::string language;
  const std::vector<book::Standing>& standings;   // of the sections; empty where there are none
};

struct SidebarChoice {
  std::optional<std::size_t> chapter;
  std::optional<std::string> anchor;
  std::optional<Action> action;
};

// Fills the current ImGui window.
SidebarChoice draw_sidebar(const Theme& theme, const SidebarView& view);

}  // namespace tb::viewer
