#include "viewer/panels/lab_link.h"

#include <algorithm>

#include "book/place.h"
#include "viewer/panels/lab_compare.h"

namespace tb::viewer {

std::string open_line(const LabInstance& lab, std::string_view chapter, std::string_view instance,
                      std::string_view language, const std::map<std::string, std::string>& over) {
  book::Place place{std::string(chapter), "", std::string(instance), lab.changes()};
  bool in_this_language = false;
  for (const auto& [key, preset] : lab.presets())
    in_this_language |= !place.inputs.contains(key) && lab.named(key) && std::holds_alternative<std::string>(preset);
  if (place.inputs.empty())
    for (const Field& field : lab.fields())
      if (place.inputs.empty() && !std::holds_alternative<std::string>(field.initial))
        place.inputs.emplace(field.key, unparse(lab.presets()).at(field.key));
  for (const auto& [key, text] : over) place.inputs.emplace(std::string(of_b_prefix) + key, text);
  // to_string leaves no character that a shell would take for its own inside the quotes.
  std::string line = "textbook open '" + book::to_string(place) + "'";
  if (in_this_language) line += " --lang " + std::string(language);
  return line;
}

}  // namespace tb::viewer
