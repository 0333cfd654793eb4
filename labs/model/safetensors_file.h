// Reading tensors in the safetensors format of Hugging Face (its layout stands in safetensors.h). No torch.
//
// Nothing in the file is believed before it is checked: the header is at most 100 MB of JSON of the expected shape, a
// tensor's bytes are its shape times its type, and the tensors follow each other without gap or overlap from the end
// of the header to the end of the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace tb {

// One tensor of the file. The bytes are a view, valid as long as the file; they may start at any address.
struct SafetensorsTensor {
  std::string name;
  std::string type;                   // "F32", "F16", "BF16", "I64", ...
  std::vector<std::int64_t> shape;    // row-major; empty: one number
  std::span<const std::byte> bytes;
};

// Immutable once open; every const member may be called from several threads at once. The file is mapped, not read: it
// must not be written to meanwhile.
class SafetensorsFile {
 public:
  // Errors: file.open, file.map; safetensors.* at "path:byte" or "path:tensor".
  static Result<SafetensorsFile> open(const std::filesystem::path& path);
  // The same over bytes in memory, which must outlive the result; `name` stands for the path in errors.
  static Result<SafetensorsFile> from(std::span<const std::byte> bytes, std::string name);

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }                  // the whole file
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }   // in the order of their bytes
  const SafetensorsTensor* tensor(std::string_view name) const;                // nullptr: no such tensor

 private:
  class Header;                       // safetensors_file.cpp
  SafetensorsFile() = default;
  Result<void> place_tensors(std::size_t start, std::span<const std::array<std::uint64_t, 2>> offsets);

  std::optional<MappedFile> file_;
  std::span<const std::byte> bytes_;
  std::string path_;
  std::map<std::string, std::string> metadata_;
  std::vector<SafetensorsTensor> tensors_;
  std::vector<std::uint32_t> by_name_;   // indices into tensors_, sorted by name
};

}  // namespace tb
