// What labs computed, kept in a folder from one run of the program to the next. It may be deleted at any time: what
// cannot be read, or not be written, is computed again, and no error.
//
//   SnapshotStore store(cache_folder() / "snapshots");
//   if (auto known = store.find(key)) ...        // key: everything that decides the result, the code that computes too
//   store.keep(key, snapshot);
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "labs/lab.h"

namespace tb::app {

class SnapshotStore {
 public:
  // What is oldest goes first where the folder holds more than `most` bytes.
  explicit SnapshotStore(std::filesystem::path folder, std::uintmax_t most = 256u << 20);

  // Its inputs are left to whoever has the key. A file that is torn or of something else is none.
  std::optional<Snapshot> find(const std::string& key) const;
  void keep(const std::string& key, const Snapshot& snapshot) const;

 private:
  std::filesystem::path file(const std::string& key) const;

  std::filesystem::path folder_;
};

}  // namespace tb::app
