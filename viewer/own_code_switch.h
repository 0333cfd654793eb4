// "Run the model with my code": the switch in an exercise's row of actions, and what the status line says while it is on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "labs/compute.h"
#include "labs/own_code.h"
#include "viewer/theme.h"

namespace tb::viewer {

class OwnCodeSwitch {
 public:
  // Both outlive this; without `code` there is no switch.
  OwnCodeSwitch(OwnCode* code, Compute& compute) : code_(code), compute_(compute) {}

  // Each frame: where the model runs on other functions than before, the labs are computed again.
  void tend();
  // For an exercise that stands for no part of the forward pass it says why. Widget: ###run-on-mine.
  void draw(const Theme& theme, const std::string& exercise, const std::filesystem::path& file, float width);
  // On for this exercise; off for all where any is on.
  void toggle(const std::string& exercise, const std::filesystem::path& file);
  bool is_on() const;

  struct Notice {
    std::string text;                        // "": off
    bool trouble = false;                    // one did not compile, or was ended
  };
  Notice notice(const Strings& strings) const;

 private:
  std::string ended(const Function::Report& report, const Strings& strings) const;

  OwnCode* code_;
  Compute& compute_;
  std::uint64_t seen_ = 0;                   // version of the functions that the labs show
};

}  // namespace tb::viewer
