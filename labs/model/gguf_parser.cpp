// Checking a GGUF file from its first byte to its last tensor; the format is described in gguf.h.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>

#include "base/text.h"
#include "labs/model/gguf_bytes.h"

namespace tb {

static_assert(std::endian::native == std::endian::little, "the reader copies the file's little-endian numbers");

namespace {

constexpr std::size_t longest_key = 65535;            // the specification's limit
constexpr std::size_t longest_name = 64;              // likewise
constexpr std::uint64_t most_things = std::numeric_limits<std::uint32_t>::max();   // tensors are indexed by 32 bits
constexpr int deepest_array = 4;                      // arrays in arrays; files in the wild have none
constexpr std::uint32_t largest_alignment = 1 << 20;
constexpr std::size_t smallest_entry = 8 + 1 + 4 + 1;           // length, key, type, value
constexpr std::size_t smallest_tensor = 8 + 1 + 4 + 8 + 4 + 8;  // length, name, rank, size, type, offset

// How the elements of a tensor type are stored.
struct Block { std::int64_t elements, bytes; };
std::optional<Block> block_of(std::uint32_t type) {
  switch (static_cast<TensorType>(type)) {
    case TensorType::f32: return Block{1, 4};
    case TensorType::f16: return Block{1, 2};
    case TensorType::bf16: return Block{1, 2};
    case TensorType::q4_0: return Block{32, 2 + 16};
    case TensorType::q4_1: return Block{32, 2 + 2 + 16};
    case TensorType::q5_0: return Block{32, 2 + 4 + 16};
    case TensorType::q5_1: return Block{32, 2 + 2 + 4 + 16};
    case TensorType::q8_0: return Block{32, 2 + 32};
    case TensorType::q4_k: return Block{256, 2 + 2 + 12 + 128};
    case TensorType::q5_k: return Block{256, 2 + 2 + 12 + 32 + 128};
    case TensorType::q6_k: return Block{256, 128 + 64 + 16 + 2};
  }
  return std::nullopt;
}

// ggml's names of the types by number, for a message about a type that is not read here.
std::string type_name(std::uint32_t type) {
  static constexpr const char* names[] = {
    "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32",
    "I64", "F64", "IQ1_M", "BF16"};
  return type < std::size(names) ? names[type] : std::to_string(type);
}

}  // namespace

// Fills a Gguf from its bytes. The members return false after `refuse`, which keeps the first error.
class Gguf::Parser {
 public:
  explicit Parser(Gguf& file) : file_(file), cursor_{file.bytes_} {}

  Result<void> run() {
    if (header() && metadata() && tensor_table() && place_tensors() && index_tensors()) return {};
    return tl::unexpected<Error>(std::move(error_));
  }

 private:
  bool refuse(std::string code, std::size_t at, std::vector<std::string> args = {}) {
    error_ = {std::move(code), file_.path_ + ":" + std::to_string(at), std::move(args)};
    return false;
  }
  bool truncated() { return refuse("gguf.truncated", cursor_.at, {std::to_string(cursor_.left())}); }
  template <class T>
  bool read(T& value) { return cursor_.read(value) || truncated(); }

  bool header() {
    std::array<char, 4> magic;
    if (cursor_.left() < magic.size()) return refuse("gguf.magic", 0);
    if (!read(magic)) return false;
    if (std::string_view(magic.data(), 4) != "GGUF") return refuse("gguf.magic", 0);
    if (!read(file_.version_)) return false;
    const bool swapped = (file_.version_ & 0xffff) == 0;
    if (swapped) return refuse("gguf.big_endian", 4);
    if (file_.version_ != 2 && file_.version_ != 3) return refuse("gguf.version", 4, {std::to_string(file_.version_)});
    std::uint64_t tensors = 0, entries = 0;
    if (!read(tensors) || !read(entries)) return false;
    // Both at once: what is reserved below for the one must not be claimed again by the other.
    if (!fits(tensors, smallest_tensor, cursor_.left(), 8)) return false;
    if (!fits(entries, smallest_entry, cursor_.left() - tensors * smallest_tensor, 16)) return false;
    file_.tensors_.reserve(tensors);
    offsets_.reserve(tensors);
    file_.entries_.reserve(entries);
    n_tensors_ = tensors;
    n_entries_ = entries;
    return true;
  }

  // Do `count` things of at least `size` bytes fit into `left` bytes? `at`: where the count stands.
  bool fits(std::uint64_t count, std::size_t size, std::size_t left, std::size_t at) {
    const std::uint64_t most = std::min<std::uint64_t>(left / size, most_things);
    return count <= most || refuse("gguf.count", at, {std::to_string(count), std::to_string(most)});
  }

  bool metadata() {
    for (std::uint64_t i = 0; i < n_entries_; ++i) {
      const std::size_t at = cursor_.at;
      Entry entry{};
      if (!read(entry.key)) return false;
      if (entry.key.empty() || entry.key.size() > longest_key || !is_utf8(entry.key)) return refuse("gguf.key", at);
      if (!value_type(entry.type)) return false;
      entry.at = cursor_.at;
      if (!skip_value(entry.type, 0)) return false;
      file_.entries_.push_back(entry);
    }
    auto& entries = file_.entries_;
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    const auto twice = std::adjacent_find(entries.begin(), entries.end(),
                                          [](const Entry& a, const Entry& b) { return a.key == b.key; });
    if (twice == entries.end()) return true;
    return refuse("gguf.key_twice", std::max(twice->at, twice[1].at), {std::string(twice->key)});
  }

  bool value_type(MetadataType& type) {
    const std::size_t at = cursor_.at;
    std::uint32_t number = 0;
    if (!read(number)) return false;
    if (number >= std::size(metadata_names)) return refuse("gguf.value_type", at, {std::to_string(number)});
    type = static_cast<MetadataType>(number);
    return true;
  }

  // Checks a value and moves behind it.
  bool skip_value(MetadataType type, int depth) {
    if (type == MetadataType::array) return skip_array(depth + 1);
    std::string_view text;
    if (type == MetadataType::string) return read(text);
    return skip_fixed(type, 1);
  }

  bool skip_fixed(MetadataType type, std::uint64_t count) {
    if (count > cursor_.left() / size_of(type)) return truncated();
    const std::size_t end = cursor_.at + count * size_of(type);
    if (type == MetadataType::boolean)
      for (; cursor_.at < end; ++cursor_.at)
        if (const auto byte = std::to_integer<int>(cursor_.bytes[cursor_.at]); byte > 1)
          return refuse("gguf.bool", cursor_.at, {std::to_string(byte)});
    cursor_.at = end;
    return true;
  }

  bool skip_array(int depth) {
    const std::size_t at = cursor_.at;
    if (depth > deepest_array) return refuse("gguf.nesting", at, {std::to_string(deepest_array)});
    MetadataType type;
    std::uint64_t count = 0;
    if (!value_type(type) || !read(count)) return false;
    const std::size_t smallest = type == MetadataType::string ? 8 : type == MetadataType::array ? 12 : size_of(type);
    if (!fits(count, smallest, cursor_.left(), at + 4)) return false;
    if (size_of(type) != 0) return skip_fixed(type, count);
    for (std::uint64_t i = 0; i < count; ++i)
      if (!skip_value(type, depth)) return false;
    return true;
  }

  bool tensor_table() {
    for (std::uint64_t i = 0; i < n_tensors_; ++i)
      if (!tensor()) return false;
    return true;
  }

  bool tensor() {
    const std::size_t at = cursor_.at;
    TensorInfo tensor{};
    if (!read(tensor.name)) return false;
    if (tensor.name.empty() || tensor.name.size() > longest_name || !is_utf8(tensor.name))
      return refuse("gguf.tensor_name", at);
    const std::size_t rank_at = cursor_.at;
    if (!read(tensor.rank)) return false;
    if (tensor.rank < 1 || tensor.rank > tensor.sizes.size())
      return refuse("gguf.rank", rank_at, {std::string(tensor.name), std::to_string(tensor.rank)});

    // The number of elements times four, the bytes of the dequantised tensor, must be an int64 as well.
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / 4;
    std::uint64_t elements = 1;
    for (std::uint32_t d = 0; d < tensor.rank; ++d) {
      const std::size_t size_at = cursor_.at;
      std::uint64_t size = 0;
      if (!read(size)) return false;
      if (size == 0 || size > most / elements)
        return refuse("gguf.size", size_at, {std::string(tensor.name), std::to_string(size)});
      elements *= size;
      tensor.sizes[tensor.rank - 1 - d] = static_cast<std::int64_t>(size);
    }

    const std::size_t type_at = cursor_.at;
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
    if (!read(type) || !read(offset)) return false;
    const auto block = block_of(type);
    if (!block) return refuse("gguf.tensor_type", type_at, {std::string(tensor.name), type_name(type)});
    tensor.type = static_cast<TensorType>(type);
    if (tensor.columns() % block->elements != 0)
      return refuse("gguf.row", type_at, {std::string(tensor.name), std::to_string(tensor.columns()),
                                          std::to_string(block->elements)});
    file_.tensors_.push_back(tensor);
    offsets_.push_back(offset);
    return true;
  }

  bool alignment(std::uint64_t& alignment) {
    const Entry* entry = file_.find("general.alignment");
    if (!entry) return true;
    if (entry->type != MetadataType::uint32)
      return refuse("gguf.key_type", entry->at, {"general.alignment", "uint32", name_of(entry->type)});
    alignment = load<std::uint32_t>(file_.bytes_, entry->at);
    return (std::has_single_bit(alignment) && alignment <= largest_alignment) ||
           refuse("gguf.alignment", entry->at, {std::to_string(alignment)});
  }

  // Gives every tensor its bytes: inside the file, aligned, apart from each other.
  bool place_tensors() {
    std::uint64_t alignment_bytes = 32;
    if (!alignment(alignment_bytes)) return false;
    const std::size_t size = file_.bytes_.size();
    const std::size_t padded = (cursor_.at + alignment_bytes - 1) / alignment_bytes * alignment_bytes;
    const std::size_t start = std::min(padded, size);
    for (std::size_t i = 0; i < file_.tensors_.size(); ++i) {
      TensorInfo& tensor = file_.tensors_[i];
      const std::uint64_t offset = offsets_[i];
      const Block block = *block_of(static_cast<std::uint32_t>(tensor.type));
      const std::uint64_t bytes = static_cast<std::uint64_t>(tensor.elements() / block.elements) * block.bytes;
      if (offset % alignment_bytes != 0)
        return refuse_tensor("gguf.offset", tensor, {std::to_string(offset), std::to_string(alignment_bytes)});
      if (offset > size - start || bytes > size - start - offset)
        return refuse_tensor("gguf.extent", tensor,
                             {std::to_string(bytes), std::to_string(offset), std::to_string(size - start)});
      tensor.bytes = file_.bytes_.subspan(start + offset, bytes);
    }
    return true;
  }

  bool refuse_tensor(std::string code, const TensorInfo& tensor, std::vector<std::string> args) {
    error_ = {std::move(code), file_.path_ + ":" + std::string(tensor.name), std::move(args)};
    return false;
  }

  // No two tensors of one name, no two over the same bytes.
  bool index_tensors() {
    const auto& tensors = file_.tensors_;
    auto& order = file_.by_name_;
    order.resize(tensors.size());
    std::iota(order.begin(), order.end(), 0u);
    const auto place = [&](std::uint32_t i) { return tensors[i].bytes.data(); };
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return place(a) < place(b); });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const TensorInfo &before = tensors[order[i - 1]], &tensor = tensors[order[i]];
      if (tensor.bytes.data() < before.bytes.data() + before.bytes.size())
        return refuse_tensor("gguf.overlap", tensor, {std::string(before.name)});
    }
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return tensors[a].name < tensors[b].name; });
    for (std::size_t i = 1; i < order.size(); ++i)
      if (tensors[order[i]].name == tensors[order[i - 1]].name)
        return refuse_tensor("gguf.tensor_twice", tensors[order[i]], {});
    return true;
  }

  Gguf& file_;
  Cursor cursor_;
  std::uint64_t n_tensors_ = 0, n_entries_ = 0;
  std::vector<std::uint64_t> offsets_;   // of the tensors, as the file gives them
  Error error_;
};

Result<Gguf> Gguf::from(std::span<const std::byte> bytes, std::string name) {
  Gguf file;
  file.bytes_ = bytes;
  file.path_ = std::move(name);
  if (auto parsed = Parser(file).run(); !parsed) return tl::unexpected<Error>(parsed.error());
  return file;
}

}  // namespace tb
