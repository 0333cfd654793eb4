#include "viewer/figure_view.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "viewer/widgets/landmark.h"

namespace tb::viewer {

namespace {

constexpr float move_seconds = 0.12f;

ImFont* font_of(const Fonts& fonts, figure::Face face) {
  return face == figure::Face::mono ? fonts.mono : face == figure::Face::text_bold ? fonts.ui_bold : fonts.ui;
}

float mix(float a, float b, float t) { return a + (b - a) * t; }
figure::Box mix(const figure::Box& a, const figure::Box& b, float t) {
  return {mix(a.x, b.x, t), mix(a.y, b.y, t), mix(a.w, b.w, t), mix(a.h, b.h, t)};
}
figure::Color mix(figure::Color a, figure::Color b, float t) {
  const auto byte = [t](std::uint8_t x, std::uint8_t y) {
    return static_cast<std::uint8_t>(std::lround(mix(x, y, t)));
  };
  return {byte(a.r, b.r), byte(a.g, b.g), byte(a.b, b.b), byte(a.a, b.a)};
}

// A shape on its way from `a` to `b`; shapes of different kinds do not move.
figure::Shape mix(const figure::Shape& a, const figure::Shape& b, float t) {
  using namespace figure;
  if (a.index() != b.index()) return b;
  Shape shape = b;
  if (auto* rect = std::get_if<RectShape>(&shape)) rect->box = mix(std::get<RectShape>(a).box, rect->box, t);
  if (auto* line = std::get_if<LineShape>(&shape)) {
    const auto& from = std::get<LineShape>(a);
    *line = {mix(from.x1, line->x1, t), mix(from.y1, line->y1, t), mix(from.x2, line->x2, t), mix(from.y2, line->y2, t),
             line->color, line->width, line->dashed};
  }
  if (auto* text = std::get_if<TextShape>(&shape)) {
    text->x = mix(std::get<TextShape>(a).x, text->x, t);
    text->y = mix(std::get<TextShape>(a).y, text->y, t);
  }
  if (auto* cells = std::get_if<CellsShape>(&shape)) {
    const auto& from = std::get<CellsShape>(a);
    if (from.cells.size() == cells->cells.size())
      for (std::size_t i = 0; i < cells->cells.size(); ++i) cells->cells[i] = mix(from.cells[i], cells->cells[i], t);
  }
  if (auto* path = std::get_if<PathShape>(&shape)) {
    const auto& from = std::get<PathShape>(a).points;
    for (std::size_t i = 0; i < std::min(from.size(), path->points.size()); ++i)
      path->points[i] = {mix(from[i].x, path->points[i].x, t), mix(from[i].y, path->points[i].y, t)};
  }
  return shape;
}

bool alike(const figure::Figure& a, const figure::Figure& b) {
  return a.width == b.width && a.shapes.size() == b.shapes.size() &&
         std::equal(a.shapes.begin(), a.shapes.end(), b.shapes.begin(),
                    [](const figure::Shape& x, const figure::Shape& y) { return x.index() == y.index(); });
}

struct Painter {
  ImDrawList* list;
  ImVec2 origin;
  const Theme& theme;
  float alpha;

  ImU32 paint(figure::Color color) const {
    color.a = static_cast<std::uint8_t>(std::lround(color.a * alpha));
    return to_imgui(color);
  }
  // Whole pixels: edges and thin lines are sharp, and neighbouring cells touch.
  ImVec2 at(float x, float y) const { return {std::round(origin.x + x), std::round(origin.y + y)}; }

  void dashes(ImVec2 from, ImVec2 to, ImU32 color, float width) const {
    const float length = std::hypot(to.x - from.x, to.y - from.y), on = theme.px(3), period = theme.px(5.5f);
    for (float d = 0; d < length; d += period) {
      const float a = d / length, b = std::min(d + on, length) / length;
      list->AddLine({mix(from.x, to.x, a), mix(from.y, to.y, a)}, {mix(from.x, to.x, b), mix(from.y, to.y, b)}, color,
                    width);
    }
  }

  void operator()(const figure::RectShape& rect) const {
    const ImVec2 a = at(rect.box.x, rect.box.y), b = at(rect.box.x + rect.box.w, rect.box.y + rect.box.h);
    const float width = rect.stroke_width;
    if (rect.fill.a > 0 && !rect.hatched) list->AddRectFilled(a, b, paint(rect.fill), rect.radius);
    if (rect.fill.a > 0 && rect.hatched) {
      list->PushClipRect(a, b, true);
      const float h = b.y - a.y;
      for (float x = a.x - h; x < b.x; x += theme.px(5))
        list->AddLine({x, b.y}, {x + h, a.y}, paint(rect.fill), theme.px(1.4f));
      list->PopClipRect();
    }
    if (rect.stroke.a == 0) return;
    const ImU32 color = paint(rect.stroke);
    if (!rect.dashed) {
      list->AddRect(a, b, color, rect.radius, width);
      return;
    }
    dashes(a, {b.x, a.y}, color, width);
    dashes({b.x, a.y}, b, color, width);
    dashes(b, {a.x, b.y}, color, width);
    dashes({a.x, b.y}, a, color, width);
  }

  void operator()(const figure::LineShape& line) const {
    const ImVec2 a = at(line.x1, line.y1), b = at(line.x2, line.y2);
    if (line.dashed) dashes(a, b, paint(line.color), line.width);
    else list->AddLine(a, b, paint(line.color), line.width);
  }

  void operator()(const figure::TextShape& text) const {
    ImFont* font = font_of(theme.fonts, text.face);
    const char *begin = text.text.data(), *end = begin + text.text.size();
    const float ascent = font->GetFontBaked(text.size)->Ascent;
    const float width = text.anchor == 0 ? 0 : font->CalcTextSizeA(text.size, 1e9f, 0, begin, end).x;
    const ImVec2 place = at(text.x - width * text.anchor, text.y - ascent);
    const int first = list->VtxBuffer.Size;
    if (text.upward) list->PushClipRectFullScreen();   // its vertices are clipped only after the turn, by the window
    list->AddText(font, text.size, place, paint(text.color), begin, end);
    if (!text.upward) return;
    list->PopClipRect();
    const ImVec2 pivot = at(text.x, text.y);
    for (int i = first; i < list->VtxBuffer.Size; ++i) {
      ImVec2& p = list->VtxBuffer[i].pos;
      p = {pivot.x + (p.y - pivot.y), pivot.y - (p.x - pivot.x)};
    }
  }

  // Neighbours of one colour are one rectangle: most of a pattern is near zero.
  void operator()(const figure::CellsShape& cells) const {
    if (cells.rows == 0 || cells.columns == 0) return;
    const float w = cells.box.w / static_cast<float>(cells.columns), h = cells.box.h / static_cast<float>(cells.rows);
    for (int row = 0; row < cells.rows; ++row) {
      const figure::Color* colors = cells.cells.data() + static_cast<std::ptrdiff_t>(row) * cells.columns;
      for (int first = 0, last; first < cells.columns; first = last) {
        for (last = first + 1; last < cells.columns && to_imgui(colors[last]) == to_imgui(colors[first]);) ++last;
        if (colors[first].a == 0) continue;
        list->AddRectFilled(
            at(cells.box.x + static_cast<float>(first) * w, cells.box.y + static_cast<float>(row) * h),
            at(cells.box.x + static_cast<float>(last) * w, cells.box.y + static_cast<float>(row + 1) * h),
            paint(colors[first]));
      }
    }
  }

  void operator()(const figure::PathShape& path) const {
    std::vector<ImVec2> points;   // between the pixels: a curve would wobble on whole ones
    for (const figure::Point& p : path.points) points.push_back({origin.x + p.x, origin.y + p.y});
    if (!path.dashed) {
      list->AddPolyline(points.data(), static_cast<int>(points.size()), paint(path.color), path.width);
      return;
    }
    // Dashes go on around the corners.
    const float on = theme.px(5), period = theme.px(8);
    float done = 0;
    for (std::size_t i = 1; i < points.size(); ++i) {
      const ImVec2 a = points[i - 1], b = points[i];
      const float length = std::hypot(b.x - a.x, b.y - a.y);
      for (float d = 0; d < length;) {
        const float phase = std::fmod(done + d, period);
        const float step = std::min(phase < on ? on - phase : period - phase, length - d);
        if (phase < on)
          list->AddLine({mix(a.x, b.x, d / length), mix(a.y, b.y, d / length)},
                        {mix(a.x, b.x, (d + step) / length), mix(a.y, b.y, (d + step) / length)}, paint(path.color),
                        path.width);
        d += std::max(step, 0.01f);
      }
      done += length;
    }
  }
};

float bottom_of(const figure::Shape& shape) {
  using namespace figure;
  if (const auto* rect = std::get_if<RectShape>(&shape)) return rect->box.y + rect->box.h;
  if (const auto* line = std::get_if<LineShape>(&shape)) return std::max(line->y1, line->y2);
  if (const auto* text = std::get_if<TextShape>(&shape)) return text->y + text->size;
  if (const auto* path = std::get_if<PathShape>(&shape)) {
    float bottom = -1e9f;
    for (const Point& p : path->points) bottom = std::max(bottom, p.y + path->width);
    return bottom;
  }
  const auto& box = std::get<CellsShape>(shape).box;
  return box.y + box.h;
}
float top_of(const figure::Shape& shape) {
  using namespace figure;
  if (const auto* rect = std::get_if<RectShape>(&shape)) return rect->box.y;
  if (const auto* line = std::get_if<LineShape>(&shape)) return std::min(line->y1, line->y2);
  if (const auto* text = std::get_if<TextShape>(&shape)) return text->y - text->size * (text->upward ? 20.f : 1.f);
  if (const auto* path = std::get_if<PathShape>(&shape)) {
    float top = 1e9f;
    for (const Point& p : path->points) top = std::min(top, p.y - path->width);
    return top;
  }
  return std::get<CellsShape>(shape).box.y;
}

void draw_tip(const figure::Hit& hit, const Theme& theme) {
  if (hit.tip.empty()) return;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {theme.px(12), theme.px(8)});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, theme.px(3)});
  if (ImGui::BeginTooltip()) {
    for (std::size_t i = 0; i < hit.tip.size(); ++i) {
      ImGui::PushFont(i == 0 ? theme.fonts.ui_bold : theme.fonts.ui, theme.px(14));
      ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(i == 0 ? theme.colors().ink : theme.colors().muted));
      ImGui::TextUnformatted(hit.tip[i].data(), hit.tip[i].data() + hit.tip[i].size());
      ImGui::PopStyleColor();
      ImGui::PopFont();
    }
    ImGui::EndTooltip();
  }
  ImGui::PopStyleVar(2);
}

}  // namespace

figure::Measure imgui_measure(const Fonts& fonts) {
  return [fonts](std::string_view text, figure::Face face, float size) {
    return font_of(fonts, face)->CalcTextSizeA(size, 1e9f, 0, text.data(), text.data() + text.size()).x;
  };
}

bool FigureView::animating() const { return progress_ < 1 && ImGui::GetFrameCount() - last_frame_ <= 1; }

void FigureView::rebuild(const Snapshot& snapshot, figure::Between between, const Theme& theme, float width,
                         bool new_values) {
  figure::Look look{.colors = theme.colors(), .strings = *theme.strings, .measure = imgui_measure(theme.fonts),
                    .width = width, .size = theme.px(theme.sizes.ui), .hovered = hovered_, .selected = selected_,
                    .between = between};
  figure::Figure next = figure::draw(snapshot, look);
  const bool moves = new_values && !theme.reduced_motion && alike(figure_, next);
  before_ = moves ? std::exchange(figure_, std::move(next)) : figure::Figure();
  if (!moves) figure_ = std::move(next);
  progress_ = moves ? 0.f : 1.f;
}

const figure::Hit* FigureView::hit_at(ImVec2 point) const {
  for (auto hit = figure_.hits.rbegin(); hit != figure_.hits.rend(); ++hit)   // what lies on top comes last
    if (point.x >= hit->box.x && point.x < hit->box.x + hit->box.w && point.y >= hit->box.y &&
        point.y < hit->box.y + hit->box.h)
      return &*hit;
  return nullptr;
}

// The keys that a focused figure holds: left and right go through the hits in reading order, up and down to the nearest
// in that direction. True where Enter chose the selected one.
bool FigureView::walk(const Theme& theme) {
  const ImGuiID id = ImGui::GetItemID();
  const auto pressed = [id](ImGuiKey key) { return ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, id); };
  for (const ImGuiKey key :
       {ImGuiKey_LeftArrow, ImGuiKey_RightArrow, ImGuiKey_UpArrow, ImGuiKey_DownArrow, ImGuiKey_Enter})
    ImGui::SetKeyOwner(key, id);
  step(pressed(ImGuiKey_RightArrow) - pressed(ImGuiKey_LeftArrow),
       pressed(ImGuiKey_DownArrow) - pressed(ImGuiKey_UpArrow), theme.px(2));
  return pressed(ImGuiKey_Enter);
}

void FigureView::step(int along, int across, float least) {
  if (figure_.hits.empty()) return;
  std::size_t at = 0;
  while (at < figure_.hits.size() && figure_.hits[at].id != selected_) ++at;
  const bool none = at == figure_.hits.size();
  if (along == 0 && across == 0) return;
  if (none) {
    selected_ = figure_.hits.front().id;
    return;
  }
  if (along != 0) {
    const auto last = static_cast<std::ptrdiff_t>(figure_.hits.size()) - 1;
    at = static_cast<std::size_t>(std::clamp(static_cast<std::ptrdiff_t>(at) + along, std::ptrdiff_t{0}, last));
    selected_ = figure_.hits[at].id;
    return;
  }
  const figure::Box from = figure_.hits[at].box;
  const float x = from.x + from.w / 2, y = from.y + from.h / 2;
  float nearest = 1e9f;
  for (const figure::Hit& hit : figure_.hits) {
    const float dx = hit.box.x + hit.box.w / 2 - x, dy = (hit.box.y + hit.box.h / 2 - y) * static_cast<float>(across);
    if (dy <= least) continue;
    const float distance = dy + std::abs(dx) * 2;
    if (distance >= nearest) continue;
    nearest = distance;
    selected_ = hit.id;
  }
}

void FigureView::paint(ImVec2 origin, const Theme& theme, float alpha) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const Painter painter{list, origin, theme, alpha};
  const float above = list->GetClipRectMin().y - origin.y, below = list->GetClipRectMax().y - origin.y;
  for (std::size_t i = 0; i < figure_.shapes.size(); ++i) {
    if (progress_ < 1) {
      std::visit(painter, mix(before_.shapes[i], figure_.shapes[i], 1 - (1 - progress_) * (1 - progress_)));
    } else if (bottom_of(figure_.shapes[i]) >= above && top_of(figure_.shapes[i]) <= below) {
      std::visit(painter, figure_.shapes[i]);
    }
  }
}

std::optional<Inputs> FigureView::draw(const std::shared_ptr<const Snapshot>& snapshot, const Theme& theme, float width,
                                       bool dimmed, figure::Between between) {
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const Key key{snapshot, width, theme.scale, theme.id, theme.strings, hovered_, selected_};
  if (!(key == key_)) {
    rebuild(*snapshot, between, theme, width, key_.snapshot && key_.snapshot != snapshot && key_.width == width);
    key_ = key;
  }
  if (figure_.width <= 0) return std::nullopt;
  last_frame_ = ImGui::GetFrameCount();
  progress_ = std::min(1.f, progress_ + ImGui::GetIO().DeltaTime / move_seconds);

  const bool clicked = ImGui::InvisibleButton("###figure", {width, figure_.height}, ImGuiButtonFlags_EnableNav);
  const ImVec2 mouse = ImGui::GetMousePos();
  const bool over = ImGui::IsItemHovered();
  const figure::Hit* under = over ? hit_at({mouse.x - origin.x, mouse.y - origin.y}) : nullptr;
  // A click takes hold of the figure, one beside it or Escape lets go; Tab comes and goes as everywhere.
  const bool by_tab = ImGui::GetIO().ConfigFlags & ImGuiConfigFlags_NavEnableKeyboard;
  if ((ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !over) || ImGui::IsKeyPressed(ImGuiKey_Escape))
    selected_.clear();
  const bool focused = ImGui::IsItemFocused() && (by_tab || !selected_.empty());
  const bool entered = focused && walk(theme);
  paint(origin, theme, dimmed ? 0.45f : 1.f);
  if (focused && ImGui::GetIO().NavVisible)
    ImGui::GetWindowDrawList()->AddRect({origin.x - theme.px(6), origin.y - theme.px(6)},
                                        {origin.x + width + theme.px(6), origin.y + figure_.height + theme.px(6)},
                                        to_imgui(theme.colors().accent), theme.px(4));

  hovered_ = under ? under->id : "";
  note_landmark(Landmark::figure, origin, {origin.x + width, origin.y + figure_.height},
                under || (focused && !selected_.empty()));
  if (under) {
    if (!under->set.empty()) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    draw_tip(*under, theme);
  }
  const auto selected = std::find_if(figure_.hits.begin(), figure_.hits.end(),
                                     [&](const figure::Hit& hit) { return hit.id == selected_; });
  const figure::Hit* held = selected == figure_.hits.end() ? nullptr : &*selected;
  if (focused && held && !under) {
    ImGui::SetNextWindowPos({origin.x + held->box.x, origin.y + held->box.y + held->box.h + theme.px(8)});
    draw_tip(*held, theme);
  }
  if (!clicked && !entered) return std::nullopt;
  const figure::Hit* chosen = clicked && under ? under : held;
  selected_ = chosen ? chosen->id : "";
  if (!chosen || chosen->set.empty()) return std::nullopt;
  return chosen->set;
}

}  // namespace tb::viewer
