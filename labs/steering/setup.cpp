#include "labs/steering/setup.h"

#include <charconv>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "labs/model/lora.h"
#include "labs/model/safetensors.h"

namespace tb {

namespace fs = std::filesystem;

namespace {

constexpr const char *vector_file = "vector.safetensors", *adapter_folder = "adapter", *prompt_file = "prompt.txt";

// A word for a POSIX shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string list_of(const std::vector<std::int64_t>& ids) {
  std::string out;
  for (const std::int64_t id : ids) out += (out.empty() ? "" : ",") + std::to_string(id);
  return out;
}

Result<void> write_vector(const fs::path& path, const at::Tensor& vector) {
  const at::Tensor v = vector.to(at::kCPU, at::kFloat).contiguous();
  auto writer = SafetensorsWriter::create(path, {{"v", SafetensorsEntry::Type::f32, {v.numel()}}}, {{"format", "pt"}});
  if (!writer) return tl::unexpected(writer.error());
  if (const auto done = writer->write("v", {v.const_data_ptr<float>(), static_cast<std::size_t>(v.numel())}); !done)
    return done;
  return writer->finish();
}

}  // namespace

std::string command_of(const SetupFiles& setup, const ModelInfo& model) {
  std::string line = "generate ";
  line += setup.exact ? "@" + std::string(prompt_file) : "--ids " + list_of(setup.ids);
  line += " --max-tokens " + std::to_string(setup.tokens);
  if (setup.temperature > 0) {
    char number[32];
    const auto end = std::to_chars(number, number + sizeof number, setup.temperature).ptr;
    line += " --temperature " + std::string(number, end) + " --seed " + std::to_string(setup.seed);
  }
  for (const std::string& spec : setup.specs) line += " \\\n  --intervene " + quoted(spec);
  if (setup.adapter) line += std::string(" \\\n  --adapter ") + adapter_folder;
  if (!model.path.starts_with(cache_folder().string())) line += " \\\n  --model " + quoted(model.path);
  if (model.dtype != "float32") line += " --dtype " + model.dtype;
  return line;
}

Result<void> write_setup(const fs::path& folder, const SetupFiles& setup, const ModelInfo& model,
                         const Inputs& inputs) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  fs::create_directories(folder, failed);
  if (failed) return fail("file.write", folder.string(), {failed.message()});
  if (setup.vector.defined())
    if (const auto done = write_vector(folder / vector_file, setup.vector); !done) return done;
  if (setup.adapter)
    if (const auto done = setup.adapter->save(folder / adapter_folder, model.name); !done) return done;
  if (const auto done = write_file(folder / prompt_file, setup.text); !done) return done;

  nlohmann::ordered_json json = {{"model", {{"name", model.name}, {"sha256", model.checksum}}},
                                 {"text", setup.text},
                                 {"ids", setup.ids},
                                 {"interventions", setup.specs}};
  if (setup.vector.defined()) json["vector"] = vector_file;
  if (setup.adapter) json["adapter"] = adapter_folder;
  for (const auto& [key, value] : unparse(inputs)) json["inputs"][key] = value;
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;   // bytes that are no text
  if (const auto done = write_file(folder / "setup.json", json.dump(2, ' ', false, replace) + "\n"); !done) return done;

  const std::string script = "#!/bin/sh\n"
                             "# Writes what the sandbox showed, without the reader. TEXTBOOK is the program, where it"
                             " is not on the path.\n"
                             "cd \"$(dirname \"$0\")\" || exit\n"
                             "exec \"${TEXTBOOK:-textbook}\" " + command_of(setup, model) + " \"$@\"\n";
  if (const auto done = write_file(folder / "run.sh", script); !done) return done;
  fs::permissions(folder / "run.sh", fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                  fs::perm_options::add, failed);
  return {};
}

}  // namespace tb
