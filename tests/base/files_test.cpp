#include "tests/catch.h"

#include <cstring>

#include "base/files.h"
#include "tests/temporary_folder.h"

using namespace tb;

TEST_CASE("a file is written whole or not at all", "[files]") {
  TemporaryFolder folder;
  const auto path = folder.path / "Путь с пробелом" / "файл.txt";
  CHECK(write_file(path, "x").error().code == "file.write");   // the folder is not there
  std::filesystem::create_directories(path.parent_path());
  REQUIRE(write_file(path, "old"));
  REQUIRE(write_file(path, std::string(1 << 20, 'n')));
  CHECK(read_file(path)->size() == 1 << 20);
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);   // no temporary stays

  CHECK(read_file(folder.path / "absent").error().code == "file.open");
  CHECK(read_file(folder.path).error().code == "file.read");   // a folder opens but does not read
}

TEST_CASE("a mapped file shows the file's bytes", "[files]") {
  TemporaryFolder folder;
  const auto path = folder.path / "bytes";
  std::string bytes;
  for (int i = 0; i < 10000; ++i) bytes += static_cast<char>(i * 7);
  REQUIRE(write_file(path, bytes));
  auto mapped = MappedFile::open(path);
  REQUIRE(mapped);
  const MappedFile moved = std::move(*mapped);
  REQUIRE(moved.bytes().size() == bytes.size());
  CHECK(std::memcmp(moved.bytes().data(), bytes.data(), bytes.size()) == 0);
  REQUIRE(write_file(path, ""));
  CHECK(MappedFile::open(path)->bytes().empty());
  CHECK(MappedFile::open(folder.path).error().code == "file.open");
  CHECK(MappedFile::open(folder.path / "absent").error().code == "file.open");
}
