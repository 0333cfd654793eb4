// What stands in the text besides text: labs as cards; code regions, predictions, quizzes and exercises as blocks.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "book/claims.h"
#include "viewer/page/page.h"
#include "viewer/panels/lab_panels.h"

namespace tb::viewer {

class Directives : public DirectiveHost {
 public:
  Directives(std::filesystem::path root, LabPanels& labs, const Theme& theme);

  // The chapter whose directives will be drawn; the theme gives the language of numbers.
  void show(std::string chapter, const book::Document& document);
  void begin_frame();
  // The labs drawn in this frame, by their instance.
  const std::set<std::string>& labs_in_sight() const { return in_sight_; }
  // The lab that is nearest to the middle of the window takes the keyboard in the next frame.
  void enter_lab() { enter_ = nearest_; }

  // The lines of a code directive for the page to set; nullopt where they cannot be read (then drawn as an error).
  std::optional<std::string> listing(const book::Directive& directive) const;
  void draw_directive(const book::Directive& directive, float width) override;
  std::string link_tip(std::string_view target) override;

 private:
  void draw_lab(const book::Directive& directive, float width);
  void draw_unreadable_code(const book::Directive& directive, float width);
  void draw_predict(const book::Directive& directive, float width);
  void draw_quiz(const book::Directive& directive, float width);
  void draw_exercise(const book::Directive& directive, float width);

  std::filesystem::path root_;
  LabPanels& labs_;
  const Theme& theme_;
  std::string chapter_;
  std::map<std::string, book::Claim> claims_;
  std::map<std::string, Error> unreadable_;           // why a region cannot be read, by path#region
  std::map<std::string, std::size_t> chosen_;         // answers, by the instance of a predict or quiz
  std::set<std::string> in_sight_;
  std::string nearest_, enter_;
  float nearest_distance_ = 0;
};

}  // namespace tb::viewer
