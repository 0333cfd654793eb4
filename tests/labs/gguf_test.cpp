// The GGUF reader against the format's own Python package (tests/reference/gguf/make.py), against files that lie, and
// its promise on memory: at most four times the file and a megabyte.
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/checksum.h"
#include "base/files.h"
#include "labs/model/dequantise.h"
#include "labs/model/gguf.h"
#include "labs/model/safetensors.h"
#include "tests/catch.h"
#include "tests/labs/gguf_builder.h"

namespace {
std::size_t allocated = 0;   // bytes asked for since the start, given back or not
}

// Not inlined: the compiler would take the pairs for mismatched ones.
__attribute__((noinline)) void* operator new(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace tb;

namespace {

Gguf small_reference() {
  auto file = Gguf::open("tests/reference/gguf/small.gguf");
  if (!file) throw std::runtime_error(file.error().code + " " + file.error().where);
  return std::move(*file);
}

// The error's code, "" for a file that is accepted. Checks the memory on the way.
std::string code_of(const std::string& bytes, std::string* where = nullptr) {
  const std::size_t before = allocated;
  const auto file = Gguf::from(std::as_bytes(std::span(bytes.data(), bytes.size())), "f");
  CHECK(allocated - before <= 4 * bytes.size() + (1 << 20));
  if (where && !file) *where = file.error().where;
  return file ? "" : file.error().code;
}

std::string one_tensor(std::vector<std::uint64_t> sizes, std::uint32_t type, std::uint64_t offset, std::size_t data) {
  GgufBuilder file;
  file.header(1, 0).tensor("t", std::move(sizes), type, offset).pad();
  file.bytes.append(data, '\x01');
  return file.bytes;
}

}  // namespace

TEST_CASE("metadata of every type, as the reference package writes it", "[gguf]") {
  const Gguf file = small_reference();
  CHECK(file.version() == 3);
  CHECK(file.integer("t.uint8") == 200);
  CHECK(file.integer("t.int8") == -100);
  CHECK(file.integer("t.uint16") == 60000);
  CHECK(file.integer("t.int16") == -30000);
  CHECK(file.integer("t.uint32") == 4000000000);
  CHECK(file.integer("t.int32") == -2000000000);
  CHECK(file.integer("t.int64") == -(std::int64_t{1} << 62));
  CHECK(file.number("t.float32") == static_cast<double>(0.1f));
  CHECK(file.number("t.float64") == 0.1);
  CHECK(file.number("t.int16") == -30000.0);
  CHECK(file.boolean("t.bool") == true);
  CHECK(file.string("t.string") == "Сеть, é, 網");
  CHECK(file.string("general.architecture") == "llama");
  CHECK(file.strings("t.strings") == std::vector<std::string_view>{"a", "", "бв"});
  const auto numbers = file.integers("t.int32s");
  REQUIRE(numbers);
  REQUIRE(numbers->size() == 3);
  CHECK((*numbers)[0] == -1);
  CHECK((*numbers)[2] == 7);
  CHECK((*file.integers("t.uint8s"))[1] == 255);
  CHECK(file.keys().front() == "general.architecture");
  CHECK(file.keys().size() == 18);

  CHECK(file.integer("t.uint64").error().code == "gguf.key_range");
  CHECK(file.integer("t.nothing").error().code == "gguf.key_missing");
  CHECK(file.integer("t.string").error().code == "gguf.key_type");
  CHECK(file.string("t.int8").error().code == "gguf.key_type");
  CHECK(file.boolean("t.uint8").error().code == "gguf.key_type");
  CHECK(file.number("t.bool").error().code == "gguf.key_type");
  CHECK(file.strings("t.int32s").error().args ==
        std::vector<std::string>{"t.int32s", "array of string", "array of int32"});
  CHECK(file.integers("t.float32s").error().code == "gguf.key_type");
  CHECK(file.integers("t.bools").error().code == "gguf.key_type");
}

TEST_CASE("tensors of every type, dequantised as the reference package does it", "[gguf]") {
  const Gguf file = small_reference();
  const auto bytes = read_file("tests/reference/gguf/small.f32");
  REQUIRE(bytes);
  std::vector<float> expected(bytes->size() / sizeof(float));
  std::memcpy(expected.data(), bytes->data(), bytes->size());

  REQUIRE(file.tensors().size() == 11);
  CHECK(file.tensor("bf16")->type == TensorType::bf16);
  const auto shape = file.tensor("bf16")->shape();
  CHECK(std::vector<std::int64_t>(shape.begin(), shape.end()) == std::vector<std::int64_t>{2, 3, 5});
  CHECK(file.tensor("q4_1")->rows() == 5);
  CHECK(file.tensor("nothing") == nullptr);

  std::size_t at = 0;
  for (const TensorInfo& tensor : file.tensors()) {
    CAPTURE(std::string(tensor.name));
    const std::span<const float> wanted(expected.data() + at, static_cast<std::size_t>(tensor.elements()));
    at += wanted.size();
    std::vector<float> all(wanted.size()), row(static_cast<std::size_t>(tensor.columns()));
    REQUIRE(dequantise(tensor, all));
    CHECK(std::memcmp(all.data(), wanted.data(), wanted.size_bytes()) == 0);   // bit for bit, the sign of zero as well
    const std::int64_t last = tensor.rows() - 1;
    REQUIRE(dequantise_rows(tensor, last, 1, row));
    CHECK(std::memcmp(row.data(), wanted.data() + last * tensor.columns(), row.size() * sizeof(float)) == 0);

    all.pop_back();
    CHECK(dequantise(tensor, all).error().code == "gguf.dequantise_size");
    CHECK(dequantise_rows(tensor, last + 1, 1, row).error().code == "gguf.dequantise_size");
    CHECK(dequantise_rows(tensor, -1, 1, row).error().code == "gguf.dequantise_size");
  }
  CHECK(at == expected.size());
}

TEST_CASE("every half-precision number is the float of the same value", "[gguf]") {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  GgufBuilder builder;
  builder.header(1, 0).tensor("t", {65536}, 1, 0).pad();
  builder.bytes.append(reinterpret_cast<const char*>(halves.data()), 2 * halves.size());
  const auto file = Gguf::from(builder.span(), "f");
  REQUIRE(file);
  std::vector<float> numbers(65536);
  REQUIRE(dequantise(file->tensors()[0], numbers));
  int wrong = 0;
  for (int i = 0; i < 65536; ++i) {   // the definition: sign, 5 bits of exponent, 10 of fraction
    const int exponent = i >> 10 & 31, fraction = i & 1023;
    const double magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                             : exponent < 31  ? std::ldexp(1024 + fraction, exponent - 25)
                             : fraction == 0  ? std::numeric_limits<double>::infinity()
                                              : std::numeric_limits<double>::quiet_NaN();
    const double value = i & 0x8000 ? -magnitude : magnitude;
    wrong += std::isnan(value) ? !std::isnan(numbers[i])
                               : numbers[i] != value || std::signbit(numbers[i]) != std::signbit(value);
  }
  CHECK(wrong == 0);
}

TEST_CASE("a file that lies is refused where it lies", "[gguf]") {
  const auto header = [](std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
    return GgufBuilder().header(tensors, entries, version).bytes;
  };
  const auto entry = [](auto&& add) {
    GgufBuilder file;
    file.header(0, 1);
    add(file);
    return file.bytes;
  };
  constexpr std::uint64_t huge = std::uint64_t{1} << 60, all_ones = ~std::uint64_t{0};

  CHECK(code_of(header(0, 0)) == "");
  CHECK(code_of(header(0, 0, 2)) == "");
  CHECK(code_of("") == "gguf.magic");
  CHECK(code_of("GGUX0000000000000000000000") == "gguf.magic");
  CHECK(code_of(header(0, 0, 1)) == "gguf.version");
  CHECK(code_of(header(0, 0, 4)) == "gguf.version");
  CHECK(code_of(header(0, 0, 3u << 24)) == "gguf.big_endian");
  CHECK(code_of(header(0, 0).substr(0, 20)) == "gguf.truncated");
  for (const std::uint64_t count : {std::uint64_t{1}, huge, all_ones, all_ones / 33 + 1, all_ones / 14 + 1}) {
    CHECK(code_of(header(count, 0)) == "gguf.count");
    CHECK(code_of(header(0, count)) == "gguf.count");
    CHECK(code_of(header(count, count)) == "gguf.count");
  }
  // Each count alone would fit, both do not.
  CHECK(code_of(header(2, 4) + std::string(70, 'x')) == "gguf.count");

  std::string where;
  CHECK(code_of(entry([](auto& f) { f.key("k", 13).put(std::uint64_t{0}); }), &where) == "gguf.value_type");
  CHECK(where == "f:33");
  CHECK(code_of(entry([](auto& f) { f.entry("", "value"); })) == "gguf.key");
  CHECK(code_of(entry([](auto& f) { f.entry("\xff", "value"); })) == "gguf.key");
  CHECK(code_of(entry([](auto& f) { f.entry(std::string(65536, 'k'), "value"); })) == "gguf.key");
  CHECK(code_of(entry([](auto& f) { f.key("key", 8).put(huge); })) == "gguf.truncated");
  CHECK(code_of(entry([](auto& f) { f.key("key", 8).put(all_ones); })) == "gguf.truncated");
  CHECK(code_of(entry([](auto& f) { f.entry("key", 7, std::uint8_t{2}); })) == "gguf.bool");
  for (const std::uint32_t type : {0u, 4u, 7u, 8u, 9u, 12u})
    for (const std::uint64_t count : {std::uint64_t{9}, huge, all_ones, all_ones / 8 + 1, all_ones / 12 + 1})
      CHECK(code_of(entry([&](auto& f) { f.array("key", type, count); })) == "gguf.count");
  CHECK(code_of(entry([](auto& f) {
    f.array("key", 9, 1);
    for (int depth = 0; depth < 1000; ++depth) f.put(9u).put(std::uint64_t{1});
  })) == "gguf.nesting");
  CHECK(code_of(GgufBuilder().header(0, 2).entry("k", "1").entry("k", "2").bytes) == "gguf.key_twice");
  for (const std::uint32_t alignment : {0u, 3u, 48u, 1u << 21, 1u << 31})
    CHECK(code_of(entry([&](auto& f) { f.entry("general.alignment", 4, alignment); })) == "gguf.alignment");
  CHECK(code_of(entry([](auto& f) { f.entry("general.alignment", "32"); })) == "gguf.key_type");

  CHECK(code_of(one_tensor({8, 2}, 0, 0, 64)) == "");
  CHECK(code_of(one_tensor({8, 2}, 0, 0, 63), &where) == "gguf.extent");
  CHECK(where == "f:t");
  CHECK(code_of(one_tensor({8, 2}, 0, 32, 64)) == "gguf.extent");
  CHECK(code_of(one_tensor({8}, 0, 16, 64)) == "gguf.offset");
  CHECK(code_of(one_tensor({8}, 0, all_ones - 31, 64)) == "gguf.extent");
  CHECK(code_of(one_tensor({}, 0, 0, 64)) == "gguf.rank");
  CHECK(code_of(one_tensor({1, 1, 1, 1, 1}, 0, 0, 64)) == "gguf.rank");
  CHECK(code_of(one_tensor({8, 0}, 0, 0, 64)) == "gguf.size");
  CHECK(code_of(one_tensor({all_ones}, 0, 0, 64)) == "gguf.size");
  CHECK(code_of(one_tensor({huge, 2, 2}, 0, 0, 64)) == "gguf.size");
  CHECK(code_of(one_tensor({1u << 31, 1u << 31, 4}, 0, 0, 64)) == "gguf.size");
  CHECK(code_of(one_tensor({1u << 31, 1u << 29, 1}, 8, 0, 64)) == "gguf.extent");
  CHECK(code_of(one_tensor({8}, 10, 0, 64)) == "gguf.tensor_type");
  CHECK(code_of(one_tensor({8}, 4000, 0, 64)) == "gguf.tensor_type");
  CHECK(code_of(one_tensor({128, 2}, 12, 0, 144)) == "gguf.row");
  CHECK(code_of(one_tensor({16, 2}, 2, 0, 64)) == "gguf.row");   // 32 elements, but no row of them is a block
  const auto two = [](const char* first, const char* second, std::uint64_t offset) {
    GgufBuilder file;
    file.header(2, 0).tensor(first, {16}, 0, 0).tensor(second, {8}, 0, offset).pad();
    file.bytes.append(128, '\0');
    return file.bytes;
  };
  CHECK(code_of(two("a", "b", 64)) == "");
  CHECK(code_of(two("a", "b", 32)) == "gguf.overlap");
  CHECK(code_of(two("a", "b", 0)) == "gguf.overlap");
  CHECK(code_of(two("a", "a", 64)) == "gguf.tensor_twice");
  CHECK(code_of(two("a", "", 64)) == "gguf.tensor_name");
  CHECK(code_of(two("a", std::string(65, 'n').c_str(), 64)) == "gguf.tensor_name");
}

TEST_CASE("the reader allocates at most four times the file", "[gguf]") {
  // The files that give the most entries and tensors for their size: the bound must hold without the spare megabyte.
  constexpr std::uint64_t count = 200000;
  GgufBuilder entries, tensors;
  entries.header(0, count);
  tensors.header(count, 0);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string name;
    append_utf8(name, static_cast<char32_t>(0x20000 + i));
    entries.entry<std::uint8_t>(name, 0, 1);
    tensors.tensor(name, {1}, 0, 32 * i);
  }
  tensors.pad().bytes.append(32 * count, '\0');
  for (const GgufBuilder& file : {std::cref(entries), std::cref(tensors)}) {
    const std::size_t before = allocated;
    const auto opened = Gguf::from(file.span(), "f");
    REQUIRE(opened);
    CHECK(allocated - before < 4 * file.bytes.size());
    CHECK(allocated - before > 0);
  }
  // And with all the data missing, so that only the descriptions count.
  tensors.bytes.resize(tensors.bytes.size() - 32 * count);
  const std::size_t before = allocated;
  CHECK(Gguf::from(tensors.span(), "f").error().code == "gguf.extent");
  CHECK(allocated - before < 4 * tensors.bytes.size());

  const std::string small = small_gguf();
  REQUIRE(code_of(small) == "");
  for (std::size_t i = 0; i < small.size() * 8; i += 5) {
    std::string flipped = small;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ 1 << i % 8);
    code_of(flipped);   // checks the memory
  }
}

TEST_CASE("SHA-256 of the standard's example", "[gguf]") {   // FIPS 180-2, appendix B.1
  const std::string abc = "abc";
  CHECK(sha256(std::as_bytes(std::span(abc.data(), abc.size()))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a safetensors file has the layout of the format, or is not there", "[safetensors]") {
  const auto folder = std::filesystem::temp_directory_path() / ("textbook-safetensors-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const auto path = folder / "t.safetensors";
  using Type = SafetensorsEntry::Type;
  const std::vector<SafetensorsEntry> entries{
      {"x", Type::f32, {2, 2}}, {"ids", Type::i64, {3}}, {"none", Type::f32, {0}}};
  const std::vector<float> x{1, 2, 3, 4};
  const std::vector<std::int64_t> ids{5, 6, 7};
  {
    auto writer = SafetensorsWriter::create(path, entries);
    REQUIRE(writer);
    CHECK(writer->entries()[0].name == "ids");
    CHECK(writer->write("x", x).error().code == "safetensors.order");
    CHECK(writer->finish().error().code == "safetensors.order");
    CHECK(writer->write("ids", std::vector<std::int64_t>(4)).error().code == "safetensors.order");
  }
  CHECK(std::filesystem::is_empty(folder));   // given up: nothing is left
  auto writer = SafetensorsWriter::create(path, entries, {{"made", "here"}});
  REQUIRE(writer);
  REQUIRE(writer->write("ids", ids));
  REQUIRE(writer->write("x", std::span(x).first(1)));
  REQUIRE(writer->write("x", std::span(x).subspan(1)));
  REQUIRE(writer->finish());
  const auto file = read_file(path);
  REQUIRE(file);
  const std::string header =
      R"({"__metadata__":{"made":"here"},"ids":{"dtype":"I64","shape":[3],"data_offsets":[0,24]},)"
      R"("x":{"dtype":"F32","shape":[2,2],"data_offsets":[24,40]},)"
      R"("none":{"dtype":"F32","shape":[0],"data_offsets":[40,40]}})";
  const std::size_t length = (header.size() + 7) / 8 * 8;
  REQUIRE(file->size() == 8 + length + 40);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>((*file)[i]); };
  CHECK(byte(0) + 256u * byte(1) == length);
  CHECK(file->substr(8, header.size()) == header);
  CHECK(std::memcmp(file->data() + 8 + length, ids.data(), 24) == 0);
  CHECK(std::memcmp(file->data() + 8 + length + 24, x.data(), 16) == 0);
  std::filesystem::remove_all(folder);
  CHECK(SafetensorsWriter::create("/no/such/folder/t.safetensors", entries).error().code == "file.write");
}
