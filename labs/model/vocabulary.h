// What a tokenizer is made of, as a model's file says it. The readers of the files fill it in (tokenizer_gguf.cpp,
// tokenizer_json.cpp), Tokenizer::of turns it into tables. No torch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "labs/model/pretokenizer.h"

namespace tb {

struct Vocabulary {
  enum class Kind : std::uint8_t {
    letters,    // an ordinary token: its bytes written as letters
    verbatim,   // stands for its own text, and is not looked for
    control,    // a special token: looked for in a text where special tokens count
    added,      // a user's own token: looked for in every text
    missing     // an id without a token
  };
  struct Token {
    std::string_view text;
    Kind kind = Kind::missing;
    bool normalised = false;   // control, added: looked for in the normalised text, where there is one
  };
  using Merge = std::pair<std::string_view, std::string_view>;   // two texts that become one

  std::string where;                        // the file, for errors
  std::vector<Token> tokens;                // [vocabulary]; the texts are views into the file
  std::vector<Merge> merges;                // in the order of their rank
  std::optional<Pretokenizer> pretokenizer;
  bool normalise = false;                   // to Unicode's normal form C, before anything but the search for tokens
  bool whole_pieces = false;                // a piece that is a token is that one, whatever the merges make of it
  bool leftmost_first = false;              // where tokens in the text overlap the leftmost wins (Hugging Face's way),
                                            // else the longest of all (llama.cpp's)
  std::optional<std::int64_t> begin;        // beginning of text
  std::vector<std::int64_t> ends;           // generation stops after any of them; the first is the usual one
  bool add_begin = false;
};

}  // namespace tb
