#include "labs/levers/lever.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "labs/columns.h"
#include "labs/control/chosen_heads.h"
#include "labs/model/guard.h"
#include "labs/model/model.h"
#include "labs/model/source.h"
#include "labs/model/training/batch.h"
#include "labs/model/transformer.h"
#include "labs/reading.h"

namespace tb {
namespace {

constexpr std::size_t most_lines = 24, remembered = 4000;

// As short as it can be read back.
std::string text_of(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

Result<std::vector<Intervention>> parsed(const std::vector<std::string>& specs, const Config& config) {
  std::vector<Intervention> all;
  for (const std::string& spec : specs) {
    auto one = Intervention::parse(spec, config);
    if (!one) return tl::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

std::string bias_of(const std::vector<std::int64_t>& ids, double strength) {
  std::string list;
  for (const std::int64_t id : ids) list += (list.empty() ? "" : "+") + std::to_string(id);
  return "logit-bias:token=" + list + ",value=" + text_of(strength);
}

// Rising numbers as a SPEC writes them: "0..8+12", or "*" for all `size` of them.
std::string ranges_of(const std::vector<std::int64_t>& numbers, std::int64_t size) {
  if (static_cast<std::int64_t>(numbers.size()) == size) return "*";
  std::string out;
  for (std::size_t i = 0, end; i < numbers.size(); i = end) {
    for (end = i + 1; end < numbers.size() && numbers[end] == numbers[end - 1] + 1;) ++end;
    out += (out.empty() ? "" : "+") + std::to_string(numbers[i]);
    if (end > i + 1) out += ".." + std::to_string(numbers[end - 1]);
  }
  return out;
}

// SPECs that add `strength` to the scores of all places, the first one left out, where one of `tokens` stands: one for
// all layers that name the same heads.
std::vector<std::string> key_specs(const HeadSet& heads, const std::vector<std::int64_t>& tokens, double strength,
                                   std::span<const std::int64_t> ids, const Config& config) {
  std::vector<std::int64_t> places;
  for (std::size_t at = 1; at < ids.size(); ++at)
    if (std::ranges::find(tokens, ids[at]) != tokens.end()) places.push_back(static_cast<std::int64_t>(at));
  if (places.empty()) return {};
  std::map<std::int64_t, std::vector<std::int64_t>> by_layer;
  for (const auto& [layer, head] : heads) by_layer[layer].push_back(head);
  std::map<std::vector<std::int64_t>, std::vector<std::int64_t>> layers;
  for (const auto& [layer, list] : by_layer) layers[list].push_back(layer);
  std::vector<std::string> specs;
  for (const auto& [list, where] : layers)
    specs.push_back("bias-key:layer=" + ranges_of(where, config.n_layers) + ",head=" +
                    ranges_of(list, config.n_heads) + ",query=*,key=" +
                    ranges_of(places, static_cast<std::int64_t>(ids.size())) + ",value=" + text_of(strength));
  return specs;
}

// A number of the standard normal distribution (Box and Muller 1958).
double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log1p(-random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

at::Tensor random_direction(std::int64_t size, Random& random) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < size; ++i) numbers.push_back(static_cast<float>(normal(random)));
  const at::Tensor all = at::tensor(numbers);
  return all / all.norm();
}

}  // namespace

std::string_view name_of(Lever lever) {
  switch (lever) {
    case Lever::logit_bias: return "logit-bias";
    case Lever::prompt: return "prompt";
    case Lever::attention: return "attention";
    case Lever::steering: return "steering";
    case Lever::lora: return "lora";
  }
  return "";
}

Setup joined(Setup a, const Setup& b) {
  a.prefix.insert(a.prefix.end(), b.prefix.begin(), b.prefix.end());
  a.interventions.insert(a.interventions.end(), b.interventions.begin(), b.interventions.end());
  if (a.by_text && b.by_text)
    a.by_text = [first = a.by_text, second = b.by_text](std::span<const std::int64_t> ids)
        -> Result<std::vector<Intervention>> {
      auto all = first(ids);
      if (!all) return all;
      const auto more = second(ids);
      if (!more) return more;
      all->insert(all->end(), more->begin(), more->end());
      return all;
    };
  else if (b.by_text) a.by_text = b.by_text;
  if (b.lora) a.lora = b.lora;
  return a;
}

Result<Levers> Levers::of(Job& job, LeverSession& session) {
  Levers levers(job, session);
  const Inputs& inputs = job.inputs;
  auto prompts = read_lines(job, "prompts", 1, most_lines);
  if (!prompts) return tl::unexpected(prompts.error());
  levers.prompts_ = std::move(*prompts);
  auto prefix = read_lines(job, "prefix", 0, most_lines);
  if (!prefix) return tl::unexpected(prefix.error());
  levers.prefix_ = std::move(*prefix);
  levers.layer_ = std::min(integer_input(inputs, "layer"), job.model->info().n_layers - 1);

  std::string task;
  for (const char* key : {"prompts", "towards", "away", "neutral"}) task += text_input(inputs, key) + '\0';
  if (session.meter && session.task == task) return levers;
  auto read = read_task(job.model->tokenizer(),
                        {.prompts = levers.prompts_, .towards = text_input(inputs, "towards"),
                         .away = text_input(inputs, "away"), .neutral = text_input(inputs, "neutral")});
  if (!read) return tl::unexpected(read.error());
  session.meter.emplace(job.model->transformer(), std::move(*read));
  session.task = task;
  session.known.clear();
  return levers;
}

double Levers::strongest(Lever lever) const {
  switch (lever) {
    case Lever::logit_bias: case Lever::attention: return 8;
    case Lever::prompt: return static_cast<double>(prefix_.size());
    case Lever::steering: return 4;
    case Lever::lora: return 2;
  }
  return 0;
}

// All inputs that decide what a lever does.
std::string Levers::signature(Lever lever) const {
  const auto text = [&](const char* key) { return text_input(job_->inputs, key) + '\0'; };
  switch (lever) {
    case Lever::logit_bias: return "";   // the task's own words
    case Lever::prompt: return text("prefix");
    case Lever::attention: return text("words") + text("heads");
    case Lever::steering: return text("plus") + text("minus") + text("rows") + std::to_string(layer_);
    case Lever::lora: return text("texts") + std::to_string(integer_input(job_->inputs, "steps"));
  }
  return "";
}

Random Levers::random(Lever lever, std::int64_t draw) const {
  const auto index = static_cast<std::uint64_t>(draw) * all_levers.size() + static_cast<std::uint64_t>(lever);
  const Value* seed = nullptr;
  if (const auto found = job_->inputs.find("seed"); found != job_->inputs.end()) seed = &found->second;
  return random_for(seed ? static_cast<std::uint64_t>(std::get<std::int64_t>(*seed)) : 0, index);
}

// Tokens that are a space and at least two small letters: what most texts are made of.
std::vector<std::int64_t> Levers::random_words(Random& random, std::size_t count,
                                               const std::vector<std::int64_t>& without) const {
  const Tokenizer& tokenizer = job_->model->tokenizer();
  std::vector<std::int64_t> words, drawn;
  for (std::int64_t id = 0; id < tokenizer.size(); ++id) {
    const std::string_view bytes = tokenizer.bytes(id);
    const bool word = bytes.size() > 2 && bytes[0] == ' ' &&
                      std::ranges::all_of(bytes.substr(1), [](char c) { return c >= 'a' && c <= 'z'; });
    if (word && std::ranges::find(without, id) == without.end()) words.push_back(id);
  }
  while (drawn.size() < count && !words.empty()) {
    const auto at = words.begin() + random.below(static_cast<std::int64_t>(words.size()));
    drawn.push_back(*at);
    words.erase(at);
  }
  return drawn;
}

std::string Levers::bias_spec(double strength) const { return bias_of(meter().task().towards, strength); }

Result<Setup> Levers::bias(double strength, std::optional<std::int64_t> draw) const {
  std::vector<std::int64_t> ids = meter().task().towards;
  if (draw) {
    std::vector<std::int64_t> without = ids;
    without.insert(without.end(), meter().task().away.begin(), meter().task().away.end());
    Random numbers = random(Lever::logit_bias, *draw);
    ids = random_words(numbers, ids.size(), without);
  }
  Setup setup;
  if (ids.empty()) return setup;
  auto made = parsed({bias_of(ids, strength)}, job_->model->transformer().config());
  if (!made) return tl::unexpected(made.error());
  setup.interventions = std::move(*made);
  return setup;
}

std::string Levers::prefix_text(double lines) const {
  std::string text;
  const auto count = std::min(static_cast<std::size_t>(std::lround(std::max(lines, 0.0))), prefix_.size());
  for (std::size_t i = 0; i < count; ++i) text += prefix_[i] + "\n";
  return text;
}

Result<Setup> Levers::prefix(double lines, std::optional<std::int64_t> draw) const {
  Setup setup;
  setup.prefix = job_->model->tokenizer().encode(prefix_text(lines)).ids();
  if (const auto n = static_cast<std::int64_t>(setup.prefix.size()); n > longest_neutral)
    return fail("lab.too_long", "prefix", {std::to_string(n), std::to_string(longest_neutral)});
  if (!draw) return setup;
  Random numbers = random(Lever::prompt, *draw);
  const bool begins = !setup.prefix.empty() && setup.prefix.front() == meter().task().begin;
  std::vector<std::int64_t> words = random_words(numbers, setup.prefix.size() - (begins ? 1 : 0), {});
  std::copy(words.begin(), words.end(), setup.prefix.begin() + (begins ? 1 : 0));
  return setup;
}

Result<std::vector<std::int64_t>> Levers::attended() const {
  return word_tokens(job_->model->tokenizer(), text_input(job_->inputs, "words"), "words");
}

Result<std::vector<std::string>> Levers::attention_specs(double strength, std::span<const std::int64_t> ids) const {
  const Config& config = job_->model->transformer().config();
  const auto heads = parse_heads(text_input(job_->inputs, "heads"), config.n_layers, config.n_heads, "heads");
  if (!heads) return tl::unexpected(heads.error());
  const auto tokens = attended();
  if (!tokens) return tl::unexpected(tokens.error());
  return key_specs(*heads, *tokens, strength, ids, config);
}

Result<std::optional<Setup>> Levers::attention(double strength, std::optional<std::int64_t> draw) const {
  const Config& config = job_->model->transformer().config();
  const auto heads = parse_heads(text_input(job_->inputs, "heads"), config.n_layers, config.n_heads, "heads");
  if (!heads) return tl::unexpected(heads.error());
  auto tokens = attended();
  if (!tokens) return tl::unexpected(tokens.error());
  if (draw) {
    std::vector<std::int64_t> others, drawn;
    const std::vector<std::int64_t>& first = meter().task().prompts.front();
    for (std::size_t at = 1; at < first.size(); ++at)
      if (std::ranges::find(*tokens, first[at]) == tokens->end() &&
          std::ranges::find(others, first[at]) == others.end())
        others.push_back(first[at]);
    Random numbers = random(Lever::attention, *draw);
    // As many as the lever takes hold of there.
    const auto held = std::ranges::count_if(*tokens, [&](std::int64_t id) {
      return std::find(first.begin() + 1, first.end(), id) != first.end();
    });
    for (std::int64_t i = 0; i < held && !others.empty(); ++i) {
      const auto at = others.begin() + numbers.below(static_cast<std::int64_t>(others.size()));
      drawn.push_back(*at);
      others.erase(at);
    }
    if (drawn.empty()) return std::nullopt;
    tokens = drawn;
  }
  Setup setup;
  setup.by_text = [config = &config, heads = *heads, tokens = *tokens, strength](std::span<const std::int64_t> ids) {
    return parsed(key_specs(heads, tokens, strength, ids, *config), *config);
  };
  return setup;
}

Result<std::vector<std::vector<std::int64_t>>> Levers::lines_of(const std::string& key) const {
  auto lines = read_lines(*job_, key, 1, most_lines);
  if (!lines) return tl::unexpected(lines.error());
  std::vector<std::vector<std::int64_t>> all;
  for (const std::string& line : *lines) {
    auto ids = job_->model->tokenizer().encode(line).ids();
    if (ids.empty()) return fail("lab.empty", key);
    if (const auto n = static_cast<std::int64_t>(ids.size()); n > longest_prompt)
      return fail("lab.too_long", key, {std::to_string(n), std::to_string(longest_prompt)});
    all.push_back(std::move(ids));
  }
  return all;
}

// The mean over the texts of what stands behind the layer; adds the mean length of a row to `length`.
Result<at::Tensor> Levers::mean_row(const std::string& key, double& length) const {
  const auto texts = lines_of(key);
  if (!texts) return tl::unexpected(texts.error());
  const bool last_only = text_input(job_->inputs, "rows") == "last";
  const Transformer& transformer = job_->model->transformer();
  const c10::InferenceMode no_gradients;
  at::Tensor sum;
  for (const std::vector<std::int64_t>& ids : *texts) {
    at::Tensor stream;
    Run run;
    run.watch = [&](Point point, std::int64_t layer, at::Tensor x) {
      if (point == Point::resid_post && layer == layer_) stream = x;
      return x;
    };
    run.stopped = [&] { return stream.defined() || job_->progress.stop.stop_requested(); };
    transformer.forward(at::tensor(ids, at::kLong).to(transformer.device()), run);
    if (!stream.defined()) return fail("job.stopped", "run");
    stream = stream.to(at::kCPU, at::kFloat);
    const at::Tensor rows = ids.size() > 1 ? stream.slice(0, 1) : stream;
    length += rows.norm(2, -1).mean().item<double>() / static_cast<double>(texts->size());
    const at::Tensor one = last_only ? rows[-1] : rows.mean(0);
    sum = sum.defined() ? sum + one : one;
  }
  return sum / static_cast<double>(texts->size());
}

Result<at::Tensor> Levers::vector() {
  const std::string inputs = signature(Lever::steering);
  if (session_->steering != inputs || !session_->vector.defined()) {
    double length = 0;
    const auto plus = mean_row("plus", length), minus = plus ? mean_row("minus", length) : plus;
    if (!minus) return tl::unexpected(minus.error());
    session_->vector = *plus - *minus;
    session_->row_length = length / 2;
    session_->steering = inputs;
  }
  return session_->vector;
}

Result<std::pair<double, double>> Levers::vector_lengths() {
  const auto v = vector();
  if (!v) return tl::unexpected(v.error());
  return std::pair(v->norm().item<double>(), session_->row_length);
}

std::string Levers::steering_spec(double strength) const {
  return "add-residual:layer=" + std::to_string(layer_) + ",query=1..,value=" + text_of(strength) + ",tensor=v";
}

Result<Setup> Levers::steering(double strength, std::optional<std::int64_t> draw) {
  auto v = vector();
  if (!v) return tl::unexpected(v.error());
  if (draw) {
    Random numbers = random(Lever::steering, *draw);
    v = random_direction(v->size(0), numbers) * v->norm();
  }
  auto added = Intervention::parse(steering_spec(strength), job_->model->transformer().config(),
                                   Source::of({{"v", *v}}));
  if (!added) return tl::unexpected(added.error());
  Setup setup;
  setup.interventions.push_back(std::move(*added));
  return setup;
}

Result<std::optional<Setup>> Levers::setup(Lever lever, double strength, std::optional<std::int64_t> draw) {
  if (strength == 0) return Setup{};
  switch (lever) {
    case Lever::logit_bias: return bias(strength, draw);
    case Lever::prompt: return prefix(strength, draw);
    case Lever::attention: return attention(strength, draw);
    case Lever::steering: return steering(strength, draw);
    case Lever::lora: return with_adapter(strength, draw);
  }
  return std::nullopt;
}

Result<std::optional<Measured>> Levers::measure(Lever lever, double strength, std::optional<std::int64_t> draw) {
  std::string key = std::string(name_of(lever)) + " " + text_of(strength) + " " + std::to_string(draw.value_or(-1)) +
                    '\0' + signature(lever);
  if (draw)
    if (const auto seed = job_->inputs.find("seed"); seed != job_->inputs.end())
      key += std::to_string(std::get<std::int64_t>(seed->second));
  if (const auto found = session_->known.find(key); found != session_->known.end()) return found->second;
  const auto made = setup(lever, strength, draw);
  if (!made) return tl::unexpected(made.error());
  if (!*made) return std::nullopt;
  const Progress progress{.stop = job_->progress.stop, .report = {}};
  auto effects = meter().effects(**made, progress);
  if (!effects) return tl::unexpected(effects.error());
  const auto cost = meter().cost(**made, progress);
  if (!cost) return tl::unexpected(cost.error());
  if (session_->known.size() > remembered) session_->known.clear();
  return session_->known.emplace(key, Measured{std::move(*effects), *cost}).first->second;
}

}  // namespace tb
