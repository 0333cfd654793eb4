// What the tests of the exercises share.
#pragma once

#include "base/error.h"
#include "base/files.h"
#include "labs/exercise/judge.h"
#include "tests/catch.h"

namespace tb::exercise {

// The value, or the test fails with the error's words.
template <class T>
T need(Result<T> result) {
  std::string said;
  if (!result) {
    said = result.error().code + " at " + result.error().where;
    for (const auto& arg : result.error().args) said += " | " + arg;
  }
  INFO(said);
  REQUIRE(result);
  return std::move(*result);
}

inline Verdict judge_text(Toolchain& toolchain, const Exercise& exercise, std::string_view source,
                          const OpenLiveModel& model = nullptr) {
  return need(judge(toolchain, exercise, source, exercise.id + ".cpp", {}, nullptr, model));
}

inline Verdict judge_file(Toolchain& toolchain, const Exercise& exercise, const std::filesystem::path& file,
                          const OpenLiveModel& model = nullptr) {
  return judge_text(toolchain, exercise, need(read_file(file)), model);
}

}  // namespace tb::exercise
