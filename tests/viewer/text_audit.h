// What is written in one frame, and where: every text that is cut off, runs over its frame, or lies on another one.
//
// Programs that link text_audit.cpp route Dear ImGui's AddText and AddRect through it (the linker's --wrap in
// CMakeLists.txt). Text inside input fields is not seen: it may scroll.
#pragma once

#include <string>
#include <vector>

namespace tb::test {

class TextAudit {
 public:
  TextAudit();                              // from here on
  ~TextAudit();
  TextAudit(const TextAudit&) = delete;

  // What is wrong with what was drawn since the object was made, each with its text and window. To be asked before the
  // next frame is drawn.
  std::vector<std::string> findings() const;
  std::size_t texts() const;                // how many were drawn
};

}  // namespace tb::test
