// What the desktop's settings say about motion.
#include "tests/catch.h"

#include <cstdlib>

#include "app/commands/desktop.h"
#include "base/files.h"
#include "tests/temporary_folder.h"

using namespace tb;

TEST_CASE("animations that the desktop has switched off are switched off here") {
  const TemporaryFolder folder;
  ::setenv("XDG_CONFIG_HOME", folder.path.c_str(), 1);
  const auto write = [&](const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories((folder.path / file).parent_path());
    REQUIRE(write_file(folder.path / file, text).has_value());
  };
  CHECK_FALSE(app::desktop_reduces_motion());
  write("kdeglobals", "[KDE]\nAnimationDurationFactor=0\n");
  CHECK(app::desktop_reduces_motion());
  write("kdeglobals", "[KDE]\nAnimationDurationFactor=0.5\n");
  CHECK_FALSE(app::desktop_reduces_motion());
  write("gtk-3.0/settings.ini", "[Settings]\ngtk-enable-animations = 0\n");
  CHECK(app::desktop_reduces_motion());
  write("gtk-4.0/settings.ini", "[Settings]\ngtk-enable-animations=true\n");   // the newer one counts
  CHECK_FALSE(app::desktop_reduces_motion());
  ::unsetenv("XDG_CONFIG_HOME");
}
