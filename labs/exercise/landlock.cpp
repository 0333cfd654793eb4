#include "labs/exercise/landlock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

namespace tb::exercise {
namespace {

// The rights of the first version, which every later kernel knows; what later versions add to them only where it is
// handled at all, which it is when the kernel says so.
constexpr std::uint64_t kRead =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kChange =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t kFileRights =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;

long version() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION); }

}  // namespace

bool has_landlock() { return version() >= 1; }

Result<int> landlock_rules(const std::vector<std::filesystem::path>& readable,
                           const std::vector<std::filesystem::path>& writable) {
  const landlock_ruleset_attr attributes{.handled_access_fs = kRead | kChange};
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (rules < 0) return fail("exercise.landlock", "landlock", {std::strerror(errno)});
  const auto add = [&](const std::filesystem::path& path, std::uint64_t rights) {
    const int folder = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (folder < 0) return errno == ENOENT;
    struct stat status {};
    if (::fstat(folder, &status) == 0 && !S_ISDIR(status.st_mode)) rights &= kFileRights;
    const landlock_path_beneath_attr beneath{.allowed_access = rights, .parent_fd = folder};
    const bool added = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    ::close(folder);
    return added;
  };
  bool complete = true;
  for (const auto& path : readable) complete = complete && add(path, kRead);
  for (const auto& path : writable) complete = complete && add(path, kRead | kChange);
  if (complete) return rules;
  const int reason = errno;
  ::close(rules);
  return fail("exercise.landlock", "landlock", {std::strerror(reason)});
}

}  // namespace tb::exercise
