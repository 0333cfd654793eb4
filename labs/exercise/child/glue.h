// The child's side, compiled beside the learner's file with one generated line, TB_PLUGIN(softmax): it turns a call's
// arrays into the parameters of the learner's function, catches what it throws, and answers the checker.
#pragma once

#include "exercise.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <tuple>
#include <type_traits>

#include <sys/mman.h>
#include <unistd.h>

#include "wire.h"

namespace tb::exercise::glue {

inline wire::Header* header = nullptr;
inline std::uint64_t current_call = 0;
inline std::string error_text;

template <class T>
const char* type_name() {
  using Plain = std::remove_const_t<T>;
  static_assert(std::is_same_v<Plain, float> || std::is_same_v<Plain, std::int32_t> ||
                std::is_same_v<Plain, std::uint8_t> || std::is_same_v<Plain, bool>);
  return std::is_same_v<Plain, float> ? "f32" : std::is_same_v<Plain, std::int32_t> ? "i32" : "u8";
}

// The arguments of one call, taken in order. Where the arrays have more axes than the parameters, the function is called
// once for each row: `row` of them.
struct Cursor {
  const tb_call& call;
  std::int64_t row = 0;
  std::uint32_t arg = 0, result = 0, scalar = 0;
};

// The part of an array that is the current row: its last `rank` axes.
template <class T, int rank>
struct Part {
  T* data;
  std::size_t shape[rank], stride[rank];

  explicit Part(Cursor& cursor) {
    const tb_array& a = std::is_const_v<T> ? cursor.call.args[cursor.arg++] : cursor.call.results[cursor.result++];
    const int leading = static_cast<int>(a.rank) - rank;
    data = static_cast<T*>(a.data);
    std::int64_t row = cursor.row;
    for (int axis = leading - 1; axis >= 0; --axis) {
      data += row % a.shape[axis] * a.stride[axis];
      row /= a.shape[axis];
    }
    for (int axis = 0; axis < rank; ++axis) {
      shape[axis] = static_cast<std::size_t>(a.shape[leading + axis]);
      stride[axis] = static_cast<std::size_t>(a.stride[leading + axis]);
    }
  }
};

template <class P>
struct Parameter {
  static_assert(std::is_arithmetic_v<P>, "a parameter is a number, a std::span, a Matrix or a Cube");
  static constexpr int rank = 0;
  static P take(Cursor& cursor) { return static_cast<P>(cursor.call.scalars[cursor.scalar++]); }
  static std::string name() { return "number"; }
};
template <class T>
std::string array_name(const char* axes) {
  return std::string(std::is_const_v<T> ? "in " : "out ") + type_name<T>() + axes;
}
template <class T>
struct Parameter<std::span<T>> {
  static constexpr int rank = 1;
  static std::span<T> take(Cursor& cursor) {
    const Part<T, 1> p(cursor);
    return {p.data, p.shape[0]};
  }
  static std::string name() { return array_name<T>("[:]"); }
};
template <class T>
struct Parameter<Matrix<T>> {
  static constexpr int rank = 2;
  static Matrix<T> take(Cursor& cursor) {
    const Part<T, 2> p(cursor);
    return {p.data, p.shape[0], p.shape[1], p.stride[0]};
  }
  static std::string name() { return array_name<T>("[:,:]"); }
};
template <class T>
struct Parameter<Cube<T>> {
  static constexpr int rank = 3;
  static Cube<T> take(Cursor& cursor) {
    const Part<T, 3> p(cursor);
    return {p.data, p.shape[0], p.shape[1], p.shape[2], p.stride[0], p.stride[1]};
  }
  static std::string name() { return array_name<T>("[:,:,:]"); }
};

// How often the function is to be called: the leading axes of the first array that has any.
template <class... Parameters>
std::int64_t rows(const tb_call& call) {
  std::uint32_t arg = 0, result = 0;
  std::int64_t rows = 1;
  const auto look = [&]<class P>(std::type_identity<P>) {
    if constexpr (Parameter<P>::rank > 0) {
      const bool in = Parameter<P>::name().starts_with("in ");
      const tb_array& a = in ? call.args[arg++] : call.results[result++];
      std::int64_t leading = 1;
      for (int axis = 0; axis < static_cast<int>(a.rank) - Parameter<P>::rank; ++axis) leading *= a.shape[axis];
      rows = std::max(rows, leading);
    }
  };
  (look(std::type_identity<Parameters>{}), ...);
  return rows;
}

template <auto function>
struct Function;
template <class R, class... P, R (*function)(P...)>
struct Function<function> {
  static std::int32_t call(const tb_call* call) {
    try {
      const std::int64_t count = rows<std::remove_cvref_t<P>...>(*call);
      for (std::int64_t row = 0; row < count; ++row) {
        Cursor cursor{*call, row};
        std::tuple<std::remove_cvref_t<P>...> parameters{Parameter<std::remove_cvref_t<P>>::take(cursor)...};
        if constexpr (std::is_void_v<R>) {
          std::apply(function, parameters);
        } else {
          const R value = std::apply(function, parameters);
          using Stored = std::conditional_t<std::is_same_v<R, bool>, std::uint8_t, R>;
          static_cast<Stored*>(call->results[call->n_results - 1].data)[row] = value;
        }
      }
      return TB_OK;
    } catch (const std::bad_alloc&) {
      return TB_OUT_OF_MEMORY;
    } catch (const std::exception& e) {
      error_text = e.what();
    } catch (...) {
      error_text = "";
    }
    return TB_EXCEPTION;
  }
  static std::string signature(const char* exercise) {
    std::string text = std::string(exercise) + "(", separator;
    ((text += separator + Parameter<std::remove_cvref_t<P>>::name(), separator = ", "), ...);
    text += ")";
    if constexpr (!std::is_void_v<R>) text += std::string(" -> ") + type_name<R>();
    return text;
  }
};

inline void put(char* to, std::size_t size, const char* text) {
  std::strncpy(to, text, size - 1);
  to[size - 1] = '\0';
}

inline void answer(std::int32_t status, const char* text) {
  header->status = status;
  put(header->error, sizeof header->error, text);
  const wire::Message message{current_call};
  if (::write(wire::kSocket, &message, sizeof message) != sizeof message) ::_exit(1);
}

}  // namespace tb::exercise::glue

#ifdef TB_SANITIZED
#include "sanitized.h"
#else
namespace tb::exercise::glue {
inline void leave_trace() {}
inline void begin_sanitizing(const char*) {}
struct Fences {
  explicit Fences(tb_array (&)[2][wire::kMaxArrays]) {}
  void take_down() {}
};
}  // namespace tb::exercise::glue
#endif

namespace tb::exercise::glue {

// Waits for calls until the checker closes the socket.
inline int serve(const tb_plugin& plugin, std::size_t memory_size) {
  void* memory = ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, wire::kMemory, 0);
  if (memory == MAP_FAILED) return 1;
  header = static_cast<wire::Header*>(memory);
  header->abi = plugin.abi;
  header->call_size = plugin.size;
  header->array_size = sizeof(tb_array);
  put(header->exercise, sizeof header->exercise, plugin.exercise);
  put(header->signature, sizeof header->signature, plugin.signature);
  answer(TB_OK, "");
  for (wire::Message message; ::read(wire::kSocket, &message, sizeof message) == sizeof message;) {
    current_call = message.call;
    tb_array arrays[2][wire::kMaxArrays];
    for (std::uint32_t i = 0; i < wire::kMaxArrays; ++i) {
      arrays[0][i] = header->args[i];
      arrays[1][i] = header->results[i];
      for (auto& side : arrays) side[i].data = static_cast<char*>(memory) + reinterpret_cast<std::uintptr_t>(side[i].data);
    }
    const tb_call call{sizeof(tb_call), header->n_args, header->n_results, header->n_scalars,
                       arrays[0],       arrays[1],      header->scalars,   header->layer};
    Fences fences(arrays);
    const std::int32_t status = plugin.call(&call);
    fences.take_down();
    answer(status, status == TB_OK ? "" : plugin.error());
  }
  return 0;
}

// An index outside of an array ends the process: the function cannot go on, and the checker has its reason.
[[noreturn]] inline void outside(const char* text) {
  leave_trace();
  answer(TB_OUTSIDE, text);
  ::_exit(0);
}

}  // namespace tb::exercise::glue

void exercise_outside(const char* what, std::size_t index, std::size_t size) {
  std::string text = std::to_string(static_cast<std::ptrdiff_t>(index)) + " / " + std::to_string(size);
  if (*what) text += std::string(" ") + what;
  tb::exercise::glue::outside(text.c_str());
}
void exercise_unmet(const char* condition) { tb::exercise::glue::outside(condition); }

#define TB_PLUGIN(id)                                                                                       \
  extern "C" const tb_plugin* textbook_plugin(void) {                                                       \
    static const std::string signature = tb::exercise::glue::Function<&id>::signature(#id);                 \
    static const tb_plugin plugin{TB_ABI, sizeof(tb_call), #id, signature.c_str(),                          \
                                  &tb::exercise::glue::Function<&id>::call,                                 \
                                  [] { return tb::exercise::glue::error_text.c_str(); }};                   \
    return &plugin;                                                                                         \
  }                                                                                                         \
  int main(int count, char** arguments) {                                                                   \
    if (count > 2) tb::exercise::glue::begin_sanitizing(arguments[2]);                                      \
    return tb::exercise::glue::serve(*textbook_plugin(), std::strtoull(arguments[1], nullptr, 10));         \
  }
