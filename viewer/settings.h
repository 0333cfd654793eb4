// What the reader remembers between starts, as typed values over book::State.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "book/place.h"
#include "book/state.h"
#include "viewer/theme.h"

namespace tb::viewer {

struct WindowSize {                                        // pixels at scale 1
  int width = 1280, height = 800;
  bool operator==(const WindowSize&) const = default;
};

struct Settings {
  std::optional<std::string> language;
  std::optional<figure::Theme> theme;
  std::optional<float> text_size;                          // 1: 100 %
  std::optional<book::Place> place;
  float fraction = 0;                                      // how far into the place's section
  std::optional<WindowSize> window;
  std::optional<bool> reduced_motion;                      // none: as the desktop has it
  bool contents_hidden = false;                            // where the window has room for them beside the text
  bool tour_seen = false;                                  // the tour was offered
  std::string lesson;                                      // the file that is worked on; "": none
  std::string model;                                       // the one chosen in the menu; "": none

  bool operator==(const Settings&) const = default;
};

Settings read_settings(const book::State& state);
// Writes what differs from `before`. Errors: those of book::State::set.
Result<void> write_settings(book::State& state, const Settings& before, const Settings& now);

// A lab's inputs; empty where none were saved.
std::map<std::string, std::string> read_inputs(const book::State& state, const std::string& chapter,
                                               const std::string& instance);
Result<void> write_inputs(book::State& state, const std::string& chapter, const std::string& instance,
                          const std::map<std::string, std::string>& inputs);

std::string theme_name(figure::Theme theme);               // "light"
std::optional<figure::Theme> theme_from_name(std::string_view name);

}  // namespace tb::viewer
