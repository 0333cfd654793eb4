#include "viewer/quiz_block.h"

#include <algorithm>
#include <set>

#include "viewer/widgets/answers.h"
#include "viewer/widgets/block.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

void draw_quiz(const Theme& theme, book::Learner& learner, const std::string& chapter, const book::Directive& quiz,
               float width) {
  const Strings& strings = *theme.strings;
  const figure::Palette& c = theme.colors();
  const Block block(theme, width, strings.get("quiz.title"));
  draw_wrapped(theme, theme.fonts.ui, 16, c.ink, quiz.value("question"), block.inner());
  const std::vector<book::Choice> choices = book::choices(quiz);
  std::vector<std::string> texts;
  for (const book::Choice& choice : choices) texts.push_back(choice.text);
  std::set<std::size_t> tried;
  const auto answers = learner.answers(chapter, quiz.id);
  for (const book::Answer* answer : answers)
    if (const auto index = chosen_index(*answer, texts)) tried.insert(*index);
  const auto first = answers.empty() ? std::nullopt : chosen_index(*answers.front(), texts);

  const auto right = std::count_if(choices.begin(), choices.end(), [](const book::Choice& one) { return one.right; });
  std::int64_t found = 0;
  for (const std::size_t index : tried) found += choices[index].right;
  if (right > 1) draw_wrapped(theme, theme.fonts.ui, 14, c.muted, strings.plural("quiz.several", right), block.inner());

  const float indent = theme.px(26);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const book::Choice& choice = choices[i];
    if (!tried.contains(i)) {
      if (!draw_choice(theme, i, choice.text, false, block.inner())) continue;
      book::Answer said;
      said.chapter = chapter;
      said.question = quiz.id;
      said.choice = static_cast<std::int64_t>(i);
      said.text = choice.text;
      said.verdict = choice.right ? book::Verdict::right : book::Verdict::wrong;
      (void)learner.answer(said);
      continue;
    }
    draw_answer(theme, choice.text, first == i, choice.right ? AnswerMark::right : AnswerMark::wrong, block.inner());
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos({at.x + indent, at.y - theme.px(3)});
    ImGui::BeginGroup();
    draw_label(theme, theme.fonts.ui_bold, 14, choice.right ? c.accent : c.warn,
               strings.get(choice.right ? "quiz.right" : "quiz.wrong"));
    draw_wrapped(theme, theme.fonts.ui, theme.sizes.ui, c.muted, choice.because, block.inner() - indent);
    ImGui::EndGroup();
    ImGui::SetCursorScreenPos({at.x, ImGui::GetCursorScreenPos().y});
  }
  if (right > 1 && found > 0 && found < right)
    draw_wrapped(theme, theme.fonts.ui, 14, c.muted, strings.plural("quiz.left", right - found), block.inner());
  if (answers.size() > 1)
    draw_wrapped(theme, theme.fonts.ui, 13, c.muted,
                 strings.plural("quiz.tries", static_cast<std::int64_t>(answers.size())), block.inner());
  draw_not_kept(theme, learner, block.inner());
}

}  // namespace tb::viewer
