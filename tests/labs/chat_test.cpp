// Conversations against transformers' apply_chat_template, recorded by tests/reference/chat/record.py.
#include <fstream>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "labs/model/chat.h"
#include "labs/model/gguf.h"
#include "tests/catch.h"

using namespace tb;

namespace {

using Json = nlohmann::json;
const std::filesystem::path folder = "tests/reference/chat";

std::string template_text(const std::string& name) {
  return read_file(folder / "templates" / (name + ".jinja")).value();
}

std::vector<Turn> turns_of(const Json& conversation) {
  std::vector<Turn> turns;
  for (const Json& turn : conversation)
    turns.push_back({turn[0] == "system" ? Turn::Role::system : turn[0] == "user" ? Turn::Role::user
                                                                                  : Turn::Role::assistant, turn[1]});
  return turns;
}

}  // namespace

TEST_CASE("conversations are written as transformers writes them", "[chat]") {
  const Json recorded = Json::parse(std::ifstream(folder / "chat.json"));
  REQUIRE(recorded["templates"].size() == 9);
  for (const auto& [name, rendered] : recorded["templates"].items()) {
    const auto known = ChatTemplate::known(template_text(name), "");
    CAPTURE(name);
    REQUIRE(known);
    REQUIRE(rendered.size() == 2 * recorded["conversations"].size());
    for (std::size_t i = 0; i < rendered.size(); ++i) {
      const std::vector<Turn> turns = turns_of(recorded["conversations"][i / 2]);
      CAPTURE(recorded["conversations"][i / 2].dump());
      const Json& numbers = rendered[i];   // without a word about thinking, with it on, with it off
      for (int thinking = 0; thinking < 3; ++thinking) {
        const std::size_t number = numbers.is_array() ? numbers[thinking] : numbers;
        CHECK(known->render(turns, {.ask = i % 2 == 1, .thinking = thinking != 2}) == recorded["texts"][number]);
      }
    }
  }
}

TEST_CASE("which models let one choose whether they think", "[chat]") {
  for (const char* name : {"qwen3", "qwen3-first", "qwen3-unsloth", "qwen3-unsloth-may", "qwen3-unsloth-june"})
    CHECK(ChatTemplate::known(template_text(name), "")->can_choose());
  for (const char* name : {"smollm2", "chatml", "qwen3-instruct-2507", "qwen3-thinking-2507"})
    CHECK(!ChatTemplate::known(template_text(name), "")->can_choose());
}

TEST_CASE("the bundled model's template is known", "[chat]") {
  const auto file = Gguf::open(cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf");
  REQUIRE(file);
  const auto known = ChatTemplate::known(*file->string("tokenizer.chat_template"), file->path());
  REQUIRE(known);
  CHECK(known->render(std::vector<Turn>{{Turn::Role::user, "Hi"}}, {}) ==
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST_CASE("a template is known however its lines end, and with another default system text", "[chat]") {
  std::string text = template_text("qwen3");
  CHECK(ChatTemplate::known(text + "\n", ""));
  CHECK(!ChatTemplate::known(text + "\n\n", ""));   // Jinja drops one line end only
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.insert(at, 1, '\r');
  CHECK(ChatTemplate::known(text, ""));

  std::string smollm2 = template_text("smollm2");
  const std::string system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";
  const auto with = [&](const std::string& other) {
    return ChatTemplate::known(std::string(smollm2).replace(smollm2.find(system), system.size(), other), "");
  };
  const std::vector<Turn> turns{{Turn::Role::user, "Hi"}};
  CHECK(with("Answer \"briefly\".")->render(turns, {.ask = false}) ==
        "<|im_start|>system\nAnswer \"briefly\".<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n");
  CHECK(!with("It\\'s"));
  CHECK(!with("a' }}{{ 'b"));
  for (std::size_t at; (at = smollm2.find('\n')) != smollm2.npos;) smollm2.replace(at, 1, "\\n");
  CHECK(ChatTemplate::known(smollm2, "")->render(turns, {}) ==
        ChatTemplate::known(template_text("smollm2"), "")->render(turns, {}).value());
}

TEST_CASE("any other template is refused", "[chat]") {
  for (const char* name : {"smollm2", "chatml", "qwen3", "qwen3-first", "qwen3-thinking-2507", "qwen3-unsloth"}) {
    const std::string text = template_text(name);
    for (std::size_t at = 0; at < text.size(); at += 1 + text.size() / 97) {
      std::string changed = text;
      changed.erase(at, 1);
      CAPTURE(name, at);
      const auto known = ChatTemplate::known(changed, "there");
      const std::size_t system = text.find("You are a helpful"), after = text.find("<|im_end|>");
      const bool in_system_text = std::string(name) == "smollm2" && at >= system && at < after;
      CHECK(known.has_value() == in_system_text);
      if (!known) CHECK(known.error().code == "chat.template");
      if (!known) CHECK(known.error().where == "there");
    }
  }
  CHECK(!ChatTemplate::known("", ""));
  CHECK(!ChatTemplate::known("{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}", ""));
  CHECK(ChatTemplate::known(template_text("qwen3"), "")->render({}, {}).error().code == "chat.empty");
}
