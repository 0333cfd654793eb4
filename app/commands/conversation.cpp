#include "app/commands/conversation.h"

#include "base/text.h"
#include "labs/model/checkpoint.h"

namespace tb::app {

Result<Conversation> Conversation::open(const Shell& shell, std::optional<std::string> system, bool thinking) {
  const Result<LoadOptions> options = shell.load_options();
  if (!options) return tl::unexpected<Error>(options.error());
  const Result<Checkpoint> checkpoint = Checkpoint::open(options->path);
  if (!checkpoint) return tl::unexpected<Error>(checkpoint.error());
  const std::optional<std::string> text = checkpoint->chat_template();
  if (!text) return fail("chat.absent", options->path);
  Result<ChatTemplate> chat = ChatTemplate::known(*text, options->path);
  if (!chat) return tl::unexpected<Error>(chat.error());
  if (!thinking && !chat->can_choose()) return fail("chat.thinking", options->path);
  return Conversation(std::move(*chat), std::move(system), thinking);
}

Result<Prompt> Conversation::prompt(const Tokenizer& tokenizer, std::vector<Turn> turns) const {
  if (system_ && (turns.empty() || turns.front().role != Turn::Role::system))
    turns.insert(turns.begin(), {Turn::Role::system, *system_});
  const Result<std::string> text = chat_.render(turns, {.ask = true, .thinking = thinking_});
  if (!text) return tl::unexpected<Error>(text.error());
  return prompt_of(tokenizer, *text);
}

Result<Prompt> Conversation::prompt_of_line(const Tokenizer& tokenizer, const std::string& line,
                                            const std::string& where) const {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || json.size() != 1) return fail("chat.line", where);
  const std::string key = json.begin().key();
  const nlohmann::json& value = json.begin().value();
  std::vector<Turn> turns;
  if (key == "text" && value.is_string()) {
    turns.push_back({Turn::Role::user, value.get<std::string>()});
  } else if (key == "bytes" && value.is_string()) {
    const auto bytes = from_hex(value.get<std::string>());
    if (!bytes) return fail("chat.line", where);
    turns.push_back({Turn::Role::user, *bytes});
  } else if (key == "messages" && value.is_array()) {
    for (const nlohmann::json& message : value) {
      const bool whole = message.is_object() && message.size() == 2 && message.contains("role") &&
                         message.contains("content") && message["content"].is_string();
      if (!whole) return fail("chat.line", where);
      const nlohmann::json& role = message["role"];
      if (role != "system" && role != "user" && role != "assistant") return fail("chat.line", where);
      turns.push_back({role == "system" ? Turn::Role::system : role == "user" ? Turn::Role::user
                                                                              : Turn::Role::assistant,
                       message["content"].get<std::string>()});
    }
  } else {
    return fail("chat.line", where);
  }
  return prompt(tokenizer, std::move(turns));
}

std::vector<std::int64_t> Conversation::stop(const Tokenizer& tokenizer) {
  const Encoding end = tokenizer.encode(ChatTemplate::end_of_turn);
  if (end.tokens.empty() || !end.tokens.back().special) return {};
  return {end.tokens.back().id};
}

}  // namespace tb::app
