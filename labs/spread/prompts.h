// Prompts made from templates and pairs of words: "[A] met [B]. [A] greeted" with "Tom Anna". No torch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace tb {

struct FilledPrompt {
  std::string text, a, b;
  std::int64_t of = 0;   // which template
};

// Every template, one a line, with every pair; pairs are divided by commas or lines, their two words by a space.
// Errors: spread.template (at "templates": a line without [A] or [B], or no line), spread.pair (at "pairs"),
// spread.many (more than `most` prompts).
Result<std::vector<FilledPrompt>> fill_templates(const std::string& templates, const std::string& pairs,
                                                 std::int64_t most);

}  // namespace tb
