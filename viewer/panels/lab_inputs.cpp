#include "viewer/panels/lab_inputs.h"

#include <algorithm>
#include <cmath>

#include <imgui.h>
#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "figure/input_text.h"
#include "viewer/widgets/landmark.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr double longest_word = 60;     // bytes
constexpr double widest_slider = 300;   // more whole numbers than that are typed, not dragged
constexpr std::size_t many = 9;         // with more inputs, all but the first and those that were set fold away:
constexpr std::size_t first_ones = 5;

std::string text_key(const LabInstance& lab, const Field& field) { return "lab." + lab.type() + "." + field.key; }

std::string shown(const LabInstance& lab, const Field& field, double value, const Theme& theme) {
  return figure::input_number(*theme.strings, lab.type(), field, value);
}

// Left of an input that is another one in the other run.
void draw_mark(const LabInstance& lab, const Field& field, const Theme& theme, const InputMarks& marks, ImVec2 from,
               float bottom) {
  const auto other = marks.other.find(field.key);
  if (other == marks.other.end() || other->second == lab.inputs().at(field.key)) return;
  const figure::Color color = marks.of_b ? theme.colors().theirs : theme.colors().ours;
  const float x = from.x - theme.px(9), wide = theme.px(3), step = theme.px(4);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (!marks.of_b) list.AddRectFilled({x, from.y}, {x + wide, bottom}, to_imgui(color));
  else
    for (float y = from.y; y < bottom; y += 2 * step)
      list.AddRectFilled({x, y}, {x + wide, std::min(y + step, bottom)}, to_imgui(color));
  if (!ImGui::IsMouseHoveringRect({x - wide, from.y}, {x + 3 * wide, bottom})) return;
  std::string value = unparse(Inputs{*other}).at(field.key);
  const auto* number = std::get_if<double>(&other->second);
  const auto* whole = std::get_if<std::int64_t>(&other->second);
  const auto* on = std::get_if<bool>(&other->second);
  if (on) value = theme.strings->get(*on ? "compare.on" : "compare.off");
  else if (number || whole) value = shown(lab, field, number ? *number : static_cast<double>(*whole), theme);
  else if (!field.choices.empty()) value = theme.strings->get(text_key(lab, field) + "." + value);
  draw_tooltip(theme, theme.strings->format("compare.other-value",
                                            {theme.strings->get(marks.of_b ? "compare.a" : "compare.b"), value}));
}

void draw_tip_of(const LabInstance& lab, const Field& field, const Theme& theme) {
  const std::string key = text_key(lab, field) + "-tip";
  if (theme.strings->has(key)) draw_tip(theme, theme.strings->get(key));
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
  // A pixel more than that: rounded places must not bring up a scroll bar.
  const float height = std::ceil(std::clamp(tall, line, 4 * line) + 2 * ImGui::GetStyle().FramePadding.y) + 1;
  const std::string name = "###" + field.key;
  const ImGuiInputTextFlags enter = field.unit == "lines" ? 0 : ImGuiInputTextFlags_CtrlEnterForNewLine;
  const bool changed =
      ImGui::InputTextMultiline(name.c_str(), &text, {width, height}, ImGuiInputTextFlags_WordWrap | enter);
  note_item(Landmark::prompt);
  const bool over = field.max > field.min && static_cast<double>(text.size()) > field.max;
  // ImGui puts the old text back on Escape. Here every keystroke has counted already, and Escape only leaves.
  const bool left = ImGui::IsItemDeactivated() && ImGui::IsKeyPressed(ImGuiKey_Escape);
  if (changed && !over && !left) lab.edit(field.key, std::move(text));
  if (ImGui::IsItemDeactivated()) lab.end_edit();
  ImGui::PopFont();
  draw_tip_of(lab, field, theme);
}

// A thin track with a round grip; the value stands above it, where the grip does not hide it.
void paint_slider(const Theme& theme, const Field& field, double value) {
  const ImVec2 a = ImGui::GetItemRectMin(), b = ImGui::GetItemRectMax();
  const bool lit = ImGui::IsItemHovered() || ImGui::IsItemActive() || ImGui::IsItemFocused();
  // Where ImGui's own slider has its grip, so that the mouse and the picture agree.
  const float width = b.x - a.x - 4;
  float grip = ImGui::GetStyle().GrabMinSize;
  if (std::holds_alternative<std::int64_t>(field.initial))
    grip = std::min(std::max(width / static_cast<float>(field.max - field.min + 1), grip), width);
  const auto at = [&](double place) {
    return a.x + 2 + grip / 2 + static_cast<float>((place - field.min) / (field.max - field.min)) * (width - grip);
  };
  // Filled from the left, or from zero where the values have a sign.
  const float y = std::round((a.y + b.y) / 2), x = at(value), from = field.min < 0 ? at(0) : a.x, thick = theme.px(4);
  const figure::Palette& colors = theme.colors();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({a.x, y - thick / 2}, {b.x, y + thick / 2}, to_imgui(colors.rule), thick / 2);
  list->AddRectFilled({std::min(from, x), y - thick / 2}, {std::max(from, x), y + thick / 2}, to_imgui(colors.accent),
                      thick / 2);
  list->AddCircleFilled({x, y}, theme.px(lit ? 8 : 7), to_imgui(colors.accent));
  list->AddCircleFilled({x, y}, theme.px(lit ? 5.5f : 4.5f), to_imgui(colors.card));
}

void draw_slider(LabInstance& lab, const Field& field, const Theme& theme) {
  const Value& value = lab.inputs().at(field.key);
  const bool whole = std::holds_alternative<std::int64_t>(value);
  const std::string name = "###" + field.key;
  const double before = whole ? static_cast<double>(std::get<std::int64_t>(value)) : std::get<double>(value);
  double number = before;
  bool changed = false;
  for (const ImGuiCol part : {ImGuiCol_FrameBg, ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive, ImGuiCol_Border,
                              ImGuiCol_SliderGrab, ImGuiCol_SliderGrabActive})
    ImGui::PushStyleColor(part, IM_COL32_BLACK_TRANS);
  ImGui::PushStyleVarY(ImGuiStyleVar_FramePadding, theme.px(1));
  if (whole) {
    auto integer = std::get<std::int64_t>(value);
    const auto min = static_cast<std::int64_t>(field.min), max = static_cast<std::int64_t>(field.max);
    changed = ImGui::SliderScalar(name.c_str(), ImGuiDataType_S64, &integer, &min, &max, "");
    number = static_cast<double>(std::clamp(integer, min, max));
  } else {
    changed = ImGui::SliderScalar(name.c_str(), ImGuiDataType_Double, &number, &field.min, &field.max, "");
    if (field.step > 0) number = std::round(number / field.step) * field.step + 0.0;   // no minus before a zero
    number = std::clamp(number, field.min, field.max);
  }
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(6);
  if (!ImGui::TempInputIsActive(ImGui::GetItemID())) paint_slider(theme, field, number);
  if (changed && number != before)
    lab.edit(field.key, whole ? Value(static_cast<std::int64_t>(std::llround(number))) : Value(number));
  if (ImGui::IsItemDeactivated()) lab.end_edit();
  if (wants_preset()) {
    lab.edit(field.key, lab.presets().at(field.key));
    lab.end_edit();
  }
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
  // A position that may count from the end is chosen in the figure, too; a strength below zero is not.
  return field.min >= 0 || std::holds_alternative<double>(field.initial);
}

bool is_text(const Field& field) { return std::holds_alternative<std::string>(field.initial) && field.choices.empty(); }

// Takes the whole width; a word or two stand among the small inputs.
bool is_long_text(const Field& field) { return is_text(field) && !(field.max > 0 && field.max <= longest_word); }

bool is_slider(const Field& field) {
  if (!field.choices.empty() || field.min >= field.max) return false;
  if (std::holds_alternative<std::int64_t>(field.initial)) return field.max - field.min <= widest_slider;
  return std::holds_alternative<double>(field.initial);
}

void draw_switch(LabInstance& lab, const Field& field, const Theme& theme) {
  bool value = std::get<bool>(lab.inputs().at(field.key));
  ImGui::PushStyleColor(ImGuiCol_CheckboxSelectedBg, to_imgui(theme.colors().accent));
  ImGui::PushStyleColor(ImGuiCol_CheckMark, to_imgui(theme.colors().card));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(theme.px(3), theme.px(3)));
  if (ImGui::Checkbox((theme.strings->get(text_key(lab, field)) + "###" + field.key).c_str(), &value)) {
    lab.edit(field.key, value);
    lab.end_edit();
  }
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(2);
  draw_tip_of(lab, field, theme);
}

// A label, the value of a slider at its right, the widget below.
void draw_small(LabInstance& lab, const Field& field, const Theme& theme, float width) {
  const float left = ImGui::GetCursorPosX(), pixels = theme.px(14);
  std::string now;
  if (is_slider(field)) {
    const Value& value = lab.inputs().at(field.key);
    const auto* integer = std::get_if<std::int64_t>(&value);
    now = shown(lab, field, integer ? static_cast<double>(*integer) : std::get<double>(value), theme);
  }
  const float now_width = label_width(theme.fonts.ui, pixels, now);
  const std::string label = theme.strings->get(text_key(lab, field));
  const std::string fitting = shortened(theme.fonts.ui, pixels, label, width - now_width - theme.px(now.empty() ? 0 : 8));
  draw_label(theme, theme.fonts.ui, 14, theme.colors().muted, fitting);
  if (fitting != label && !theme.strings->has(text_key(lab, field) + "-tip")) draw_tip(theme, label);
  draw_tip_of(lab, field, theme);
  if (!now.empty()) {
    ImGui::SameLine();
    ImGui::SetCursorPosX(left + width - now_width);
    draw_label(theme, theme.fonts.ui, 14, theme.colors().ink, now);
  }
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() - ImGui::GetStyle().ItemSpacing.y * 0.65f);
  ImGui::SetNextItemWidth(width);
  if (!field.choices.empty()) draw_choice(lab, field, theme);
  else if (is_text(field)) draw_text(lab, field, theme, width);
  else if (is_slider(field)) draw_slider(lab, field, theme);
  else draw_number(lab, field);
}

// Only what is chosen hides other inputs: what hangs on a slider stays where it is while that is dragged.
Inputs without_numbers(const Inputs& inputs) {
  Inputs rest;
  for (const auto& [key, value] : inputs)
    if (!std::holds_alternative<double>(value) && !std::holds_alternative<std::int64_t>(value)) rest.emplace(key, value);
  return rest;
}

}  // namespace

void draw_tip(const Theme& theme, const std::string& text) {
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled))
    draw_tooltip(theme, text);
}

void draw_tooltip(const Theme& theme, const std::string& text) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {theme.px(12), theme.px(8)});
  if (ImGui::BeginTooltip()) {
    const float width = std::min(theme.px(320), label_width(theme.fonts.ui, theme.px(14), text) + 1);
    draw_wrapped(theme, theme.fonts.ui, 14, theme.colors().ink, text, width);
    ImGui::EndTooltip();
  }
  ImGui::PopStyleVar();
}

void draw_inputs(LabInstance& lab, const Theme& theme, float width, std::optional<InputMarks> marks,
                 InputsPart part) {
  const auto mark = [&](const Field& field, ImVec2 from, float bottom) {
    if (marks) draw_mark(lab, field, theme, *marks, from, bottom);
  };
  // Which ones: of those that do something now all of a few, of many the first, those set for the learner and those that
  // a choice has brought along, until the learner wants the others.
  bool& all = *ImGui::GetStateStorage()->GetBoolRef(ImGui::GetID("more-inputs"));
  std::vector<const Field*> fields;
  const Inputs chosen = without_numbers(lab.inputs());
  for (const Field& field : lab.fields()) {
    const std::size_t place = static_cast<std::size_t>(&field - lab.fields().data());
    const bool brought = std::ranges::any_of(field.when, [](const Condition& one) { return !one.among.empty(); });
    const bool open = all || lab.fields().size() <= many || place < first_ones || lab.named(field.key) || brought;
    if (open && has_effect(field, lab.fields(), chosen)) fields.push_back(&field);
  }

  const float gap = theme.px(16), least = theme.px(130);
  // A text that is the only one needs no name.
  const bool named = std::count_if(fields.begin(), fields.end(), [](const Field* f) { return is_text(*f); }) > 1;
  for (const Field* field : fields) {
    if (!is_long_text(*field) || part == InputsPart::others) continue;
    const ImVec2 corner = ImGui::GetCursorScreenPos();
    if (named) {
      draw_label(theme, theme.fonts.ui, 14, theme.colors().muted, theme.strings->get(text_key(lab, *field)));
      draw_tip_of(lab, *field, theme);
      ImGui::SetCursorPosY(ImGui::GetCursorPosY() - ImGui::GetStyle().ItemSpacing.y * 0.65f);
    }
    draw_text(lab, *field, theme, width);
    mark(*field, corner, ImGui::GetItemRectMax().y);
  }

  if (part == InputsPart::texts) return;

  // The others in up to three columns, then the switches in a row.
  std::vector<const Field*> small;
  for (const Field* field : fields)
    if (has_widget(*field) && !is_long_text(*field) && !std::holds_alternative<bool>(field->initial))
      small.push_back(field);
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
    mark(*small[i], ImGui::GetItemRectMin(), ImGui::GetItemRectMax().y);
    bottom = std::max(bottom, ImGui::GetItemRectMax().y + theme.px(6));
  }
  ImGui::SetCursorScreenPos({left, bottom});
  // The first switch takes a free place at the end of the last row, if it fits there.
  const int taken = static_cast<int>(small.size()) % columns;
  float x = left + static_cast<float>(taken) * (column + gap);
  for (const Field* field : fields) {
    if (!std::holds_alternative<bool>(field->initial)) continue;
    const float room = left + width - x;
    const std::string label = theme.strings->get(text_key(lab, *field));
    if (x > left && label_width(theme.fonts.ui, theme.px(15), label) + theme.px(32) <= room)
      ImGui::SetCursorScreenPos({x, top + theme.px(12)});
    draw_switch(lab, *field, theme);
    mark(*field, ImGui::GetItemRectMin(), ImGui::GetItemRectMax().y);
    bottom = std::max(bottom, ImGui::GetItemRectMax().y + theme.px(6));
    ImGui::SetCursorScreenPos({left, bottom});
    x = left;
  }
  if (lab.fields().size() > many) {
    ImGui::PushFont(theme.fonts.ui, theme.px(14));
    for (const ImGuiCol color : {ImGuiCol_Button, ImGuiCol_Border}) ImGui::PushStyleColor(color, IM_COL32_BLACK_TRANS);
    ImGui::PushStyleColor(ImGuiCol_Text, to_imgui(theme.colors().accent));
    ImGui::PushStyleVarX(ImGuiStyleVar_FramePadding, 0);
    const std::string words = (all ? "▴ " : "▾ ") + theme.strings->get(all ? "lab.fewer" : "lab.more");
    if (x > left && x + ImGui::CalcTextSize(words.c_str()).x <= left + width)   // in the free place, too
      ImGui::SetCursorScreenPos({x, top + theme.px(8)});
    if (ImGui::Button((words + "###more-inputs").c_str())) all = !all;
    ImGui::PopStyleVar();
    ImGui::PopStyleColor(3);
    ImGui::PopFont();
  }
  ImGui::Dummy({0, 0});
}

}  // namespace tb::viewer
