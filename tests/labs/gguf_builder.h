// Makes GGUF files in memory for tests: a small one with every metadata type, every tensor type and a vocabulary that
// a tokenizer can be built from, and any ill-formed one.
#pragma once

#include <cstdint>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace tb {

struct GgufBuilder {
  std::string bytes;

  template <class T>
  GgufBuilder& put(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  GgufBuilder& text(std::string_view value) {
    put<std::uint64_t>(value.size());
    bytes += value;
    return *this;
  }
  GgufBuilder& header(std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
    bytes += "GGUF";
    return put(version).put(tensors).put(entries);
  }
  GgufBuilder& key(std::string_view name, std::uint32_t type) { return text(name).put(type); }
  template <class T>
  GgufBuilder& entry(std::string_view name, std::uint32_t type, T value) { return key(name, type).put(value); }
  GgufBuilder& entry(std::string_view name, std::string_view value) { return key(name, 8).text(value); }
  GgufBuilder& array(std::string_view name, std::uint32_t type, std::uint64_t count) {
    return key(name, 9).put(type).put(count);
  }
  GgufBuilder& strings(std::string_view name, const std::vector<std::string>& values) {
    array(name, 8, values.size());
    for (const std::string& value : values) text(value);
    return *this;
  }
  // `sizes` as the file has them: the fastest first.
  GgufBuilder& tensor(std::string_view name, std::vector<std::uint64_t> sizes, std::uint32_t type,
                      std::uint64_t offset) {
    text(name).put(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) put(size);
    return put(type).put(offset);
  }
  GgufBuilder& pad(std::size_t alignment = 32) {
    while (bytes.size() % alignment) bytes += '\0';
    return *this;
  }
  std::span<const std::byte> span() const { return std::as_bytes(std::span(bytes.data(), bytes.size())); }
};

constexpr std::size_t small_gguf_data = 1344;   // bytes, at its end

// About 7 KB.
inline std::string small_gguf() {
  GgufBuilder file;
  file.header(11, 23);
  file.entry("general.architecture", "llama");
  file.entry("tokenizer.ggml.model", "gpt2").entry("tokenizer.ggml.pre", "smollm");
  // The letters of all bytes, as byte-level vocabularies write them, then what the merges make of some.
  std::vector<std::string> tokens{"<|end|>"};
  for (unsigned b = 0, next = 0x100; b < 256; ++b) {
    const bool printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    append_utf8(tokens.emplace_back(), printable ? b : next++);
  }
  const std::vector<std::string> merges{"a b", "ab c", "\u0120 a", "\u0120 \u0120", "h e", "he l"};
  for (std::string merge : merges) tokens.push_back(merge.erase(merge.find(' '), 1));
  file.strings("tokenizer.ggml.tokens", tokens).strings("tokenizer.ggml.merges", merges);
  file.array("tokenizer.ggml.token_type", 5, tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) file.put<std::int32_t>(i == 0 ? 3 : 1);
  file.entry<std::uint32_t>("tokenizer.ggml.bos_token_id", 4, 0);
  file.entry<std::uint32_t>("tokenizer.ggml.eos_token_id", 4, 0);
  file.entry<std::uint8_t>("tokenizer.ggml.add_bos_token", 7, 1).entry<std::uint32_t>("general.alignment", 4, 64);
  file.entry<std::uint8_t>("t.uint8", 0, 200).entry<std::int8_t>("t.int8", 1, -100);
  file.entry<std::uint16_t>("t.uint16", 2, 60000).entry<std::int16_t>("t.int16", 3, -30000);
  file.entry<std::int32_t>("t.int32", 5, -7).entry<float>("t.float32", 6, 0.5f).entry<double>("t.float64", 12, 0.25);
  file.entry<std::uint64_t>("t.uint64", 10, 7).entry<std::int64_t>("t.int64", 11, -7);
  file.array("t.nested", 9, 2).put<std::uint32_t>(1).put<std::uint64_t>(3).put<std::uint16_t>(0).put<std::uint8_t>(0);
  file.put<std::uint32_t>(8).put<std::uint64_t>(1).text("deep");
  file.array("t.bools", 7, 3).put<std::uint16_t>(0x0100).put<std::uint8_t>(1);
  file.array("t.float64s", 12, 1).put<double>(2);
  file.strings("t.none", {});

  file.tensor("f32", {5, 3}, 0, 0).tensor("f16", {32}, 1, 64).tensor("q4_0", {64, 2}, 2, 128);
  file.tensor("q4_1", {32, 2, 2}, 3, 256).tensor("q8_0", {32, 1, 1, 2}, 8, 384).tensor("bf16", {8, 2}, 30, 512);
  file.tensor("q5_0", {32}, 6, 576).tensor("q5_1", {32}, 7, 640).tensor("q4_k", {256}, 12, 704);
  file.tensor("q5_k", {256}, 13, 896).tensor("q6_k", {256}, 14, 1088);
  file.pad(64);
  for (std::size_t i = 0; i < small_gguf_data; ++i) file.put(static_cast<std::uint8_t>(i * 37 + i / 7));
  return file.bytes;
}

}  // namespace tb
