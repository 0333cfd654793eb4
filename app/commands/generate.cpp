// textbook generate TEXT: how the model goes on, token by token; with --chat, what it answers.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/commands/conversation.h"
#include "app/commands/prompt.h"
#include "base/text.h"
#include "labs/model/sampling.h"
#include "labs/steered.h"

namespace tb::app {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::optional<std::string> text, ids;
  std::optional<std::string> system;
  bool batch = false, chat = false, no_think = false;
  std::string logit_bias;
  GenerateRequest request;
  Steering steering;
};

Result<Generated> generate_with(const Shell::Loaded& loaded, const GenerateRequest& request, const Steering& steering) {
  const Result<SteeredEngine*> engine = open_steered_engine();
  if (!engine) return tl::unexpected<Error>(engine.error());
  return (*engine)->generate(*loaded.model, request, steering, {});
}

// JSON has no infinities.
Json number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

Json text_or_null(const std::string& bytes) { return is_utf8(bytes) ? Json(bytes) : Json(nullptr); }

std::string json_of(const Prompt& prompt, const Generated& generated) {
  Json json{{"prompt_ids", prompt.ids}, {"ids", generated.ids}, {"text", text_or_null(generated.bytes)}};
  // A continuation may end inside a character: then its bytes are what there is to show.
  if (json["text"].is_null()) json["bytes"] = to_hex(generated.bytes);
  json["steps"] = Json::array();
  for (const GeneratedStep& step : generated.steps) {
    Json entry{{"id", step.id}, {"logit", number(step.logit)}, {"logprob", number(step.logprob)}};
    entry["top"] = Json::array();
    for (const Alternative& other : step.top)
      entry["top"].push_back(Json{{"id", other.id}, {"text", text_or_null(other.bytes)},
                                  {"logit", number(other.logit)}, {"logprob", number(other.logprob)}});
    json["steps"].push_back(std::move(entry));
  }
  if (!prompt.unencodable.empty()) json["unencodable"] = unencodable_json(prompt.unencodable);
  return json.dump();
}

// The prompt of one line of --batch: {"text":".."}, {"bytes":"hex"} or {"ids":[..]}.
Result<Prompt> prompt_of_line(const Tokenizer& tokenizer, const std::string& line, const std::string& where) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || json.size() != 1) return fail("generate.line", where);
  const std::string key = json.begin().key();
  const nlohmann::json& value = json.begin().value();
  std::optional<std::string> bytes;
  if (key == "text" && value.is_string()) bytes = value.get<std::string>();
  if (key == "bytes" && value.is_string()) bytes = from_hex(value.get<std::string>());
  if (bytes) return prompt_of(tokenizer, *bytes);
  const bool integers = value.is_array() && std::all_of(value.begin(), value.end(),
                                                        [](const auto& x) { return x.is_number_integer(); });
  if (key != "ids" || !integers) return fail("generate.line", where);
  return Prompt{value.get<std::vector<std::int64_t>>(), {}};
}

int run_batch_lines(const Shell& shell, const Tokenizer& tokenizer, const std::optional<Conversation>& conversation,
                    const Options& options) {
  const Result<Shell::Loaded> loaded = shell.load();
  if (!loaded) return shell.report(loaded.error());
  return run_batch(shell, [&](const std::string& line, const std::string& where) -> Result<std::string> {
    const Result<Prompt> prompt = conversation ? conversation->prompt_of_line(tokenizer, line, where)
                                               : prompt_of_line(tokenizer, line, where);
    if (!prompt) return tl::unexpected<Error>(prompt.error());
    GenerateRequest request = options.request;
    request.ids = prompt->ids;
    if (conversation) request.stop = Conversation::stop(tokenizer);
    const Result<Generated> generated = generate_with(*loaded, request, options.steering);
    if (!generated) return tl::unexpected<Error>(generated.error());
    return json_of(*prompt, *generated);
  });
}

// The user's turn.
Result<Prompt> read_turn(const Shell& shell, const Tokenizer& tokenizer, const Conversation& conversation,
                         const std::optional<std::string>& text) {
  if (!text) return fail("prompt.use", "");
  const Result<std::string> bytes = shell.text(*text);
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  return conversation.prompt(tokenizer, {{Turn::Role::user, *bytes}});
}

int run_generate(const Shell& shell, const Options& options) {
  const Result<Tokenizer> tokenizer = open_tokenizer(shell);
  if (!tokenizer) return shell.report(tokenizer.error());
  if (options.chat ? options.ids.has_value() : options.system || options.no_think)
    return shell.report({"chat.use", "", {}});
  std::optional<Conversation> conversation;
  if (options.chat) {
    Result<Conversation> opened = Conversation::open(shell, options.system, !options.no_think);
    if (!opened) return shell.report(opened.error());
    conversation = std::move(*opened);
  }
  if (options.batch) {
    if (options.text || options.ids) return shell.report({"prompt.use", "", {}});
    return run_batch_lines(shell, *tokenizer, conversation, options);
  }

  const Result<Prompt> prompt = conversation ? read_turn(shell, *tokenizer, *conversation, options.text)
                                             : read_prompt(shell, *tokenizer, options.text, options.ids);
  if (!prompt) return shell.report(prompt.error());
  const Result<Shell::Loaded> loaded = shell.load();
  if (!loaded) return shell.report(loaded.error());
  GenerateRequest request = options.request;
  request.ids = prompt->ids;
  if (conversation) request.stop = Conversation::stop(*tokenizer);
  if (!shell.json) {
    report_unencodable(shell, *prompt);
    request.step = [&](const GeneratedStep& step, std::string_view bytes) {
      if (!tokenizer->special(step.id)) std::cout << bytes << std::flush;
    };
  }
  const Result<Generated> generated = generate_with(*loaded, request, options.steering);
  if (!shell.json && generated) std::cout << "\n";
  if (!generated) return shell.report(generated.error());
  const auto lost = [](const GeneratedStep& step) {
    return !std::isfinite(step.logit) || !std::isfinite(step.logprob);
  };
  if (!shell.json && std::any_of(generated->steps.begin(), generated->steps.end(), lost))
    std::cerr << shell.strings.get("cli.generate-not-finite") << "\n";
  if (shell.json) std::cout << json_of(*prompt, *generated) << "\n";
  return kDone;
}

}  // namespace

CommandSpec generate_command() {
  const auto declare = [](CLI::App& command, const Shell& words) -> Run {
    const auto options = std::make_shared<Options>();
    GenerateRequest& request = options->request;
    command.add_option("TEXT", options->text, words.help("prompt-text"));
    command.add_option("--ids", options->ids, words.help("prompt-ids"));
    command.add_flag("--chat", options->chat, words.help("generate-chat"));
    command.add_option("--system", options->system, words.help("generate-system"))->type_name("TEXT");
    command.add_flag("--no-think", options->no_think, words.help("generate-no-think"));
    command.add_flag("--batch", options->batch, words.help("generate-batch"));
    command.add_option("--max-tokens", request.max_tokens, words.help("generate-max-tokens"));
    command.add_option("--temperature", request.temperature, words.help("generate-temperature"));
    command.add_option("--top-k", request.top_k, words.help("generate-top-k"));
    command.add_option("--top-p", request.top_p, words.help("generate-top-p"));
    command.add_option("--min-p", request.min_p, words.help("generate-min-p"));
    command.add_option("--repetition-penalty", request.repetition_penalty, words.help("generate-repetition-penalty"));
    command.add_option("--logit-bias", options->logit_bias, words.help("generate-logit-bias"))
        ->type_name("ID=VALUE[,ID=VALUE]");
    command.add_option("--intervene", options->steering.interventions, words.help("trace-intervene"))
        ->type_name("SPEC")
        ->allow_extra_args(false);
    command.add_option("--adapter", options->steering.adapter, words.help("adapter"))->type_name("FOLDER");
    command.add_option("--seed", request.seed, words.help("generate-seed"));
    command.add_option("--top", request.top, words.help("generate-top"));
    return [options](Shell& shell) {
      const auto bias = parse_logit_bias(options->logit_bias, "--logit-bias");
      if (!bias) return shell.report(bias.error());
      options->request.logit_bias = *bias;
      return run_generate(shell, *options);
    };
  };
  return {"generate", declare};
}

}  // namespace tb::app
