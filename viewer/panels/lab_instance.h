// One lab of a chapter as the learner has it: its inputs with undo and redo, posted to the compute thread when they
// change, and the newest answer. No ImGui, so that it is tested without one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "book/document.h"
#include "labs/compute.h"
#include "viewer/panels/time_left.h"

namespace tb::viewer {

struct LabExample {                                        // what else the chapter offers to try
  std::string name;
  Inputs inputs;
};

class LabInstance {
 public:
  // `space`: LabPanels's.
  LabInstance(Compute& compute, std::string chapter, std::string name, std::string_view space = "");

  // Once a frame: takes the lab's fields when they are known, the directive's presets when it is another one (the
  // chapter in another language), posts changed inputs, reads the newest answer, and goes on generating.
  void update(const book::Directive& directive, std::string_view language);

  const std::string& type() const { return type_; }
  const std::vector<Field>& fields() const { return fields_; }   // empty while the library of labs is not open
  const Field* field(std::string_view key) const;
  const Inputs& inputs() const { return inputs_; }
  const Inputs& presets() const { return presets_; }
  const std::vector<LabExample>& examples() const { return examples_; }
  const LabView& view() const { return view_; }
  const ModelView& model() const { return model_; }
  std::optional<double> seconds_left() const { return time_left_.seconds(); }   // of the run at hand; none: unknown
  const std::optional<Error>& preset_error() const { return preset_error_; }
  // The newest snapshot belongs to the inputs at hand.
  bool current() const { return shown() && !view_.waiting; }
  bool shown() const { return shows(inputs_); }   // though more may be under way
  bool shows(const Inputs& inputs) const { return view_.snapshot && view_.snapshot->inputs == with_also(inputs); }

  // Sets one input and posts. Edits of one key without end_edit() between them are one step of undo: a slider that is
  // dragged, a word that is typed. Another prompt begins without the old one's continuation.
  void edit(std::string_view key, Value value);
  void end_edit() { editing_.clear(); }
  void edit_all(const Inputs& changes);       // what a click in the figure sets: a step of its own
  bool can_undo() const { return at_ > 0; }
  bool can_redo() const { return at_ + 1 < history_.size(); }
  void undo();
  void redo();
  void reset();                               // to the chapter's presets
  bool at_presets() const { return inputs_ == presets_; }
  void retry() { compute_.retry(instance_); }
  // Inputs that go with the learner's own to the compute thread, and belong to nobody: what a comparison has to know
  // (labs/compare.h). Posts where they are others than before.
  void ask_also(Inputs more);
  void begin_history();                       // nothing before this can be undone
  bool up_to_date() const;                    // the newest answer has been read
  // This input was set by the chapter, by one of its examples, by a link or at an earlier start.
  bool named(std::string_view key) const { return named_.contains(key); }

  // A lab that runs for long (Lab::long_running) posts nothing by itself: start() posts the inputs at hand, and stop()
  // keeps what there is. Both leave the inputs alone, and editing them leaves a run alone.
  bool long_running() const { return long_running_; }
  void start();
  void stop() { compute_.stop(instance_); }
  bool can_go_on() const;   // steps of the run shown are left, and only their number has changed, if anything
  bool finished() const;    // the run shown is the one that start() would begin

  // next-token: appends what the sampler drew, once or until `tokens` are there, the end token comes or it is stopped.
  bool can_step() const;
  void step();
  void generate(int tokens);
  void stop_generating() { to_generate_ = 0; }
  bool generating() const { return to_generate_ > 0; }

  // As text, to be kept; empty while they are the chapter's presets.
  std::map<std::string, std::string> saved() const;
  void restore(std::map<std::string, std::string> texts);   // over the inputs at hand; what does not parse is left out
  void begin_with(std::map<std::string, std::string> texts);   // likewise, over the presets
  std::map<std::string, std::string> changes() const;       // what differs from the presets, as text
  Inputs presets_with(const std::map<std::string, std::string>& texts) const;   // what does not parse is left out
  bool take_changed();                        // whether inputs changed since the last call
  bool take_tried();                          // whether the learner changed or ran something since the last call

 private:
  void take_presets(const book::Directive& directive, std::string_view language);
  Inputs with_also(Inputs inputs) const;
  Result<Inputs> parse_located(const book::Directive& directive, std::string_view language) const;
  Result<std::vector<LabExample>> parse_examples(const book::Directive& directive, std::string_view language,
                                                 const Inputs& presets) const;
  void set(Inputs inputs);
  void push(std::string_view key, Inputs inputs);
  void put_over(Inputs inputs, const std::map<std::string, std::string>& texts);
  std::optional<std::int64_t> drawn() const;

  Compute& compute_;
  std::string chapter_, name_, instance_, type_;
  std::vector<Field> fields_;
  bool long_running_ = false;
  std::set<std::string, std::less<>> named_;
  ModelView::State fields_for_ = ModelView::State::none;
  const void* directive_ = nullptr;           // whose presets these are
  std::string language_;
  Inputs presets_, inputs_, also_;
  std::vector<LabExample> examples_;
  std::optional<Error> preset_error_;
  std::map<std::string, std::string> restored_;
  std::vector<Inputs> history_;
  std::size_t at_ = 0;                        // history_[at_] == inputs_
  std::string editing_;                       // the key whose edits still merge
  bool to_post_ = false, changed_ = false, tried_ = false;
  int to_generate_ = 0;
  LabView view_;
  TimeLeft time_left_;
  ModelView model_;
};

}  // namespace tb::viewer
