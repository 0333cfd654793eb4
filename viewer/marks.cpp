#include "viewer/marks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <misc/cpp/imgui_stdlib.h>

#include "book/spot.h"
#include "book/words.h"
#include "viewer/widgets/answers.h"
#include "viewer/widgets/icon.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float kSign = 18, kSlip = 300;                   // pixels at scale 1
constexpr double kKeepDelay = 1;                           // seconds from the last letter to the disk

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void Marks::show(std::string chapter, std::shared_ptr<const book::Document> document) {
  if (chapter != chapter_) close_note();
  chapter_ = std::move(chapter);
  document_ = std::move(document);
  placed_of_ = ~std::uint64_t{0};
  if (editing_)
    if (const auto block = book::find_spot(*document_, editing_->spot)) editing_->block = *block;
}

const std::vector<Marks::Placed>& Marks::placed() {
  if (placed_of_ == learner_.version() || !document_) return placed_;
  placed_.clear();
  const auto place = [&](const book::Spot& spot, bool is_note, std::int64_t id) {
    if (spot.chapter != chapter_) return;
    if (const auto block = book::find_spot(*document_, spot)) placed_.push_back({*block, is_note, id});
  };
  for (const book::Bookmark& each : learner_.traces().bookmarks) place(each.spot, false, each.id);
  for (const book::OwnNote& each : learner_.traces().notes) place(each.spot, true, each.id);
  placed_of_ = learner_.version();
  return placed_;
}

const book::OwnNote* Marks::note(std::int64_t id) const {
  for (const book::OwnNote& each : learner_.traces().notes)
    if (each.id == id) return &each;
  return nullptr;
}

// The selected words' block, else the one under the mouse, else the first that begins in the view.
std::optional<std::size_t> Marks::block_meant(const Page& page) const {
  const auto spots = page.blocks_in_sight();
  if (spots.empty()) return std::nullopt;
  const std::string selected = page.selected_text();
  if (!selected.empty()) {
    const std::string begin = selected.substr(0, std::min(selected.find('\n'), selected.size()));
    for (const auto& spot : spots)
      if (book::block_text(document_->blocks[spot.block]).find(begin) != std::string::npos) return spot.block;
  }
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (const auto& spot : spots)
    if (mouse.y >= spot.min.y && mouse.y <= spot.max.y && mouse.x >= spot.min.x && mouse.x <= spot.max.x) return spot.block;
  return spots.size() > 1 && spots.front().min.y < 0 ? spots[1].block : spots.front().block;
}

void Marks::toggle_bookmark(const Page& page) {
  const auto spots = page.blocks_in_sight();
  if (!document_ || spots.empty()) return;
  const std::size_t top = spots.size() > 1 && spots.front().min.y < 0 ? spots[1].block : spots.front().block;
  for (const Placed& mark : placed())
    if (!mark.is_note && mark.block == top) return (void)learner_.remove_bookmark(mark.id);
  book::Bookmark bookmark{0, book::spot_of(*document_, chapter_, top), ""};
  (void)learner_.add(bookmark);
}

void Marks::write_note(const Page& page) {
  const auto block = document_ ? block_meant(page) : std::nullopt;
  if (!block) return;
  close_note();
  const std::string quote = page.selected_text();
  if (quote.empty())                                       // one that is there is gone on with
    for (const Placed& mark : placed())
      if (mark.is_note && mark.block == *block && note(mark.id)->quote.empty()) return edit(mark.id);
  Editing fresh;
  fresh.spot = book::spot_of(*document_, chapter_, *block);
  fresh.block = *block;
  fresh.quote = quote;
  editing_ = std::move(fresh);
}

void Marks::edit(std::int64_t id) {
  const book::OwnNote* const own = note(id);
  if (!own) return;
  close_note();
  Editing again;
  again.id = id;
  again.spot = own->spot;
  again.block = book::find_spot(*document_, own->spot).value_or(0);
  again.quote = own->quote;
  again.text = again.kept = own->text;
  editing_ = std::move(again);
}

// Writes down what is on the slip.
void Marks::keep() {
  Editing& e = *editing_;
  if (e.text == e.kept) return;
  e.kept = e.text;
  if (e.id != 0) return (void)learner_.change_note(e.id, e.text);
  book::OwnNote own;
  own.spot = e.spot;
  own.quote = e.quote;
  own.text = e.text;
  (void)learner_.add(own);
  e.id = own.id;
}

void Marks::close_note() {
  if (!editing_) return;
  const bool empty = editing_->text.find_first_not_of(" \n\t") == std::string::npos;
  if (!empty) keep();
  else if (editing_->id != 0) (void)learner_.remove_note(editing_->id);
  editing_.reset();
}

double Marks::patience() const {
  return editing_ && editing_->text != editing_->kept ? kKeepDelay : std::numeric_limits<double>::infinity();
}

// A sign in a small window of its own, since the page's lies over what is drawn in ours. True where it was clicked.
bool Marks::draw_sign(const Placed& mark, ImVec2 at) {
  const std::string name = (mark.is_note ? "note-" : "bookmark-") + std::to_string(mark.id);
  const float side = theme_.px(kSign);
  ImGui::SetCursorScreenPos(at);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::BeginChild(name.c_str(), {side, side}, ImGuiChildFlags_None,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoBackground);
  ImGui::PopStyleVar(2);
  const bool clicked = ImGui::InvisibleButton(name.c_str(), {side, side});
  const bool lit = ImGui::IsItemHovered();
  if (lit) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  const figure::Palette& c = theme_.colors();
  draw_icon(*ImGui::GetWindowDrawList(), mark.is_note ? Icon::note : Icon::bookmark, {at.x + side / 2, at.y + side / 2},
            theme_.px(14), to_imgui(lit || !mark.is_note ? c.accent : c.muted));
  if (lit && mark.is_note && !editing_) {
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(theme_.px(340));
    ImGui::TextUnformatted(note(mark.id)->text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
  } else if (lit && !mark.is_note) {
    ImGui::SetItemTooltip("%s", theme_.strings->get("marks.remove-bookmark").c_str());
  }
  ImGui::EndChild();
  return clicked;
}

void Marks::draw(const Page& page, ImVec2 origin, ImVec2 size) {
  if (!document_) return;
  const auto spots = page.blocks_in_sight();
  const float side = theme_.px(kSign);
  std::optional<Placed> clicked;
  for (const auto& spot : spots) {
    float y = spot.min.y + theme_.px(4);
    for (const Placed& mark : placed()) {
      if (mark.block != spot.block) continue;
      if (y >= origin.y && y + side <= origin.y + size.y && draw_sign(mark, {spot.min.x - side - theme_.px(5), y}))
        clicked = mark;
      y += side + theme_.px(3);
    }
  }
  if (clicked && clicked->is_note) edit(clicked->id);
  else if (clicked) (void)learner_.remove_bookmark(clicked->id);
  if (editing_) draw_slip(page, origin, size);
}

// In the margin where there is one, else under its paragraph, over the text.
void Marks::draw_slip(const Page& page, ImVec2 origin, ImVec2 size) {
  const figure::Palette& c = theme_.colors();
  const auto spots = page.blocks_in_sight();
  const auto spot = std::find_if(spots.begin(), spots.end(), [&](const auto& s) { return s.block == editing_->block; });
  if (spot == spots.end()) return;                         // scrolled away: it comes back with its paragraph
  const float pad = theme_.px(14), gap = theme_.px(16), right = origin.x + size.x - gap;
  const bool beside = right - (spot->max.x + gap) >= theme_.px(220);
  const float width = std::min(theme_.px(kSlip), beside ? right - spot->max.x - gap : spot->max.x - spot->min.x);
  const float tall = theme_.px(editing_->quote.empty() ? 190 : 216), lowest = origin.y + size.y - tall - theme_.px(8);
  const ImVec2 at(beside ? spot->max.x + gap : spot->min.x,
                  std::max(std::min(beside ? spot->min.y : spot->max.y + theme_.px(6), lowest), origin.y + theme_.px(8)));
  ImGui::SetCursorScreenPos(at);
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, theme_.px(12)));
  ImGui::BeginChild("note-slip", {width, tall}, ImGuiChildFlags_Borders, ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  const float inner = width - 2 * pad;
  draw_label(theme_, theme_.fonts.ui_bold, 13, c.muted, theme_.strings->get("marks.note"));
  if (!editing_->quote.empty())
    draw_label(theme_, theme_.fonts.text_italic, 14, c.muted,
               shortened(theme_.fonts.text_italic, theme_.px(14), one_line(editing_->quote), inner));
  if (editing_->appearing) ImGui::SetKeyboardFocusHere();
  editing_->appearing = false;
  const float foot = ImGui::GetFrameHeight() + theme_.px(14);
  const float left = at.y + tall - theme_.px(12) - foot - ImGui::GetCursorScreenPos().y;
  ImGui::PushFont(theme_.fonts.ui, theme_.px(15));
  if (ImGui::InputTextMultiline("###note-text", &editing_->text, {inner, left}, ImGuiInputTextFlags_WordWrap))
    editing_->changed_at = ImGui::GetTime();
  ImGui::PopFont();
  ImGui::Dummy({0, theme_.px(1)});
  bool done = ImGui::Button((theme_.strings->get("marks.keep") + "###keep").c_str());
  ImGui::SameLine(0, theme_.px(8));
  if (quiet_button(theme_, "###remove", theme_.strings->get("marks.remove"))) {
    editing_->text.clear();
    done = true;
  }
  ImGui::EndChild();
  if (editing_->text != editing_->kept && ImGui::GetTime() - editing_->changed_at > kKeepDelay &&
      editing_->text.find_first_not_of(" \n\t") != std::string::npos)
    keep();
  if (done) close_note();
}

// ---- the list ----

void Marks::open_list(std::function<std::string(const std::string&)> name_of) {
  close_note();
  name_of_ = std::move(name_of);
  list_.open();
}

void Marks::typed(const std::string& text) {
  typed_ = text;
  rows_.clear();
  const auto wanted = book::words_of(text);
  const auto fits = [&](const std::string& all) {
    const auto words = book::words_of(all);
    return std::all_of(wanted.begin(), wanted.end(), [&](const book::Word& one) {
      return std::any_of(words.begin(), words.end(), [&](const book::Word& w) { return w.folded.starts_with(one.folded); });
    });
  };
  for (const book::Bookmark& b : learner_.traces().bookmarks)
    if (fits(b.spot.snippet)) rows_.push_back({false, b.id, b.spot, one_line(b.spot.snippet), name_of_(b.spot.chapter)});
  for (const book::OwnNote& n : learner_.traces().notes)
    if (fits(n.text + " " + n.quote + " " + n.spot.snippet))
      rows_.push_back({true, n.id, n.spot, one_line(n.text),
                       name_of_(n.spot.chapter) + "  ·  " + one_line(n.quote.empty() ? n.spot.snippet : n.quote)});
}

void Marks::remove(std::size_t row) {
  if (row >= rows_.size()) return;
  if (rows_[row].is_note) (void)learner_.remove_note(rows_[row].id);
  else (void)learner_.remove_bookmark(rows_[row].id);
  typed(typed_);
}

void Marks::draw_row(std::size_t row, ImVec2 at, float width) {
  const figure::Palette& c = theme_.colors();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float edge = theme_.px(20);
  const auto write = [&](ImFont* font, float size, float y, float indent, figure::Color color, const std::string& text) {
    const float pixels = theme_.px(size), room = width - edge - indent - theme_.px(48);
    const std::string line = shortened(font, pixels, text, room);
    list.AddText(font, pixels, {std::round(at.x + indent), std::round(at.y + theme_.px(y))}, to_imgui(color), line.c_str());
  };
  if (rows_.empty())
    return write(theme_.fonts.ui, 14, 16, edge, c.muted, theme_.strings->get(typed_.empty() ? "marks.none" : "palette.none"));
  const Row& r = rows_[row];
  draw_icon(list, r.is_note ? Icon::note : Icon::bookmark, {at.x + edge + theme_.px(7), at.y + theme_.px(17)},
            theme_.px(14), to_imgui(c.muted));
  write(theme_.fonts.ui, 15, 8, edge + theme_.px(26), c.ink, r.text);
  write(theme_.fonts.ui, 13, 29, edge + theme_.px(26), c.muted, r.place);
}

std::optional<book::Spot> Marks::draw_list() {
  const auto picked = list_.draw(theme_, "marks", theme_.strings->get("marks.hint"), *this);
  return picked && *picked < rows_.size() ? std::optional(rows_[*picked].spot) : std::nullopt;
}

}  // namespace tb::viewer
