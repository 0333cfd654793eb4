// The tokenizer against llama.cpp (ids) and Hugging Face's tokenizers (pieces), recorded by
// tests/reference/tokens/record.py; and properties that need no reference.
#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

#include "base/checksum.h"
#include "base/files.h"
#include "base/text.h"
#include "labs/model/gguf.h"
#include "labs/model/pretokenizer.h"
#include "labs/model/tokenizer.h"
#include "tests/catch.h"

using namespace tb;

namespace {

const nlohmann::json& reference() {
  static const auto json = nlohmann::json::parse(std::ifstream("tests/reference/tokens/tokens.json"));
  return json;
}

const Gguf& model_file() {
  static const auto file = Gguf::open(cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf");
  if (!file) throw std::runtime_error("the bundled model is missing (" + file.error().where + "): run ./textbook");
  return *file;
}

const Tokenizer& tokenizer() {
  static const auto made = Tokenizer::from(model_file());
  if (!made) throw std::runtime_error(made.error().code);
  return *made;
}

// Tokens and unencodable bytes, put together by their places.
std::string joined(const Encoding& encoding) {
  std::string text;
  auto gap = encoding.unencodable.begin();
  const auto fill = [&] {
    for (; gap != encoding.unencodable.end() && gap->at == text.size(); ++gap) text += gap->bytes;
  };
  for (const Token& token : encoding.tokens) {
    fill();
    if (token.start != text.size()) return "a token is not where the text before it ends";
    if (token.end != token.start + token.bytes.size()) return "a token's place is not as long as its bytes";
    text += token.bytes;
  }
  fill();
  return gap == encoding.unencodable.end() ? text : "unencodable bytes are out of place";
}

}  // namespace

TEST_CASE("token ids are llama.cpp's", "[tokenizer]") {
  REQUIRE(sha256(model_file().bytes()) == reference()["made_with"]["model"]);
  REQUIRE(reference()["strings"].size() >= 300);
  for (const auto& entry : reference()["strings"]) {
    const std::string text = entry["text"];
    CAPTURE(text, to_hex(text));
    const auto& special = entry.contains("special") ? entry["special"] : entry["plain"];
    CHECK(nlohmann::json(tokenizer().encode(text, true).ids()) == special);
    CHECK(nlohmann::json(tokenizer().encode(text, false).ids()) == entry["plain"]);
    CHECK(joined(tokenizer().encode(text, true)) == text);
    CHECK(joined(tokenizer().encode(text, false)) == text);
  }
}

TEST_CASE("Qwen's pieces are those of Hugging Face's tokenizers", "[tokenizer]") {
  const auto qwen2 = Pretokenizer::named("qwen2", "");
  REQUIRE(qwen2);
  for (const auto& entry : reference()["strings"]) {
    const std::string text = entry["text"];
    CAPTURE(text, to_hex(text));
    nlohmann::json lengths = nlohmann::json::array();
    for (const std::string_view piece : qwen2->split(text)) lengths.push_back(piece.size());
    CHECK(lengths == entry["qwen2"]);
  }
}

TEST_CASE("a digit is a piece of its own, and spaces before it stay together", "[tokenizer]") {
  const auto smollm = Pretokenizer::named("smollm", "");
  REQUIRE(smollm);
  CHECK(smollm->split("it's   42\xff x") ==
        std::vector<std::string_view>{"it", "'s", "   ", "4", "2", "\xff", " x"});
  CHECK(tokenizer().encode("   5").ids() == std::vector<std::int64_t>{333, 37});
  const auto unknown = Pretokenizer::named("gpt-9", "there");
  REQUIRE(!unknown);
  CHECK(unknown.error().code == "tokenizer.pre");
}

TEST_CASE("any bytes come back, and none are dropped", "[tokenizer]") {
  std::mt19937 random(7);   // the standard fixes its sequence
  for (int round = 0; round < 400; ++round) {
    std::string text(1 + random() % 60, '\0');
    for (char& c : text) c = static_cast<char>(round % 2 ? random() % 256 : 0xB0 + random() % 0x50);
    CAPTURE(to_hex(text));
    CHECK(joined(tokenizer().encode(text)) == text);
  }
  for (int byte = 0; byte < 256; ++byte) {   // each one alone, and inside a text
    const std::string one(1, static_cast<char>(byte)), text = "ab " + one + " cd";
    CHECK(joined(tokenizer().encode(one)) == one);
    CHECK(joined(tokenizer().encode(text)) == text);
  }
}

TEST_CASE("bytes without a token are named with their places", "[tokenizer]") {
  // The list that the vocabulary's own tokens give: a byte is encodable if some token is that byte.
  std::vector<bool> has_token(256);
  for (std::int64_t id = 0; id < tokenizer().size(); ++id)
    if (const auto bytes = tokenizer().bytes(id); bytes.size() == 1)
      has_token[static_cast<unsigned char>(bytes[0])] = true;
  CHECK(std::count(has_token.begin(), has_token.end(), false) == 21);
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string one(1, static_cast<char>(byte));
    const Encoding encoding = tokenizer().encode("a" + one + "b");
    CHECK(encoding.unencodable.empty() == has_token[byte]);
    if (has_token[byte]) continue;
    REQUIRE(encoding.unencodable.size() == 1);
    CHECK(encoding.unencodable[0].at == 1);
    CHECK(encoding.unencodable[0].bytes == one);
    CHECK(encoding.tokens.size() == 2);
    CHECK(tokenizer().decode(encoding.ids()) == "ab");
  }
}

TEST_CASE("special tokens are text unless they are asked for", "[tokenizer]") {
  const std::string text = "a<|im_end|>";
  const Encoding with = tokenizer().encode(text, true), without = tokenizer().encode(text, false);
  REQUIRE(with.tokens.size() == 2);
  CHECK(with.tokens[1].id == tokenizer().end_token());
  CHECK(with.tokens[1].special);
  CHECK(with.tokens[1].bytes == "<|im_end|>");
  CHECK(without.tokens.size() > 2);
  for (const Token& token : without.tokens) CHECK(!token.special);
  CHECK(tokenizer().decode(without.ids()) == text);
  CHECK(tokenizer().special(2));
  CHECK(!tokenizer().special(333));
  CHECK(tokenizer().bytes(-1).empty());
  CHECK(tokenizer().bytes(tokenizer().size()).empty());
  CHECK(tokenizer().begin_token() == 1);
}

TEST_CASE("a megabyte in one piece is merged, and is the text again", "[tokenizer]") {
  for (const std::string& text : {std::string(1 << 20, 'a'), std::string(1 << 20, ' ') + "x",
                                  std::string(1 << 20, '\n'), std::string(1 << 20, '\xff')}) {
    CHECK(joined(tokenizer().encode(text)) == text);
  }
}
