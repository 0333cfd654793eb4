#include "viewer/widgets/landmark.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tb::viewer {

namespace {

// Widgets know nothing of the reader that draws them; what they note is read and forgotten within the frame.
std::map<Landmark, Sighted>& noted() {
  static std::map<Landmark, Sighted> all;
  return all;
}

float off_middle(const Sighted& place) {
  return std::abs((place.min.y + place.max.y) / 2 - ImGui::GetIO().DisplaySize.y / 2);
}

}  // namespace

void note_landmark(Landmark what, ImVec2 min, ImVec2 max, bool in_use) {
  const ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 low = list->GetClipRectMin(), high = list->GetClipRectMax();
  const Sighted seen{{std::max(min.x, low.x), std::max(min.y, low.y)}, {std::min(max.x, high.x), std::min(max.y, high.y)},
                     in_use};
  if (seen.max.x <= seen.min.x || seen.max.y - seen.min.y < (max.y - min.y) / 2) return;
  const auto known = noted().find(what);
  if (known == noted().end()) {
    noted().emplace(what, seen);
  } else if (in_use || (!known->second.in_use && off_middle(seen) < off_middle(known->second))) {
    known->second = seen;
  }
}

void note_item(Landmark what, bool in_use) {
  note_landmark(what, ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), in_use);
}

std::optional<Sighted> sighted(Landmark what) {
  const auto known = noted().find(what);
  return known == noted().end() ? std::nullopt : std::optional(known->second);
}

void forget_landmarks() { noted().clear(); }

}  // namespace tb::viewer
