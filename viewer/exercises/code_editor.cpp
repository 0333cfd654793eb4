#include "viewer/exercises/code_editor.h"

#include <map>

#include <TextDiff.h>
#include <TextEditor.h>
#include <imgui_internal.h>

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

bool CodeEditor::draw(const Theme& theme, const char* id, ImVec2 size) {
  TextEditor& editor = widget_->editor;
  const Strings& strings = *theme.strings;
  editor.SetPalette(palette_of(theme.colors()));
  editor.SetFindButtonLabel(strings.get("editor.find"));
  editor.SetFindAllButtonLabel(strings.get("editor.find-all"));
  editor.SetReplaceButtonLabel(strings.get("editor.replace"));
  editor.SetReplaceAllButtonLabel(strings.get("editor.replace-all"));
  claim_keys();
  ImGui::PushFont(theme.fonts.mono, theme.px(theme.sizes.code));
  const bool changed = editor.Render(id, size, ImGuiChildFlags_Borders);
  ImGui::PopFont();
  focused_ = finding_ = false;
  const ImGuiContext& context = *ImGui::GetCurrentContext();
  const std::string mark = std::string("/") + id + "_", bar = "/find-replace_";
  for (const ImGuiWindow* window : context.Windows) {
    if (!window->Active || std::string_view(window->Name).find(mark) == std::string_view::npos) continue;
    const bool has_keyboard = context.NavWindow == window;
    if (std::string_view(window->Name).find(bar) != std::string_view::npos) finding_ = true;
    focused_ = focused_ || has_keyboard;
  }
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
  widget_->difference.SetText(before, after);
}

void CodeDifference::draw(const Theme& theme, const char* id, ImVec2 size) {
  TextDiff& difference = widget_->difference;
  const figure::Palette& c = theme.colors();
  difference.SetPalette(palette_of(c));
  difference.SetColors(to_imgui(faded(c.ours, 46)), to_imgui(faded(c.theirs, 46)));
  ImGui::PushFont(theme.fonts.mono, theme.px(theme.sizes.code));
  difference.Render(id, size, ImGuiChildFlags_Borders);
  ImGui::PopFont();
}

}  // namespace tb::viewer
