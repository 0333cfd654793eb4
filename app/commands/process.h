// Another program that is asked and answers line by line.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tb::app {

class Process {
 public:
  explicit Process(std::vector<std::string> words);   // the program's path, then its arguments
  ~Process();                                         // ends it
  Process(const Process&) = delete;

  bool say(const std::string& line) const;            // false: it is gone
  std::optional<std::string> hear() const;            // its next line, without the end; nullopt: it is gone

 private:
  pid_t pid_ = -1;
  int socket_ = -1;
  FILE* answers_ = nullptr;
};

}  // namespace tb::app
