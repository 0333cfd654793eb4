#include "viewer/panels/lab_actions.h"

#include <algorithm>
#include <cstdlib>

#include "viewer/panels/lab_inputs.h"
#include "viewer/panels/lab_link.h"
#include "viewer/panels/segments.h"
#include "viewer/widgets/error_card.h"
#include "viewer/widgets/icon.h"
#include "viewer/widgets/landmark.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr float side = 28;                  // of an icon, pixels at scale 1
constexpr int icons = 8;
constexpr double reading_time = 2.5;        // seconds that an answer stays at least

figure::Color ink(const Theme& theme, bool on) {
  const bool lit = on && (ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible));
  const figure::Palette& c = theme.colors();
  return lit ? c.accent : on ? c.muted : c.rule;
}

// A button to draw an icon on, at the cursor, which moves on to the next. `at`: its corner.
bool icon_button(const char* id, const Theme& theme, ImVec2& at) {
  at = ImGui::GetCursorScreenPos();
  const bool pressed = ImGui::InvisibleButton(id, {theme.px(side), theme.px(side)}, ImGuiButtonFlags_EnableNav);
  ImGui::SetCursorScreenPos({at.x + theme.px(side), at.y});
  return pressed;
}

bool draw_sign(const char* id, const char* shape, const char* tip, const Theme& theme, bool on) {
  ImVec2 at;
  const bool pressed = icon_button(id, theme, at);
  const float pixels = theme.px(18), wide = label_width(theme.fonts.ui, pixels, shape);
  ImGui::GetWindowDrawList()->AddText(theme.fonts.ui, pixels, {at.x + (theme.px(side) - wide) / 2, at.y + theme.px(3)},
                                      to_imgui(ink(theme, on)), shape);
  draw_tip(theme, theme.strings->get(tip));
  return pressed && on;
}

using Texts = std::map<std::string, std::string>;

// `lit`: what it stands for is under way.
bool draw_picture(const char* id, Icon icon, const std::string& tip, const Theme& theme, bool on, bool lit = false) {
  ImVec2 at;
  const bool pressed = icon_button(id, theme, at);
  draw_icon(*ImGui::GetWindowDrawList(), icon, {at.x + theme.px(side) / 2, at.y + theme.px(side) / 2}, theme.px(15),
            to_imgui(lit ? theme.colors().accent : ink(theme, on)));
  draw_tip(theme, tip);
  return pressed && on;
}

// A path under the home folder begins with "~", as people write it.
std::string short_path(const std::filesystem::path& path) {
  const char* home = std::getenv("HOME");
  const std::string text = path.string(), start = home && *home ? std::string(home) + "/" : "";
  return !start.empty() && text.starts_with(start) ? "~/" + text.substr(start.size()) : text;
}

}  // namespace

float LabActions::width(const Theme& theme) { return theme.px(side * icons); }

void LabActions::say(std::string text, const LabInstance& lab) {
  text_ = std::move(text);
  path_.clear();
  error_.reset();
  said_at_ = lab.inputs();
  said_when_ = ImGui::GetTime();
}

LabWish LabActions::draw(LabInstance& a, const Theme& theme, const CardView& card) {
  const Strings& strings = *theme.strings;
  LabInstance& lab = card.comparison ? card.comparison->edited(a) : a;
  LabWish wish = LabWish::none;
  if (card.comparison) {                      // whose inputs undo, redo and reset are for
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_run_sign(*ImGui::GetWindowDrawList(), theme, &lab != &a, {at.x - theme.px(12), at.y + theme.px(side / 2)},
                  theme.px(18));
  }
  if (draw_sign("###undo", "↶", "lab.undo", theme, lab.can_undo())) lab.undo();
  if (draw_sign("###redo", "↷", "lab.redo", theme, lab.can_redo())) lab.redo();
  if (draw_sign("###reset", "⟲", "lab.reset", theme, !lab.at_presets())) lab.reset();
  if (draw_picture("###compare", Icon::compare, strings.get(card.comparison ? "compare.next" : "compare.start"), theme,
                   card.seat.question.empty(), card.comparison))
    wish = LabWish::compare;
  const bool any = a.view().snapshot && card.seat.question.empty() &&
                   (!card.comparison || card.comparison->b().view().snapshot);
  const ImVec2 save_at = ImGui::GetCursorScreenPos();
  if (draw_picture("###save", Icon::save, strings.get(any ? "card.save" : "card.save-nothing"), theme,
                   any && !saver_.busy()))
    ImGui::OpenPopup("save-menu");
  draw_menu(a, theme, card, {save_at.x + theme.px(side), save_at.y + theme.px(side)});
  if (draw_picture("###link", Icon::link, strings.get("card.link"), theme, true)) {
    ImGui::SetClipboardText(open_line(a, card.chapter, card.instance, strings.language(),
                                        card.comparison ? card.comparison->over(a) : Texts())
                                  .c_str());
    say(strings.get("card.link-copied"), lab);
  }
  using Where = LabSeat::Where;
  const Where where = card.seat.where;
  const bool can_pin = where == Where::beside || card.seat.no_room.empty();
  const char* const pin = where == Where::beside ? "card.unpin" : "card.pin";
  const std::string pin_tip = can_pin ? strings.get(pin) : card.seat.no_room;
  if (draw_picture("###pin", Icon::pin, pin_tip, theme, can_pin)) wish = LabWish::pin;
  if (can_pin) note_item(Landmark::seat);
  const bool large = where == Where::window;
  const std::string size_tip = strings.get(large ? "card.shrink" : "card.enlarge");
  if (draw_picture("###enlarge", large ? Icon::shrink : Icon::enlarge, size_tip, theme, true))
    wish = LabWish::enlarge;
  if (!can_pin) note_item(Landmark::seat);
  if (const auto saved = saver_.take()) {
    say("", lab);
    if (*saved) {
      path_ = **saved;
      text_ = strings.format("card.saved", {short_path(path_)});
    } else {
      error_ = saved->error();
    }
  }
  draw_answer(lab, theme, card);
  return wish;
}

// The formats, each with what it is good for.
void LabActions::draw_menu(const LabInstance& a, const Theme& theme, const CardView& card, ImVec2 below) {
  const figure::Palette& colors = theme.colors();
  const float row = theme.px(30), room = ImGui::GetIO().DisplaySize.y - below.y;
  std::vector<SaveFormat> formats(std::begin(save_formats), std::end(save_formats));
  if (!card.comparison && a.view().snapshot && has_setup(*a.view().snapshot)) formats.push_back(SaveFormat::dir);
  const bool up = room < static_cast<float>(formats.size()) * row + theme.px(40);
  ImGui::SetNextWindowPos({below.x, up ? below.y - theme.px(side) : below.y}, ImGuiCond_Always, {1, up ? 1.f : 0.f});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {theme.px(8), theme.px(8)});
  const bool open = ImGui::BeginPopup("save-menu");
  ImGui::PopStyleVar();
  if (!open) return;
  float wide = 0;
  const auto about = [&](SaveFormat format) { return theme.strings->get(std::string("card.") + extension(format)); };
  for (const SaveFormat format : formats)
    wide = std::max(wide, label_width(theme.fonts.ui, theme.px(14), about(format)));
  for (const SaveFormat format : formats) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string id = std::string("###") + extension(format);
    const bool chosen = ImGui::Selectable(id.c_str(), false, 0, {wide + theme.px(64), row});
    std::string name = extension(format);
    for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddText(theme.fonts.ui_bold, theme.px(14), {at.x + theme.px(6), at.y + theme.px(7)}, to_imgui(colors.ink),
                  name.c_str());
    list->AddText(theme.fonts.ui, theme.px(14), {at.x + theme.px(56), at.y + theme.px(7)}, to_imgui(colors.muted),
                  about(format).c_str());
    if (!chosen) continue;
    const LabInstance& edited = card.comparison ? card.comparison->edited(a) : a;
    say(theme.strings->get("card.saving"), edited);
    SaveRequest request{a.view().snapshot, format, std::string(card.chapter), std::string(card.instance), theme.strings,
                        theme.id, card.width, card.selected};
    if (card.comparison) {
      request.b = card.comparison->b().view().snapshot;
      request.shown = card.comparison->shown(card.width >= figure::two_abreast);
    }
    saver_.start(std::move(request));
  }
  ImGui::EndPopup();
}

void LabActions::draw_answer(const LabInstance& lab, const Theme& theme, const CardView& card) {
  if (text_.empty() && !error_) return;
  const ImVec2 window = ImGui::GetIO().DisplaySize;
  const float width = std::min(theme.px(620), window.x - theme.px(64));
  const std::string name = "###answer/" + std::string(card.chapter) + "/" + std::string(card.instance);
  ImGui::SetNextWindowPos({window.x / 2, window.y - theme.px(44)}, ImGuiCond_Always, {0.5f, 1});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, error_ ? ImVec2(0, 0) : ImVec2(theme.px(16), theme.px(10)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(8));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.f, theme.scale));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_imgui(theme.colors().card));
  ImGui::PushStyleColor(ImGuiCol_Border, to_imgui(theme.colors().muted));
  constexpr int quiet = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                        ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoDocking;
  ImGui::Begin(name.c_str(), nullptr, quiet | ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar(3);
  if (error_) {
    if (draw_error_card(theme, *error_, width, (theme.strings->get("card.understood") + "###understood").c_str()))
      error_.reset();
  } else {
    draw_saved(theme, width);
  }
  const bool pointed_at = ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  ImGui::End();
  const ImGuiIO& io = ImGui::GetIO();
  const bool acts = ImGui::IsMouseClicked(ImGuiMouseButton_Left) || io.MouseWheel != 0 ||
                    !io.InputQueueCharacters.empty() || ImGui::IsKeyPressed(ImGuiKey_Escape);
  const bool was_read = ImGui::GetTime() - said_when_ > reading_time && acts && !pointed_at;
  if (!saver_.busy() && !error_ && (was_read || said_at_ != lab.inputs())) say("", lab);
}

void LabActions::draw_saved(const Theme& theme, float width) const {
  const std::string open = theme.strings->get("card.show-folder");
  const auto open_folder = ImGui::GetPlatformIO().Platform_OpenInShellFn;
  const bool offers = !path_.empty() && open_folder;
  const float pixels = theme.px(15);
  const float room = width - (offers ? label_width(theme.fonts.ui, pixels, open) + theme.px(40) : 0);
  std::string line = text_;
  if (!path_.empty() && label_width(theme.fonts.ui, pixels, line) > room)   // the name tells more than the folder
    line = theme.strings->format("card.saved", {"…/" + path_.filename().string()});
  ImGui::AlignTextToFramePadding();
  draw_label(theme, theme.fonts.ui, 15, theme.colors().ink, shortened(theme.fonts.ui, pixels, line, room));
  if (!path_.empty()) draw_tip(theme, path_.string());
  if (!offers) return;
  ImGui::SameLine(0, theme.px(16));
  if (ImGui::Button((open + "###show-folder").c_str()))
    open_folder(ImGui::GetCurrentContext(), path_.parent_path().c_str());
}

}  // namespace tb::viewer
