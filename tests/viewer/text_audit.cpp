#include "tests/viewer/text_audit.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <string_view>

#include <imgui_internal.h>

namespace {

struct Written {
  std::string text;
  ImRect box, clip;                         // of its line, and what cuts it
  const ImDrawList* list;
  int first, last;                          // its vertices: what is seen of it, turned or moved since
  const ImGuiWindow* window;
  const char* end;                          // where its bytes end
};

struct Frame {
  ImRect box;
  const ImDrawList* list;
};

struct Record {
  std::vector<Written> texts;
  std::vector<Frame> frames;                // outlines with round corners: cards, buttons, chips
};

Record* record = nullptr;                   // while an audit lives

constexpr float kSlack = 1;                 // pixels: places are rounded
constexpr float kTouch = 3;                 // letters that lean or hang over touch their neighbours by less

void note(const ImDrawList* list, ImFont* font, float size, const ImVec2& at, const char* begin, const char* end,
          float wrap, const ImVec4* fine, int first) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  if (!font) font = list->_Data->Font;
  if (size == 0) size = list->_Data->FontSize;
  if (!end) end = begin + std::string_view(begin).size();
  while (end > begin && (end[-1] == ' ' || end[-1] == '\n')) --end;
  if (begin == end || !g.CurrentWindow) return;
  const ImVec2 extent = font->CalcTextSizeA(size, FLT_MAX, wrap, begin, end);
  const ImVec4 outer = list->_CmdHeader.ClipRect;
  ImRect clip(outer.x, outer.y, outer.z, outer.w);
  if (fine) clip.ClipWith(ImRect(fine->x, fine->y, fine->z, fine->w));
  const ImRect box(at, {at.x + extent.x, at.y + extent.y});
  // The letters behind a kerned pair are drawn apart, and closer: still the same text.
  if (!record->texts.empty()) {
    Written& last = record->texts.back();
    if (last.end == begin && last.list == list && last.last == first && last.box.Min.y == at.y &&
        at.x > last.box.Max.x - size / 4) {
      last.text.append(begin, end);
      last.box.Add(box);
      last.last = list->VtxBuffer.Size;
      last.end = end;
      return;
    }
  }
  record->texts.push_back({std::string(begin, end), box, clip, list, first, list->VtxBuffer.Size, g.CurrentWindow,
                           end});
}

ImRect ink_of(const Written& text) {
  ImRect ink(FLT_MAX, FLT_MAX, -FLT_MAX, -FLT_MAX);
  for (int i = text.first; i < std::min(text.last, text.list->VtxBuffer.Size); ++i)
    ink.Add(text.list->VtxBuffer[i].pos);
  return ink;
}

bool scrolls(const ImGuiWindow* window) {
  for (; window; window = window->ParentWindow)
    if (window->ScrollMax.y > 0) return true;
  return false;
}

std::string line(const std::string& text) {
  std::string out = text.substr(0, 90);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return "“" + out + "”";
}

std::string where(const ImRect& box) {
  const auto whole = [](float x) { return std::to_string(std::lround(x)); };
  return whole(box.Min.x) + "," + whole(box.Min.y) + " to " + whole(box.Max.x) + "," + whole(box.Max.y);
}

}  // namespace

// The linker calls these in the place of Dear ImGui's own, which it knows as __real_...
#define ADD_TEXT(prefix) prefix##_ZN10ImDrawList7AddTextEP6ImFontfRK6ImVec2jPKcS6_fPK6ImVec4
#define ADD_PLAIN_TEXT(prefix) prefix##_ZN10ImDrawList7AddTextERK6ImVec2jPKcS4_
#define ADD_RECT(prefix) prefix##_ZN10ImDrawList7AddRectERK6ImVec2S2_jffi

extern "C" {

void ADD_TEXT(__real_)(ImDrawList*, ImFont*, float, const ImVec2&, ImU32, const char*, const char*, float,
                       const ImVec4*);
void ADD_TEXT(__wrap_)(ImDrawList* list, ImFont* font, float size, const ImVec2& at, ImU32 color, const char* begin,
                       const char* end, float wrap, const ImVec4* fine) {
  const int first = list->VtxBuffer.Size;
  ADD_TEXT(__real_)(list, font, size, at, color, begin, end, wrap, fine);
  if (record && (color & IM_COL32_A_MASK) != 0) note(list, font, size, at, begin, end, wrap, fine, first);
}

void ADD_PLAIN_TEXT(__real_)(ImDrawList*, const ImVec2&, ImU32, const char*, const char*);
void ADD_PLAIN_TEXT(__wrap_)(ImDrawList* list, const ImVec2& at, ImU32 color, const char* begin, const char* end) {
  const int first = list->VtxBuffer.Size;
  ADD_PLAIN_TEXT(__real_)(list, at, color, begin, end);
  if (record && (color & IM_COL32_A_MASK) != 0) note(list, nullptr, 0, at, begin, end, 0, nullptr, first);
}

void ADD_RECT(__real_)(ImDrawList*, const ImVec2&, const ImVec2&, ImU32, float, float, int);
void ADD_RECT(__wrap_)(ImDrawList* list, const ImVec2& low, const ImVec2& high, ImU32 color, float rounding,
                       float thickness, int flags) {
  ADD_RECT(__real_)(list, low, high, color, rounding, thickness, flags);
  if (record && rounding > 0 && (color & IM_COL32_A_MASK) != 0) record->frames.push_back({ImRect(low, high), list});
}
}

namespace tb::test {

TextAudit::TextAudit() { record = new Record; }

TextAudit::~TextAudit() {
  delete record;
  record = nullptr;
}

std::size_t TextAudit::texts() const { return record->texts.size(); }

std::vector<std::string> TextAudit::findings() const {
  std::vector<std::string> found;
  struct Seen {
    const Written* text;
    ImRect ink;
  };
  std::vector<Seen> seen;
  for (const Written& text : record->texts) {
    const ImRect ink = ink_of(text);
    const auto tell = [&](const std::string& what) {
      found.push_back(what + ": " + line(text.text) + " at " + where(text.box) + " in " + text.window->Name);
    };
    const bool none = ink.Min.x > ink.Max.x;
    const bool turned = !none && (ink.Max.y > text.box.Max.y + 2 * kTouch || ink.Min.y < text.box.Min.y - 2 * kTouch);
    const ImRect box = turned ? ink : text.box;
    const ImRect clip = turned ? ImRect(text.window->ClipRect) : text.clip;
    if (box.Max.y <= clip.Min.y + kSlack || box.Min.y >= clip.Max.y - kSlack) continue;     // scrolled out of sight
    if (box.Min.x < clip.Min.x - kSlack || box.Max.x > clip.Max.x + kSlack) tell("cut off at its side");
    if (!scrolls(text.window) && !none && (ink.Min.y < clip.Min.y - kSlack || ink.Max.y > clip.Max.y + kSlack))
      tell("cut off above or below");
    for (const Frame& frame : record->frames) {
      const ImVec2 begin(box.Min.x + kSlack, (box.Min.y + box.Max.y) / 2);
      if (frame.list == text.list && frame.box.Contains(begin) && box.Max.x > frame.box.Max.x + kSlack)
        tell("runs over its frame " + where(frame.box));
    }
    if (!none) seen.push_back({&text, ink});
  }
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.ink.Min.y < b.ink.Min.y; });
  for (std::size_t i = 0; i < seen.size(); ++i)
    for (std::size_t j = i + 1; j < seen.size() && seen[j].ink.Min.y < seen[i].ink.Max.y; ++j) {
      const Seen &a = seen[i], &b = seen[j];
      if (a.text->list != b.text->list) continue;          // one window over another
      if (a.text->text == b.text->text && a.text->box.Min.x == b.text->box.Min.x) continue;
      const float wide = std::min(a.ink.Max.x, b.ink.Max.x) - std::max(a.ink.Min.x, b.ink.Min.x);
      const float high = std::min(a.ink.Max.y, b.ink.Max.y) - std::max(a.ink.Min.y, b.ink.Min.y);
      if (wide > kTouch && high > kTouch)
        found.push_back("lies on another: " + line(a.text->text) + " at " + where(a.ink) + " and " +
                        line(b.text->text) + " at " + where(b.ink) + " in " + a.text->window->Name);
    }
  return found;
}

}  // namespace tb::test
