// How a conversation becomes the text that a model was trained on. A model's file carries a template for that, a small
// program in the language Jinja. It is not run here: the templates of the two families are known, and rendered by two
// small functions; any other is an error, since a prompt that is almost right makes a worse model without a word.
// No torch.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tb {

struct Turn {
  enum class Role { system, user, assistant } role;
  std::string text;
};

class ChatTemplate {
 public:
  // By the template's text; `where` is the file it stands in, for errors. Errors: chat.template (not known here).
  static Result<ChatTemplate> known(std::string_view jinja, const std::string& where);

  struct Options {
    bool ask = true;        // ends where the assistant's answer is to begin
    bool thinking = true;   // false: with an empty thought, so that the answer comes at once; where `can_choose`
  };
  // The text of a conversation, as transformers' apply_chat_template makes it. Its special tokens are to be found by
  // Tokenizer::encode, also those that a turn holds. Errors: chat.empty (no turn).
  Result<std::string> render(std::span<const Turn> turns, Options options) const;

  bool can_choose() const { return thoughts_ == Thoughts::choice; }   // to think or not
  static constexpr std::string_view end_of_turn = "<|im_end|>";

 private:
  enum class Thoughts { none, choice, always };
  Thoughts thoughts_ = Thoughts::none;
  std::string default_system_;              // where a conversation has no system turn at its beginning; "": none
  bool blank_thoughts_ = true;              // a thought of spaces is kept

  std::string chatml(std::span<const Turn> turns) const;
  std::string qwen3(std::span<const Turn> turns) const;
};

}  // namespace tb
