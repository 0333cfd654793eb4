// What a sanitizer build does more ("textbook check --sanitize"): it says which line did what the language leaves
// undefined. The compiler's own checks report to libubsan, which asks `__ubsan_on_report`; arrays and what `new` gives lie
// between pages that nobody may touch, so that the first step outside ends in a signal (as in Bruce Perens's Electric
// Fence). What is reported are addresses of code: the checker finds their lines.
#pragma once

#include <csignal>

#include <ucontext.h>
#include <unwind.h>

extern "C" char __executable_start;
extern "C" void __ubsan_get_current_report_data(const char** kind, const char** message, const char** file, unsigned* line,
                                                unsigned* column, char** address);

namespace tb::exercise::glue {

constexpr std::size_t kPage = 4096;
constexpr int kUntouched = 0xfe;                  // bytes that were never written to, as -ftrivial-auto-var-init=pattern has

inline bool ends_with_page = true;                // behind its last byte the page ends; else it begins with the page

inline void leave_trace() {
  header->n_trace = 0;
  _Unwind_Backtrace([](_Unwind_Context* frame, void*) {
    int at_instruction = 0;                       // where a signal came; else behind a call
    const auto address = _Unwind_GetIPInfo(frame, &at_instruction) - (at_instruction ? 0 : 1);
    header->trace[header->n_trace++] = address - reinterpret_cast<std::uintptr_t>(&__executable_start);
    return header->n_trace < wire::kMaxTrace ? _URC_NO_REASON : _URC_END_OF_STACK;
  }, nullptr);
}

[[noreturn]] inline void report(const std::string& text) {
  static std::string said;
  if (said.empty()) {
    said = text;
    leave_trace();                                // of a stack that is overwritten only its end can be told: it ends here again
  }
  answer(TB_UNDEFINED, said.c_str());
  ::_exit(0);
}

// Memory between pages that cannot be touched.
struct Piece {
  char *pages = nullptr, *data = nullptr;
  std::size_t length = 0, bytes = 0;              // of all pages; of the data
  bool given_back = false;

  bool holds(const char* address) const { return pages && address >= pages && address < pages + length; }
  void forget() {
    if (pages) ::munmap(pages, length);
    *this = {};
  }
};

// `pages_before` and as many behind are out of bounds; `first` pages at the very begin are not.
inline Piece fence(std::size_t bytes, std::size_t pages_around, std::size_t first = 0) {
  const std::size_t inside = std::max<std::size_t>((bytes + kPage - 1) / kPage, 1) * kPage;
  const std::size_t before = (first + pages_around) * kPage;
  Piece piece{nullptr, nullptr, before + inside + pages_around * kPage, bytes, false};
  void* pages = ::mmap(nullptr, piece.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return {};
  piece.pages = static_cast<char*>(pages);
  if (first > 0) ::mprotect(pages, first * kPage, PROT_READ | PROT_WRITE);
  if (::mprotect(piece.pages + before, inside, PROT_READ | PROT_WRITE) != 0) return piece.forget(), Piece{};
  piece.data = piece.pages + before + (ends_with_page ? inside - bytes : 0);
  std::memset(piece.data, kUntouched, bytes);
  return piece;
}

// ---- the arrays of a call ----

inline Piece arguments[2][wire::kMaxArrays];      // args, results
inline std::size_t element_size[2][wire::kMaxArrays];

// Puts the arrays between fences for the time of a call.
class Fences {
 public:
  explicit Fences(tb_array (&arrays)[2][wire::kMaxArrays]) : arrays_(arrays) {
    const std::uint32_t counts[2] = {header->n_args, header->n_results};
    for (int side = 0; side < 2; ++side) {
      for (std::uint32_t i = 0; i < counts[side]; ++i) {
        tb_array& array = arrays[side][i];
        std::size_t bytes = element_size[side][i] = array.type == TB_U8 ? 1 : 4;
        for (std::uint32_t axis = 0; axis < array.rank; ++axis) bytes *= static_cast<std::size_t>(array.shape[axis]);
        Piece& piece = arguments[side][i] = fence(bytes, 64);
        shared_[side][i] = array.data;
        if (!piece.pages) report("memory: ");
        std::memcpy(piece.data, array.data, bytes);
        if (side == 0) ::mprotect(piece.pages + 64 * kPage, piece.length - 128 * kPage, PROT_READ);
        array.data = piece.data;
      }
    }
  }
  void take_down() {
    for (int side = 0; side < 2; ++side) {
      for (std::uint32_t i = 0; i < wire::kMaxArrays; ++i) {
        Piece& piece = arguments[side][i];
        if (side == 1 && piece.pages) std::memcpy(shared_[side][i], piece.data, piece.bytes);
        piece.forget();
      }
    }
  }

 private:
  tb_array (&arrays_)[2][wire::kMaxArrays];
  void* shared_[2][wire::kMaxArrays];
};

// ---- what `new` gives ----

inline Piece pieces[4096];                        // the latest, those that were given back included
inline std::size_t next_piece = 0;

inline void* give(std::size_t bytes) {
  // Aligned for whatever has this size, and as near to the fence as that allows.
  const std::size_t rounded = bytes % 4 == 0 && bytes > 0 ? bytes : (bytes + 16) / 16 * 16;
  const Piece piece = fence(rounded, 1, 1);
  if (!piece.pages) return nullptr;
  Piece& slot = pieces[next_piece++ % std::size(pieces)];
  if (slot.given_back) slot.forget();
  slot = *reinterpret_cast<Piece*>(piece.pages) = piece;
  return piece.data;
}

inline void take_back(void* data) {
  if (!data) return;
  const auto first_page = reinterpret_cast<std::uintptr_t>(data) / kPage * kPage;
  Piece piece = *reinterpret_cast<Piece*>(first_page - 2 * kPage);
  for (Piece& slot : pieces) {
    if (slot.data != data) continue;
    ::mprotect(slot.pages, slot.length, PROT_NONE);
    slot.given_back = true;
    return;
  }
  piece.forget();
}

// ---- what ends in a report ----

inline void on_fault(int signal, siginfo_t* info, void*) {
  const char* const address = static_cast<const char*>(info->si_addr);
  for (int side = 0; side < 2; ++side) {
    for (std::uint32_t i = 0; i < wire::kMaxArrays; ++i) {
      const Piece& piece = arguments[side][i];
      if (!piece.holds(address)) continue;
      const auto size = static_cast<std::ptrdiff_t>(element_size[side][i]);
      const std::ptrdiff_t at = address - piece.data, index = at < 0 ? -((size - 1 - at) / size) : at / size;
      const auto count = static_cast<std::ptrdiff_t>(piece.bytes) / size;
      const auto which = std::to_string(side) + " " + std::to_string(i);
      if (index >= 0 && index < count) report("changed-input: " + which);
      report("argument: " + which + " " + std::to_string(index) + " " + std::to_string(count));
    }
  }
  for (const Piece& piece : pieces) {
    if (!piece.holds(address)) continue;
    if (piece.given_back) report("given-back: " + std::to_string(piece.bytes));
    report("memory-outside: " + std::to_string(address - piece.data) + " " + std::to_string(piece.bytes));
  }
  if (signal == SIGSEGV && reinterpret_cast<std::uintptr_t>(address) < 16 * kPage && info->si_code > 0 && info->si_code != SI_KERNEL)
    report("null: ");
  report("crash: SIG" + std::string(signal == SIGSEGV ? "SEGV" : signal == SIGBUS ? "BUS" : signal == SIGFPE ? "FPE" : "ILL"));
}

// Before the first call.
inline void begin_sanitizing(const char* side) {
  ends_with_page = std::strcmp(side, "behind") == 0;
  static char stack[256 << 10];                   // a function that calls itself without end has used up its own
  const stack_t other{stack, 0, sizeof stack};
  ::sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigaction(signal, &action, nullptr);
}

}  // namespace tb::exercise::glue

extern "C" inline __attribute__((used)) void __ubsan_on_report() {
  if (!tb::exercise::glue::header) return;        // before main: it is printed
  const char *kind = nullptr, *message = nullptr, *file = nullptr;
  unsigned line = 0, column = 0;
  char* address = nullptr;
  __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
  tb::exercise::glue::report(std::string(kind) + ": " + message);
}

// What -fstack-protector calls at the end of a function whose local array was written past.
extern "C" [[noreturn]] inline __attribute__((used)) void __stack_chk_fail() { tb::exercise::glue::report("local-array: "); }

__attribute__((weak)) void* operator new(std::size_t bytes) {
  if (void* data = tb::exercise::glue::give(bytes)) return data;
  throw std::bad_alloc();
}
__attribute__((weak)) void operator delete(void* data) noexcept { tb::exercise::glue::take_back(data); }
__attribute__((weak)) void operator delete(void* data, std::size_t) noexcept { tb::exercise::glue::take_back(data); }
