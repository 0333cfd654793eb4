// The prompt of `generate` and `trace`: TEXT, or token ids. Needs the model's file, and none of its weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "labs/model/tokenizer.h"

namespace tb::app {

struct Prompt {
  std::vector<std::int64_t> ids;
  std::vector<Unencodable> unencodable;   // bytes of the text without a token, which the model does not read
};

// The tokenizer of the model that --model names; absent where it comes without one.
Result<Tokenizer> open_tokenizer(const Shell& shell);

// Errors: prompt.tokenizer (the model has none).
Result<Prompt> prompt_of(const Tokenizer& tokenizer, std::string_view bytes);
// Exactly one of the two is given; `ids` is written "1,2,3". Errors: prompt.use, prompt.ids, prompt.tokenizer.
Result<Prompt> read_prompt(const Shell& shell, const Tokenizer& tokenizer, const std::optional<std::string>& text,
                           const std::optional<std::string>& ids);

// Says on stderr how many bytes have no token.
void report_unencodable(const Shell& shell, const Prompt& prompt);
nlohmann::ordered_json unencodable_json(const std::vector<Unencodable>& gaps);

}  // namespace tb::app
