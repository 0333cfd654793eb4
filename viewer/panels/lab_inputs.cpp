#include "viewer/panels/lab_inputs.h"

#include <algorithm>
#include <cmath>

#include <imgui.h>
#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "base/numbers.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr double widest_slider = 300;   // more whole numbers than that are typed, not dragged

std::string text_key(const LabInstance& lab, const Field& field) { return "lab." + lab.type() + "." + field.key; }

// The value as the slider shows it: a word where the lab has one for it ("off"), else the number with its unit.
std::string shown(const LabInstance& lab, const Field& field, double value, const Theme& theme) {
  const Strings& strings = *theme.strings;
  const bool whole = std::holds_alternative<std::int64_t>(field.initial);
  const auto rounded = static_cast<std::int64_t>(std::llround(value));
  if (whole || value == static_cast<double>(rounded)) {
    const std::string word = "lab." + lab.type() + ".at." + field.key + "." + std::to_string(rounded);
    if (strings.has(word)) return strings.get(word);
  }
  if (!whole) return format_fixed(value, field.step >= 0.1 ? 1 : 2, strings.language());
  if (field.unit.empty()) return format_integer(rounded, strings.language());
  return strings.plural("unit." + field.unit, rounded);
}

// ImGui reads a format: a per cent sign of ours must not be one of its.
std::string as_format(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

void draw_tip(const std::string& key, const Theme& theme) {
  if (!theme.strings->has(key) || !ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) return;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {theme.px(12), theme.px(8)});
  if (ImGui::BeginTooltip()) {
    draw_wrapped(theme, theme.fonts.ui, 14, theme.colors().ink, theme.strings->get(key), theme.px(320));
    ImGui::EndTooltip();
  }
  ImGui::PopStyleVar();
}

bool wants_preset() {
  const bool twice = ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
  if (twice) ImGui::ClearActiveID();   // else the slider would follow the second click
  return twice || ImGui::IsItemClicked(ImGuiMouseButton_Right);
}

void draw_text(LabInstance& lab, const Field& field, const Theme& theme, float width) {
  std::string text = std::get<std::string>(lab.inputs().at(field.key));
  const float pad = ImGui::GetStyle().FramePadding.x, pixels = theme.px(16);
  // As high as the text, from one line to four.
  ImFont* font = theme.fonts.ui;
  const std::string measured = text.empty() || text.ends_with('\n') ? text + " " : text;
  const float tall = font->CalcTextSizeA(pixels, 1e9f, std::max(width - 2 * pad - theme.px(12), 1.f), measured.data(),
                                         measured.data() + measured.size()).y;
  ImGui::PushFont(font, pixels);
  const float line = ImGui::GetTextLineHeight();
  const float height = std::clamp(tall, line, 4 * line) + 2 * ImGui::GetStyle().FramePadding.y;
  const std::string name = "###" + field.key;
  const bool changed =
      ImGui::InputTextMultiline(name.c_str(), &text, {width, height},
                                ImGuiInputTextFlags_WordWrap | ImGuiInputTextFlags_CtrlEnterForNewLine);
  const bool over = field.max > field.min && static_cast<double>(text.size()) > field.max;
  if (changed && !over) lab.edit(field.key, std::move(text));
  if (ImGui::IsItemDeactivated()) lab.end_edit();
  ImGui::PopFont();
  draw_tip(text_key(lab, field) + "-tip", theme);
}

void draw_slider(LabInstance& lab, const Field& field, const Theme& theme) {
  const Value& value = lab.inputs().at(field.key);
  const bool whole = std::holds_alternative<std::int64_t>(value);
  const std::string name = "###" + field.key;
  const double before = whole ? static_cast<double>(std::get<std::int64_t>(value)) : std::get<double>(value);
  const std::string format = as_format(shown(lab, field, before, theme));
  double number = before;
  bool changed = false;
  if (whole) {
    auto integer = std::get<std::int64_t>(value);
    const auto min = static_cast<std::int64_t>(field.min), max = static_cast<std::int64_t>(field.max);
    changed = ImGui::SliderScalar(name.c_str(), ImGuiDataType_S64, &integer, &min, &max, format.c_str());
    number = static_cast<double>(std::clamp(integer, min, max));
  } else {
    changed = ImGui::SliderScalar(name.c_str(), ImGuiDataType_Double, &number, &field.min, &field.max, format.c_str());
    if (field.step > 0) number = std::round(number / field.step) * field.step;
    number = std::clamp(number, field.min, field.max);
  }
  if (changed && number != before)
    lab.edit(field.key, whole ? Value(static_cast<std::int64_t>(std::llround(number))) : Value(number));
  if (ImGui::IsItemDeactivated()) lab.end_edit();
  if (wants_preset()) lab.edit(field.key, lab.presets().at(field.key));
}

void draw_number(LabInstance& lab, const Field& field) {
  auto integer = std::get<std::int64_t>(lab.inputs().at(field.key));
  const std::int64_t one = 1;
  const std::string name = "###" + field.key;
  if (ImGui::InputScalar(name.c_str(), ImGuiDataType_S64, &integer, &one, nullptr, "%lld")) {
    if (field.min < field.max)
      integer = std::clamp(integer, static_cast<std::int64_t>(field.min), static_cast<std::int64_t>(field.max));
    lab.edit(field.key, integer);
    lab.end_edit();
  }
}

void draw_choice(LabInstance& lab, const Field& field, const Theme& theme) {
  const std::string now = std::get<std::string>(lab.inputs().at(field.key));
  const auto word = [&](const std::string& choice) { return theme.strings->get(text_key(lab, field) + "." + choice); };
  const std::string name = "###" + field.key;
  if (!ImGui::BeginCombo(name.c_str(), word(now).c_str())) return;
  for (const std::string& choice : field.choices)
    if (ImGui::Selectable((word(choice) + "###" + choice).c_str(), choice == now)) {
      lab.edit(field.key, choice);
      lab.end_edit();
    }
  ImGui::EndCombo();
}

bool has_widget(const Field& field) {
  if (std::holds_alternative<std::vector<std::int64_t>>(field.initial)) return false;   // set through the figure
  return field.min >= 0;   // a position that may count from the end is chosen in the figure, too
}

bool is_long_text(const Field& field) {
  return std::holds_alternative<std::string>(field.initial) && field.choices.empty();
}

void draw_small(LabInstance& lab, const Field& field, const Theme& theme, float width) {
  const std::string label = theme.strings->get(text_key(lab, field));
  if (const auto* on = std::get_if<bool>(&lab.inputs().at(field.key))) {
    ImGui::Dummy({0, theme.px(17) + ImGui::GetStyle().ItemSpacing.y * 0.35f});   // level with the others' widgets
    bool value = *on;
    if (ImGui::Checkbox((label + "###" + field.key).c_str(), &value)) {
      lab.edit(field.key, value);
      lab.end_edit();
    }
    draw_tip(text_key(lab, field) + "-tip", theme);
    return;
  }
  draw_label(theme, theme.fonts.ui, 13, theme.colors().muted, label);
  draw_tip(text_key(lab, field) + "-tip", theme);
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() - ImGui::GetStyle().ItemSpacing.y * 0.65f);
  ImGui::SetNextItemWidth(width);
  if (!field.choices.empty()) draw_choice(lab, field, theme);
  else if (std::holds_alternative<std::int64_t>(field.initial) && field.max - field.min > widest_slider) draw_number(lab, field);
  else draw_slider(lab, field, theme);
}

}  // namespace

void draw_inputs(LabInstance& lab, const Theme& theme, float width) {
  const float gap = theme.px(16), least = theme.px(130);
  for (const Field& field : lab.fields())
    if (is_long_text(field)) draw_text(lab, field, theme, width);

  std::vector<const Field*> small;
  for (const Field& field : lab.fields())
    if (has_widget(field) && !is_long_text(field)) small.push_back(&field);
  if (small.empty()) return;
  const int columns = std::clamp(static_cast<int>((width + gap) / (least + gap)), 1, 3);
  const float column = (width - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  const float left = ImGui::GetCursorScreenPos().x;
  float top = ImGui::GetCursorScreenPos().y, bottom = top;
  for (std::size_t i = 0; i < small.size(); ++i) {
    const int place = static_cast<int>(i) % columns;
    if (place == 0) top = bottom;
    ImGui::SetCursorScreenPos({left + static_cast<float>(place) * (column + gap), top});
    ImGui::BeginGroup();
    draw_small(lab, *small[i], theme, column);
    ImGui::EndGroup();
    bottom = std::max(bottom, ImGui::GetItemRectMax().y + ImGui::GetStyle().ItemSpacing.y * 0.6f);
  }
  ImGui::SetCursorScreenPos({left, bottom});
  ImGui::Dummy({0, 0});
}

}  // namespace tb::viewer
