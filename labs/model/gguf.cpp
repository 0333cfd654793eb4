#include "labs/model/gguf.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "labs/model/gguf_bytes.h"

namespace tb {

std::string_view name_of(TensorType type) {
  switch (type) {
    case TensorType::f32: return "F32";
    case TensorType::f16: return "F16";
    case TensorType::q4_0: return "Q4_0";
    case TensorType::q4_1: return "Q4_1";
    case TensorType::q5_0: return "Q5_0";
    case TensorType::q5_1: return "Q5_1";
    case TensorType::q8_0: return "Q8_0";
    case TensorType::q4_k: return "Q4_K";
    case TensorType::q5_k: return "Q5_K";
    case TensorType::q6_k: return "Q6_K";
    case TensorType::bf16: return "BF16";
  }
  return "?";
}

std::int64_t TensorInfo::rows() const {
  return std::accumulate(sizes.begin(), sizes.begin() + (rank - 1), std::int64_t{1}, std::multiplies<>());
}

std::int64_t IntegerArray::operator[](std::size_t i) const {
  return load_integer(bytes_, i * size_of(type_), type_);
}

Result<Gguf> Gguf::open(const std::filesystem::path& path) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return tl::unexpected<Error>(mapped.error());
  auto file = from(mapped->bytes(), path.string());
  if (file) file->file_ = std::move(*mapped);
  return file;
}

const Gguf::Entry* Gguf::find(std::string_view key) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), key,
                                      [](const Entry& entry, std::string_view k) { return entry.key < k; });
  return found != entries_.end() && found->key == key ? &*found : nullptr;
}

Result<const Gguf::Entry*> Gguf::entry(std::string_view key) const {
  if (const Entry* found = find(key)) return found;
  return fail("gguf.key_missing", path_, {std::string(key)});
}

Result<std::string_view> Gguf::string(std::string_view key) const {
  const auto found = entry(key);
  if (!found) return tl::unexpected<Error>(found.error());
  std::string_view text;
  Cursor cursor{bytes_, (*found)->at};
  if ((*found)->type == MetadataType::string && cursor.read(text)) return text;
  return fail("gguf.key_type", path_, {std::string(key), "string", name_of((*found)->type)});
}

Result<std::int64_t> Gguf::integer(std::string_view key) const {
  const auto found = entry(key);
  if (!found) return tl::unexpected<Error>(found.error());
  const auto [name, at, type] = **found;
  if (!is_integer(type)) return fail("gguf.key_type", path_, {std::string(key), "integer", name_of(type)});
  if (type == MetadataType::uint64 && load<std::uint64_t>(bytes_, at) > std::numeric_limits<std::int64_t>::max())
    return fail("gguf.key_range", path_, {std::string(key), std::to_string(load<std::uint64_t>(bytes_, at))});
  return load_integer(bytes_, at, type);
}

Result<double> Gguf::number(std::string_view key) const {
  const auto found = entry(key);
  if (!found) return tl::unexpected<Error>(found.error());
  const auto [name, at, type] = **found;
  if (type == MetadataType::float32) return load<float>(bytes_, at);
  if (type == MetadataType::float64) return load<double>(bytes_, at);
  if (!is_integer(type)) return fail("gguf.key_type", path_, {std::string(key), "number", name_of(type)});
  return integer(key).map([](std::int64_t value) { return static_cast<double>(value); });
}

Result<bool> Gguf::boolean(std::string_view key) const {
  const auto found = entry(key);
  if (!found) return tl::unexpected<Error>(found.error());
  if ((*found)->type == MetadataType::boolean) return load<std::uint8_t>(bytes_, (*found)->at) != 0;
  return fail("gguf.key_type", path_, {std::string(key), "bool", name_of((*found)->type)});
}

namespace {

// The head of an array: the type of its elements and their number.
struct ArrayHead { MetadataType type; std::uint64_t count; };
ArrayHead array_head(Cursor& cursor) {
  std::uint32_t type = 0;
  std::uint64_t count = 0;
  cursor.read(type);
  cursor.read(count);
  return {static_cast<MetadataType>(type), count};
}

}  // namespace

Result<std::vector<std::string_view>> Gguf::strings(std::string_view key) const {
  const auto found = entry(key);
  if (!found) return tl::unexpected<Error>(found.error());
  std::string type = name_of((*found)->type);
  if ((*found)->type == MetadataType::array) {
    Cursor cursor{bytes_, (*found)->at};
    const ArrayHead head = array_head(cursor);
    if (head.type == MetadataType::string) {
      std::vector<std::string_view> texts(head.count);
      for (std::string_view& text : texts) cursor.read(text);
      return texts;
    }
    type = "array of " + name_of(head.type);
  }
  return fail("gguf.key_type", path_, {std::string(key), "array of string", type});
}

Result<IntegerArray> Gguf::integers(std::string_view key) const {
  const auto found = entry(key);
  if (!found) return tl::unexpected<Error>(found.error());
  std::string type = name_of((*found)->type);
  if ((*found)->type == MetadataType::array) {
    Cursor cursor{bytes_, (*found)->at};
    const ArrayHead head = array_head(cursor);
    if (is_integer(head.type))
      return IntegerArray(bytes_.subspan(cursor.at, head.count * size_of(head.type)), head.type, head.count);
    type = "array of " + name_of(head.type);
  }
  return fail("gguf.key_type", path_, {std::string(key), "array of integer", type});
}

std::vector<std::string_view> Gguf::keys() const {
  std::vector<Entry> entries = entries_;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.at < b.at; });
  std::vector<std::string_view> keys;
  for (const Entry& entry : entries) keys.push_back(entry.key);
  return keys;
}

const TensorInfo* Gguf::tensor(std::string_view name) const {
  const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name, [this](std::uint32_t i, auto wanted) {
    return tensors_[i].name < wanted;
  });
  return found != by_name_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

}  // namespace tb
