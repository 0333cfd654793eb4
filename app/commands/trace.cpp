// textbook trace TEXT: the numbers inside the model, in a file that other programs read (safetensors).
#include <cmath>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/commands/prompt.h"
#include "labs/model/safetensors_file.h"
#include "labs/steered.h"

namespace tb::app {

namespace {

struct Options {
  std::optional<std::string> text, ids;
  std::string points, out;
  Steering steering;
};

std::vector<std::string> split_at_commas(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

// Points whose numbers have left what float32 can hold, with how many did, in the order of the computation.
std::vector<std::pair<std::string, std::int64_t>> not_finite(const std::string& path) {
  std::vector<std::pair<std::string, std::int64_t>> points;
  const auto file = SafetensorsFile::open(path);
  if (!file) return points;   // /dev/null and pipes give nothing back
  for (const SafetensorsTensor& tensor : file->tensors()) {
    std::int64_t count = 0;
    for (std::size_t at = 0; tensor.type == "F32" && at < tensor.bytes.size(); at += sizeof(float)) {
      float number;
      std::memcpy(&number, tensor.bytes.data() + at, sizeof number);
      count += !std::isfinite(number);
    }
    if (count > 0) points.emplace_back(tensor.name, count);
  }
  return points;
}

int run_trace(const Shell& shell, const Options& options) {
  const Result<Tokenizer> tokenizer = open_tokenizer(shell);
  if (!tokenizer) return shell.report(tokenizer.error());
  const Result<Prompt> prompt = read_prompt(shell, *tokenizer, options.text, options.ids);
  if (!prompt) return shell.report(prompt.error());
  const Result<Shell::Loaded> loaded = shell.load();
  if (!loaded) return shell.report(loaded.error());

  const Result<SteeredEngine*> engine = open_steered_engine();
  if (!engine) return shell.report(engine.error());
  const TraceRequest request{prompt->ids, split_at_commas(options.points), {}, options.out};
  const Result<TraceReport> report = (*engine)->trace(*loaded->model, request, options.steering, {});
  if (!report) return shell.report(report.error());
  const auto lost = not_finite(options.out);
  if (!shell.json) {
    report_unencodable(shell, *prompt);
    if (!lost.empty()) {
      const std::vector<std::string> words{std::to_string(lost.size()), lost.front().first};
      std::cerr << shell.strings.format("cli.trace-not-finite", words) << "\n";
    }
    for (const Column& point : report->points)
      std::cout << fmt::format("{:<28}  [{}]\n", point.name, fmt::join(point.shape, ", "));
    std::cout << options.out << "\n";
    return kDone;
  }
  nlohmann::ordered_json json{{"out", options.out}, {"tokens", prompt->ids}, {"points", nlohmann::json::array()}};
  for (const Column& point : report->points)
    json["points"].push_back(nlohmann::ordered_json{{"name", point.name}, {"shape", point.shape}});
  if (!prompt->unencodable.empty()) json["unencodable"] = unencodable_json(prompt->unencodable);
  for (const auto& [name, count] : lost) json["not_finite"][name] = count;
  std::cout << json.dump() << "\n";
  return kDone;
}

}  // namespace

CommandSpec trace_command() {
  const auto declare = [](CLI::App& command, const Shell& words) -> Run {
    const auto options = std::make_shared<Options>();
    command.add_option("TEXT", options->text, words.help("prompt-text"));
    command.add_option("--ids", options->ids, words.help("prompt-ids"));
    command.add_option("--points", options->points, words.help("trace-points"))->required();
    command.add_option("--out", options->out, words.help("trace-out"))->required();
    command.add_option("--intervene", options->steering.interventions, words.help("trace-intervene"))
        ->allow_extra_args(false);
    command.add_option("--adapter", options->steering.adapter, words.help("adapter"))->type_name("FOLDER");
    return [options](Shell& shell) { return run_trace(shell, *options); };
  };
  return {"trace", declare};
}

}  // namespace tb::app
