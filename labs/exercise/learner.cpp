#include "labs/exercise/learner.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "labs/exercise/child/wire.h"
#include "labs/exercise/landlock.h"
#include "labs/exercise/undefined.h"

namespace tb::exercise {
namespace {

using wire::Header;
using wire::Message;

constexpr int kExecutable = 5;                 // its descriptor in the child, behind socket and memory
constexpr std::size_t kGuard = 64;             // bytes before and behind each array that nobody may write to
constexpr std::byte kGuardByte{0xa5};

std::size_t element_size(tb_type type) { return type == TB_U8 ? 1 : 4; }

// A text that the child wrote: ended by us, and without control characters, since it is shown.
template <std::size_t size>
std::string text_of(const char (&bytes)[size]) {
  std::string text(bytes, std::find(bytes, bytes + size, '\0'));
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
  return text;
}

CallFailure failure_of(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::exited: return {"ended", std::to_string(ending.code)};
    case Ending::Kind::forbidden: return {"forbidden", ending.syscall};
    case Ending::Kind::cpu:
    case Ending::Kind::stopped:
    case Ending::Kind::wall: return {"time", ""};
    case Ending::Kind::output: return {"output", ""};
    case Ending::Kind::signalled: break;
  }
  const char* name = ::sigabbrev_np(ending.code);
  return {"crash", name ? fmt::format("SIG{}", name) : std::to_string(ending.code)};
}

// "softmax(in f32[:], out f32[:])": what a call hands over, in the words of the child's glue.
std::string signature(const std::string& exercise, const std::vector<Argument>& arguments) {
  std::string inside, result;
  for (const auto& argument : arguments) {
    constexpr const char* axes[] = {"", "[:]", "[:,:]", "[:,:,:]"};
    const char* type = argument.type == TB_F32 ? "f32" : argument.type == TB_I32 ? "i32" : "u8";
    if (argument.returned) {
      result = fmt::format(" -> {}", type);
      continue;
    }
    if (!inside.empty()) inside += ", ";
    inside += argument.role == Role::scalar
                  ? "number"
                  : fmt::format("{} {}{}", argument.role == Role::in ? "in" : "out", type, axes[argument.shape.size() - argument.leading]);
  }
  return fmt::format("{}({}){}", exercise, inside, result);
}

Result<Confinement> computing(bool notify, bool sanitized = false) {
  auto first = computing_filter(notify ? Violation::notify : Violation::kill, kExecutable, sanitized);
  if (!first) return tl::unexpected(first.error());
  auto second = started_filter();
  if (!second) return tl::unexpected(second.error());
  Confinement confinement;
  confinement.user = unprivileged_user();
  confinement.filters = {std::move(*first), std::move(*second)};
  confinement.notify = notify;
  return confinement;
}

// Starts something that ends at once, only to learn whether it can be started so.
Result<void> try_start(const Confinement& confinement) {
  const FileDescriptor program(::open("/bin/true", O_RDONLY | O_CLOEXEC)), null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto process = Confined::start({.words = {"true"}, .executable = program.get(), .descriptors = {null.get(), null.get()}},
                                 confinement);
  if (!process) return tl::unexpected(process.error());
  return {};
}

bool bubblewrap_works() {
  Confinement confinement;
  confinement.user = unprivileged_user();
  confinement.limits.memory = std::int64_t{1} << 30;
  auto process = Confined::start({.words = {"/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr",
                                            "--ro-bind-try", "/lib", "/lib", "--ro-bind-try", "/lib64", "/lib64",
                                            "/usr/bin/true"}},
                                 confinement);
  if (!process) return false;
  const auto ending = process->wait(-1, 10);
  return ending && ending->kind == Ending::Kind::exited && ending->code == 0;
}

Result<Isolation> look() {
  Isolation found;
  const auto notifying = computing(true);
  found.notify = notifying && try_start(*notifying);
  if (!found.notify) {
    const auto killing = computing(false);
    if (!killing) return tl::unexpected(killing.error());
    if (const auto started = try_start(*killing); !started) return tl::unexpected(started.error());
  }
  found.bubblewrap = bubblewrap_works();
  found.landlock = has_landlock();
  return found;
}

}  // namespace

Result<Isolation> isolation() {
  static const Result<Isolation> found = look();
  return found;
}

Result<FileDescriptor> program_in_memory(const std::string& bytes) {
  FileDescriptor file(::memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return fail("exercise.memory", "memfd_create", {std::strerror(errno)});
  for (std::size_t done = 0; done < bytes.size();) {
    const auto size = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (size < 0) return fail("exercise.memory", "write", {std::strerror(errno)});
    done += static_cast<std::size_t>(size);
  }
  ::fchmod(file.get(), 0755);
  ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  return file;
}

Result<Learner> Learner::start(int program, const std::string& exercise, const Limits& limits, CallFailure& failure,
                               Fence fence) {
  const auto means = isolation();
  if (!means) return tl::unexpected(means.error());
  auto confinement = computing(means->notify, fence != Fence::none);
  if (!confinement) return tl::unexpected(confinement.error());
  confinement->limits = limits;
  confinement->limits.memory += kMemory;

  const FileDescriptor shared(::memfd_create("arguments", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!shared || ::ftruncate(shared.get(), kMemory) < 0) return fail("exercise.memory", "memfd_create", {std::strerror(errno)});
  ::fcntl(shared.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  void* memory = ::mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, shared.get(), 0);
  if (memory == MAP_FAILED) return fail("exercise.memory", "mmap", {std::strerror(errno)});
  std::unique_ptr<std::byte, void (*)(std::byte*)> mapped(static_cast<std::byte*>(memory), &unmap);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return fail("exercise.memory", "socketpair", {std::strerror(errno)});
  FileDescriptor ours(ends[0]), theirs(ends[1]);

  std::vector<std::string> words{exercise, std::to_string(kMemory)};
  if (fence != Fence::none) words.push_back(fence == Fence::behind ? "behind" : "before");
  auto process = Confined::start({.words = std::move(words),
                                  .executable = program,
                                  .descriptors = {theirs.get(), shared.get()}},
                                 *confinement);
  if (!process) return tl::unexpected(process.error());
  theirs.close();
  Learner learner(exercise, std::move(*process), std::move(ours), mapped.release(), limits);
  failure = learner.answer(0, limits.wall_seconds);
  if (!failure.reason.empty()) return learner;
  const auto* header = reinterpret_cast<const Header*>(learner.memory_.get());
  learner.signature_ = text_of(header->signature);
  const auto compare = [&](const auto& expected, const auto& got) {
    if (failure.reason.empty() && expected != got) failure = {"abi", fmt::format("{} / {}", expected, got)};
  };
  compare(std::uint32_t{TB_ABI}, std::uint32_t{header->abi});
  compare(sizeof(tb_call), std::size_t{header->call_size});
  compare(sizeof(tb_array), std::size_t{header->array_size});
  compare(exercise, text_of(header->exercise));
  learner.failure_ = failure;
  return learner;
}

Learner::~Learner() = default;

void Learner::unmap(std::byte* memory) { ::munmap(memory, kMemory); }

// Waits for the answer to this call and no other: a process that answers calls that were not made is no function.
CallFailure Learner::answer(std::uint64_t call, double seconds) {
  if (const auto ending = process_.wait(socket_.get(), seconds)) return failure_ = failure_of(*ending);
  Message message{};
  const auto size = ::recv(socket_.get(), &message, sizeof message, MSG_DONTWAIT | MSG_TRUNC);
  if (size == 0)   // closed: it is ending
    if (const auto ending = process_.wait(-1, seconds)) return failure_ = failure_of(*ending);
  if (size != sizeof message || message.call != call) return failure_ = {"forged", ""};
  return {};
}

CallFailure Learner::call(const std::vector<Argument>& arguments, int layer, double seconds) {
  if (!failure_.reason.empty()) return failure_;
  if (const auto wanted = signature(exercise_, arguments); wanted != signature_)
    return failure_ = {"signature", fmt::format("{} / {}", wanted, signature_)};

  // Made here and copied as a whole: a process that has answered may go on running, and change what it can reach while
  // it is read. Where each array lies is never read back.
  Header header{};
  header.layer = layer;
  struct Placed {
    const Argument* argument;
    std::byte* data;
    std::size_t bytes;
  };
  std::vector<Placed> placed;
  std::size_t at = wire::kDataBegin;
  for (const auto& argument : arguments) {
    const auto most = argument.role == Role::scalar ? header.n_scalars : argument.role == Role::in ? header.n_args : header.n_results;
    if (most == wire::kMaxArrays) return failure_ = {"too-large", argument.name};
    if (argument.role == Role::scalar) {
      header.scalars[header.n_scalars++] = argument.scalar;
      continue;
    }
    const std::size_t bytes = count(argument.shape) * element_size(argument.type);
    at = (at + kGuard + 63) / 64 * 64;
    if (at + bytes + kGuard > kMemory) return failure_ = {"too-large", argument.name};
    std::byte* data = memory_.get() + at;
    std::fill_n(data - kGuard, kGuard, kGuardByte);
    std::memcpy(data, argument.data, bytes);
    std::fill_n(data + bytes, kGuard, kGuardByte);
    tb_array& array = argument.role == Role::in ? header.args[header.n_args++] : header.results[header.n_results++];
    array = {};
    array.data = reinterpret_cast<void*>(at);
    array.type = argument.type;
    array.rank = static_cast<std::uint32_t>(argument.shape.size());
    std::int64_t stride = 1;
    for (std::size_t axis = argument.shape.size(); axis-- > 0; stride *= argument.shape[axis]) {
      array.shape[axis] = argument.shape[axis];
      array.stride[axis] = stride;
    }
    placed.push_back({&argument, data, bytes});
    at += bytes + kGuard;
  }

  std::memcpy(memory_.get(), &header, sizeof header);

  const Message message{++calls_};
  process_.restart_cpu_time();
  if (::send(socket_.get(), &message, sizeof message, MSG_NOSIGNAL) != sizeof message && errno != EPIPE)
    return failure_ = {"ended", ""};
  if (const auto failed = answer(calls_, seconds > 0 ? seconds : limits_.wall_seconds); !failed.reason.empty()) return failed;

  const auto* answered = reinterpret_cast<const Header*>(memory_.get());
  switch (const std::int32_t status = answered->status; status) {
    case TB_OK: break;
    case TB_EXCEPTION: return failure_ = {"exception", text_of(answered->error)};
    case TB_OUT_OF_MEMORY: return failure_ = {"memory", ""};
    case TB_OUTSIDE:
    case TB_UNDEFINED: {
      const std::uint32_t n = std::min(std::uint32_t{answered->n_trace}, wire::kMaxTrace);
      trace_.assign(answered->trace, answered->trace + n);
      const auto said = text_of(answered->error);
      return failure_ = status == TB_OUTSIDE ? CallFailure{"outside", said} : undefined_behaviour(said, arguments);
    }
    default: return failure_ = {"forged", ""};
  }
  const auto guarded = [](const std::byte* begin) {
    return std::all_of(begin, begin + kGuard, [](std::byte byte) { return byte == kGuardByte; });
  };
  for (const auto& [argument, data, bytes] : placed) {
    if (!guarded(data - kGuard) || !guarded(data + bytes)) return failure_ = {"wrote-outside", argument->name};
    if (argument->role == Role::in && std::memcmp(data, argument->data, bytes) != 0)
      return failure_ = {"changed-input", argument->name};
  }
  for (const auto& [argument, data, bytes] : placed)
    if (argument->role != Role::in) std::memcpy(argument->data, data, bytes);
  return {};
}

}  // namespace tb::exercise
