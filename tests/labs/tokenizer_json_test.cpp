// Tokenizers of Hugging Face folders against Hugging Face's own library, recorded by
// tests/reference/tokenizers/record.py; and what the reader says of files that are damaged or of another kind.
#include <fstream>
#include <functional>
#include <map>
#include <random>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "labs/model/gguf.h"
#include "labs/model/normalise.h"
#include "labs/model/tokenizer.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace tb;

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path reference = "tests/reference/tokenizers";

Json read(const fs::path& path) { return Json::parse(std::ifstream(path)); }

// The folder of a tokenizer.json that the test has made, for as long as it lasts.
struct Folder : TemporaryFolder {
  explicit Folder(const Json& tokenizer) { write("tokenizer.json", tokenizer); }
  void write(const char* name, const Json& json) const { std::ofstream(path / name) << json; }
  void write(const char* name, const std::string& text) const { std::ofstream(path / name) << text; }
  Result<Tokenizer> open() const { return Tokenizer::from_folder(path); }
};

// GPT-2's way to write bytes as letters.
std::string letters(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    char32_t letter = byte;
    const auto printable = [](unsigned b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; };
    if (!printable(byte)) {
      letter = 0x100;
      for (unsigned b = 0; b < byte; ++b) letter += !printable(b);
    }
    append_utf8(out, letter);
  }
  return out;
}

std::string from_base64(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, held = 0;
  for (const char c : text.substr(0, text.find('='))) {
    held = (held << 6) | static_cast<unsigned>(digits.find(c));
    if ((bits += 6) >= 8) out += static_cast<char>(held >> (bits -= 8));
  }
  return out;
}

// Qwen's vocabulary as its package has it: the tokens in the order of their ranks. A token's merge joins the two parts
// that the lower ranks make of its bytes.
Json qwen3() {
  std::ifstream lines(cache_folder() / "deps/qwen/qwen.tiktoken");
  if (!lines) throw std::runtime_error("Qwen's vocabulary is missing: run ./textbook test");
  std::map<std::string, int> ranks;
  std::vector<std::string> tokens;
  std::string token;
  for (int rank; lines >> token >> rank;) {
    if (rank != static_cast<int>(tokens.size())) throw std::runtime_error("a rank is missing");
    tokens.push_back(from_base64(token));
    ranks[tokens.back()] = rank;
  }
  Json tokenizer = read(reference / "qwen3.tokenizer.json");
  for (int rank = 0; rank < static_cast<int>(tokens.size()); ++rank) {
    tokenizer["model"]["vocab"][letters(tokens[rank])] = rank;
    if (tokens[rank].size() < 2) continue;
    std::vector<std::string> parts;
    for (const char byte : tokens[rank]) parts.emplace_back(1, byte);
    while (parts.size() > 2) {
      std::size_t best = 0;
      int lowest = rank;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        if (const auto found = ranks.find(parts[i] + parts[i + 1]); found != ranks.end() && found->second < lowest) {
          lowest = found->second;
          best = i;
        }
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    tokenizer["model"]["merges"].push_back({letters(parts[0]), letters(parts[1])});
  }
  return tokenizer;
}

// SmolLM2's from the bundled GGUF; its merges in the older way, "left right".
Json smollm2() {
  const auto file = Gguf::open(cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf");
  if (!file) throw std::runtime_error("the bundled model is missing: run ./textbook");
  Json tokenizer = read(reference / "smollm2.tokenizer.json");
  const auto tokens = file->strings("tokenizer.ggml.tokens"), merges = file->strings("tokenizer.ggml.merges");
  std::int64_t id = 0;
  for (const std::string_view token : tokens.value()) tokenizer["model"]["vocab"][std::string(token)] = id++;
  for (const std::string_view merge : merges.value()) tokenizer["model"]["merges"].push_back(std::string(merge));
  return tokenizer;
}

Json small() { return read(reference / "small.tokenizer.json"); }

void check_against(const std::string& name, const Tokenizer& tokenizer) {
  const Json recorded = read(reference / (name + ".json"));
  REQUIRE(recorded["strings"].size() > 400);
  for (const Json& entry : recorded["strings"]) {
    const std::string text = entry["text"];
    CAPTURE(text, to_hex(text));
    const Encoding with = tokenizer.encode(text, true), without = tokenizer.encode(text, false);
    CHECK(Json(with.ids()) == (entry.contains("special") ? entry["special"] : entry["plain"]));
    CHECK(Json(without.ids()) == entry["plain"]);
  }
}

// The code of the error that comes of a change to the small tokenizer.
std::string refused(const std::function<void(Json&)>& change) {
  Json tokenizer = small();
  change(tokenizer);
  const auto opened = Folder(tokenizer).open();
  if (opened) return "";
  CHECK(!opened.error().where.empty());
  return opened.error().code == "tokenizer.unknown" ? "unknown " + opened.error().args[0] : opened.error().code;
}

}  // namespace

TEST_CASE("token ids are those of Hugging Face's tokenizers, for Qwen's vocabulary", "[tokenizer]") {
  const Folder folder(qwen3());
  const auto tokenizer = folder.open();
  REQUIRE(tokenizer);
  CHECK(tokenizer->size() == 151669);
  check_against("qwen3", *tokenizer);
  CHECK(tokenizer->special(151645));    // <|im_end|>
  CHECK(!tokenizer->special(151667));   // <think> is text for the reader
  CHECK(tokenizer->bytes(151667) == "<think>");
}

TEST_CASE("token ids are those of Hugging Face's tokenizers, for SmolLM2's vocabulary", "[tokenizer]") {
  const Folder folder(smollm2());
  const auto tokenizer = folder.open();
  REQUIRE(tokenizer);
  check_against("smollm2", *tokenizer);
}

TEST_CASE("whole pieces, a begin token, added tokens that overlap or stand in normalised text", "[tokenizer]") {
  const Folder folder(small());
  const auto tokenizer = folder.open();
  REQUIRE(tokenizer);
  check_against("small", *tokenizer);
}

TEST_CASE("normalised text has the places of the text that was given", "[tokenizer]") {
  const Folder folder(small());
  const auto tokenizer = folder.open();
  REQUIRE(tokenizer);
  std::mt19937 random(5);
  const std::vector<std::string> parts{"e\u0301", "e", "\u0301", "\u1112\u1161\u11ab", "x", " ", "ab", "\xff", "<s>",
                                       "caf", "\u212b", "\xcc", "\n", "\u0323", "9"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (unsigned n = 1 + random() % 12; n > 0; --n) text += parts[random() % parts.size()];
    CAPTURE(to_hex(text));
    const Encoding encoding = tokenizer->encode(text);
    REQUIRE(encoding.unencodable.empty());   // all bytes are in its vocabulary
    std::string bytes;
    std::size_t end = 0;
    for (const Token& token : encoding.tokens) {
      CHECK(token.start == end);
      CHECK(token.end >= token.start);
      end = token.end;
      if (&token != &encoding.tokens.front()) bytes += token.bytes;   // which begins every text
    }
    CHECK(end == text.size());
    // Cut at the tokens, since nothing joins over them.
    std::string expected;
    std::size_t from = 0;
    for (std::size_t at; (at = text.find("<s>", from)) != text.npos; from = at + 3)
      expected += nfc(std::string_view(text).substr(from, at - from)).text + "<s>";
    CHECK(nfc(bytes).text == nfc(expected + nfc(std::string_view(text).substr(from)).text).text);
  }
}

TEST_CASE("a megabyte of marks is normalised in good time", "[tokenizer]") {
  std::string marks = "a";
  while (marks.size() < (1 << 20)) marks += "\u0301\u0316";
  const Normalised normal = nfc(marks);
  CHECK(normal.text.starts_with("\u00e1\u0316\u0316"));   // in the canonical order: those below come first
  CHECK(normal.place(0) == 0);
  CHECK(normal.place(normal.text.size()) == marks.size());
}

TEST_CASE("where texts end and begin, the other files of the folder say", "[tokenizer]") {
  Json tokenizer = small();
  tokenizer["post_processor"] = nullptr;
  const Folder folder(tokenizer);
  CHECK(!folder.open()->end_token());
  CHECK(!folder.open()->begin_token());

  folder.write("tokenizer_config.json", Json{{"eos_token", "</s>"}, {"bos_token", {{"content", "<s>"}}}});
  CHECK(folder.open()->end_token() == 1);
  CHECK(folder.open()->begin_token() == 0);
  CHECK(folder.open()->encode("x").tokens.size() == 1);   // known, but not asked for
  folder.write("config.json", Json{{"eos_token_id", 7}, {"bos_token_id", nullptr}});
  CHECK(folder.open()->end_token() == 7);
  folder.write("generation_config.json", Json{{"eos_token_id", {5, 9}}});
  const auto opened = folder.open();
  CHECK(opened->end_token() == 5);
  CHECK((opened->ends(5) && opened->ends(9) && !opened->ends(7)));

  folder.write("tokenizer_config.json", Json{{"bos_token", "<s>"}, {"add_bos_token", true}});
  CHECK(folder.open()->encode("x").ids().front() == 0);
  folder.write("generation_config.json", std::string("{\"eos_token_id\": "));
  const auto damaged = folder.open();
  REQUIRE(!damaged);
  CHECK(damaged.error().code == "tokenizer.json");
  CHECK(damaged.error().where.find("generation_config.json:") != std::string::npos);
}

TEST_CASE("a part that is not known is named, and nothing is guessed", "[tokenizer]") {
  CHECK(refused([](Json&) {}) == "");
  CHECK(refused([](Json& t) { t["model"]["type"] = "Unigram"; }) == "tokenizer.model");
  CHECK(refused([](Json& t) { t.erase("model"); }) == "tokenizer.model");
  CHECK(refused([](Json& t) { t = Json::array({1}); }) == "tokenizer.model");
  CHECK(refused([](Json& t) { t["model"]["dropout"] = 0.1; }) == "unknown model.dropout");
  CHECK(refused([](Json& t) { t["model"]["byte_fallback"] = true; }) == "unknown model.byte_fallback");
  CHECK(refused([](Json& t) { t["model"]["end_of_word_suffix"] = "</w>"; }) == "unknown model.end_of_word_suffix");
  CHECK(refused([](Json& t) { t["normalizer"]["type"] = "NFKC"; }) == "unknown normalizer");
  CHECK(refused([](Json& t) { t["normalizer"] = {{"type", "Replace"}, {"content", "x"}}; }) == "unknown normalizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"] = nullptr; }) == "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"] = {{"type", "Metaspace"}}; }) == "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\w+"; }) ==
        "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][0]["invert"] = true; }) == "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed"; }) ==
        "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"].erase(1); }) == "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true; }) ==
        "unknown pre_tokenizer");
  CHECK(refused([](Json& t) { t["post_processor"] = {{"type", "BertProcessing"}}; }) == "unknown post_processor");
  CHECK(refused([](Json& t) { t["post_processor"]["processors"][1]["single"].push_back({{"SpecialToken", {}}}); }) ==
        "unknown post_processor");
  CHECK(refused([](Json& t) { t["added_tokens"][0]["lstrip"] = true; }) == "unknown added_tokens.lstrip");
  CHECK(refused([](Json& t) { t["added_tokens"][0]["single_word"] = true; }) == "unknown added_tokens.single_word");
  CHECK(refused([](Json& t) { t["added_tokens"] = 3; }) == "unknown added_tokens");
}

TEST_CASE("damaged tokenizers are refused at their place", "[tokenizer]") {
  CHECK(refused([](Json& t) { t["model"]["vocab"] = Json::object(); }) == "");   // the added tokens are a vocabulary
  CHECK(refused([](Json& t) { t["model"]["vocab"] = Json::object(), t["added_tokens"] = Json::array(),
                              t["post_processor"] = nullptr; }) == "tokenizer.vocabulary");
  CHECK(refused([](Json& t) { t["model"]["vocab"] = Json::array(); }) == "unknown model.vocab");
  CHECK(refused([](Json& t) { t["model"]["vocab"]["x"] = -1; }) == "unknown model.vocab.x");
  CHECK(refused([](Json& t) { t["model"]["vocab"]["x"] = "1"; }) == "unknown model.vocab.x");
  CHECK(refused([](Json& t) { t["model"]["vocab"]["x"] = UINT64_MAX; }) == "unknown model.vocab.x");
  CHECK(refused([](Json& t) { t["model"]["vocab"]["x"] = 1e300; }) == "unknown model.vocab.x");
  CHECK(refused([](Json& t) { t["model"]["vocab"]["\u00e9\u00e9"] = 7; }) == "tokenizer.added");   // an id twice
  CHECK(refused([](Json& t) { t["added_tokens"][0]["id"] = 999; }) == "tokenizer.twice");
  CHECK(refused([](Json& t) { t["added_tokens"][0]["content"] = "other"; }) == "tokenizer.added");
  CHECK(refused([](Json& t) { t["model"]["merges"][3] = "one"; }) == "tokenizer.merge");
  CHECK(refused([](Json& t) { t["model"]["merges"][3] = {"a", "b", "c"}; }) == "tokenizer.merge");
  CHECK(refused([](Json& t) { t["model"]["merges"][3] = nullptr; }) == "tokenizer.merge");

  const std::string whole = small().dump();
  const Folder folder(Json{});
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::string text = whole.substr(0, random() % whole.size());
    folder.write("tokenizer.json", text);
    REQUIRE(!folder.open());
    text = whole;
    for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random());
    folder.write("tokenizer.json", text);
    if (const auto opened = folder.open()) CHECK(!opened->encode("a text of some length, 1234").ids().empty());
    else CHECK(!opened.error().where.empty());
  }
  CHECK(Tokenizer::from_folder(folder.path / "nowhere").error().code == "file.open");
}

TEST_CASE("a model may come without a tokenizer", "[tokenizer]") {
  const Tokenizer tokenizer = Tokenizer::absent(100);
  CHECK(!tokenizer.present());
  CHECK(tokenizer.size() == 100);
  CHECK(tokenizer.bytes(5).empty());
  CHECK(tokenizer.encode("text").tokens.empty());
  CHECK(tokenizer.encode("text").unencodable.size() == 1);
  CHECK(tokenizer.decode(std::vector<std::int64_t>{1, 2, 300}).empty());
  CHECK(!tokenizer.end_token());
  CHECK(!tokenizer.special(1));
}
