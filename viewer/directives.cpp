#include "viewer/directives.h"

#include <cmath>

#include "base/numbers.h"
#include "book/code_region.h"
#include "viewer/quiz_block.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

Directives::Directives(std::filesystem::path root, LabPanels& labs, const Theme& theme, book::Learner* learner,
                       Exercises* exercises)
    : root_(std::move(root)),
      labs_(labs),
      theme_(theme),
      learner_(learner ? *learner : unkept_),
      predictions_(labs, learner_, theme),
      exercises_(exercises, learner_, theme, learner != nullptr) {}

void Directives::show(std::string chapter, const book::Document& document) {
  const bool other = chapter != chapter_;
  chapter_ = std::move(chapter);
  labs_of_chapter_.clear();
  book::for_each_block(document.blocks, [this](const book::Block& block) {
    if (block.directive.kind == "lab") labs_of_chapter_.emplace(block.directive.id, &block.directive);
  });
  block_of_.clear();
  for (std::size_t i = 0; i < document.blocks.size(); ++i)
    if (document.blocks[i].directive.kind == "predict") block_of_.emplace(document.blocks[i].directive.id, i);
  predictions_.show(chapter_, document);
  for (std::string* seated : {&enlarged_, &pinned_})
    if (other || !labs_of_chapter_.contains(*seated)) seated->clear();
  claims_.clear();
  for (book::Claim& claim : book::claims(document)) claims_.emplace(claim.id, claim);
}

void Directives::seat(const LabSeats& seats) {
  pinned_ = labs_of_chapter_.contains(seats.pinned) ? seats.pinned : "";
  enlarged_ = labs_of_chapter_.contains(seats.enlarged) ? seats.enlarged : "";
}

void Directives::begin_frame() {
  exercises_.begin_frame();
  in_sight_.clear();
  if (!predictions_.awaited_lab().empty()) in_sight_.insert(predictions_.awaited_lab());
  nearest_.clear();
  nearest_distance_ = 1e9f;
}

void Directives::draw_directive(const book::Directive& directive, float width) {
  ImGui::PushID(directive.id.c_str());
  if (directive.kind == "lab" && directive.id == pinned_ && is_pinned()) draw_placeholder(directive, width);
  else if (directive.kind == "lab") draw_lab(directive, width, LabSeat::Where::text);
  if (directive.kind == "code") draw_unreadable_code(directive, width);
  if (directive.kind == "predict") predictions_.draw(directive, width);
  if (directive.kind == "quiz") draw_quiz(theme_, learner_, chapter_, directive, width);
  if (directive.kind == "exercise") exercises_.draw(directive.id, width);
  ImGui::PopID();
}

void Directives::draw_lab(const book::Directive& directive, float width, LabSeat::Where where) {
  const float top = ImGui::GetCursorScreenPos().y;
  const bool enter = enter_ == directive.id;
  if (enter) enter_.clear();
  const book::Prediction* const open = predictions_.open_question(directive.id);
  const LabWish wish =
      labs_.draw(chapter_, directive, width, theme_, {where, no_room_, open ? open->question : std::string(),
                                                     result_first_ && where == LabSeat::Where::window, enter});
  if (wish == LabWish::show_anyway) predictions_.skip(directive.id);
  if (wish == LabWish::to_question) {
    enlarged_.clear();
    if (const auto block = block_of_.find(open->id); block != block_of_.end()) wanted_block_ = block->second;
  }
  if (wish == LabWish::enlarge) enlarged_ = where == LabSeat::Where::window ? "" : directive.id;
  if (wish == LabWish::pin) {
    pinned_ = where == LabSeat::Where::beside ? "" : directive.id;
    enlarged_.clear();
  }
  const float bottom = ImGui::GetCursorScreenPos().y, height = ImGui::GetIO().DisplaySize.y;
  if (bottom < 0 || top > height) return;
  in_sight_.insert(directive.id);
  const float distance = std::abs((top + bottom) / 2 - height / 2);
  if (distance < nearest_distance_) {
    nearest_distance_ = distance;
    nearest_ = directive.id;
  }
}

void Directives::draw_seated(const std::string& instance, float width, LabSeat::Where where) {
  const auto lab = labs_of_chapter_.find(instance);
  if (lab == labs_of_chapter_.end()) return;
  ImGui::PushID(instance.c_str());
  draw_lab(*lab->second, width, where);
  ImGui::PopID();
}

// One line in the place of a lab that stands beside the text.
void Directives::draw_placeholder(const book::Directive& directive, float width) {
  const figure::Palette& colors = theme_.colors();
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float height = theme_.px(36), pixels = theme_.px(14), y = top.y + (height - pixels * kLeading) / 2;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRect(top, {top.x + width, top.y + height}, to_imgui(colors.rule), theme_.px(8));
  draw_icon(list, Icon::pin, {top.x + theme_.px(24), top.y + height / 2}, theme_.px(15), to_imgui(colors.muted));
  const std::string back = theme_.strings->get("card.unpin");
  const float back_at = width - theme_.px(22) - label_width(theme_.fonts.ui, pixels, back), left = theme_.px(44);
  const std::string title = theme_.strings->get("lab." + directive.value("lab") + ".title");
  ImGui::SetCursorScreenPos({top.x + left, y});
  draw_label(theme_, theme_.fonts.ui, 14, colors.muted,
             shortened(theme_.fonts.ui, pixels, title, back_at - left - theme_.px(8)));
  ImGui::SetCursorScreenPos({top.x + back_at, y - theme_.px(3)});
  if (quiet_button(theme_, "###unpin", back)) pinned_.clear();
  ImGui::SetCursorScreenPos(top);
  ImGui::Dummy({width, height});
}

std::optional<std::string> Directives::listing(const book::Directive& directive) const {
  auto lines = book::read_region(root_, directive.id);
  return lines ? std::optional(std::move(*lines)) : std::nullopt;
}

void Directives::draw_unreadable_code(const book::Directive& directive, float width) {
  auto known = unreadable_.find(directive.id);
  if (known == unreadable_.end()) {
    const auto lines = book::read_region(root_, directive.id);
    if (lines) return;                     // mended since the chapter was opened: set by the page when it opens again
    known = unreadable_.emplace(directive.id, lines.error()).first;
  }
  draw_error_card(theme_, known->second, width);
}

std::string Directives::link_tip(std::string_view target) {
  constexpr std::string_view prefix = "claim:";
  if (!target.starts_with(prefix)) return {};
  const auto claim = claims_.find(std::string(target.substr(prefix.size())));
  if (claim == claims_.end()) return {};
  const book::Claim& c = claim->second;
  const std::string language(theme_.strings->language());
  // As many digits as the tolerance gives meaning to.
  const int decimals = c.tolerance > 0 ? std::max(0, 1 - static_cast<int>(std::floor(std::log10(c.tolerance)))) : 4;
  std::string tip = theme_.strings->format("claim.tip", {c.lab, c.value, format_fixed(c.expect, decimals, language),
                                                         format_fixed(c.tolerance, decimals, language)});
  if (c.verdict)
    tip = theme_.strings->format("claim.experiment", {c.says, std::string(word_of(*c.verdict, language))}) + "\n" + tip;
  for (const auto& [key, value] : c.inputs) tip += "\n" + key + ": " + value;
  return tip;
}

}  // namespace tb::viewer
