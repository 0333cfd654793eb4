// What is kept comes back bit for bit; what is torn, foreign or cannot be written is as if it had never been there.
#include "tests/catch.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "app/snapshot_store.h"
#include "base/files.h"
#include "tests/temporary_folder.h"

using namespace tb;
using tb::app::SnapshotStore;
namespace fs = std::filesystem;

namespace {

Snapshot sample() {
  using limits = std::numeric_limits<double>;
  Snapshot snapshot;
  snapshot.lab = "sample";
  snapshot.model = "m";
  snapshot.model_checksum = "abc";
  snapshot.device = "cpu";
  snapshot.dtype = "float32";
  snapshot.threads = 2;
  snapshot.tokens_computed = 5;
  snapshot.tokens_reused = 1;
  snapshot.seconds = 0.1;
  snapshot.columns = {
      {"numbers", "nat", {2, 3}, std::vector<double>{0.1, -0.0, limits::infinity(), limits::quiet_NaN(),
                                                     limits::denorm_min(), 1.0 / 3}},
      {"texts", "token", {3}, std::vector<std::string>{"", "ё\n", std::string("\xd0\0\xff", 3)}},
      {"none", "", {0}, std::vector<double>{}},
      {"no texts", "", {0}, std::vector<std::string>{}}};
  return snapshot;
}

fs::path only_file(const fs::path& folder) {
  REQUIRE(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
  return fs::directory_iterator(folder)->path();
}

}  // namespace

TEST_CASE("what is kept comes back bit for bit, by its key") {
  TemporaryFolder folder;
  const Snapshot wanted = sample();
  SnapshotStore(folder.path / "deep" / "er").keep("key", wanted);
  const SnapshotStore store(folder.path / "deep" / "er");
  CHECK_FALSE(store.find("other"));
  const auto found = store.find("key");
  REQUIRE(found);
  CHECK(found->lab == wanted.lab);
  CHECK(found->model == wanted.model);
  CHECK(found->model_checksum == wanted.model_checksum);
  CHECK(found->device == wanted.device);
  CHECK(found->dtype == wanted.dtype);
  CHECK(found->threads == wanted.threads);
  CHECK(found->tokens_computed == wanted.tokens_computed);
  CHECK(found->tokens_reused == wanted.tokens_reused);
  CHECK(found->seconds == wanted.seconds);
  REQUIRE(found->columns.size() == wanted.columns.size());
  for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
    const Column &a = found->columns[i], &b = wanted.columns[i];
    CHECK(a.name == b.name);
    CHECK(a.unit == b.unit);
    CHECK(a.shape == b.shape);
    REQUIRE(a.data.index() == b.data.index());
    if (const auto* texts = std::get_if<std::vector<std::string>>(&b.data)) {
      CHECK(std::get<std::vector<std::string>>(a.data) == *texts);
      continue;
    }
    const auto &left = std::get<std::vector<double>>(a.data), &right = std::get<std::vector<double>>(b.data);
    REQUIRE(left.size() == right.size());
    for (std::size_t j = 0; j < left.size(); ++j) {
      if (std::isnan(right[j])) CHECK(std::isnan(left[j]));
      else CHECK(std::bit_cast<std::uint64_t>(left[j]) == std::bit_cast<std::uint64_t>(right[j]));
    }
  }
}

TEST_CASE("a torn file, a changed one and one of something else are none") {
  TemporaryFolder folder;
  const SnapshotStore store(folder.path);
  store.keep("key", sample());
  const fs::path file = only_file(folder.path);
  const std::string whole = read_file(file).value();
  const auto found_in = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return store.find("key").has_value();
  };
  for (std::size_t length = 0; length < whole.size(); length += 7) CHECK_FALSE(found_in(whole.substr(0, length)));
  std::string changed = whole;
  changed[changed.size() / 2] ^= 1;
  CHECK_FALSE(found_in(changed));
  CHECK_FALSE(found_in(std::string(200, 'x')));
  // The checksum is right and the rest no snapshot: SHA-256 of nothing, and nothing.
  CHECK_FALSE(found_in("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  CHECK(found_in(whole));
  store.keep("key", sample());                   // over what lay there
  CHECK(store.find("key"));
}

TEST_CASE("where nothing can be written nothing is kept, and that is all") {
  TemporaryFolder folder;
  std::ofstream(folder.path / "file") << "in the way";
  const SnapshotStore store(folder.path / "file");
  store.keep("key", sample());
  CHECK_FALSE(store.find("key"));
  CHECK(read_file(folder.path / "file").value() == "in the way");
}

TEST_CASE("what is oldest goes where there is too much") {
  TemporaryFolder folder;
  const SnapshotStore store(folder.path);
  store.keep("old", sample());
  const fs::path old = only_file(folder.path);
  fs::last_write_time(old, fs::last_write_time(old) - std::chrono::hours(1));
  const auto size = fs::file_size(old);
  store.keep("new", sample());
  SnapshotStore(folder.path, 2 * size);
  CHECK(store.find("old"));
  SnapshotStore(folder.path, 2 * size - 1);
  CHECK_FALSE(store.find("old"));
  CHECK(store.find("new"));
}
