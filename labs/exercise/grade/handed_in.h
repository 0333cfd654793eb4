// Who handed something in, as learning platforms write it into the names of folders and files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tb::exercise {

struct HandedIn {
  std::string submission;    // what belongs together under one name: "Ann Smith_12345"
  std::string name, id;      // "Ann Smith", "12345"; "" where the platform hides them
  std::string file;          // what the student called the file, "" of a folder
  bool late = false;         // the platform says so
};

// Moodle, mod/assign: "Ann Smith_12345_assignsubmission_file_" is a folder or, where it makes none, the beginning of a
// file's name; "Participant_12345_..." where marking is anonymous. The number is the participant's.
// Canvas, lib/content_zipper.rb: "smithann_LATE_12345_67890_softmax-1.cpp": name, user and file; "anon_x7Yz_67890_...".
std::optional<HandedIn> handed_in(std::string_view name);

}  // namespace tb::exercise
