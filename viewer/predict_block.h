// Predictions: a question before a lab. Until the learner commits to an answer the lab keeps its result covered; then
// the answer stands beside what the lab says, for the inputs that the chapter asks about.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "book/learner.h"
#include "book/predict.h"
#include "viewer/panels/lab_panels.h"

namespace tb::viewer {

class PredictBlocks {
 public:
  PredictBlocks(LabPanels& labs, book::Learner& learner, const Theme& theme)
      : labs_(labs), learner_(learner), theme_(theme) {}

  void show(std::string chapter, const book::Document& document);
  // Widgets: ###commit under "choice"s or "###guess"; ###ask while the lab is elsewhere than the question asks about.
  void draw(const book::Directive& directive, float width);

  // The question that keeps this lab's result covered; nullptr where none is open.
  const book::Prediction* open_question(const std::string& lab) const;
  void skip(const std::string& lab);          // the learner wants to see it without an answer
  // The lab whose result an answered question waits for, kept up to date although it may be out of sight; "" for none.
  const std::string& awaited_lab() const { return awaited_; }

 private:
  struct Pending {                            // not committed to yet
    std::optional<std::size_t> choice;
    std::optional<double> guess;
  };
  void draw_open(const book::Prediction& asked, float width);
  void draw_guess(const book::Prediction& asked, Pending& pending, float width);
  void commit(const book::Prediction& asked, const Pending& pending);
  void compare(const book::Prediction& asked);
  void draw_answered(const book::Prediction& asked, const book::Answer& said, float width);
  void draw_waiting(const book::Prediction& asked, float width);
  void draw_number_line(const book::Prediction& asked, double guess, std::optional<double> model, float width) const;
  void draw_row(const std::string& key, const std::string& text, float width) const;

  LabPanels& labs_;
  book::Learner& learner_;
  const Theme& theme_;
  std::string chapter_;
  std::map<std::string, book::Prediction> asked_;                   // by id
  std::map<std::string, const book::Directive*> lab_directives_;    // by instance
  std::map<std::string, Pending> pending_;
  std::string awaited_;
};

// What the lab said or the learner guessed, as the language writes it. `kept`: as book::Answer keeps it.
std::string outcome_text(const book::Prediction& asked, const std::string& kept, std::string_view language);

}  // namespace tb::viewer
