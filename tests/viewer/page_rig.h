// A page without a window: Dear ImGui on its null backend with the real fonts, one frame at a time.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <imgui.h>
#include <imgui_impl_null.h>

#include "viewer/page/page.h"
#include "viewer/page/textures.h"

namespace tb::test {

struct PageRig : viewer::DirectiveHost {
  PageRig() {
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui_ImplNull_Init();
    auto fonts = viewer::load_fonts();
    if (!fonts) throw std::runtime_error(fonts.error().code + " " + fonts.error().where);
    theme.fonts = *fonts;
    theme.reduced_motion = true;
    page = std::make_unique<viewer::Page>();
  }
  ~PageRig() override {
    page.reset();
    ImGui_ImplNull_Shutdown();
    ImGui::DestroyContext();
  }

  void show(std::string_view markdown, std::string_view language = "en") {
    page->show(std::make_shared<book::Document>(book::parse_document(markdown, "chapter.md", language)));
  }

  // Returns the link that was clicked in the last of the frames.
  std::optional<std::string> frames(int count = 1) {
    std::optional<std::string> clicked;
    for (int i = 0; i < count; ++i) {
      ImGui_ImplNull_NewFrame();
      ImGui::GetIO().DisplaySize = size;
      ImGui::NewFrame();
      ImGui::SetNextWindowPos({0, 0});
      ImGui::SetNextWindowSize(size);
      ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
      ImGui::Begin("main", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove);
      ImGui::PopStyleVar();
      directives_drawn = 0;
      clicked = page->draw(theme, *this);
      ImGui::End();
      ImGui::Render();
      ImGui_ImplNullRender_RenderDrawData(ImGui::GetDrawData());
    }
    return clicked;
  }

  void draw_directive(const book::Directive&, float width) override {
    ++directives_drawn;
    ImGui::Dummy({width, directive_height});
  }
  std::string link_tip(std::string_view) override { return ""; }

  viewer::Theme theme;
  std::unique_ptr<viewer::Page> page;
  ImVec2 size{900, 700};
  float directive_height = 500;
  int directives_drawn = 0;
};

}  // namespace tb::test
