#include "labs/model/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace tb {

namespace {

using Type = SafetensorsEntry::Type;

tl::unexpected<Error> write_failed(const std::filesystem::path& path) {
  return fail("file.write", path.string(), {std::strerror(errno)});
}

std::string header_of(const std::vector<SafetensorsEntry>& entries,
                      const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::int64_t at = 0;
  for (const SafetensorsEntry& entry : entries) {
    header[entry.name] = {{"dtype", entry.type == Type::f32 ? "F32" : "I64"}, {"shape", entry.shape},
                          {"data_offsets", {at, at + entry.bytes()}}};
    at += entry.bytes();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

std::int64_t SafetensorsEntry::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t size : shape) product *= size;
  return product;
}

Result<SafetensorsWriter> SafetensorsWriter::create(const std::filesystem::path& path,
                                                    std::vector<SafetensorsEntry> entries,
                                                    const std::map<std::string, std::string>& metadata) {
  std::stable_partition(entries.begin(), entries.end(), [](const auto& entry) { return entry.type == Type::i64; });
  SafetensorsWriter writer;
  writer.path_ = path;
  writer.part_ = path;
  writer.part_ += ".part";
  writer.entries_ = std::move(entries);
  writer.file_ = std::fopen(writer.part_.c_str(), "wb");
  if (!writer.file_) return write_failed(writer.part_);
  const std::string header = header_of(writer.entries_, metadata);
  const std::uint64_t length = header.size();   // the hosts we build for are little-endian, as the format is
  if (std::fwrite(&length, sizeof length, 1, writer.file_) != 1 ||
      std::fwrite(header.data(), 1, header.size(), writer.file_) != header.size())
    return write_failed(writer.part_);
  return writer;
}

SafetensorsWriter::SafetensorsWriter(SafetensorsWriter&& other) noexcept { *this = std::move(other); }

SafetensorsWriter& SafetensorsWriter::operator=(SafetensorsWriter&& other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  part_ = std::move(other.part_);
  file_ = std::exchange(other.file_, nullptr);
  entries_ = std::move(other.entries_);
  current_ = other.current_;
  written_ = other.written_;
  return *this;
}

SafetensorsWriter::~SafetensorsWriter() { discard(); }

void SafetensorsWriter::discard() noexcept {
  if (!file_) return;
  std::fclose(std::exchange(file_, nullptr));
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

Result<void> SafetensorsWriter::append(std::string_view name, Type type, const void* bytes, std::int64_t size) {
  // Tensors without elements need no numbers.
  while (current_ < entries_.size() && entries_[current_].name != name && written_ == entries_[current_].bytes()) {
    ++current_;
    written_ = 0;
  }
  const bool wanted = file_ && current_ < entries_.size() && entries_[current_].name == name &&
                      entries_[current_].type == type && size <= entries_[current_].bytes() - written_;
  if (!wanted) return fail("safetensors.order", path_.string(), {std::string(name)});
  if (std::fwrite(bytes, 1, static_cast<std::size_t>(size), file_) != static_cast<std::size_t>(size))
    return write_failed(part_);
  written_ += size;
  return {};
}

Result<void> SafetensorsWriter::write(std::string_view name, std::span<const float> numbers) {
  return append(name, Type::f32, numbers.data(), static_cast<std::int64_t>(numbers.size_bytes()));
}

Result<void> SafetensorsWriter::write(std::string_view name, std::span<const std::int64_t> numbers) {
  return append(name, Type::i64, numbers.data(), static_cast<std::int64_t>(numbers.size_bytes()));
}

Result<void> SafetensorsWriter::finish() {
  while (current_ < entries_.size() && written_ == entries_[current_].bytes()) {
    ++current_;
    written_ = 0;
  }
  if (!file_ || current_ < entries_.size())
    return fail("safetensors.order", path_.string(), {current_ < entries_.size() ? entries_[current_].name : ""});
  const bool flushed = std::fflush(file_) == 0 && ::fsync(::fileno(file_)) == 0;
  const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
  std::error_code failed;
  if (flushed && closed) {
    std::filesystem::rename(part_, path_, failed);
    if (!failed) return {};
    errno = failed.value();
  }
  const auto error = write_failed(path_);
  std::filesystem::remove(part_, failed);
  return error;
}

}  // namespace tb
