// What the compiler said, as far as it concerns the learner: errors and warnings at lines of their file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tb::exercise {

struct Diagnostic {
  bool error = false;                   // else a warning
  int line = 0, column = 0;             // from 1; 0: it concerns no one line (the linker says so)
  std::string text;                     // the compiler's words
  std::string option;                   // "-Wsign-compare", of a warning
  // A plain sentence for it: a key of the strings, "exercise.compile.<plain>", and what its {0}, {1} stand for; ""
  // where there is none.
  std::string plain;
  std::vector<std::string> args;
  bool in_header = false;               // said about a header, which the line led to
};

// Reads GCC's messages in the C locale. What GCC finds inside of a header is put at the learner's line that led there;
// notes and our own files are left out. `function` is the declaration that the file has to define.
std::vector<Diagnostic> read_diagnostics(std::string_view output, std::string_view file, std::string_view function);

}  // namespace tb::exercise
