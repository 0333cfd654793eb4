// `textbook claims` as a user would run it, and what is asked of its answer.
#pragma once

#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "tests/catch.h"

namespace tb::testing {

struct Outcome {
  int code;
  std::string out;
};

inline Outcome run(const std::string& arguments) {
  std::FILE* pipe = ::popen((std::string("'" TEXTBOOK_BINARY "' claims ") + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  char part[4096];
  for (std::size_t n; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) out.append(part, n);
  const int status = ::pclose(pipe);
  REQUIRE(WIFEXITED(status));
  return {WEXITSTATUS(status), out};
}

// All claims of the book hold, and what the chapters declare as the answer to a prediction is what the lab says.
inline void check_all(const std::string& options) {
  const auto [code, out] = run(options + " --json");
  INFO(out);
  REQUIRE(code != 2);
  const auto result = nlohmann::json::parse(out);
  for (const char* kind : {"claims", "predictions"}) {
    REQUIRE_FALSE(result[kind].empty());
    for (const auto& one : result[kind]) {
      INFO(one.dump(1));
      CHECK(one["holds"] == true);
    }
  }
  CHECK(result["untrue"] == 0);
  CHECK(code == 0);
}

}  // namespace tb::testing
