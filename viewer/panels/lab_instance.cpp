#include "viewer/panels/lab_instance.h"

#include <algorithm>
#include <utility>

#include "book/directive.h"

namespace tb::viewer {

namespace {
constexpr std::size_t longest_history = 200;
}

LabInstance::LabInstance(Compute& compute, std::string chapter, std::string name, std::string_view space)
    : compute_(compute),
      chapter_(std::move(chapter)),
      name_(std::move(name)),
      instance_(std::string(space) + chapter_ + "/" + name_) {}

const Field* LabInstance::field(std::string_view key) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.key == key; });
  return found == fields_.end() ? nullptr : &*found;
}

void LabInstance::update(const book::Directive& directive, std::string_view language) {
  model_ = compute_.model();
  if (type_.empty()) type_ = directive.value("lab");
  if (fields_.empty() || fields_for_ != model_.state) {   // the model narrows the ranges: its layers and heads
    fields_ = compute_.fields(type_);
    long_running_ = compute_.long_running(type_);
    fields_for_ = model_.state;
    directive_ = nullptr;
  }
  if (fields_.empty()) return;
  if (directive_ != &directive || language_ != language) take_presets(directive, language);
  if (preset_error_) return;
  if (std::exchange(to_post_, false) && !long_running_) compute_.post(instance_, type_, with_also(inputs_));
  view_ = compute_.view(instance_);
  if (view_.waiting) time_left_.see(TimeLeft::Clock::now(), view_.since, view_.done);
  else time_left_.forget();
  if (to_generate_ > 0 && (view_.error || !can_step()) && !view_.waiting) to_generate_ = 0;
  if (to_generate_ > 0 && current()) {
    const bool ends = view_.snapshot->numbers("sampled.end") == std::vector<double>{1};
    to_generate_ = ends ? 0 : to_generate_ - 1;
    std::vector<std::int64_t> continuation = std::get<std::vector<std::int64_t>>(inputs_["continuation"]);
    continuation.push_back(*drawn());
    Inputs next = inputs_;
    next["continuation"] = std::move(continuation);
    push("generating", std::move(next));
    if (to_generate_ == 0) end_edit();
    compute_.post(instance_, type_, with_also(inputs_));
    to_post_ = false;
    view_.waiting = true;
  }
}

// The first input that is wrong is reported at its own line.
Result<Inputs> LabInstance::parse_located(const book::Directive& directive, std::string_view language) const {
  const std::string file = "chapters/" + chapter_ + "/" + std::string(language) + ".md:";
  const auto texts = directive.inputs();
  for (const book::Directive::Entry& entry : directive.entries)
    if (texts.count(entry.key))
      if (auto one = parse(fields_, {{entry.key, entry.value}}, file + std::to_string(entry.line)); !one) return one;
  return parse(fields_, texts, file);
}

// Over the presets: an example names only what differs.
Result<std::vector<LabExample>> LabInstance::parse_examples(const book::Directive& directive, std::string_view language,
                                                            const Inputs& presets) const {
  const std::string file = "chapters/" + chapter_ + "/" + std::string(language) + ".md:";
  std::vector<LabExample> out;
  for (const book::Example& example : book::examples(directive)) {
    Inputs inputs = presets;
    for (const auto& [key, value, line] : example.inputs) {
      const auto one = parse(fields_, {{key, value}}, file + std::to_string(line));
      if (!one) return tl::unexpected<Error>(one.error());
      inputs[key] = one->find(key)->second;
    }
    out.push_back({example.name, std::move(inputs)});
  }
  return out;
}

void LabInstance::take_presets(const book::Directive& directive, std::string_view language) {
  directive_ = &directive;
  language_ = language;
  preset_error_.reset();
  named_.clear();
  for (const auto& [key, value] : directive.inputs()) named_.insert(key);
  for (const auto& [key, value] : inputs_)
    if (presets_.contains(key) && presets_.at(key) != value) named_.insert(key);
  Result<Inputs> parsed = parse_located(directive, language);
  if (!parsed) {
    preset_error_ = parsed.error();
    return;
  }
  Result<std::vector<LabExample>> offered = parse_examples(directive, language, *parsed);
  if (!offered) {
    preset_error_ = offered.error();
    return;
  }
  examples_ = std::move(*offered);
  const bool untouched = inputs_.empty() || inputs_ == presets_;
  presets_ = std::move(*parsed);
  if (untouched && inputs_ != presets_) {
    inputs_ = presets_;
    history_ = {inputs_};
    at_ = 0;
    to_post_ = true;
  }
  if (!restored_.empty()) restore(std::exchange(restored_, {}));
}

void LabInstance::set(Inputs inputs) {
  if (inputs == inputs_) return;
  inputs_ = std::move(inputs);
  to_post_ = changed_ = true;
}

void LabInstance::push(std::string_view key, Inputs inputs) {
  if (inputs == inputs_) return;
  history_.resize(at_ + 1);
  if (editing_ == key && !key.empty()) {
    history_.back() = inputs;
  } else {
    history_.push_back(inputs);
    if (history_.size() > longest_history) history_.erase(history_.begin());
  }
  at_ = history_.size() - 1;
  editing_ = key;
  set(std::move(inputs));
}

void LabInstance::edit(std::string_view key, Value value) {
  tried_ = true;
  Inputs next = inputs_;
  next[std::string(key)] = std::move(value);
  if (key == "prompt" && next.count("continuation")) next["continuation"] = std::vector<std::int64_t>();
  if (key == "prompt" || key == "continuation") stop_generating();
  push(key, std::move(next));
}

void LabInstance::edit_all(const Inputs& changes) {
  tried_ = true;
  stop_generating();
  end_edit();
  Inputs next = inputs_;
  for (const auto& [key, value] : changes)
    if (std::exchange(next[key], value) != value) named_.insert(key);
  push("", std::move(next));
}

void LabInstance::undo() {
  stop_generating();
  end_edit();
  if (can_undo()) set(history_[--at_]);
}

void LabInstance::redo() {
  stop_generating();
  end_edit();
  if (can_redo()) set(history_[++at_]);
}

Inputs LabInstance::with_also(Inputs inputs) const {
  for (const auto& [key, value] : also_)
    if (field(key)) inputs[key] = value;
  return inputs;
}

void LabInstance::ask_also(Inputs more) {
  if (more == also_) return;
  also_ = std::move(more);
  if (long_running_ || inputs_.empty()) return;
  compute_.post(instance_, type_, with_also(inputs_));
  view_.waiting = true;
}

void LabInstance::begin_history() {
  history_ = {inputs_};
  at_ = 0;
  end_edit();
}

bool LabInstance::up_to_date() const {
  const LabView now = compute_.view(instance_);
  return !to_post_ && !now.waiting && now.snapshot == view_.snapshot;
}

void LabInstance::reset() { edit_all(presets_); }

void LabInstance::start() {
  tried_ = true;
  end_edit();
  compute_.post(instance_, type_, with_also(inputs_));
}

bool LabInstance::can_go_on() const {
  const auto wanted = inputs_.find("steps");
  if (!view_.snapshot || wanted == inputs_.end()) return false;
  Inputs shown = view_.snapshot->inputs;
  shown["steps"] = wanted->second;
  const std::vector<double>& done = view_.snapshot->numbers("run.steps");
  const auto* steps = std::get_if<std::int64_t>(&wanted->second);
  return shown == inputs_ && steps && !done.empty() && done[0] > 0 && done[0] < static_cast<double>(*steps);
}

bool LabInstance::finished() const {
  return view_.snapshot && !view_.snapshot->partial && view_.snapshot->inputs == inputs_;
}

std::optional<std::int64_t> LabInstance::drawn() const {
  if (!view_.snapshot) return std::nullopt;
  const std::vector<double>& ids = view_.snapshot->numbers("sampled.id");
  if (ids.empty()) return std::nullopt;
  return static_cast<std::int64_t>(ids.front());
}

bool LabInstance::can_step() const { return field("continuation") && drawn() && !view_.error; }

void LabInstance::step() {
  if (!can_step() || !current()) return;
  tried_ = true;
  end_edit();
  to_generate_ = 1;   // appended by the next update
}

void LabInstance::generate(int tokens) {
  if (!can_step()) return;
  tried_ = true;
  end_edit();
  to_generate_ = tokens;
}

std::map<std::string, std::string> LabInstance::saved() const {
  if (inputs_.empty()) return restored_;
  return at_presets() ? std::map<std::string, std::string>() : unparse(inputs_);
}

void LabInstance::restore(std::map<std::string, std::string> texts) {
  if (fields_.empty() || inputs_.empty()) restored_ = std::move(texts);
  else put_over(inputs_, texts);
}

void LabInstance::begin_with(std::map<std::string, std::string> texts) {
  if (fields_.empty() || inputs_.empty()) restored_ = std::move(texts);
  else put_over(presets_, texts);
}

void LabInstance::put_over(Inputs inputs, const std::map<std::string, std::string>& texts) {
  for (const auto& [key, text] : texts)
    if (const auto one = parse(fields_, {{key, text}}, key)) inputs[key] = one->find(key)->second;
  stop_generating();
  end_edit();
  push("", std::move(inputs));
}

std::map<std::string, std::string> LabInstance::changes() const {
  if (inputs_.empty()) return restored_;
  std::map<std::string, std::string> texts = unparse(inputs_);
  std::erase_if(texts, [this](const auto& entry) { return inputs_.at(entry.first) == presets_.at(entry.first); });
  return texts;
}

Inputs LabInstance::presets_with(const std::map<std::string, std::string>& texts) const {
  Inputs inputs = presets_;
  for (const auto& [key, text] : texts)
    if (const auto one = parse(fields_, {{key, text}}, key)) inputs[key] = one->find(key)->second;
  return inputs;
}

bool LabInstance::take_changed() { return std::exchange(changed_, false); }
bool LabInstance::take_tried() { return std::exchange(tried_, false); }

}  // namespace tb::viewer
