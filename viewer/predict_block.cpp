#include "viewer/predict_block.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/numbers.h"
#include "labs/cell.h"
#include "viewer/widgets/answers.h"
#include "viewer/widgets/block.h"
#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

std::string kept_text(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

std::string kept_text(const book::Outcome& outcome) {
  const auto* text = std::get_if<std::string>(&outcome);
  return text ? *text : kept_text(std::get<double>(outcome));
}

book::Outcome from_kept(const std::string& kept) {
  if (const auto number = book::read_number(kept)) return *number;
  return kept;
}

std::string number_text(double number, std::string_view language) {
  if (number == std::round(number) && std::abs(number) < 1e15)
    return format_integer(static_cast<std::int64_t>(number), language);
  const int magnitude = static_cast<int>(std::floor(std::log10(std::max(std::abs(number), 1e-9))));
  return format_fixed(number, std::clamp(2 - magnitude, 0, 9), language);
}

// A token's own blanks show, as everywhere in the book.
std::string quoted(const std::string& text, std::string_view language) {
  std::string shown;
  for (const char c : text) {
    if (c == ' ') shown += "·";
    else if (c == '\n') shown += "↵";
    else shown += c;
  }
  return language == "ru" ? "«" + shown + "»" : "“" + shown + "”";
}

}  // namespace

std::string outcome_text(const book::Prediction& asked, const std::string& kept, std::string_view language) {
  const auto number = book::read_number(kept);
  if (!number) return quoted(kept, language);
  if (asked.unit == "%") return format_percent(*number, language);
  return number_text(*number, language) + (asked.unit.empty() ? "" : " " + asked.unit);
}

void PredictBlocks::show(std::string chapter, const book::Document& document) {
  if (chapter != chapter_) pending_.clear();
  chapter_ = std::move(chapter);
  asked_.clear();
  lab_directives_.clear();
  awaited_.clear();
  book::for_each_block(document.blocks, [this](const book::Block& block) {
    const book::Directive& directive = block.directive;
    if (directive.kind == "lab") lab_directives_.emplace(directive.id, &directive);
    if (directive.kind == "predict") asked_.emplace(directive.id, book::prediction(directive));
  });
}

const book::Prediction* PredictBlocks::open_question(const std::string& lab) const {
  const book::Prediction* first = nullptr;
  for (const auto& [id, asked] : asked_)
    if (asked.lab == lab && !learner_.first_answer(chapter_, id) && (!first || asked.line < first->line)) first = &asked;
  return first;
}

void PredictBlocks::skip(const std::string& lab) {
  while (const book::Prediction* asked = open_question(lab)) {
    book::Answer said;
    said.chapter = chapter_;
    said.question = asked->id;
    said.verdict = book::Verdict::skipped;
    (void)learner_.answer(said);
  }
}

void PredictBlocks::draw(const book::Directive& directive, float width) {
  const auto found = asked_.find(directive.id);
  if (found == asked_.end()) return;
  const book::Prediction& asked = found->second;
  const Block block(theme_, width, theme_.strings->get("predict.title"));
  draw_wrapped(theme_, theme_.fonts.ui, 16, theme_.colors().ink, asked.question, block.inner());
  if (!learner_.first_answer(chapter_, asked.id)) {
    draw_open(asked, block.inner());
  } else {
    compare(asked);
    draw_answered(asked, *learner_.first_answer(chapter_, asked.id), block.inner());
  }
  draw_not_kept(theme_, learner_, block.inner());
}

void PredictBlocks::draw_open(const book::Prediction& asked, float width) {
  Pending& pending = pending_[asked.id];
  for (std::size_t i = 0; i < asked.choices.size(); ++i)
    if (draw_choice(theme_, i, asked.choices[i].text, pending.choice == i, width)) pending.choice = i;
  if (asked.asks_number()) draw_guess(asked, pending, width);
  ImGui::Dummy({0, theme_.px(2)});
  const bool ready = pending.choice || pending.guess;
  ImGui::BeginDisabled(!ready);
  const bool committed = ImGui::Button((theme_.strings->get("predict.commit") + "###commit").c_str());
  ImGui::EndDisabled();
  const float used = ImGui::GetItemRectSize().x + theme_.px(12);
  const std::string hint = theme_.strings->get("predict.hint");
  if (label_width(theme_.fonts.ui, theme_.px(13), hint) <= width - used) {
    ImGui::SameLine(0, theme_.px(12));
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + (ImGui::GetFrameHeight() - theme_.px(13) * kLeading) / 2);
    draw_wrapped(theme_, theme_.fonts.ui, 13, theme_.colors().muted, hint, width - used);
  } else {
    draw_wrapped(theme_, theme_.fonts.ui, 13, theme_.colors().muted, hint, width);
  }
  if (committed) commit(asked, pending);
}

// A slider over what can be said, and above it what it stands at once it was moved. Ctrl and a click let one type.
void PredictBlocks::draw_guess(const book::Prediction& asked, Pending& pending, float width) {
  const std::string_view language = theme_.strings->language();
  const double step = asked.step > 0 ? asked.step : (asked.max - asked.min) / 1000;
  const auto said = [&](double number) {
    return asked.unit == "%" ? format_percent(number / 100, language) : outcome_text(asked, kept_text(number), language);
  };
  double guess = pending.guess.value_or((asked.min + asked.max) / 2);
  draw_wrapped(theme_, theme_.fonts.ui_bold, theme_.sizes.ui, theme_.colors().ink, pending.guess ? said(guess) : "…", width);
  ImGui::SetNextItemWidth(width);
  if (ImGui::SliderScalar("###guess", ImGuiDataType_Double, &guess, &asked.min, &asked.max, ""))
    pending.guess = std::clamp(asked.min + std::round((guess - asked.min) / step) * step, asked.min, asked.max);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, number_text(asked.min, language));
  const std::string most = number_text(asked.max, language);
  ImGui::SetCursorScreenPos({at.x + width - label_width(theme_.fonts.ui, theme_.px(13), most), at.y});
  draw_label(theme_, theme_.fonts.ui, 13, theme_.colors().muted, most);
}

void PredictBlocks::commit(const book::Prediction& asked, const Pending& pending) {
  book::Answer said;
  said.chapter = chapter_;
  said.question = asked.id;
  if (pending.choice) {
    said.choice = static_cast<std::int64_t>(*pending.choice);
    said.text = asked.choices[*pending.choice].text;
  } else {
    said.text = kept_text(*pending.guess);
  }
  if (asked.value.empty() && asked.answer)       // nothing to measure: what the chapter says is right
    said.verdict = pending.choice == asked.answer ? book::Verdict::right : book::Verdict::wrong;
  (void)learner_.answer(said);
  pending_.erase(asked.id);
  if (!asked.value.empty()) labs_.begin_with(chapter_, asked.lab, asked.set);
}

// Where the lab has come to what the question is about, that is the answer.
void PredictBlocks::compare(const book::Prediction& asked) {
  const book::Answer* said = learner_.first_answer(chapter_, asked.id);
  const auto lab = lab_directives_.find(asked.lab);
  const bool wants = said->verdict == book::Verdict::open && !asked.value.empty() && lab != lab_directives_.end();
  if (!wants) {
    if (awaited_ == asked.lab) awaited_.clear();
    return;
  }
  awaited_ = asked.lab;
  labs_.keep_up(chapter_, *lab->second, theme_);
  const auto snapshot = labs_.result_with(chapter_, asked.lab, asked.set);
  if (!snapshot) return;
  const auto outcome = cell_at(*snapshot, asked.value);
  if (!outcome) return;                          // a test of the content keeps this from happening
  bool right = false;
  if (const auto guess = book::read_number(said->text); asked.asks_number() && guess) {
    const auto number = book::right_number(asked, *outcome);
    right = number && std::abs(*number - *guess) <= asked.tolerance;
  } else {
    const auto choice = book::right_choice(asked, *outcome);
    right = choice && static_cast<std::int64_t>(*choice) == said->choice;
  }
  awaited_.clear();
  (void)learner_.judge(chapter_, asked.id, kept_text(*outcome), right ? book::Verdict::right : book::Verdict::wrong);
}

// "You said" and "The model", each with its words in a column of their own.
void PredictBlocks::draw_row(const std::string& key, const std::string& text, float width) const {
  const float column = std::max(label_width(theme_.fonts.ui, theme_.px(theme_.sizes.ui), theme_.strings->get("predict.you")),
                                label_width(theme_.fonts.ui, theme_.px(theme_.sizes.ui), theme_.strings->get("predict.model"))) +
                       theme_.px(14);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, theme_.colors().muted, theme_.strings->get(key), column);
  ImGui::SetCursorScreenPos({at.x + column, at.y});
  draw_wrapped(theme_, theme_.fonts.ui_bold, theme_.sizes.ui, theme_.colors().ink, text, width - column);
}

void PredictBlocks::draw_answered(const book::Prediction& asked, const book::Answer& said, float width) {
  using book::Verdict;
  const Strings& strings = *theme_.strings;
  const figure::Palette& c = theme_.colors();
  std::optional<std::size_t> right = asked.answer;
  if (!said.model.empty()) right = book::right_choice(asked, from_kept(said.model));
  const bool told = said.verdict != Verdict::open;
  std::vector<std::string> texts;
  for (const auto& choice : asked.choices) texts.push_back(choice.text);
  const auto mine = chosen_index(said, texts);
  for (std::size_t i = 0; i < texts.size(); ++i)
    draw_answer(theme_, texts[i], mine == i, told && right == i ? AnswerMark::right : AnswerMark::none, width);
  ImGui::Dummy({0, theme_.px(1)});
  if (said.verdict == Verdict::skipped) {
    draw_wrapped(theme_, theme_.fonts.ui, 14, c.muted, strings.get("predict.skipped"), width);
    if (!asked.because.empty()) draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, c.muted, asked.because, width);
    return;
  }
  const auto guess = asked.asks_number() ? book::read_number(said.text) : std::nullopt;
  const std::string_view language = strings.language();
  const auto model =
      guess && !said.model.empty() ? book::right_number(asked, from_kept(said.model)) : std::optional<double>();
  const auto in_unit = [&](double number) {
    return asked.unit == "%" ? format_percent(number / 100, language) : outcome_text(asked, kept_text(number), language);
  };
  const bool saw_it = said.verdict == Verdict::right;
  if (told)
    draw_verdict(theme_, saw_it, saw_it  ? strings.get("predict.right")
                                 : model ? strings.format("predict.off", {in_unit(std::abs(*model - *guess))})
                                         : strings.get("predict.otherwise"));
  // A guess in per cent is kept as it was said, what the lab holds is a share.
  draw_row("predict.you", guess ? in_unit(*guess) : mine ? texts[*mine] : said.text, width);
  if (!said.model.empty()) {
    draw_row("predict.model", outcome_text(asked, said.model, language), width);
    if (guess) draw_number_line(asked, *guess, model, width);
  }
  if (!told && !asked.value.empty()) draw_waiting(asked, width);
  if (told && !asked.because.empty())
    draw_wrapped(theme_, theme_.fonts.ui, theme_.sizes.ui, c.muted, asked.because, width);
}

void PredictBlocks::draw_waiting(const book::Prediction& asked, float width) {
  const bool there = labs_.stands_at(chapter_, asked.lab, asked.set);
  const bool starts = labs_.waits_for_start(chapter_, asked.lab);
  const char* const key = !there ? "predict.moved" : starts ? "predict.start" : "predict.asking";
  draw_wrapped(theme_, theme_.fonts.ui, 14, theme_.colors().muted, theme_.strings->get(key), width);
  if (!there && ImGui::Button((theme_.strings->get("predict.ask") + "###ask").c_str()))
    labs_.begin_with(chapter_, asked.lab, asked.set);
}

// Both numbers on the line between the least and the most that could be said: a ring for the learner, a disc for the
// model, so that their distance is seen.
void PredictBlocks::draw_number_line(const book::Prediction& asked, double guess, std::optional<double> model,
                                     float width) const {
  const figure::Palette& c = theme_.colors();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float edge = theme_.px(8), y = at.y + theme_.px(14), height = theme_.px(26);
  const auto x_of = [&](double value) {
    const double part = std::clamp((value - asked.min) / (asked.max - asked.min), 0.0, 1.0);
    return at.x + edge + static_cast<float>(part) * (width - 2 * edge);
  };
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine({at.x + edge, y}, {at.x + width - edge, y}, to_imgui(c.rule), theme_.px(2));
  if (model) {
    list.AddLine({x_of(guess), y}, {x_of(*model), y}, to_imgui(c.muted), theme_.px(2));
    list.AddCircleFilled({x_of(*model), y}, theme_.px(5.5f), to_imgui(c.accent));
  }
  list.AddCircleFilled({x_of(guess), y}, theme_.px(6), to_imgui(c.card));
  list.AddCircle({x_of(guess), y}, theme_.px(6), to_imgui(c.ink), 0, theme_.px(1.8f));
  ImGui::Dummy({width, height});
}

}  // namespace tb::viewer
