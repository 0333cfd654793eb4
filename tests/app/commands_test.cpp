// `textbook models` and `textbook generate --chat`, run as a user runs them, with a data folder of their own.
#include "tests/catch.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "base/files.h"
#include "labs/model/checkpoint.h"
#include "labs/model/gguf.h"
#include "labs/model/tokenizer.h"
#include "tests/temporary_folder.h"

namespace fs = std::filesystem;
using Json = nlohmann::json;
using namespace tb;

namespace {

const std::string tiny = TEXTBOOK_SOURCE_DIR "/tests/reference/qwen3-tiny/tiny.gguf";

struct Outcome {
  int code;
  std::string out;
  Json json() const { return Json::parse(out, nullptr, false); }
  std::string error() const { return json()["error"]["code"]; }
};

// Its own data folder, so that the learner's list is left alone.
struct Program {
  TemporaryFolder folder;
  Program() { ::setenv("TEXTBOOK_DATA", folder.path.c_str(), 1); }
  ~Program() { ::unsetenv("TEXTBOOK_DATA"); }
  // Standard output, or, where the command fails, its messages.
  Outcome run(const std::string& arguments, const std::string& input = "") const {
    const fs::path in = folder.path / "in", out = folder.path / "out", err = folder.path / "err";
    std::ofstream(in) << input;
    const std::string command = "'" TEXTBOOK_BINARY "' " + arguments + " <'" + in.string() + "' >'" + out.string() +
                                "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    REQUIRE(WIFEXITED(status));
    const int code = WEXITSTATUS(status);
    return {code, read_file(code == 2 ? err : out).value()};
  }
  Json model(const std::string& name) const {
    const Json listed = run("models --json").json();
    for (const Json& entry : listed["models"])
      if (entry["name"] == name) return entry;
    return nullptr;
  }
};

// A Qwen3 folder whose weights are all zero: every logit is the same. With '\xff' none of them is a number.
void write_folder(const fs::path& folder, char byte = '\0') {
  fs::create_directories(folder);
  const Json config{{"model_type", "qwen3"}, {"architectures", {"Qwen3ForCausalLM"}}, {"hidden_size", 8},
                    {"num_hidden_layers", 1}, {"num_attention_heads", 2}, {"num_key_value_heads", 1}, {"head_dim", 4},
                    {"intermediate_size", 8}, {"vocab_size", 700}, {"max_position_embeddings", 2048},
                    {"rms_norm_eps", 1e-6}, {"rope_theta", 10000.0}, {"tie_word_embeddings", true},
                    {"hidden_act", "silu"}, {"attention_bias", false}};
  std::ofstream(folder / "config.json") << config;
  const auto read = read_config(config.dump(), "config.json");
  REQUIRE(read);
  Json header;
  std::int64_t end = 0;
  for_each_tensor(*read, [&](const TensorNeed& need) {
    std::int64_t bytes = 4;
    for (const std::int64_t size : need.shape) bytes *= size;
    header[need.hugging_face] = {{"dtype", "F32"}, {"shape", need.shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
    return true;
  });
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::ofstream file(folder / "model.safetensors", std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), 8) << text << std::string(static_cast<std::size_t>(end), byte);
}

}  // namespace

TEST_CASE("models lists the bundled model with what it needs", "[models]") {
  const Program program;
  const Json model = program.model("smollm2-135m");
  REQUIRE(model.is_object());
  CHECK(model["licence"] == "Apache-2.0");
  CHECK(model["bytes"] == 98362432);
  CHECK(model["context"] == 8192);
  CHECK(model["bundled"] == true);
  CHECK(model["memory"]["weights"] == 134515008ll * 4);                // its published number of parameters
  CHECK(model["memory"]["cache"] == 2ll * 30 * 3 * 64 * 8192 * 4);     // k and v, layers, heads, d_head, context
  const std::int64_t memory = model["memory"]["all"];
  CHECK(model["fits"] == (memory <= program.run("models --json").json()["free"]["memory"].get<std::int64_t>()));
  const Outcome half = program.run("models --json --dtype bfloat16");
  CHECK(half.json()["models"][0]["memory"]["weights"] < model["memory"]["weights"]);
  const std::string table = program.run("models --lang ru").out;
  CHECK(table.find("smollm2-135m") != table.npos);
  CHECK(table.find("[[") == table.npos);
}

TEST_CASE("what a model needs for its traces is what its points hold", "[models]") {
  const Program program;
  REQUIRE(program.run("models add '" + tiny + "' --name tiny").code == 0);
  const Json model = program.model("tiny");
  std::string ids = "1";
  for (int i = 1; i < 64; ++i) ids += "," + std::to_string(i % 50);
  const Outcome traced = program.run("trace --model tiny --ids " + ids + " --points '*' --json --out '" +
                                     (program.folder.path / "t.safetensors").string() + "'");
  REQUIRE(traced.code == 0);
  const Json points = traced.json()["points"];
  std::int64_t sum = 0;
  for (const Json& point : points) {
    const std::string name = point["name"];
    const bool elsewhere = name.ends_with("attn.k") || name.ends_with("attn.v") || name.ends_with("scores") ||
                           name.ends_with("head_out") || name == "tokens";   // in the cache, or on demand; the ids
    std::int64_t numbers = 1;
    for (const std::int64_t size : point["shape"]) numbers *= size;
    if (!elsewhere) sum += numbers;
  }
  CHECK(model["memory"]["traces"] == sum * 4);
  const auto file = Gguf::open(tiny);
  std::int64_t numbers = 0;
  for (const TensorInfo& tensor : file->tensors()) numbers += tensor.elements();
  CHECK(model["memory"]["weights"] == numbers * 4);
}

TEST_CASE("a model is registered, found by name, renewed and forgotten", "[models]") {
  const Program program;
  const fs::path copy = program.folder.path / "my model.gguf";
  fs::copy_file(tiny, copy);
  const Outcome added = program.run("models add '" + copy.string() + "' --json");
  REQUIRE(added.code == 0);
  CHECK(added.json()["name"] == "my-model");
  CHECK(program.run("generate --model my-model --ids 1,2,3 --max-tokens 2 --json").code == 0);
  CHECK(program.run("models add '" + copy.string() + "' --name other --json").code == 0);   // the same under a new name
  CHECK(program.model("my-model").is_null());
  CHECK(program.model("other")["path"] == copy.string());
  CHECK(program.model("other")["licence"].is_null());

  CHECK(program.run("models add '" + tiny + "' --name other --json").error() == "models.taken");
  CHECK(program.run("models add '" + tiny + "' --name smollm2-135m --json").error() == "models.taken");
  CHECK(program.run("models add '" + tiny + "' --name 'a b' --json").error() == "models.name");
  CHECK(program.run("models add '" + tiny + "' --name=-x --json").error() == "models.name");
  CHECK(program.run("models add /nowhere.gguf --json").error() == "file.open");
  CHECK(program.run("models add '" TEXTBOOK_SOURCE_DIR "/README.md' --json").error() == "gguf.magic");
  CHECK(program.run("models remove nobody --json").error() == "models.unknown");
  CHECK(program.run("models remove smollm2-135m --json").error() == "models.bundled");
  CHECK(program.run("models add --json").code == 2);
  CHECK(program.run("models surprise --json").code == 2);

  // Touched is not changed.
  fs::last_write_time(copy, fs::last_write_time(copy) + std::chrono::seconds(5));
  CHECK(!program.model("other").contains("error"));
  std::fstream(copy, std::ios::in | std::ios::out | std::ios::binary | std::ios::ate).seekp(-1, std::ios::end).put('!');
  fs::last_write_time(copy, fs::last_write_time(copy) + std::chrono::seconds(5));
  CHECK(program.run("generate --model other --ids 1 --json").error() == "models.changed");
  CHECK(program.model("other")["error"]["code"] == "models.changed");
  CHECK(program.run("models add '" + copy.string() + "' --name other").code == 0);
  CHECK(program.run("generate --model other --ids 1 --max-tokens 1 --json").code == 0);
  fs::remove(copy);
  CHECK(program.run("generate --model other --ids 1 --json").error() == "models.gone");
  CHECK(program.model("other")["error"]["code"] == "models.gone");
  CHECK(program.run("models").code == 0);
  CHECK(program.run("models remove other").code == 0);
  CHECK(program.model("other").is_null());

  std::ofstream(program.folder.path / "models.toml") << "[[model]]\nname = ";
  CHECK(program.run("models --json").error() == "models.syntax");
  std::ofstream(program.folder.path / "models.toml") << "[[model]]\nname = \"x\"\n";
  CHECK(program.run("models --json").error() == "models.entry");
}

TEST_CASE("generate --chat puts the turn into the template and stops at its end", "[chat]") {
  const Program program;
  const auto file = Gguf::open(cache_folder() / "deps/models/SmolLM2-135M-Instruct.Q4_1.gguf");
  const auto tokenizer = Tokenizer::from(*file);
  const auto ids = [&](const std::string& text) { return Json(tokenizer->encode(text).ids()); };
  const std::string before =
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n";
  const std::string question = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n";

  const Outcome asked = program.run("generate --chat 'What is the capital of France?' --max-tokens 60 --json");
  REQUIRE(asked.code == 0);
  CHECK(asked.json()["prompt_ids"] == ids(before + question));
  CHECK(asked.json()["ids"].back() == 2);   // <|im_end|>
  CHECK(asked.json()["ids"].size() < 60);
  CHECK(asked.json()["text"].get<std::string>().find("Paris") != std::string::npos);
  const Outcome shown = program.run("generate --chat 'What is the capital of France?' --max-tokens 60");
  CHECK(shown.out.find("<|im_end|>") == std::string::npos);

  const Outcome with_system = program.run(
      "generate --chat 'What is the capital of France?' --system 'Be brief.' --max-tokens 1 --json");
  CHECK(with_system.json()["prompt_ids"] == ids("<|im_start|>system\nBe brief.<|im_end|>\n" + question));
  const Outcome batch = program.run("generate --chat --batch --max-tokens 1",
      "{\"text\":\"What is the capital of France?\"}\n"
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
      "{\"role\":\"user\",\"content\":\"c\"}]}\n"
      "{\"ids\":[1]}\n{\"messages\":[{\"role\":\"tool\",\"content\":\"a\"}]}\n{\"messages\":[]}\n{\"messages\":3}\n");
  CHECK(batch.code == 1);
  std::istringstream lines(batch.out);
  std::vector<Json> answers;
  for (std::string line; std::getline(lines, line);) answers.push_back(Json::parse(line));
  REQUIRE(answers.size() == 6);
  CHECK(answers[0]["prompt_ids"] == ids(before + question));
  CHECK(answers[1]["prompt_ids"] == ids(before + "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
                                                 "<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n"));
  for (const int i : {2, 3, 5}) CHECK(answers[i]["error"]["code"] == "chat.line");
  CHECK(answers[4]["error"]["code"] == "chat.empty");
}

TEST_CASE("generate --chat says what is wrong", "[chat]") {
  const Program program;
  CHECK(program.run("generate --chat --ids 1,2 --json").error() == "chat.use");
  CHECK(program.run("generate Hi --system x --json").error() == "chat.use");
  CHECK(program.run("generate Hi --no-think --json").error() == "chat.use");
  CHECK(program.run("generate --chat Hi --no-think --json").error() == "chat.thinking");
  CHECK(program.run("generate --chat --json").error() == "prompt.use");
  CHECK(program.run("generate --chat Hi --model '" + tiny + "' --json").error() == "chat.absent");
}

TEST_CASE("a model that has left all numbers says so, and nothing breaks", "[models]") {
  const Program program;
  const fs::path folder = program.folder.path / "lost";
  write_folder(folder, '\xff');
  const std::string model = " --model '" + folder.string() + "' --ids 5,6";
  for (const char* temperature : {"0", "1"}) {
    const Outcome written =
        program.run("generate --max-tokens 2 --top 3 --json" + model + " --temperature " + temperature);
    REQUIRE(written.code == 0);
    REQUIRE(written.json()["ids"].size() == 2);
    for (const Json& step : written.json()["steps"]) {
      CHECK(step["logit"] == "nan");
      CHECK(step["logprob"] == "nan");
      for (int i = 0; i < 3; ++i) CHECK(step["top"][i]["id"] == i);
    }
  }
  CHECK(program.run("generate --max-tokens 2" + model).code == 0);
  CHECK(read_file(program.folder.path / "err").value().find("float32") != std::string::npos);
  const std::string out = (program.folder.path / "t.safetensors").string();
  const std::string trace = "trace --points embed,logits --out '" + out + "'";
  const Outcome traced = program.run(trace + model + " --json");
  REQUIRE(traced.code == 0);
  CHECK(traced.json()["not_finite"] == Json{{"embed", 2 * 8}, {"logits", 2 * 700}});
  CHECK(program.run(trace + model).code == 0);
  CHECK(read_file(program.folder.path / "err").value().find("embed") != std::string::npos);
  write_folder(program.folder.path / "zero");
  const std::string zero = " --model '" + (program.folder.path / "zero").string() + "' --ids 5,6";
  CHECK_FALSE(program.run(trace + zero + " --json").json().contains("not_finite"));
  CHECK(program.run("generate --max-tokens 2" + zero).code == 0);
  CHECK(read_file(program.folder.path / "err").value().empty());
}

TEST_CASE("a folder of transformers, with and without a tokenizer and a chat template", "[chat]") {
  const Program program;
  const fs::path folder = program.folder.path / "zero";
  write_folder(folder);
  REQUIRE(program.run("models add '" + folder.string() + "'").code == 0);
  CHECK(program.run("generate Hi --model zero --json").error() == "prompt.tokenizer");
  CHECK(program.run("tokens Hi --model zero --json").error() == "prompt.tokenizer");
  CHECK(program.run("trace Hi --model zero --points embed --out /dev/null --json").error() == "prompt.tokenizer");

  const fs::path reference = TEXTBOOK_SOURCE_DIR "/tests/reference";
  // All logits are 0: ties go to the lower id, and every token is as probable as any other.
  const Outcome tied = program.run("generate --model zero --ids 5,600 --max-tokens 3 --top 4 --json");
  REQUIRE(tied.code == 0);
  CHECK(tied.json()["prompt_ids"] == Json{5, 600});
  CHECK(tied.json()["ids"] == Json{0, 0, 0});
  for (const Json& step : tied.json()["steps"]) {
    CHECK(step["logprob"].get<double>() == Approx(-std::log(700.0)));
    for (int i = 0; i < 4; ++i) CHECK(step["top"][i]["id"] == i);
  }

  fs::copy_file(reference / "tokenizers/small.tokenizer.json", folder / "tokenizer.json");
  CHECK(program.run("generate --chat Hi --model zero --json").error() == "chat.absent");
  std::ofstream(folder / "chat_template.jinja") << "{{ messages }}";
  CHECK(program.run("generate --chat Hi --model zero --json").error() == "chat.template");

  // Qwen3's template, with thinking on and off: the texts that transformers' apply_chat_template makes of "Hi".
  fs::copy_file(reference / "chat/templates/qwen3.jinja", folder / "chat_template.jinja",
                fs::copy_options::overwrite_existing);
  const Json recorded = Json::parse(read_file(reference / "chat/chat.json").value());
  REQUIRE(recorded["conversations"][0].dump() == R"([["user","Hi"]])");
  const Json& asked = recorded["templates"]["qwen3"][1];   // without a word about thinking, with it on, with it off
  const auto tokenizer = Tokenizer::from_folder(folder);
  REQUIRE(tokenizer);
  const auto ids = [&](std::size_t text) {
    return Json(tokenizer->encode(recorded["texts"][text].get<std::string>()).ids());
  };
  REQUIRE(ids(asked[1]) != ids(asked[2]));
  const std::string chat = "generate --chat Hi --model zero --max-tokens 1 --json";
  CHECK(program.run(chat).json()["prompt_ids"] == ids(asked[1]));
  CHECK(program.run(chat + " --no-think").json()["prompt_ids"] == ids(asked[2]));
}

TEST_CASE("the folder that the sandbox of levers leaves writes the same without it") {
  Program program;
  const Outcome lab = program.run(
      "lab steering --json --set 'prompts=I think that it is' --set towards=good --set away=bad"
      " --set 'plus=I love this' --set 'minus=I hate this' --set alpha=2 --set bias=1 --set lines=1 --set attention=1 --set words=that"
      " --set adapter=0.5 --set steps=1 --set length=5");
  REQUIRE(lab.code == 0);
  const Json columns = lab.json()["columns"];
  const fs::path folder = program.folder.path / "runs" / columns["setup.folder"]["data"][0].get<std::string>();
  const fs::path out = program.folder.path / "written";
  const std::string command =
      "TEXTBOOK='" TEXTBOOK_BINARY "' '" + (folder / "run.sh").string() + "' --json >'" + out.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const Json written = Json::parse(*read_file(out));
  REQUIRE(written["ids"].size() == 5);
  CHECK(written["ids"].get<std::vector<double>>() == columns["steered.id"]["data"].get<std::vector<double>>());
  CHECK(written["ids"] != columns["plain.id"]["data"]);
  const Json known = columns["top.id"]["data"];
  const auto place = std::find(known.begin(), known.end(), written["ids"][0]) - known.begin();
  CHECK(std::exp(written["steps"][0]["logprob"].get<double>()) ==
        Approx(columns["top.after"]["data"][static_cast<std::size_t>(place)].get<double>()).margin(1e-4));

  // Where the adapter is none, and where an intervention is none.
  CHECK(program.run("generate --json --ids 1,2 --max-tokens 1 --adapter nowhere").error() == "file.open");
  CHECK(program.run("generate --json --ids 1,2 --max-tokens 1 --intervene knock").error() == "intervention.type");
}
