// The command palette: every place, lab, setting and action of the reader, found by the beginnings of its words.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/widgets/pick_list.h"

namespace tb::viewer {

struct Command {
  std::string title, other;              // in the reader's language, and in the other: both are matched
  std::string kind;                      // "section", or "" for an action
  std::string keys;                      // that do the same
  std::function<void()> run;
};

// How well a query names a command; nullopt: not at all. Each of its words begins a word of one of the titles, or its
// letters stand in the title in this order, each next to the one before or at the beginning of a word ("nsec" for "next
// section").
std::optional<double> match(std::string_view query, const Command& command);

class Palette : private PickSource {
 public:
  explicit Palette(const Theme& theme) : theme_(theme) {}

  void open(std::vector<Command> commands);
  void close() { list_.close(); }
  bool is_open() const { return list_.is_open(); }
  // The command that was picked, to be run when nothing is being drawn from it any more.
  std::optional<Command> draw();

 private:
  void typed(const std::string& text) override;
  std::size_t rows() const override { return fitting_.empty() ? 1 : fitting_.size(); }
  float height(std::size_t) const override { return theme_.px(34); }
  bool can_pick(std::size_t) const override { return !fitting_.empty(); }
  void draw_row(std::size_t row, ImVec2 at, float width) override;
  std::string note() const override { return ""; }

  const Theme& theme_;
  PickList list_;
  std::vector<Command> commands_;
  std::vector<std::size_t> fitting_;     // indices of those that fit, best first
};

}  // namespace tb::viewer
