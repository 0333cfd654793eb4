#include "tests/catch.h"

#include <filesystem>

#include <unistd.h>

#include "base/files.h"
#include "book/code_region.h"

using namespace tb::book;

namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("textbook-region-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("a region is its lines, without indentation and marks") {
  Folder folder;
  const std::string source =
      "int a;\n  // [outer]\n\n  int b;\n    // [inner]\n    int c;\n    // [/inner]\n\n"
      "  int d;  // [not a mark]\n  // [/outer]\n// [open]\n";
  REQUIRE(tb::write_file(folder.path / "x.cpp", source));
  CHECK(read_region(folder.path, "x.cpp#outer").value() == "int b;\n  int c;\n\nint d;  // [not a mark]\n");
  CHECK(read_region(folder.path, "x.cpp#inner").value() == "int c;\n");
  CHECK(region_names(source) == std::vector<std::string>{"inner", "outer"});

  const auto code = [&](const char* name) { return read_region(folder.path, name).error().code; };
  CHECK(code("x.cpp#open") == "region.unclosed");
  CHECK(code("x.cpp#outre") == "region.missing");
  CHECK(read_region(folder.path, "x.cpp#outre").error().args.at(2) == "outer");
  CHECK(code("x.cpp") == "region.name");
  CHECK(code("x.cpp#") == "region.name");
  CHECK(code("../x.cpp#outer") == "region.name");
  CHECK(code("a/../../x.cpp#outer") == "region.name");
  CHECK(code("/etc/passwd#root") == "region.name");
  CHECK(code("y.cpp#outer") == "file.open");
  REQUIRE(tb::write_file(folder.path / "z.cpp", "// [a]\n// [/a]\n// [a]\n// [/a]\n"));
  CHECK(code("z.cpp#a") == "region.twice");
}
