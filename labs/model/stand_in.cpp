#include "labs/model/stand_in.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>

#include "base/files.h"
#include "labs/exercise/compile.h"
#include "labs/model/slots.h"

namespace tb {

namespace {

// What a learner's loop reaches at least; it decides only how long one that will never end is waited for.
constexpr double operations_per_second = 1e8;

// Processor time is not counted: it would add up over all calls. A call's time on the clock is what is limited.
const exercise::Limits limits{.cpu_seconds = 1e6, .wall_seconds = StandIn::kSeconds};

std::uint64_t next_version() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

tl::unexpected<Error> refused(const exercise::Compiled& compiled, const std::string& name) {
  for (const auto& diagnostic : compiled.diagnostics)
    if (diagnostic.error)
      return fail("own-code.compile", name + ":" + std::to_string(diagnostic.line), {diagnostic.text});
  return fail("own-code.compile", name, {compiled.failure});
}

}  // namespace

Result<std::shared_ptr<StandIn>> StandIn::compile(const std::string& exercise, const std::string& source) {
  if (!slot_of(exercise)) return fail("own-code.place", exercise, {exercise});
  const auto found = exercise::find_exercise(textbook_root() / "chapters", exercise);
  if (!found) return tl::unexpected(found.error());
  auto toolchain = exercise::Toolchain::open();
  if (!toolchain) return tl::unexpected(toolchain.error());
  const std::string name = exercise + ".cpp";
  auto compiled = exercise::compile(*toolchain, *found, source, name);
  if (!compiled) return tl::unexpected(compiled.error());
  if (!compiled->program) return refused(*compiled, name);
  return std::make_shared<StandIn>(exercise, std::move(compiled->program));
}

StandIn::StandIn(std::string exercise, exercise::FileDescriptor program)
    : exercise_(std::move(exercise)), version_(next_version()), program_(std::move(program)) {
  report_.exercise = exercise_;
}

bool StandIn::start(std::int64_t layer) {
  if (!serves()) return false;
  if (process_) return true;
  exercise::CallFailure failure;
  auto started = exercise::Learner::start(program_.get(), exercise_, limits, failure);
  if (!started) failure = {"start", started.error().args.empty() ? started.error().code : started.error().args[0]};
  if (!failure.reason.empty()) {
    end(failure.reason, failure.detail, layer);
    return false;
  }
  process_.emplace(std::move(*started));
  return true;
}

bool StandIn::call(const std::vector<exercise::Argument>& arguments, std::int64_t layer, double operations) {
  if (!start(layer)) return false;
  const auto begin = std::chrono::steady_clock::now();
  const auto failure =
      process_->call(arguments, static_cast<int>(layer), kSeconds + operations / operations_per_second);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  {
    const std::lock_guard lock(mutex_);
    ++report_.calls;
    report_.seconds += taken.count();
  }
  if (!failure.reason.empty()) end(failure.reason, failure.detail, layer);
  return failure.reason.empty();
}

void StandIn::end(std::string reason, std::string detail, std::int64_t layer) {
  process_.reset();
  const std::lock_guard lock(mutex_);
  report_.reason = std::move(reason);
  report_.detail = std::move(detail);
  report_.layer = layer;
}

Result<std::shared_ptr<StandIn>> StandIn::again() const {
  exercise::FileDescriptor program(::fcntl(program_.get(), F_DUPFD_CLOEXEC, 0));
  if (!program) return fail("exercise.memory", "fcntl", {std::strerror(errno)});
  return std::make_shared<StandIn>(exercise_, std::move(program));
}

bool StandIn::serves() const {
  const std::lock_guard lock(mutex_);
  return report_.reason.empty();
}

Function::Report StandIn::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

}  // namespace tb
