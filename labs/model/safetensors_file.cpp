#include "labs/model/safetensors_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

namespace tb {

static_assert(std::endian::native == std::endian::little, "the reader copies the file's little-endian numbers");

namespace {

constexpr std::uint64_t longest_header = 100'000'000;   // the format's limit

// Bytes of one number, 0 for a type that is not known here.
std::uint64_t bytes_of_number(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, int>, 15> sizes = {{
      {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1}, {"U64", 8},
      {"U32", 4}, {"U16", 2}, {"U8", 1}, {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}}};
  for (const auto& [name, size] : sizes)
    if (name == type) return static_cast<std::uint64_t>(size);
  return 0;
}

}  // namespace

// Takes the header's JSON as it is parsed, piece by piece: only what the format allows is ever stored. The members
// return false to end the parse; `error` is set then.
class SafetensorsFile::Header : public nlohmann::json_sax<nlohmann::json> {
 public:
  Header(SafetensorsFile& file, std::size_t length) : file_(file), length_(length) {}

  std::optional<Error> error;
  std::vector<std::array<std::uint64_t, 2>> offsets;   // of each tensor: where its bytes begin and end

  bool start_object(std::size_t) override {
    if (depth_ == 1 && key_ == "__metadata__") place_ = Place::metadata;
    else if (depth_ == 1) begin_tensor();
    else if (depth_ != 0) return unexpected();
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ == 1 && place_ == Place::tensor && fields_ != all_fields) return unexpected();
    place_ = Place::none;
    return true;
  }
  bool key(std::string& key) override {
    if (depth_ == 1) key_ = key;
    else field_ = key;
    return true;
  }
  bool string(std::string& text) override {
    if (depth_ == 2 && place_ == Place::metadata) {
      file_.metadata_[field_] = text;
      return true;
    }
    if (!at_field("dtype", type_field)) return unexpected();
    file_.tensors_.back().type = text;
    return true;
  }
  bool start_array(std::size_t) override {
    if (list_ != List::none) return unexpected();
    if (at_field("shape", shape_field)) list_ = List::shape;
    else if (at_field("data_offsets", offsets_field)) list_ = List::offsets;
    else return unexpected();
    n_offsets_ = 0;
    return true;
  }
  bool end_array() override {
    if (list_ == List::offsets && n_offsets_ != 2) return unexpected();
    list_ = List::none;
    return true;
  }
  bool number_unsigned(std::uint64_t number) override {
    if (list_ == List::shape) {
      if (number > std::numeric_limits<std::int64_t>::max()) return unexpected();
      file_.tensors_.back().shape.push_back(static_cast<std::int64_t>(number));
      return true;
    }
    if (list_ != List::offsets || n_offsets_ == 2) return unexpected();
    offsets.back()[n_offsets_++] = number;
    return true;
  }
  bool null() override { return unexpected(); }
  bool boolean(bool) override { return unexpected(); }
  bool number_integer(std::int64_t) override { return unexpected(); }
  bool number_float(double, const std::string&) override { return unexpected(); }
  bool binary(nlohmann::json::binary_t&) override { return unexpected(); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    const std::size_t byte = 8 + std::min(at > 0 ? at - 1 : 0, length_);
    error = Error{"safetensors.json", file_.path_ + ":" + std::to_string(byte), {}};
    return false;
  }

 private:
  enum class Place { none, metadata, tensor };
  enum class List { none, shape, offsets };
  static constexpr unsigned type_field = 1, shape_field = 2, offsets_field = 4, all_fields = 7;

  bool unexpected() {
    error = Error{"safetensors.entry", file_.path_ + ":" + key_, {}};
    return false;
  }
  void begin_tensor() {
    place_ = Place::tensor;
    fields_ = 0;
    file_.tensors_.push_back({key_, {}, {}, {}});
    offsets.push_back({});
  }
  // Are we at this field of a tensor, for the first time?
  bool at_field(std::string_view name, unsigned bit) {
    if (place_ != Place::tensor || list_ != List::none || field_ != name || (fields_ & bit)) return false;
    fields_ |= bit;
    return true;
  }

  SafetensorsFile& file_;
  std::size_t length_;
  int depth_ = 0;
  Place place_ = Place::none;
  List list_ = List::none;
  unsigned fields_ = 0;
  std::size_t n_offsets_ = 0;
  std::string key_, field_;
};

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return tl::unexpected(mapped.error());
  auto file = from(mapped->bytes(), path.string());
  if (file) file->file_ = std::move(*mapped);
  return file;
}

Result<SafetensorsFile> SafetensorsFile::from(std::span<const std::byte> bytes, std::string name) {
  SafetensorsFile file;
  file.bytes_ = bytes;
  file.path_ = std::move(name);
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) return fail("safetensors.short", file.path_, {std::to_string(bytes.size())});
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > longest_header || length > bytes.size() - sizeof length)
    return fail("safetensors.header", file.path_ + ":0", {std::to_string(length)});

  const auto* text = reinterpret_cast<const char*>(bytes.data() + sizeof length);
  if (length == 0 || *text != '{') return fail("safetensors.json", file.path_ + ":8");
  Header header(file, length);
  if (!nlohmann::json::sax_parse(text, text + length, &header)) return tl::unexpected(*header.error);
  if (auto placed = file.place_tensors(sizeof length + length, header.offsets); !placed)
    return tl::unexpected(placed.error());
  return file;
}

// Gives every tensor its bytes, in their order.
Result<void> SafetensorsFile::place_tensors(std::size_t start, std::span<const std::array<std::uint64_t, 2>> offsets) {
  const auto refuse = [&](std::string code, const SafetensorsTensor& tensor, std::vector<std::string> args) {
    return fail(std::move(code), path_ + ":" + tensor.name, std::move(args));
  };

  // The bytes that the shape asks for are those that the offsets give.
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const SafetensorsTensor& tensor = tensors_[i];
    std::uint64_t size = bytes_of_number(tensor.type);
    if (size == 0) return refuse("safetensors.type", tensor, {tensor.type});
    const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end();
    bool fits = true;
    if (empty) size = 0;
    else
      for (const std::int64_t n : tensor.shape) {
        fits = fits && size <= bytes_.size() / static_cast<std::uint64_t>(n);
        size *= fits ? static_cast<std::uint64_t>(n) : 1;
      }
    const auto [begin, end] = offsets[i];
    if (!fits || end < begin || end - begin != size)
      return refuse("safetensors.size", tensor, {std::to_string(begin), std::to_string(end)});
  }

  // One begins where the one before it ends, the last ends with the file.
  std::vector<std::uint32_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return offsets[a] < offsets[b]; });
  std::uint64_t at = 0;
  std::vector<SafetensorsTensor> sorted;
  sorted.reserve(order.size());
  for (const std::uint32_t i : order) {
    SafetensorsTensor& tensor = tensors_[i];
    const auto [begin, end] = offsets[i];
    if (begin != at) return refuse("safetensors.gap", tensor, {std::to_string(begin), std::to_string(at)});
    if (end > bytes_.size() - start)
      return refuse("safetensors.extent", tensor, {std::to_string(end), std::to_string(bytes_.size() - start)});
    tensor.bytes = bytes_.subspan(start + begin, end - begin);
    at = end;
    sorted.push_back(std::move(tensor));
  }
  if (at != bytes_.size() - start)
    return fail("safetensors.rest", path_ + ":" + std::to_string(start + at),
                {std::to_string(bytes_.size() - start - at)});
  tensors_ = std::move(sorted);

  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(), [&](auto a, auto b) { return tensors_[a].name < tensors_[b].name; });
  for (std::size_t i = 1; i < by_name_.size(); ++i)
    if (tensors_[by_name_[i]].name == tensors_[by_name_[i - 1]].name)
      return refuse("safetensors.twice", tensors_[by_name_[i]], {});
  return {};
}

const SafetensorsTensor* SafetensorsFile::tensor(std::string_view name) const {
  const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name, [this](std::uint32_t i, auto wanted) {
    return tensors_[i].name < wanted;
  });
  return found != by_name_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

}  // namespace tb
