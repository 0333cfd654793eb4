// Damaged folders: every damage to a small configuration, an index or a safetensors file is an error or a correct load,
// never a crash. Compiled with AddressSanitizer and UndefinedBehaviorSanitizer, as damage_test.cpp is.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <random>

#include "base/files.h"
#include "labs/model/checkpoint.h"
#include "labs/model/dequantise.h"
#include "labs/model/safetensors_file.h"
#include "tests/catch.h"

using namespace tb;

namespace {

const std::string folder = "tests/reference/tiny/qwen3-sharded";
const std::string shard = "/model-00001-of-00004.safetensors", index_name = "/model.safetensors.index.json";

int rounds(int usual) {
  const char* wanted = std::getenv("DAMAGE_ROUNDS");
  return wanted ? std::max(usual, std::atoi(wanted)) : usual;
}

std::string whole(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) throw std::runtime_error(bytes.error().where);
  return std::move(*bytes);
}

// One to four bits flipped, sometimes a number or a bracket put in, sometimes cut off.
std::string damaged(std::string bytes, std::size_t first, std::size_t end, std::mt19937& random) {
  static const std::string pieces[] = {"0", "-1", "18446744073709551616", "1e400", "[", "{", "]", "}", "\"", "null",
                                       ",", ":", "9223372036854775807", "\\u0000", "\"\":{}", "1.5"};
  const auto place = [&] { return first + random() % (end - first); };
  if (random() % 2) {
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      char& byte = bytes[place()];
      byte = static_cast<char>(byte ^ 1 << random() % 8);
    }
  } else {
    const std::string& piece = pieces[random() % std::size(pieces)];
    bytes.replace(place(), random() % (piece.size() + 1), piece);
  }
  if (random() % 8 == 0) bytes.resize(random() % bytes.size());
  return bytes;
}

std::string code_of(const std::string& text) {
  // On the heap and of exactly this size, so that a byte too far is noticed.
  const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(text.data()),
                                     reinterpret_cast<const std::byte*>(text.data()) + text.size());
  const auto file = SafetensorsFile::from(bytes, "damaged");
  if (!file) {
    REQUIRE(file.error().code.starts_with("safetensors."));
    REQUIRE(file.error().where.starts_with("damaged"));
    return file.error().code;
  }
  std::size_t sum = 0;
  for (const SafetensorsTensor& tensor : file->tensors()) {
    REQUIRE(file->tensor(tensor.name) == &tensor);
    for (const std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
  }
  return sum == 1 ? "?" : "";
}

// The same for a model on disk.
std::string code_of_model(const std::filesystem::path& path) {
  const auto checkpoint = Checkpoint::open(path);
  if (!checkpoint) return checkpoint.error().code;
  std::vector<float> numbers;
  for (const TensorInfo& tensor : checkpoint->tensors()) {
    numbers.resize(static_cast<std::size_t>(tensor.elements()));
    REQUIRE(dequantise(tensor, numbers));
  }
  return "";
}

}  // namespace

TEST_CASE("a safetensors file cut off anywhere is an error", "[damage]") {
  const std::string bytes = whole(folder + shard);
  REQUIRE(code_of(bytes) == "");
  for (std::size_t length = 0; length < bytes.size(); length += length < 64 ? 1 : 7)
    CHECK(code_of(bytes.substr(0, length)) != "");
}

TEST_CASE("a damaged safetensors file is an error or a load", "[damage]") {
  const std::string bytes = whole(folder + shard);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::mt19937 random(7);
  std::map<std::string, int> outcomes;
  for (int round = 0; round < rounds(3000); ++round) {
    std::string spoilt = damaged(bytes, round % 8 ? 8 : 0, 8 + header, random);
    // Where the header grew or shrank, mostly say so: the damage is to be found behind that.
    const std::uint64_t length = header + spoilt.size() - bytes.size();
    if (spoilt.size() > 8 && random() % 4) std::memcpy(spoilt.data(), &length, sizeof length);
    ++outcomes[code_of(spoilt)];
  }
  CHECK(outcomes[""] > 10);
  CHECK(outcomes.size() > 6);   // many kinds of damage are met
}

TEST_CASE("a damaged configuration or index is an error or a load", "[damage]") {
  const auto copy = std::filesystem::temp_directory_path() / ("textbook-damage-" + std::to_string(::getpid()));
  std::filesystem::remove_all(copy);
  std::filesystem::copy(folder, copy);
  std::mt19937 random(8);
  std::map<std::string, int> outcomes;
  for (const std::string& name : {std::string("/config.json"), index_name}) {
    const std::string bytes = whole(folder + name);
    for (int round = 0; round < rounds(1500); ++round) {
      std::ofstream(copy.string() + name, std::ios::binary) << damaged(bytes, 0, bytes.size(), random);
      ++outcomes[code_of_model(copy)];
    }
    std::ofstream(copy.string() + name, std::ios::binary) << bytes;
  }
  std::filesystem::remove_all(copy);
  CHECK(outcomes[""] > 100);
  CHECK(outcomes.size() > 8);
}

TEST_CASE("a GGUF with damaged metadata is an error or a model", "[damage]") {
  const std::string bytes = whole("tests/reference/tiny/llama3/model.gguf");
  const std::size_t keys = bytes.find("llama.block_count"), tensors = bytes.find("token_embd.weight");
  REQUIRE(keys < tensors);
  const auto copy = std::filesystem::temp_directory_path() / ("textbook-damage-" + std::to_string(::getpid()));
  std::mt19937 random(9);
  std::map<std::string, int> outcomes;
  for (int round = 0; round < rounds(800); ++round) {
    std::string spoilt = bytes;
    char& byte = spoilt[keys + random() % (tensors - keys)];
    byte = static_cast<char>(byte ^ 1 << random() % 8);
    std::ofstream(copy, std::ios::binary) << spoilt;
    ++outcomes[code_of_model(copy)];
  }
  std::filesystem::remove(copy);
  CHECK(outcomes[""] > 100);
  CHECK(outcomes["model.size"] + outcomes["model.tensor"] + outcomes["model.number"] > 30);
  CHECK(outcomes.size() > 6);
}
