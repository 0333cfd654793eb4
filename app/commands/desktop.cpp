#include "app/commands/desktop.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tb::app {

namespace {

// The value of the last "key = value" line of a file; "" where there is none.
std::string value_of(const std::filesystem::path& file, const std::string& key) {
  std::ifstream lines(file);
  std::string value;
  for (std::string line; std::getline(lines, line);) {
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    if (line.starts_with(key + "=")) value = line.substr(key.size() + 1);
  }
  return value;
}

}  // namespace

bool desktop_reduces_motion() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if ((!config || !*config) && !home) return false;
  const std::filesystem::path folder = config && *config ? config : std::filesystem::path(home) / ".config";
  for (const char* gtk : {"gtk-4.0", "gtk-3.0"}) {
    const std::string animations = value_of(folder / gtk / "settings.ini", "gtk-enable-animations");
    if (!animations.empty()) return animations == "0" || animations == "false" || animations == "FALSE";
  }
  const std::string factor = value_of(folder / "kdeglobals", "AnimationDurationFactor");
  return !factor.empty() && std::strtod(factor.c_str(), nullptr) == 0;
}

}  // namespace tb::app
