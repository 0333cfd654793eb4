// Unicode's normal form C (UAX #15): what looks the same is written the same, an "e" and its accent as one "é".
// Models of the Qwen family were trained on text in this form. No torch.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tb {

struct Normalised {
  std::string text;
  std::vector<std::size_t> places;   // [text.size() + 1] where in the source each byte begins; empty: nothing changed
  std::size_t place(std::size_t at) const { return places.empty() ? at : places[at]; }
};

// Any bytes are accepted: those that are no UTF-8 stay as they are. A letter and its marks that were rewritten have one
// place: their first byte stands where they began, the others where they ended.
Normalised nfc(std::string_view text);

}  // namespace tb
