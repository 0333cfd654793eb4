// Damaged model files: every truncation and bit flip of a small GGUF is an error or a correct load, never a crash.
// This program is compiled with AddressSanitizer and UndefinedBehaviorSanitizer, the readers' sources included.
// DAMAGE_ROUNDS in the environment asks for more rounds than a test run has time for.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "labs/model/dequantise.h"
#include "labs/model/gguf.h"
#include "labs/model/tokenizer.h"
#include "tests/catch.h"
#include "tests/labs/gguf_builder.h"

using namespace tb;

namespace {

std::map<std::string, int> outcomes;   // how often each error code came, "" for a load
int sink = 0;                          // results go here, so that no call is optimised away

// What everything in the program that reads a model file does with one.
void use(const Gguf& file) {
  for (const std::string_view key : file.keys()) {
    sink += file.integer(key).has_value() + file.number(key).has_value() + file.boolean(key).has_value();
    if (const auto text = file.string(key)) sink += std::count(text->begin(), text->end(), 'x');
    if (const auto texts = file.strings(key))
      for (const std::string_view text : *texts) sink += std::count(text.begin(), text.end(), 'x');
    if (const auto numbers = file.integers(key))
      for (std::size_t i = 0; i < numbers->size(); ++i) sink += (*numbers)[i] == 3;
  }
  for (const TensorInfo& tensor : file.tensors()) {
    std::vector<float> numbers(static_cast<std::size_t>(tensor.elements()));
    REQUIRE(dequantise(tensor, numbers));
    sink += std::count(numbers.begin(), numbers.end(), 0.f);
    REQUIRE(file.tensor(tensor.name) == &tensor);
  }
  const auto tokenizer = Tokenizer::from(file);
  ++outcomes[tokenizer ? "a tokenizer" : tokenizer.error().code];
  if (!tokenizer) return;
  const std::string text = " abc hello  a\xff<|end|>7";
  for (const bool specials : {true, false}) {
    const Encoding encoding = tokenizer->encode(text, specials);
    std::size_t bytes = 0;
    for (const Token& token : encoding.tokens) bytes += token.end - token.start;
    for (const Unencodable& gap : encoding.unencodable) bytes += gap.bytes.size();
    REQUIRE(bytes == text.size());
    sink += static_cast<int>(tokenizer->decode(encoding.ids()).size());
  }
}

void attempt(const std::string& damaged) {
  // On the heap and of exactly this size, so that a byte too far is noticed.
  const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(damaged.data()),
                                     reinterpret_cast<const std::byte*>(damaged.data()) + damaged.size());
  const auto file = Gguf::from(bytes, "damaged.gguf");
  ++outcomes[file ? "" : file.error().code];
  if (file) return use(*file);
  REQUIRE(file.error().code.starts_with("gguf."));
  REQUIRE(file.error().where.starts_with("damaged.gguf:"));
}

const std::string tensor_table("\3\0\0\0\0\0\0\0f32", 11);   // how it begins: the name of the first tensor

int rounds(int usual) {
  const char* wanted = std::getenv("DAMAGE_ROUNDS");
  return wanted ? std::max(usual, std::atoi(wanted)) : usual;
}

}  // namespace

TEST_CASE("the undamaged file loads", "[damage]") {
  const std::string whole = small_gguf();
  outcomes.clear();
  attempt(whole);
  CHECK(outcomes[""] == 1);
  CHECK(outcomes["a tokenizer"] == 1);
}

TEST_CASE("a file cut off anywhere is an error", "[damage]") {
  const std::string whole = small_gguf();
  const std::size_t data = whole.size() - small_gguf_data;
  outcomes.clear();
  for (std::size_t length = 0; length < whole.size(); length += length < 64 || length > data - 400 ? 1 : 7)
    attempt(whole.substr(0, length));
  CHECK(outcomes[""] <= 64);   // only within the padding behind the last tensor is nothing missing
  CHECK(outcomes["gguf.truncated"] > 100);
  CHECK(outcomes["gguf.extent"] > 100);
}

TEST_CASE("flipped bits are an error or a load", "[damage]") {
  const std::string whole = small_gguf();
  const std::size_t data = whole.size() - small_gguf_data, table = whole.find(tensor_table);
  REQUIRE(table < data);
  std::mt19937 random(5);
  outcomes.clear();
  // One to four bits: anywhere, in the header, in the metadata before and behind the vocabulary, in the tensor table.
  const std::size_t types = whole.find("tokenizer.ggml.token_type");
  const std::pair<std::size_t, std::size_t> places[] = {
      {0, whole.size()}, {0, 24}, {24, 250}, {types, table}, {table, data}};
  for (int round = 0; round < rounds(3000); ++round) {
    std::string damaged = whole;
    const auto [first, end] = places[random() % std::size(places)];
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      char& byte = damaged[first + random() % (end - first)];
      byte = static_cast<char>(byte ^ 1 << random() % 8);
    }
    if (random() % 8 == 0) damaged.resize(random() % damaged.size());
    attempt(damaged);
  }
  CHECK(outcomes[""] > 100);
  CHECK(outcomes.size() > 12);   // many kinds of damage are met
}

TEST_CASE("extreme numbers in every place are an error or a load", "[damage]") {
  const std::string whole = small_gguf();
  const std::uint64_t extremes[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, std::uint64_t{1} << 62,
                                    std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7};
  std::mt19937 random(6);
  outcomes.clear();
  const std::size_t table = whole.find(tensor_table);
  for (int round = 0; round < rounds(2000); ++round) {
    std::string damaged = whole;
    const std::size_t from = round % 2 ? table : 8;
    const std::size_t at = from + random() % (whole.size() - small_gguf_data - 8 - from);
    const std::uint64_t number = extremes[random() % std::size(extremes)];
    std::memcpy(damaged.data() + at, &number, random() % 2 ? 8 : 4);
    attempt(damaged);
  }
  CHECK(outcomes.size() > 8);
}
