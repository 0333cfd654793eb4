#include "app/snapshot_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/checksum.h"
#include "base/files.h"

namespace tb::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string hash(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

// CBOR: numbers keep all their bits, and a text may be a part of a character.
std::string encode(const Snapshot& snapshot) {
  json columns = json::array();
  for (const Column& column : snapshot.columns)
    std::visit([&](const auto& data) {
      columns.push_back({column.name, column.unit, column.shape, column.data.index(), data});
    }, column.data);
  const json all = {snapshot.lab,    snapshot.model,           snapshot.model_checksum, snapshot.device, snapshot.dtype,
                    snapshot.threads, snapshot.tokens_computed, snapshot.tokens_reused,  snapshot.seconds, columns};
  std::string bytes;
  json::to_cbor(all, bytes);
  return bytes;
}

Snapshot decode(const std::string& bytes) {
  const json all = json::from_cbor(bytes);
  Snapshot snapshot;
  all.at(0).get_to(snapshot.lab);
  all.at(1).get_to(snapshot.model);
  all.at(2).get_to(snapshot.model_checksum);
  all.at(3).get_to(snapshot.device);
  all.at(4).get_to(snapshot.dtype);
  all.at(5).get_to(snapshot.threads);
  all.at(6).get_to(snapshot.tokens_computed);
  all.at(7).get_to(snapshot.tokens_reused);
  all.at(8).get_to(snapshot.seconds);
  for (const json& one : all.at(9)) {
    Column column{one.at(0), one.at(1), one.at(2), {}};
    if (one.at(3) == 0) column.data = one.at(4).get<std::vector<double>>();
    else column.data = one.at(4).get<std::vector<std::string>>();
    snapshot.columns.push_back(std::move(column));
  }
  return snapshot;
}

}  // namespace

SnapshotStore::SnapshotStore(fs::path folder, std::uintmax_t most) : folder_(std::move(folder)) {
  std::error_code ec;
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::uintmax_t all = 0;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    files.emplace_back(entry.last_write_time(ec), entry.path());
    all += entry.file_size(ec);
  }
  std::sort(files.begin(), files.end());
  for (const auto& [time, path] : files) {
    if (all <= most) break;
    const std::uintmax_t size = fs::file_size(path, ec);
    if (fs::remove(path, ec)) all -= size;
  }
}

fs::path SnapshotStore::file(const std::string& key) const { return folder_ / hash(key); }

// A checksum stands before the bytes.
std::optional<Snapshot> SnapshotStore::find(const std::string& key) const {
  constexpr std::size_t head = 64;
  const auto text = read_file(file(key));
  if (!text || text->size() < head) return std::nullopt;
  const std::string bytes = text->substr(head);
  if (hash(bytes) != text->substr(0, head)) return std::nullopt;
  try {
    return decode(bytes);
  } catch (const json::exception&) {
    return std::nullopt;                         // written by a program that keeps them differently
  }
}

void SnapshotStore::keep(const std::string& key, const Snapshot& snapshot) const {
  std::error_code ec;
  fs::create_directories(folder_, ec);
  const std::string bytes = encode(snapshot);
  (void)write_file(file(key), hash(bytes) + bytes);
}

}  // namespace tb::app
