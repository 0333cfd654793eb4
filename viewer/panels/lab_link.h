// The line of a shell that opens the book at a lab as it stands here.
#pragma once

#include <string>
#include <string_view>

#include "viewer/panels/lab_instance.h"

namespace tb::viewer {

// textbook open 'CHAPTER?lab=INSTANCE&key=value...': the inputs that differ from the chapter's presets. Two things keep
// it true on another machine. Presets that are texts are other texts in the chapter's other language, so where the link
// relies on one, " --lang LANGUAGE" follows. And where nothing differs it gives one preset by name, so that what the
// other learner had set in this lab does not stand in the place of the presets. `over`: of a comparison, the inputs of B
// that are others; they follow as b.KEY=value.
std::string open_line(const LabInstance& lab, std::string_view chapter, std::string_view instance,
                      std::string_view language, const std::map<std::string, std::string>& over = {});

}  // namespace tb::viewer
