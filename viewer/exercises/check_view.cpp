#include "viewer/exercises/check_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "viewer/widgets/error_card.h"
#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kIndent = 24;                             // pixels at scale 1

std::string number(double points) { return fmt::format("{:g}", points); }

class Drawing {
 public:
  Drawing(const Theme& theme, float width, const DrawMarkdown& draw_markdown)
      : theme_(theme), c_(theme.colors()), strings_(*theme.strings), width_(width), markdown_(draw_markdown) {}

  void state(const CheckView& view, bool stale) {
    using State = CheckView::State;
    switch (view.state) {
      case State::none: return;
      case State::waiting: return muted(strings_.get("exercise.waiting"));
      case State::compiling: return muted(strings_.get("exercise.compiling"));
      case State::running:
        return muted(strings_.format("exercise.running", {number(static_cast<double>(view.cases.size() + 1)),
                                                          number(static_cast<double>(view.of))}));
      case State::stopped: return muted(strings_.get("exercise.was-stopped"));
      case State::failed: (void)draw_error_card(theme_, *view.error, width_); return;
      case State::done: break;
    }
    const std::string words = view.passed     ? strings_.get("exercise.passed")
                              : view.compiled ? points_text(view.points, view.most, strings_)
                                              : view.not_compiled;
    heading(view.passed, words);
    if (stale) muted(strings_.get("exercise.stale"));
  }

  void one_case(const CheckedCase& one) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float pixels = theme_.px(theme_.sizes.ui);
    mark(one.passed ? Icon::right : Icon::wrong, one.passed ? c_.accent : c_.warn, at, pixels * kLeading / 2);
    const std::string points = number(one.points) + "/" + number(one.most);
    const float points_width = label_width(theme_.fonts.ui, pixels, points);
    ImGui::SetCursorScreenPos({at.x + width_ - points_width, at.y});
    draw_label(theme_, theme_.fonts.ui, theme_.sizes.ui, c_.muted, points);
    ImGui::SetCursorScreenPos({at.x + theme_.px(kIndent), at.y});
    ImGui::BeginGroup();
    const float inner = width_ - theme_.px(kIndent);
    draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, c_.ink, one.title, inner - points_width - theme_.px(10));
    if (!one.measured.empty()) draw_wrapped(theme_, theme_.fonts.ui, 13, c_.muted, one.measured, inner);
    if (!one.passed) failure(one, inner);
    ImGui::EndGroup();
    ImGui::SetCursorScreenPos({at.x, ImGui::GetCursorScreenPos().y});
  }

  int note(const CodeNote& note, int index) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float indent = theme_.px(kIndent), inner = width_ - indent;
    mark(note.error ? Icon::wrong : Icon::note, note.error ? c_.warn : c_.muted, at, theme_.px(12));
    ImGui::SetCursorScreenPos({at.x + indent, at.y});
    ImGui::BeginGroup();
    bool clicked = false;
    ImGui::PushID(index);
    if (note.line > 0) {
      ImGui::SetCursorScreenPos({at.x + indent - theme_.px(5), at.y});
      clicked = quiet_button(theme_, ("###line-" + std::to_string(note.line)).c_str(),
                             strings_.format(note.error ? "exercise.error-at" : "exercise.warning-at",
                                             {std::to_string(note.line)}));
      ImGui::SetCursorScreenPos({at.x + indent, ImGui::GetCursorScreenPos().y - theme_.px(4)});
    }
    ImGui::PopID();
    if (note.compiler.empty()) draw_wrapped(theme_, theme_.fonts.mono, 13, c_.ink, note.text, inner);
    else markdown_(note.markdown, inner);
    if (!note.compiler.empty()) draw_wrapped(theme_, theme_.fonts.mono, 12, c_.muted, note.compiler, inner);
    ImGui::EndGroup();
    ImGui::SetCursorScreenPos({at.x, ImGui::GetCursorScreenPos().y});
    return clicked ? note.line : 0;
  }

 private:
  void mark(Icon icon, figure::Color color, ImVec2 at, float down) const {
    draw_icon(*ImGui::GetWindowDrawList(), icon, {at.x + theme_.px(8), at.y + down}, theme_.px(13), to_imgui(color));
  }
  void muted(const std::string& text) { draw_wrapped(theme_, theme_.fonts.ui, 14, c_.muted, text, width_); }

  void heading(bool good, const std::string& words) {
    draw_wrapped(theme_, theme_.fonts.ui_bold, theme_.sizes.ui, good ? c_.accent : c_.ink, words, width_);
  }

  // Values stand under one another: what went in, what should have come, what came.
  void failure(const CheckedCase& one, float width) {
    float column = 0;
    for (const NamedValues& row : one.rows)
      column = std::max(column, label_width(theme_.fonts.ui, theme_.px(13), row.name) + theme_.px(12));
    column = std::min(column, width * 0.4f);
    for (const NamedValues& row : one.rows) {
      const ImVec2 at = ImGui::GetCursorScreenPos();
      draw_wrapped(theme_, theme_.fonts.ui, 13, c_.muted, row.name, column);
      const float below = ImGui::GetCursorScreenPos().y;
      ImGui::SetCursorScreenPos({at.x + column, at.y});
      draw_wrapped(theme_, theme_.fonts.mono, 13, c_.ink, row.values, width - column);
      const float y = std::max(below, ImGui::GetCursorScreenPos().y) - theme_.px(4);
      ImGui::SetCursorScreenPos({at.x, y});
    }
    ImGui::Dummy({0, theme_.px(1)});
    if (!one.error.empty()) draw_wrapped(theme_, theme_.fonts.ui, 13, c_.muted, one.error, width);
    markdown_(one.hint, width);
    if (one.printed.empty()) return;
    draw_wrapped(theme_, theme_.fonts.ui, 13, c_.muted, strings_.get("exercise.printed"), width);
    draw_wrapped(theme_, theme_.fonts.mono, 13, c_.ink, one.printed, width);
  }

  const Theme& theme_;
  const figure::Palette& c_;
  const Strings& strings_;
  float width_;
  const DrawMarkdown& markdown_;
};

}  // namespace

std::string points_text(double points, double most, const Strings& strings) {
  return strings.format("exercise.points-of", {number(points), number(most)});
}

int draw_check(const Theme& theme, const CheckView& view, bool stale, float width, const DrawMarkdown& draw_markdown) {
  Drawing drawing(theme, width, draw_markdown);
  drawing.state(view, stale);
  int line = 0, index = 0;
  if (!view.compiled)
    for (const CodeNote& note : view.notes) line = std::max(line, drawing.note(note, index++));
  for (const CheckedCase& one : view.cases) drawing.one_case(one);
  if (view.compiled)
    for (const CodeNote& note : view.notes) line = std::max(line, drawing.note(note, index++));
  ImGui::Dummy({0, 0});                                    // to where the last one moved the cursor
  return line;
}

}  // namespace tb::viewer
