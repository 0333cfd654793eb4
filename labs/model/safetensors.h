// Writing tensors for other programs: the safetensors format of Hugging Face. No torch.
//
// A file is uint64 n (little-endian), n bytes of JSON (padded with spaces to a multiple of 8), then the tensors' bytes
// one behind the other: {"embed":{"dtype":"F32","shape":[5,576],"data_offsets":[0,11520]}, ...,"__metadata__":{...}}.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tb {

struct SafetensorsEntry {
  enum class Type { f32, i64 };
  std::string name;
  Type type = Type::f32;
  std::vector<std::int64_t> shape;   // row-major; an empty shape is one number

  std::int64_t elements() const;
  std::int64_t bytes() const { return elements() * (type == Type::f32 ? 4 : 8); }
};

// Announce all tensors, then write each one's numbers in that order, in as many pieces as convenient. The file appears
// under its name at `finish`: before, there is only "<name>.part", which goes away with an unfinished writer.
// Errors: file.write (with the system's reason), safetensors.order (numbers that were not announced, or a tensor that
// did not get all of them).
class SafetensorsWriter {
 public:
  // Tensors with 8-byte numbers stand first in the file, so that every tensor starts at a multiple of its number size.
  static Result<SafetensorsWriter> create(const std::filesystem::path& path, std::vector<SafetensorsEntry> entries,
                                          const std::map<std::string, std::string>& metadata = {});
  SafetensorsWriter(SafetensorsWriter&&) noexcept;
  SafetensorsWriter& operator=(SafetensorsWriter&&) noexcept;
  ~SafetensorsWriter();

  // In this order the numbers are wanted: `entries` with the 8-byte types moved to the front.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  Result<void> write(std::string_view name, std::span<const float> numbers);
  Result<void> write(std::string_view name, std::span<const std::int64_t> numbers);
  Result<void> finish();

 private:
  SafetensorsWriter() = default;
  Result<void> append(std::string_view name, SafetensorsEntry::Type type, const void* bytes, std::int64_t size);
  void discard() noexcept;

  std::filesystem::path path_, part_;
  std::FILE* file_ = nullptr;
  std::vector<SafetensorsEntry> entries_;
  std::size_t current_ = 0;       // the tensor being written
  std::int64_t written_ = 0;      // bytes of it
};

}  // namespace tb
