#include "viewer/exercises/code_editor.h"

#include <algorithm>
#include <map>
#include <utility>

#include <TextDiff.h>
#include <TextEditor.h>
#include <imgui_internal.h>
#include <imgui_stdlib.h>

namespace tb::viewer {

namespace {

figure::Color faded(figure::Color color, int alpha) {
  color.a = static_cast<std::uint8_t>(alpha);
  return color;
}

// The inks of the page's listings (viewer/page/drawing.cpp).
TextEditor::Palette palette_of(const figure::Palette& c) {
  using Part = TextEditor::Color;
  TextEditor::Palette palette;
  palette.fill(to_imgui(c.ink));
  const auto set = [&](Part part, figure::Color color) { palette[static_cast<std::size_t>(part)] = to_imgui(color); };
  for (const Part part : {Part::keyword, Part::declaration, Part::preprocessor, Part::cursor}) set(part, c.accent);
  for (const Part part : {Part::number, Part::string}) set(part, c.theirs);
  for (const Part part : {Part::comment, Part::lineNumber, Part::matchingBracketActive}) set(part, c.muted);
  for (const Part part : {Part::whitespace, Part::currentLineHighlightBorder}) set(part, faded(c.rule, 160));
  set(Part::background, c.paper);
  set(Part::selection, faded(c.accent, 60));
  set(Part::currentLineHighlight, faded(c.accent, 14));
  set(Part::matchingBracketBackground, faded(c.accent, 50));
  set(Part::matchingBracketError, c.warn);
  return palette;
}

// ImGui keys of ours that the editor would take for its own ends.
void claim_keys() {
  for (const ImGuiKeyChord chord : {ImGuiMod_Ctrl | ImGuiKey_Enter, ImGuiMod_Ctrl | ImGuiKey_KeypadEnter})
    ImGui::Shortcut(chord, ImGuiInputFlags_RouteGlobal | ImGuiInputFlags_RouteOverFocused);
}

}  // namespace

struct CodeEditor::Widget {
  TextEditor editor;
};

CodeEditor::CodeEditor() : widget_(std::make_unique<Widget>()) {
  TextEditor& editor = widget_->editor;
  editor.SetLanguage(TextEditor::Language::Cpp());
  editor.SetTabSize(2);
  editor.SetInsertSpacesOnTabs(true);
  editor.SetAutoIndentEnabled(true);
  editor.SetCompletePairedGlyphs(false);                   // a bracket that comes by itself is one to step over
  editor.SetShowWhitespacesEnabled(false);
  editor.SetShowScrollbarMiniMapEnabled(false);
  editor.SetFindReplaceEnabled(false);
  editor.SetWordWrapEnabled(true);
  editor.SetLineSpacing(1.2f);
}
CodeEditor::~CodeEditor() = default;
CodeEditor::CodeEditor(CodeEditor&&) noexcept = default;

void CodeEditor::set_text(std::string_view text) {
  widget_->editor.ClearMarkers();
  widget_->editor.SetText(text);
}

void CodeEditor::replace_text(std::string_view text) {
  TextEditor& editor = widget_->editor;
  editor.ClearMarkers();
  const std::size_t last = editor.GetLineCount() - 1;
  editor.ReplaceSectionText({0, 0}, {last, editor.GetLineText(last).size()}, text);
}

std::string CodeEditor::text() const { return widget_->editor.GetText(); }

void CodeEditor::set_notes(std::span<const CodeNote> notes, const Theme& theme) {
  struct Line {
    bool error = false;
    std::string text;
  };
  std::map<int, Line> lines;                               // a marker for each, whatever was said of it
  for (const CodeNote& note : notes) {
    if (note.line < 1) continue;
    Line& line = lines[note.line];
    line.error = line.error || note.error;
    line.text += (line.text.empty() ? "" : "\n") + note.text;
  }
  const figure::Palette& c = theme.colors();
  widget_->editor.ClearMarkers();
  for (const auto& [number, line] : lines) {
    const figure::Color color = line.error ? c.warn : c.muted;
    const ImU32 at_number = to_imgui(faded(color, 90)), under_text = to_imgui(faded(color, 34));
    widget_->editor.AddMarker(static_cast<std::size_t>(number - 1), at_number, under_text, line.text, line.text);
  }
}

void CodeEditor::go_to_line(int line) {
  if (line > 0) widget_->editor.SetCursor({static_cast<std::size_t>(line - 1), 0});
}

int CodeEditor::line() const { return static_cast<int>(widget_->editor.GetMainCursorPosition().line) + 1; }

void CodeEditor::set_read_only() { widget_->editor.SetReadOnlyEnabled(true); }

void CodeEditor::focus() { widget_->editor.SetFocus(); }

void CodeEditor::open_find() { finding_ = find_begins_ = true; }

void CodeEditor::close_find() {
  finding_ = false;
  focus();
}

// The editor's own bar lets the code shine through its letters, hence this one, above the code.
void CodeEditor::draw_find(const Theme& theme, float width) {
  TextEditor& editor = widget_->editor;
  const Strings& strings = *theme.strings;
  const auto button = [&](const char* id, const char* key) {
    ImGui::SameLine();
    return ImGui::Button((strings.get(key) + id).c_str());
  };
  const float field = std::min(theme.px(280), 0.45f * width);
  if (std::exchange(find_begins_, false)) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(field);
  if (ImGui::InputTextWithHint("###find", strings.get("editor.find").c_str(), &wanted_))
    editor.SelectFirstOccurrenceOf(wanted_, false);
  const bool entered = ImGui::IsItemDeactivated() && ImGui::IsKeyPressed(ImGuiKey_Enter, false);
  if (button("###find-next", "editor.next") || entered) {
    editor.SelectNextOccurrenceOf(wanted_, false);
    find_begins_ = entered;
  }
  if (button("###find-close", "editor.close")) close_find();
  ImGui::SetNextItemWidth(field);
  ImGui::InputTextWithHint("###replace", strings.get("editor.replace-with").c_str(), &replacement_);
  ImGui::BeginDisabled(wanted_.empty());
  if (button("###replace-one", "editor.replace")) {
    if (editor.AnyCursorHasSelection()) editor.ReplaceTextInCurrentCursor(replacement_);
    editor.SelectNextOccurrenceOf(wanted_, false);
  }
  if (button("###replace-all", "editor.replace-all")) {
    editor.SelectAllOccurrencesOf(wanted_, false);
    if (editor.AnyCursorHasSelection()) editor.ReplaceTextInAllCursors(replacement_);
  }
  ImGui::EndDisabled();
}

bool CodeEditor::draw(const Theme& theme, const char* id, ImVec2 size) {
  if (focused_ && ImGui::Shortcut(ImGuiMod_Ctrl | ImGuiKey_F, ImGuiInputFlags_RouteGlobal)) open_find();
  if (finding_) {
    const float top = ImGui::GetCursorScreenPos().y;
    draw_find(theme, size.x);
    size.y -= ImGui::GetCursorScreenPos().y - top;
  }
  TextEditor& editor = widget_->editor;
  editor.SetPalette(palette_of(theme.colors()));
  claim_keys();
  ImGui::PushFont(theme.fonts.mono, theme.px(theme.sizes.code));
  const bool changed = editor.Render(id, size, ImGuiChildFlags_Borders);
  ImGui::PopFont();
  const ImGuiWindow* const with_keyboard = ImGui::GetCurrentContext()->NavWindow;
  focused_ = with_keyboard && std::string_view(with_keyboard->Name).find(std::string("/") + id + "_") != std::string::npos;
  return changed;
}

struct CodeDifference::Widget {
  TextDiff difference;
};

CodeDifference::CodeDifference() : widget_(std::make_unique<Widget>()) {
  widget_->difference.SetLanguage(TextEditor::Language::Cpp());
  widget_->difference.SetTabSize(2);
  widget_->difference.SetWordWrapEnabled(true);
  widget_->difference.SetShowWhitespacesEnabled(false);
  widget_->difference.SetLineSpacing(1.2f);
}
CodeDifference::~CodeDifference() = default;
CodeDifference::CodeDifference(CodeDifference&&) noexcept = default;

void CodeDifference::set_texts(std::string_view before, std::string_view after) {
  // A blank before each line: the signs + and - are drawn over the first letter.
  const auto moved = [](std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      out += " " + std::string(text.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    return out;
  };
  widget_->difference.SetText(moved(before), moved(after));
}

void CodeDifference::draw(const Theme& theme, const char* id, ImVec2 size) {
  TextDiff& difference = widget_->difference;
  const figure::Palette& c = theme.colors();
  difference.SetPalette(palette_of(c));
  difference.SetColors(to_imgui(faded(c.ours, 46)), to_imgui(faded(c.theirs, 46)));
  ImGui::PushFont(theme.fonts.mono, theme.px(theme.sizes.code));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});  // else part of the distance between lines
  difference.Render(id, size, ImGuiChildFlags_Borders);
  ImGui::PopStyleVar();
  ImGui::PopFont();
}

}  // namespace tb::viewer
