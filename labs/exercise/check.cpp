#include "labs/exercise/check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace tb::exercise {
namespace {

constexpr std::size_t most_shown = 4096;      // numbers of an argument

// Of two numbers, relative to what is expected; equal infinities and NaN in the same place are no error.
double error_of(double got, double expected) {
  if (got == expected || (std::isnan(got) && std::isnan(expected))) return 0;
  const double error = std::abs(got - expected) / std::max(1.0, std::abs(expected));
  return std::isnan(error) || std::isinf(expected) ? std::numeric_limits<double>::infinity() : error;
}

double number(const Argument& argument, std::size_t i) {
  if (argument.role == Role::scalar) return argument.scalar;
  switch (argument.type) {
    case TB_F32: return static_cast<const float*>(argument.data)[i];
    case TB_I32: return static_cast<const std::int32_t*>(argument.data)[i];
    case TB_U8: return static_cast<const std::uint8_t*>(argument.data)[i];
  }
  return 0;
}

Shown shown(const Argument& argument) {
  Shown result{argument.name, argument.shape, {}};
  const std::size_t size = argument.role == Role::scalar ? 1 : count(argument.shape);
  if (size > most_shown) return result;
  for (std::size_t i = 0; i < size; ++i) result.values.push_back(number(argument, i));
  return result;
}

}  // namespace

std::size_t count(const Shape& shape) {
  std::size_t product = 1;
  for (const std::int64_t extent : shape) product *= static_cast<std::size_t>(extent);
  return product;
}

Argument scalar(std::string name, double value) {
  Argument argument;
  argument.name = std::move(name);
  argument.role = Role::scalar;
  argument.scalar = value;
  return argument;
}

void Case::call(std::vector<Argument> arguments) {
  if (failed()) return;
  outcome_.inputs.clear();
  for (const auto& argument : arguments)
    if (argument.role != Role::out) outcome_.inputs.push_back(shown(argument));
  const auto failure = caller_(arguments);
  outcome_.reason = failure.reason;
  outcome_.detail = failure.detail;
}

void Case::compare(Shown got, Doubles expected, double tolerance, bool untouched) {
  if (failed()) return;
  outcome_.tolerance = tolerance;
  outcome_.largest_error = 0;
  outcome_.largest_at = -1;
  const std::size_t size = std::max(got.values.size(), expected.size());
  for (std::size_t i = 0; i < size; ++i) {
    const bool both = i < got.values.size() && i < expected.size();
    const double error = both ? error_of(got.values[i], expected[i]) : std::numeric_limits<double>::infinity();
    if (error > outcome_.largest_error) {
      outcome_.largest_error = error;
      outcome_.largest_at = static_cast<std::int64_t>(i);
    }
  }
  outcome_.expected = {got.name, got.shape, std::move(expected)};
  outcome_.got = std::move(got);
  if (outcome_.largest_error > tolerance) outcome_.reason = untouched ? "unwritten" : "wrong";
}

void Case::reason(std::string_view id, bool holds) {
  if (holds && !drawn_ && outcome_.reason == "wrong") outcome_.reason = id;
}

void Case::require(std::string_view id, bool holds) {
  if (!holds && !failed()) outcome_.reason = id;
}

void Case::at_least(double value, double bound, int decimals, std::string_view reason) {
  hold({value, bound, true}, decimals, reason);
}

void Case::at_most(double value, double bound, int decimals, std::string_view reason) {
  hold({value, bound, false}, decimals, reason);
}

void Case::hold(Measured measured, int decimals, std::string_view reason) {
  if (failed() || error_) return;
  const double unit = std::pow(10, decimals);
  measured.value = std::round(measured.value * unit) / unit + 0.0;   // 0, not -0
  outcome_.measured = measured;
  const bool holds = measured.at_least ? measured.value >= measured.bound : measured.value <= measured.bound;
  require(reason, holds);                                            // of what is not a number neither holds
}

void Case::drawn(const std::function<void(std::uint64_t)>& run) {
  if (failed()) return;
  drawn_ = true;
  run(seed_);
  drawn_ = false;
  if (outcome_.reason == "wrong" || outcome_.reason == "unwritten") outcome_.reason = "hard-coded";
}

bool near(const Floats& got, const Doubles& other, double tolerance) {
  if (got.size() != other.size()) return false;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (error_of(got[i], other[i]) > tolerance) return false;
  return true;
}

Floats numbers(std::size_t count, std::uint64_t seed, double low, double high) {
  Random random(seed);
  Floats list(count);
  for (float& value : list) value = static_cast<float>(low + (high - low) * random.uniform());
  return list;
}

}  // namespace tb::exercise
