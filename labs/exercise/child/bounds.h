// Which index was outside, and of how many: where std::span, std::vector and the like check one (_GLIBCXX_ASSERTIONS),
// the standard library itself tells no more than the text of its condition, "__n < this->size()". Included before it.
#pragma once
#pragma GCC system_header   // what the compiler says about the library's conditions concerns no learner

#include <cstddef>
#include <type_traits>

// End the call. Defined in the glue. `what` is what was counted: "rows", "columns"; "" of numbers that lie in a row.
[[noreturn]] void exercise_outside(const char* what, std::size_t index, std::size_t size);
[[noreturn]] void exercise_unmet(const char* condition);

// Takes a condition apart that does not hold: `Unmet() <= n < size` is (Unmet() <= n) < size.
namespace exercise_bounds {

template <class Left>
struct Compared {
  const Left& left;

  template <class Right>
  bool operator<(const Right& right) const {
    if constexpr (std::is_integral_v<Left> && std::is_integral_v<Right>)
      exercise_outside("", static_cast<std::size_t>(left), static_cast<std::size_t>(right));
    return false;
  }
  template <class Right>
  bool operator<=(const Right& right) const { return *this < right; }
  template <class Right>
  bool operator==(const Right&) const { return false; }
  template <class Right>
  bool operator>(const Right&) const { return false; }
  template <class Right>
  bool operator>=(const Right&) const { return false; }
  explicit operator bool() const { return false; }
};

struct Unmet {
  template <class Left>
  Compared<Left> operator<=(const Left& left) const { return {left}; }
};

}  // namespace exercise_bounds

#ifdef _GLIBCXX_ASSERTIONS
#undef __glibcxx_assert
#define __glibcxx_assert(condition)                           \
  do {                                                        \
    if (__builtin_expect(!bool(condition), false)) {          \
      static_cast<void>(exercise_bounds::Unmet() <= condition); \
      exercise_unmet(#condition);                             \
    }                                                         \
  } while (false)
#endif
