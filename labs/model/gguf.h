// A reader of GGUF, the file format that llama.cpp's models come in. No torch.
//
// The file, all numbers little-endian, from its first byte:
//
//   magic     "GGUF"
//   version   uint32      2 or 3 (they differ in big-endian files only, which are refused; 1 had 32-bit counts)
//   tensors   uint64      how many tensor descriptions follow the metadata
//   entries   uint64      how many metadata entries follow
//
//   each entry            key     string: uint64 length, then that many bytes of UTF-8; no key twice
//                         type    uint32: 0 uint8, 1 int8, 2 uint16, 3 int16, 4 uint32, 5 int32, 6 float32, 7 bool,
//                                         8 string, 9 array, 10 uint64, 11 int64, 12 float64
//                         value   a bool is one byte, 0 or 1; an array is uint32 type of its elements, uint64 count,
//                                 elements; arrays may hold arrays
//
//   each tensor           name    string, 1 to 64 bytes; no name twice
//                         rank    uint32, 1 to 4
//                         sizes   rank times uint64, the fastest running dimension first
//                         type    uint32: 0 F32, 1 F16, 2 Q4_0, 3 Q4_1, 6 Q5_0, 7 Q5_1, 8 Q8_0, 12 Q4_K, 13 Q5_K,
//                                         14 Q6_K, 30 BF16 (others exist)
//                         offset  uint64, counted from the start of the data, a multiple of the alignment
//
//   padding               up to a multiple of the alignment: the entry general.alignment (uint32), 32 without it
//   data                  the tensors' bytes; the quantised types hold a row as blocks of 32 or 256 elements
//                         (dequantise.cpp)
//
// Nothing in the file is believed before it is checked. Every count is held against the bytes that are left for it
// before anything is allocated, every product and sum is checked for overflow, tensors must lie in the file and apart
// from each other. Strings and arrays are not copied: what is handed out points into the file. So the reader
// allocates less than four times the size of the file, whatever the file says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace tb {

enum class TensorType : std::uint32_t {
  f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q4_k = 12, q5_k = 13, q6_k = 14, bf16 = 30
};
std::string_view name_of(TensorType type);   // "F32", "Q4_1"

// One tensor of the file. Name and bytes are views: valid as long as the Gguf they come from.
struct TensorInfo {
  std::string_view name;
  std::span<const std::byte> bytes;   // as they are in the file: quantised
  TensorType type;
  std::uint32_t rank;                 // 1 to 4
  std::array<std::int64_t, 4> sizes;  // row-major, the reverse of the file: sizes[rank - 1] runs fastest

  std::span<const std::int64_t> shape() const { return {sizes.data(), rank}; }   // a matrix: [rows, columns]
  std::int64_t columns() const { return sizes[rank - 1]; }
  std::int64_t rows() const;          // the product of all sizes but the last
  std::int64_t elements() const { return rows() * columns(); }
};

enum class MetadataType : std::uint32_t {
  uint8, int8, uint16, int16, uint32, int32, float32, boolean, string, array, uint64, int64, float64
};

// An array of integers in the file, decoded as it is read.
class IntegerArray {
 public:
  IntegerArray(std::span<const std::byte> bytes, MetadataType type, std::size_t size)
      : bytes_(bytes), type_(type), size_(size) {}
  std::size_t size() const { return size_; }
  std::int64_t operator[](std::size_t i) const;   // i < size()

 private:
  std::span<const std::byte> bytes_;
  MetadataType type_;
  std::size_t size_;
};

// Immutable once open; every const member may be called from several threads at once. The file is mapped, not read:
// it must not be written to meanwhile.
class Gguf {
 public:
  // Errors: file.open, file.map; gguf.* at "path:byte" or "path:tensor".
  static Result<Gguf> open(const std::filesystem::path& path);
  // The same over bytes in memory, which must outlive the result; `name` stands for the path in errors.
  static Result<Gguf> from(std::span<const std::byte> bytes, std::string name);

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }   // the whole file, for a checksum
  std::uint32_t version() const { return version_; }

  // Metadata by key. Errors: gguf.key_missing, gguf.key_type (there, but of another type), gguf.key_range.
  bool has(std::string_view key) const { return find(key) != nullptr; }
  Result<std::string_view> string(std::string_view key) const;
  Result<std::int64_t> integer(std::string_view key) const;     // any of the integer types
  Result<double> number(std::string_view key) const;            // any of the integer and floating types
  Result<bool> boolean(std::string_view key) const;
  Result<std::vector<std::string_view>> strings(std::string_view key) const;   // an array of strings
  Result<IntegerArray> integers(std::string_view key) const;                   // an array of any integer type
  std::vector<std::string_view> keys() const;                                  // in the order of the file

  const std::vector<TensorInfo>& tensors() const { return tensors_; }   // in the order of the file
  const TensorInfo* tensor(std::string_view name) const;                // nullptr: no such tensor

 private:
  struct Entry {
    std::string_view key;
    std::size_t at;        // where the value starts in the file
    MetadataType type;
  };
  class Parser;            // gguf_parser.cpp
  Gguf() = default;
  const Entry* find(std::string_view key) const;
  Result<const Entry*> entry(std::string_view key) const;

  std::optional<MappedFile> file_;
  std::span<const std::byte> bytes_;
  std::string path_;
  std::uint32_t version_ = 0;
  std::vector<Entry> entries_;               // sorted by key
  std::vector<TensorInfo> tensors_;
  std::vector<std::uint32_t> by_name_;       // indices into tensors_, sorted by name
};

}  // namespace tb
