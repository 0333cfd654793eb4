// The prompt of `generate --chat`: turns, written as the model's chat template asks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/commands/prompt.h"
#include "labs/model/chat.h"

namespace tb::app {

class Conversation {
 public:
  // `system` comes before the turns that have no system turn of their own. Errors: those of opening the model's file,
  // chat.absent, chat.template, chat.thinking.
  static Result<Conversation> open(const Shell& shell, std::optional<std::string> system, bool thinking);

  Result<Prompt> prompt(const Tokenizer& tokenizer, std::vector<Turn> turns) const;
  // One line of --batch: {"text":".."}, {"bytes":"hex"}: the user's turn; {"messages":[{"role":"..","content":".."}]}.
  // Errors: chat.line.
  Result<Prompt> prompt_of_line(const Tokenizer& tokenizer, const std::string& line, const std::string& where) const;
  // The token that ends a turn, where the vocabulary has it as one.
  static std::vector<std::int64_t> stop(const Tokenizer& tokenizer);

 private:
  Conversation(ChatTemplate chat, std::optional<std::string> system, bool thinking)
      : chat_(std::move(chat)), system_(std::move(system)), thinking_(thinking) {}
  ChatTemplate chat_;
  std::optional<std::string> system_;
  bool thinking_;
};

}  // namespace tb::app
