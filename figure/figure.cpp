#include "figure/figure.h"

#include "base/text.h"
#include "figure/compare.h"
#include "figure/kit.h"

namespace tb::figure {
namespace {

constexpr std::string_view narrow_space = "\u202f";

// Characters that would not show: control, format and space characters other than the plain ones.
bool invisible(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0xAD || code == 0x034F || code == 0x061C ||
         code == 0x1680 || code == 0x180E || (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F) ||
         (code >= 0x205F && code <= 0x206F) || code == 0x3000 || (code >= 0xFE00 && code <= 0xFE0F) ||
         (code >= 0xFFF9 && code <= 0xFFFD) || code == 0xFEFF || (code >= 0xE0000 && code <= 0xE0FFF) ||
         (code & 0xFFFE) == 0xFFFE;
}

// "E2 80 8D": upper-case, since these digits stand among letters.
void append_bytes(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    if (!out.empty()) out += narrow_space;
    static constexpr char digits[] = "0123456789ABCDEF";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

std::string visible(std::string_view bytes) {
  std::string out;
  bool after_bytes = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t start = at;
    const auto code = next_code_point(bytes, at);
    const bool as_bytes = !code || (invisible(*code) && *code != '\n' && *code != '\t' && *code != '\r');
    if (as_bytes) {
      append_bytes(out, bytes.substr(start, at - start));
    } else {
      if (after_bytes) out += narrow_space;
      switch (*code) {
        case ' ': out += "·"; break;
        case '\n': out += "↵"; break;
        case '\t': out += "⇥"; break;
        case '\r': out += "␍"; break;
        default: append_utf8(out, *code);
      }
    }
    after_bytes = as_bytes;
  }
  return out;
}

Figure draw(const Snapshot& snapshot, const Look& look) {
  return look.signed_values() ? draw_difference(snapshot, look) : draw_plain(snapshot, look);
}

Figure draw_plain(const Snapshot& snapshot, const Look& look) {
  if (snapshot.lab == "tokens") return draw_tokens(snapshot, look);
  if (snapshot.lab == "next-token") return draw_next_token(snapshot, look);
  if (snapshot.lab == "attention") return draw_attention(snapshot, look);
  if (snapshot.lab == "lens") return draw_lens(snapshot, look);
  if (snapshot.lab == "patching") return draw_patching(snapshot, look);
  if (snapshot.lab == "attribution") return draw_attribution(snapshot, look);
  if (snapshot.lab == "graph") return draw_graph(snapshot, look);
  if (snapshot.lab == "heads") return draw_heads(snapshot, look);
  if (snapshot.lab == "control") return draw_control(snapshot, look);
  if (snapshot.lab == "levers") return draw_levers(snapshot, look);
  if (snapshot.lab == "steering") return draw_steering(snapshot, look);
  if (snapshot.lab == "spread") return draw_spread(snapshot, look);
  if (snapshot.lab == "backprop") return draw_backprop(snapshot, look);
  if (snapshot.lab == "rotation") return draw_rotation(snapshot, look);
  if (snapshot.lab == "lora") return draw_lora(snapshot, look);
  if (snapshot.lab == "from-scratch") return draw_from_scratch(snapshot, look);
  if (snapshot.lab == "anatomy") return draw_anatomy(snapshot, look);
  if (snapshot.lab == "configuration") return draw_configuration(snapshot, look);
  if (snapshot.lab == "surprise") return draw_surprise(snapshot, look);
  if (snapshot.lab == "cache") return draw_cache(snapshot, look);
  if (snapshot.lab == "neighbours") return draw_neighbours(snapshot, look);
  if (snapshot.lab == "depth") return draw_depth(snapshot, look);
  if (snapshot.lab == "probe") return draw_probe(snapshot, look);
  if (snapshot.lab == "missed") return draw_missed(snapshot, look);
  if (snapshot.lab == "own-code") return draw_own_code(snapshot, look);
  return draw_table(snapshot, look);
}

}  // namespace tb::figure
