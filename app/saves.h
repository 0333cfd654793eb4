// Notices files of a folder being saved, in whatever way the editor does it: written in place, or another put in its
// place.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "labs/exercise/file_descriptor.h"

namespace tb::app {

class Saves {
 public:
  explicit Saves(const std::filesystem::path& folder);
  bool watching() const { return watching_; }   // else errno says why not
  // The names of what was saved; none: a signal came, or `stop` can be read.
  std::vector<std::string> wait(int stop = -1);

 private:
  exercise::FileDescriptor notify_;
  bool watching_ = false;
};

}  // namespace tb::app
