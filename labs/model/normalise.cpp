#include "labs/model/normalise.h"

#include <algorithm>
#include <cstdint>

#include <utf8proc.h>

#include "base/text.h"

namespace tb {

namespace {

// Whether a character may join or change places with the one before it: marks, and Korean's inner and final letters.
bool continues(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME ||
         (c >= 0x1161 && c <= 0x1175) || (c >= 0x11A8 && c <= 0x11C2);
}

int combining_class(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; }

// Takes all characters apart, puts the marks of each into their canonical order, and joins what can be joined. The
// ordering is ours, since utf8proc's takes quadratic time over a long run of marks.
std::string compose(const std::vector<char32_t>& characters) {
  std::vector<utf8proc_int32_t> parts;
  for (const char32_t c : characters) {
    utf8proc_int32_t apart[16];   // the longest canonical decomposition has four
    int boundary = 0;
    const auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), apart, std::size(apart),
                                           UTF8PROC_DECOMPOSE, &boundary);
    parts.insert(parts.end(), apart, apart + n);
  }
  for (auto run = parts.begin(); run != parts.end();) {
    const auto end = std::find_if(run, parts.end(), [](auto c) { return combining_class(c) == 0; });
    std::stable_sort(run, end, [](auto a, auto b) { return combining_class(a) < combining_class(b); });
    run = end == parts.end() ? end : end + 1;
  }
  const auto n = utf8proc_normalize_utf32(parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                                          static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  std::string joined;
  for (utf8proc_ssize_t i = 0; i < n; ++i) append_utf8(joined, static_cast<char32_t>(parts[i]));
  return joined;
}

}  // namespace

Normalised nfc(std::string_view text) {
  Normalised out;
  // Marks begin at U+0300, which is written with a first byte of 0xCC; all text below is in the form.
  if (std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xCC; })) {
    out.text = text;
    return out;
  }
  bool changed = false;
  std::vector<char32_t> cluster;   // a letter and what continues it
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    std::string written;
    if (const auto first = next_code_point(text, at)) {
      cluster.assign(1, *first);
      for (std::size_t next = at; next < text.size(); at = next) {
        const auto more = next_code_point(text, next);
        if (!more || !continues(*more)) break;
        cluster.push_back(*more);
      }
      written = cluster.size() == 1 && cluster[0] < 0x300 ? std::string(text.substr(start, at - start))
                                                          : compose(cluster);
    } else {
      written = text.substr(start, 1);
    }
    const bool same = written == text.substr(start, at - start);
    changed |= !same;
    for (std::size_t i = 0; i < written.size(); ++i) out.places.push_back(i == 0 ? start : same ? start + i : at);
    out.text += written;
  }
  out.places.push_back(text.size());
  if (!changed) out.places.clear();
  return out;
}

}  // namespace tb
