// Reading safetensors: files of Hugging Face's own package (tests/reference/tiny), our writer's, and files that lie.
#include <unistd.h>

#include <cstring>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "labs/model/safetensors.h"
#include "labs/model/safetensors_file.h"
#include "tests/catch.h"

using namespace tb;
using nlohmann::json;

namespace {

std::string file_of(const std::string& header, std::size_t data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + std::string(data, '\x01');
}

// The error's code, "" for a file that is accepted.
std::string code_of(const std::string& bytes, std::string* where = nullptr) {
  const auto file = SafetensorsFile::from(std::as_bytes(std::span(bytes.data(), bytes.size())), "f");
  if (where) *where = file ? "" : file.error().where;
  return file ? "" : file.error().code;
}
std::string code_of(const json& header, std::size_t data) { return code_of(file_of(header.dump(), data)); }

json entry(const char* type, std::vector<std::uint64_t> shape, std::uint64_t begin, std::uint64_t end) {
  return {{"dtype", type}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

}  // namespace

TEST_CASE("what Hugging Face's package writes is read", "[safetensors]") {
  const auto file = SafetensorsFile::open("tests/reference/tiny/llama/record.safetensors");
  REQUIRE(file);
  const SafetensorsTensor* ids = file->tensor("ids");
  REQUIRE(ids);
  CHECK(ids->type == "I64");
  CHECK(ids->shape == std::vector<std::int64_t>{24});
  CHECK(ids->bytes.size() == 24 * 8);
  const SafetensorsTensor* loss = file->tensor("loss");
  REQUIRE(loss);
  CHECK(loss->shape.empty());
  CHECK(loss->bytes.size() == 4);
  CHECK(file->tensor("nothing") == nullptr);

  // A pattern's rows add up to one: the bytes are the right ones.
  const SafetensorsTensor* pattern = file->tensor("attention.1");
  REQUIRE(pattern);
  REQUIRE(pattern->shape == std::vector<std::int64_t>{4, 24, 24});
  std::vector<float> row(24);
  for (std::size_t at = 0; at < pattern->bytes.size(); at += 24 * sizeof(float)) {
    std::memcpy(row.data(), pattern->bytes.data() + at, 24 * sizeof(float));
    double sum = 0;
    for (const float p : row) sum += p;
    CHECK(sum == Approx(1).margin(1e-5));
  }

  const auto weights = SafetensorsFile::open("tests/reference/tiny/llama/model.safetensors");
  REQUIRE(weights);
  CHECK(weights->metadata() == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(weights->tensor("model.norm.weight")->type == "F16");
}

TEST_CASE("what our own writer writes is read", "[safetensors]") {
  const auto path = std::filesystem::temp_directory_path() / ("textbook-read-" + std::to_string(::getpid()));
  using Type = SafetensorsEntry::Type;
  {
    const std::vector<SafetensorsEntry> entries{{"x", Type::f32, {2, 1}}, {"i", Type::i64, {}}, {"0", Type::f32, {0}}};
    auto writer = SafetensorsWriter::create(path, entries, {{"key", "\"value\"\n"}});
    REQUIRE(writer);
    REQUIRE(writer->write("i", std::vector<std::int64_t>{-5}));
    REQUIRE(writer->write("x", std::vector<float>{1.5f, -2.f}));
    REQUIRE(writer->finish());
  }
  const auto file = SafetensorsFile::open(path);
  std::filesystem::remove(path);
  REQUIRE(file);
  CHECK(file->metadata().at("key") == "\"value\"\n");
  REQUIRE(file->tensors().size() == 3);
  float second = 0;
  std::memcpy(&second, file->tensor("x")->bytes.data() + 4, 4);
  CHECK(second == -2.f);
  CHECK(file->tensor("0")->bytes.empty());
}

TEST_CASE("a safetensors file that lies is refused where it lies", "[safetensors]") {
  CHECK(code_of(json::object(), 0) == "");
  CHECK(code_of({{"a", entry("F32", {2, 2}, 0, 16)}}, 16) == "");
  CHECK(code_of({{"a", entry("BF16", {}, 2, 4)}, {"b", entry("U8", {2}, 0, 2)}}, 4) == "");
  CHECK(code_of({{"a", entry("F32", {7, 0}, 0, 0)}, {"b", entry("F32", {0, ~0ull >> 1}, 0, 0)}}, 0) == "");

  // The length of the header.
  CHECK(code_of("") == "safetensors.short");
  CHECK(code_of("1234567") == "safetensors.short");
  CHECK(code_of(std::string(8, '\0')) == "safetensors.json");
  CHECK(code_of(std::string(8, '\xff')) == "safetensors.header");
  CHECK(code_of(std::string("\x03\0\0\0\0\0\0\0{}", 10)) == "safetensors.header");
  {
    std::string bytes(100'000'009 + 8, ' ');   // one more than the format allows, and all there
    const std::uint64_t length = 100'000'001;
    std::memcpy(bytes.data(), &length, sizeof length);
    bytes[8] = '{';
    bytes.back() = '}';
    CHECK(code_of(bytes) == "safetensors.header");
  }

  // JSON, and nothing but what the format knows.
  std::string where;
  CHECK(code_of(file_of("[]", 0)) == "safetensors.json");
  CHECK(code_of(file_of("{\"a\":", 0)) == "safetensors.json");
  CHECK(code_of(file_of("{} x", 0), &where) == "safetensors.json");
  CHECK(where == "f:11");
  CHECK(code_of(file_of("{\"\xff\":1}", 0)) == "safetensors.json");
  CHECK(code_of(file_of("{\"a\":{\"b\":" + std::string(1 << 20, '[') + "}}", 0)) == "safetensors.entry");
  for (const char* bad : {"1", "null", "[]", "\"x\"", "{}", "{\"dtype\":\"F32\",\"shape\":[]}",
                          "{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}",
                          "{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,-4]}",
                          "{\"dtype\":\"F32\",\"shape\":[],\"shape\":[],\"data_offsets\":[0,4]}",
                          "{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"extra\":1}"}) {
    CAPTURE(bad);
    CHECK(code_of(file_of(std::string("{\"t\":") + bad + "}", 4), &where) == "safetensors.entry");
    CHECK(where == "f:t");
  }
  CHECK(code_of(file_of("{\"__metadata__\":{\"a\":1}}", 0)) == "safetensors.entry");
  CHECK(code_of(file_of("{\"__metadata__\":[]}", 0)) == "safetensors.entry");

  // Types, sizes and places.
  CHECK(code_of({{"a", entry("F31", {1}, 0, 4)}}, 4) == "safetensors.type");
  CHECK(code_of({{"a", entry("F32", {1}, 0, 5)}}, 5) == "safetensors.size");
  CHECK(code_of({{"a", entry("F32", {1}, 4, 0)}}, 4) == "safetensors.size");
  CHECK(code_of({{"a", entry("F32", {1ull << 62, 4}, 0, 0)}}, 0) == "safetensors.size");
  CHECK(code_of({{"a", entry("F32", {1ull << 32, 1ull << 32}, 0, 16)}}, 16) == "safetensors.size");
  CHECK(code_of({{"a", entry("U8", {4}, ~0ull - 3, ~0ull)}}, 16) == "safetensors.size");   // 3 bytes
  CHECK(code_of({{"a", entry("U8", {3}, ~0ull - 3, ~0ull)}}, 16) == "safetensors.gap");
  CHECK(code_of({{"a", entry("U8", {2}, 1, 3)}}, 3) == "safetensors.gap");
  CHECK(code_of({{"a", entry("U8", {2}, 0, 2)}, {"b", entry("U8", {2}, 3, 5)}}, 5) == "safetensors.gap");
  CHECK(code_of({{"a", entry("U8", {2}, 0, 2)}, {"b", entry("U8", {2}, 1, 3)}}, 3) == "safetensors.gap");
  CHECK(code_of({{"a", entry("U8", {5}, 0, 5)}}, 4) == "safetensors.extent");
  CHECK(code_of({{"a", entry("U8", {5}, 0, 5)}}, 6) == "safetensors.rest");
  const std::string one = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";
  const std::string two = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}";
  CHECK(code_of(file_of("{" + one + "," + two + "}", 4)) == "safetensors.twice");
}
