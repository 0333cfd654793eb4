// How an exercise is judged: what chapters/*/exercises/<id>/check.cpp is written with. It runs in the checker's process;
// the learner's function runs in another, which never sees what is expected.
//
//   TB_CHECK(softmax) {
//     check.add("ordinary", [](Case& c) {
//       const Floats logits{1, 2, 3};
//       auto got = out("probabilities", {3});
//       c.call({in("logits", logits), got});
//       c.expect(got, Doubles{0.0900306, 0.2447285, 0.6652410}, 1e-6);
//       c.reason("not-normalised", std::abs(sum(got) - 1) > 1e-3);
//     });
//   }
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "labs/exercise/child/plugin.h"
#include "labs/exercise/live_model.h"

namespace tb::exercise {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;
using Ints = std::vector<std::int32_t>;
using Bytes = std::vector<std::uint8_t>;
using Shape = std::vector<std::int64_t>;      // one to three axes

enum class Role { in, out, inout, scalar };

// One argument of a call, in the order of the function's parameters.
struct Argument {
  std::string name;                           // the parameter's, shown in the verdict
  Role role = Role::in;
  tb_type type = TB_F32;
  Shape shape;
  void* data = nullptr;                       // the caller's; filled in by the call, but for Role::in
  double scalar = 0;
  bool returned = false;                      // what the function returns, not a parameter
  std::size_t leading = 0;                    // axes before the parameter's own: it is called once for each row of them
};

// An array of the checker's: float, int32 or uint8 numbers, row by row.
template <class T>
struct Array {
  std::string name;
  Role role;
  Shape shape;
  std::vector<T> values;
  bool returned = false;

  T operator[](std::size_t i) const { return values[i]; }
  std::size_t size() const { return values.size(); }
  operator Argument() {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::uint8_t>);
    constexpr tb_type type = std::is_same_v<T, float> ? TB_F32 : std::is_same_v<T, std::int32_t> ? TB_I32 : TB_U8;
    return {name, role, type, shape, values.data(), 0, returned, 0};
  }
};

// What a result holds before the call, so that a place that is never written to shows: a NaN that no calculation gives,
// and the end of the type's range.
template <class T>
T unwritten() {
  if constexpr (std::is_same_v<T, float>) return std::bit_cast<float>(std::uint32_t{0x7fe5a5a5});
  else if constexpr (std::is_signed_v<T>) return std::numeric_limits<T>::min();
  else return std::numeric_limits<T>::max();
}
template <class T>
bool is_unwritten(T value) {
  if constexpr (std::is_same_v<T, float>) return std::bit_cast<std::uint32_t>(value) == 0x7fe5a5a5;
  else return value == unwritten<T>();
}
std::size_t count(const Shape& shape);        // the product

// A parameter that is only read: std::span<const T>, or with a shape Matrix<const T> and Cube<const T>.
template <class T>
Array<T> in(std::string name, std::vector<T> values, Shape shape = {}) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
  return {std::move(name), Role::in, std::move(shape), std::move(values)};
}
// A parameter that is written to: std::span<T>, Matrix<T>, Cube<T>.
template <class T = float>
Array<T> out(std::string name, Shape shape) {
  const std::size_t size = count(shape);
  return {std::move(name), Role::out, std::move(shape), std::vector<T>(size, unwritten<T>())};
}
// One that is read and written to, such as weights that a step changes.
template <class T>
Array<T> inout(std::string name, std::vector<T> values, Shape shape = {}) {
  auto array = in(std::move(name), std::move(values), std::move(shape));
  array.role = Role::inout;
  return array;
}
// What the function returns: the last in the call's list. float, std::int32_t or bool (as std::uint8_t).
template <class T = float>
Array<T> returned(std::string name) {
  auto array = out<T>(std::move(name), {1});
  array.returned = true;
  return array;
}
// A parameter that is one number: double, float, int, std::size_t, bool.
Argument scalar(std::string name, double value);

// What the verdict shows of one array or number.
struct Shown {
  std::string name;
  Shape shape;                                // empty: one number
  Doubles values;                             // none of an argument that nobody could read: more than 4,096
};

// What was measured on the running model, and the bound that it was held to. Shown of cases that pass, too.
struct Measured {
  double value = 0, bound = 0;
  bool at_least = true;                       // else at most
};

// What can happen to any function; the other reasons are an exercise's own. Texts: the strings "exercise.reason.<reason>".
inline constexpr std::string_view kCommonReasons[] = {
    "wrong", "unwritten", "outside", "wrote-outside", "changed-input", "crash", "exception", "time", "memory", "output",
    "forbidden", "ended", "forged", "abi", "signature", "too-large", "hard-coded",
    // of a sanitizer build
    "signed-overflow", "division-by-zero", "shift", "null", "outside-variable", "float-cast", "no-return", "given-back",
    "uninitialised", "undefined"};

// How one case ended.
struct Outcome {
  std::string reason;                         // "": passed; else of the exercise's own reasons or of the common ones
  std::string detail;                         // of common reasons: the exception's text, the forbidden call's name
  std::string file;                           // of a sanitizer build: where in the learner's file that happened
  int line = 0;                               // 0: not known
  std::vector<Shown> inputs;
  Shown expected, got;                        // of the comparison that failed, else of the last one
  double largest_error = 0;                   // of that comparison; infinite where a number is missing
  std::int64_t largest_at = -1;               // its index, row by row
  double tolerance = 0;
  std::optional<Measured> measured;
};

// Carries one call to the learner's function and back; "" or the common reason it failed for, and a detail.
struct CallFailure {
  std::string reason, detail;
};
using Caller = std::function<CallFailure(const std::vector<Argument>&)>;

// One case: calls, expectations and reasons, in this order. What comes after a failure changes nothing, so that a case
// is written without a branch.
class Case {
 public:
  explicit Case(Caller caller, std::uint64_t seed = 0, LiveModel* model = nullptr)
      : caller_(std::move(caller)), seed_(seed), model_(model) {}

  // Runs the learner's function; results are in the arrays that were handed over as lvalues. May be called again.
  void call(std::vector<Argument> arguments);

  // Compares number by number: |got - expected| <= tolerance * max(1, |expected|); infinities must be equal. A failure
  // has the reason "unwritten" where nothing was written, else "wrong" until `reason` finds a better one.
  template <class T, class E>
  void expect(const Array<T>& got, const std::vector<E>& expected, double tolerance = 0) {
    compare({got.name, got.shape, Doubles(got.values.begin(), got.values.end())},
            Doubles(expected.begin(), expected.end()), tolerance, untouched(got));
  }
  // Names why the expectation failed, where `holds`: the first that holds is the reason.
  void reason(std::string_view id, bool holds);
  // A rule of its own: where it does not hold, the case fails for this reason.
  void require(std::string_view id, bool holds);

  // Asks the running model, in exercises that name one: what it answers, or T() where the case has failed or it cannot.
  template <class T>
  T ask(const std::function<Result<T>(LiveModel&)>& question) {
    if (failed() || error_) return T();
    auto answer = model_ ? question(*model_) : fail("exercise.model", "");
    if (answer) return std::move(*answer);
    error_ = answer.error();
    return T();
  }
  // Holds a measured number to a bound, both rounded to so many decimals: what is shown is what was compared, and the
  // last digits, in which machines differ, decide nothing. Where it does not hold the case fails for this reason.
  void at_least(double value, double bound, int decimals, std::string_view reason);
  void at_most(double value, double bound, int decimals, std::string_view reason);
  // Once more, on numbers that nobody can have written down: `run` is given a seed that is drawn from the submission's
  // own text, so that the same text gets the same numbers. Who passed so far and fails here knew the published numbers
  // only: "hard-coded".
  void drawn(const std::function<void(std::uint64_t seed)>& run);

  bool failed() const { return !outcome_.reason.empty(); }
  const Outcome& outcome() const { return outcome_; }
  const std::optional<Error>& error() const { return error_; }   // of the model: then there is no verdict

 private:
  void compare(Shown got, Doubles expected, double tolerance, bool untouched);
  void hold(Measured measured, int decimals, std::string_view reason);
  template <class T>
  static bool untouched(const Array<T>& got) {
    return !got.values.empty() && std::all_of(got.values.begin(), got.values.end(), is_unwritten<T>);
  }
  Caller caller_;
  std::uint64_t seed_;
  LiveModel* model_;
  bool drawn_ = false;
  Outcome outcome_;
  std::optional<Error> error_;
};

using CaseFunction = std::function<void(Case&)>;
class Check {
 public:
  void add(std::string id, CaseFunction run) { cases_.push_back({std::move(id), std::move(run)}); }
  struct Named {
    std::string id;
    CaseFunction run;
  };
  const std::vector<Named>& cases() const { return cases_; }

 private:
  std::vector<Named> cases_;
};
using CheckFunction = void (*)(Check&);
// The check of an exercise of ours, nullptr for another name. The table is made by CMake from the folders.
CheckFunction find_check(std::string_view exercise);

// ---- what checks often need ----
template <class T>
double sum(const Array<T>& array) {
  double total = 0;
  for (const T value : array.values) total += value;
  return total;
}
template <class T>
bool finite(const Array<T>& array) {
  for (const T value : array.values)
    if (!(value - value == 0)) return false;
  return true;
}
// Whether `got` is what a known mistake gives: the comparison of `expect`.
bool near(const Floats& got, const Doubles& other, double tolerance = 1e-5);
template <class E>
bool near(const Array<float>& got, const std::vector<E>& other, double tolerance = 1e-5) {
  return near(got.values, Doubles(other.begin(), other.end()), tolerance);
}
// Numbers between low and high that are the same on every machine.
Floats numbers(std::size_t count, std::uint64_t seed, double low = -1, double high = 1);

}  // namespace tb::exercise

// Begins the check of an exercise; `check` and `Case` are at hand.
#define TB_CHECK(exercise_id) void textbook_check_##exercise_id([[maybe_unused]] ::tb::exercise::Check& check)
