#include "viewer/progress_panel.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/files.h"
#include "book/traces_text.h"
#include "viewer/panels/lab_save.h"
#include "viewer/study.h"
#include "viewer/widgets/text.h"

namespace tb::viewer {

namespace {

constexpr const char* kColumns[] = {"progress.column.read", "progress.column.tried", "progress.column.answered",
                                    "progress.column.solved"};
constexpr float kColumn = 84;                              // pixels at scale 1

std::array<book::Count, 4> counts(const book::Standing& s) { return {s.read, s.tried, s.answered, s.solved}; }

std::string title_of(const book::Chapter& chapter, std::string_view language) {
  const auto title = chapter.title.find(std::string(language));
  return chapter.number + "  " + (title == chapter.title.end() ? chapter.slug : title->second);
}

}  // namespace

Result<std::filesystem::path> export_progress(const book::Traces& traces, const std::vector<book::Chapter>& chapters,
                                              const Strings& strings) {
  const std::filesystem::path folder = save_folder(SaveFormat::json);
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const std::string name = "textbook-progress-" + book::now_utc().substr(0, 10);
  std::filesystem::path file = folder / (name + ".json");
  for (int n = 2; std::filesystem::exists(file, ignored); ++n) file = folder / (name + "-" + std::to_string(n) + ".json");
  if (auto written = write_file(file, book::to_json(traces)); !written) return tl::unexpected(written.error());
  auto readable = file;
  readable.replace_extension(".md");
  if (auto written = write_file(readable, book::to_markdown(traces, chapters, strings)); !written)
    return tl::unexpected(written.error());
  return file;
}

void ProgressPanel::open(std::vector<std::vector<book::SectionOutline>> outlines, std::size_t chapter) {
  outlines_ = std::move(outlines);
  chapter_ = chapter;
  standings_.clear();
  open_ = true;
  asking_ = false;
  said_.clear();
  error_.reset();
}

std::optional<ProgressPanel::Choice> ProgressPanel::draw() {
  if (!open_) return std::nullopt;
  if (standings_.empty() || standings_of_ != learner_.version()) {
    standings_.assign(outlines_.size(), {});
    for (std::size_t i = 0; i < outlines_.size(); ++i)
      for (const book::SectionOutline& section : outlines_[i])
        standings_[i].push_back(book::standing(chapters_[i].slug, section, learner_.traces()));
    standings_of_ = learner_.version();
  }
  const figure::Palette& c = theme_.colors();
  const Strings& strings = *theme_.strings;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 origin = viewport->Pos, all = viewport->Size;
  ImGui::SetNextWindowPos(origin);
  ImGui::SetNextWindowSize(all);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetColorU32(ImGuiCol_ModalWindowDimBg));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.f);
  ImGui::Begin("progress", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                        ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking);
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor();
  const float pad = theme_.px(24), width = std::min(theme_.px(760), all.x - theme_.px(32));
  std::size_t lines = 0;
  for (const auto& outline : outlines_) lines += outline.size() + 2;
  const float foot = theme_.px(error_ ? 150 : 104);
  const float height = std::min(theme_.px(96 + 26 * static_cast<float>(lines)) + foot, all.y - theme_.px(48));
  ImGui::SetCursorScreenPos({std::round(origin.x + (all.x - width) / 2), std::round(origin.y + (all.y - height) / 2)});
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_imgui(c.card));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, theme_.px(20)));
  ImGui::BeginChild("card", {width, height}, ImGuiChildFlags_Borders, ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleVar();
  const float inner = width - 2 * pad;
  const ImVec2 top = ImGui::GetCursorScreenPos();
  draw_label(theme_, theme_.fonts.ui_bold, 18, c.ink, strings.get("progress.title"));
  for (int i = 0; i < 4; ++i) {                            // the columns' names
    const std::string name = strings.get(kColumns[i]);
    const float right = top.x + inner - theme_.px(10) - theme_.px(kColumn) * static_cast<float>(3 - i);
    ImGui::SetCursorScreenPos({right - label_width(theme_.fonts.ui, theme_.px(13), name), top.y + theme_.px(30)});
    draw_label(theme_, theme_.fonts.ui, 13, c.muted, name);
  }
  ImGui::SetCursorScreenPos({top.x, top.y + theme_.px(52)});
  std::optional<Choice> choice;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::BeginChild("lines", {inner, height - theme_.px(72) - foot}, ImGuiChildFlags_None);
  for (std::size_t i = 0; i < outlines_.size(); ++i) draw_chapter(i, inner, choice);
  ImGui::EndChild();
  ImGui::PopStyleVar(2);
  draw_foot(inner);
  ImGui::EndChild();
  ImGui::PopStyleColor();
  if (ImGui::IsWindowHovered() && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) close();
  ImGui::End();
  if (choice) close();
  return choice;
}

void ProgressPanel::draw_chapter(std::size_t index, float width, std::optional<Choice>& choice) {
  book::Standing sum;
  for (const book::Standing& each : standings_[index]) sum += each;
  if (draw_line("chapter-" + chapters_[index].slug, title_of(chapters_[index], theme_.strings->language()), sum, true, 0,
                width))
    choice = Choice{index, ""};
  for (std::size_t i = 0; i < outlines_[index].size(); ++i) {
    const book::SectionOutline& section = outlines_[index][i];
    if (section.anchor.empty()) continue;                  // a chapter without sections is its own line
    const float indent = theme_.px(section.level == 2 ? 14 : 28);
    if (draw_line("section-" + chapters_[index].slug + "-" + section.anchor, section.title, standings_[index][i], false,
                  indent, width))
      choice = Choice{index, section.anchor};
  }
  ImGui::Dummy({0, theme_.px(10)});
}

bool ProgressPanel::draw_line(const std::string& id, const std::string& title, const book::Standing& standing,
                              bool is_chapter, float indent, float width) const {
  const figure::Palette& c = theme_.colors();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = theme_.px(26), pixels = theme_.px(14), y = std::round(at.y + (height - pixels) / 2 - theme_.px(1));
  const bool clicked = ImGui::InvisibleButton(id.c_str(), {width, height});
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (ImGui::IsItemHovered()) {
    list.AddRectFilled(at, {at.x + width, at.y + height}, ImGui::GetColorU32(ImGuiCol_ButtonHovered), theme_.px(5));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  ImFont* const font = is_chapter ? theme_.fonts.ui_bold : theme_.fonts.ui;
  const float sign = theme_.px(20), numbers = 4 * theme_.px(kColumn);
  draw_standing(list, standing, theme_, {at.x + theme_.px(8), at.y + height / 2});
  const std::string line = shortened(font, pixels, title, width - numbers - sign - indent);
  list.AddText(font, pixels, {at.x + sign + indent, y}, to_imgui(c.ink), line.c_str());
  int column = 0;
  for (const book::Count& count : counts(standing)) {
    const float right = at.x + width - theme_.px(10) - theme_.px(kColumn) * static_cast<float>(3 - column++);
    if (count.of == 0) continue;
    const std::string text = std::to_string(count.done) + " / " + std::to_string(count.of);
    list.AddText(theme_.fonts.ui, pixels, {std::round(right - label_width(theme_.fonts.ui, pixels, text)), y},
                 to_imgui(count.done == 0 ? c.muted : c.ink), text.c_str());
  }
  return clicked;
}

// The buttons, what they came to, and that nothing of this leaves the machine.
void ProgressPanel::draw_foot(float width) {
  const Strings& strings = *theme_.strings;
  const figure::Palette& c = theme_.colors();
  ImGui::Dummy({0, theme_.px(4)});
  const auto button = [&](const char* key, const char* id) { return ImGui::Button((strings.get(key) + id).c_str()); };
  if (asking_) {
    draw_label(theme_, theme_.fonts.ui, 15, c.ink, strings.get("progress.ask"));
    if (button("progress.this-chapter", "###reset-chapter")) reset(chapters_[chapter_].slug);
    ImGui::SameLine(0, theme_.px(8));
    if (button("progress.whole-book", "###reset-book")) reset("");
    ImGui::SameLine(0, theme_.px(8));
    if (button("progress.keep-all", "###keep-all")) asking_ = false;
  } else {
    if (button("progress.export", "###export")) export_files();
    ImGui::SameLine(0, theme_.px(8));
    if (button("progress.reset", "###reset")) asking_ = true;
    if (forgotten_) {
      ImGui::SameLine(0, theme_.px(8));
      if (button("progress.undo", "###undo")) {
        if (const auto back = learner_.put(*forgotten_); !back) error_ = back.error();
        else said_ = strings.get("progress.undone");
        forgotten_.reset();
      }
    }
    draw_wrapped(theme_, theme_.fonts.ui, 14, c.ink, said_, width);
  }
  if (error_) {
    const Message message = describe(*error_, strings);
    draw_wrapped(theme_, theme_.fonts.ui, 14, c.warn, message.what + " " + message.remedy, width);
  }
  draw_wrapped(theme_, theme_.fonts.ui, 13, c.muted, strings.get("progress.private"), width);
}

void ProgressPanel::export_files() {
  error_.reset();
  said_.clear();
  const auto file = export_progress(learner_.traces(), chapters_, *theme_.strings);
  if (file) said_ = theme_.strings->format("progress.exported", {file->string()});
  else error_ = file.error();
}

void ProgressPanel::reset(const std::string& chapter) {
  error_.reset();
  asking_ = false;
  auto gone = learner_.reset(chapter);
  if (!gone) {
    error_ = gone.error();
    return;
  }
  forgotten_ = std::move(*gone);
  said_ = theme_.strings->get("progress.forgotten");
}

}  // namespace tb::viewer
