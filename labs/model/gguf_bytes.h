// What the parser and the getters of a GGUF file share: the metadata's types, and reading that never passes the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "labs/model/gguf.h"

namespace tb {

inline constexpr const char* metadata_names[] = {
  "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array", "uint64", "int64",
  "float64"};
inline constexpr std::size_t metadata_sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};   // 0: not fixed
inline std::string name_of(MetadataType type) { return metadata_names[static_cast<std::size_t>(type)]; }
inline std::size_t size_of(MetadataType type) { return metadata_sizes[static_cast<std::size_t>(type)]; }

inline bool is_integer(MetadataType type) {
  return type <= MetadataType::int32 || type == MetadataType::uint64 || type == MetadataType::int64;
}

// Reads on from a place, never past the end.
struct Cursor {
  std::span<const std::byte> bytes;
  std::size_t at = 0;            // at most bytes.size()

  std::size_t left() const { return bytes.size() - at; }
  template <class T>
  bool read(T& value) {
    if (left() < sizeof(T)) return false;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    at += sizeof(T);
    return true;
  }
  bool read(std::string_view& text) {
    std::uint64_t length = 0;
    if (!read(length)) return false;
    if (length > left()) { at -= sizeof length; return false; }
    text = {reinterpret_cast<const char*>(bytes.data() + at), static_cast<std::size_t>(length)};
    at += text.size();
    return true;
  }
};

template <class T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// An integer of any type; uint64 beyond int64 wraps, which the caller excludes.
inline std::int64_t load_integer(std::span<const std::byte> bytes, std::size_t at, MetadataType type) {
  switch (type) {
    case MetadataType::uint8: return load<std::uint8_t>(bytes, at);
    case MetadataType::int8: return load<std::int8_t>(bytes, at);
    case MetadataType::uint16: return load<std::uint16_t>(bytes, at);
    case MetadataType::int16: return load<std::int16_t>(bytes, at);
    case MetadataType::uint32: return load<std::uint32_t>(bytes, at);
    case MetadataType::int32: return load<std::int32_t>(bytes, at);
    default: return load<std::int64_t>(bytes, at);
  }
}

}  // namespace tb
