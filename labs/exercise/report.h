// A verdict in words and in the formats that courses read. The same verdict gives the same bytes: no times, no paths.
#pragma once

#include <string>
#include <string_view>

#include "base/strings.h"
#include "labs/exercise/exercise.h"
#include "labs/exercise/judge.h"

namespace tb::exercise {

// What a verdict is told with: the exercise's texts and the interface's, in one language.
struct Words {
  const Texts& texts;
  const Strings& strings;
};

// Why a case failed, in a sentence, with what to do about it.
std::string explain(const Outcome& outcome, const Words& words);
// Why it did not compile, or a warning: the plain sentence, else the compiler's words.
std::string explain(const Diagnostic& diagnostic, const Strings& strings);
// The values of an array, short enough to be read: all where they are few, else those around `focus` (-1: the first).
std::string show(const Shown& shown, std::int64_t focus, const Strings& strings);

// "largest error 0.2, at 3; allowed 1e-06", of an outcome whose largest_at is not negative.
std::string error_line(const Outcome& outcome, const Strings& strings);
// "measured 2.87; at least 1.7 is asked for"; "" where nothing was measured.
std::string measured_line(const Outcome& outcome, const Strings& strings);
// What a submission printed or threw, fit to be shown: UTF-8, without control characters but for tabs and the ends of lines.
std::string printable(std::string_view bytes);

std::string report_text(const Verdict& verdict, const Words& words);
std::string report_json(const Verdict& verdict, const Words& words);
std::string report_junit(const Verdict& verdict, const Words& words);        // XML as Jenkins and GitLab read it
std::string junit_suite(const Verdict& verdict, const Words& words);         // its <testsuite>, for files of several
std::string report_gradescope(const Verdict& verdict, const Words& words);   // results.json

}  // namespace tb::exercise
