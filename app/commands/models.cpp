// textbook models: the models that are known by name, and whether they fit into memory. Reads their files'
// descriptions, and neither weights nor torch.
#include <dlfcn.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands/common.h"
#include "app/registry.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "labs/model/checkpoint.h"
#include "labs/model/memory_need.h"

namespace tb::app {

namespace {

using Json = nlohmann::ordered_json;

// Free memory of the GPU with the most of it, as NVIDIA's driver says; nullopt without a driver.
std::optional<std::int64_t> free_gpu_memory() {
  struct Memory { unsigned long long total, free, used; };
  void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::nullopt;
  const auto function = [&]<class F>(const char* name, F*& to) {
    return (to = reinterpret_cast<F*>(::dlsym(library, name))) != nullptr;
  };
  int (*start)() = nullptr, (*stop)() = nullptr, (*count)(unsigned*) = nullptr;
  int (*device)(unsigned, void**) = nullptr, (*memory)(void*, Memory*) = nullptr;
  std::optional<std::int64_t> most;
  if (function("nvmlInit_v2", start) && function("nvmlShutdown", stop) && function("nvmlDeviceGetCount_v2", count) &&
      function("nvmlDeviceGetHandleByIndex_v2", device) && function("nvmlDeviceGetMemoryInfo", memory) &&
      start() == 0) {
    unsigned devices = 0;
    count(&devices);
    for (unsigned i = 0; i < devices; ++i) {
      void* handle = nullptr;
      Memory bytes{};
      if (device(i, &handle) == 0 && memory(handle, &bytes) == 0)
        most = std::max(most.value_or(0), static_cast<std::int64_t>(bytes.free));
    }
    stop();
  }
  ::dlclose(library);
  return most;
}

struct Entry {
  KnownModel model;
  std::int64_t context = 0;
  MemoryNeed need;
  std::optional<Error> error;   // gone, changed, damaged
};

Entry look_at(const KnownModel& model, std::int64_t number) {
  Entry entry{.model = model};
  if (const Result<void> unchanged = check_unchanged(model); !unchanged) {
    entry.error = unchanged.error();
    return entry;
  }
  const Result<Checkpoint> checkpoint = Checkpoint::open(model.path);
  if (!checkpoint) {
    entry.error = checkpoint.error();
    return entry;
  }
  entry.context = checkpoint->config().context;
  entry.need = memory_need(checkpoint->config(), number, entry.context);
  return entry;
}

Json json_of(const Entry& entry, std::int64_t free, std::optional<std::int64_t> free_gpu, const Strings& strings) {
  const KnownModel& model = entry.model;
  Json json{{"name", model.name}, {"title", model.title}, {"path", model.path.string()}, {"bytes", model.bytes},
            {"licence", model.licence.empty() ? Json(nullptr) : Json(model.licence)}, {"bundled", model.bundled}};
  if (entry.error) {
    json["error"] = Json::parse(error_json(*entry.error, strings))["error"];
    return json;
  }
  json["context"] = entry.context;
  json["memory"] = Json{{"weights", entry.need.weights}, {"cache", entry.need.cache}, {"traces", entry.need.traces},
                        {"all", entry.need.all()}};
  json["fits"] = entry.need.all() <= free;
  json["fits_gpu"] = free_gpu ? Json(entry.need.all() <= *free_gpu) : Json(nullptr);
  return json;
}

// One model as lines of the table: a mark, what it is, what it needs, and where it lies.
std::string row_of(const Entry& entry, std::size_t width, std::int64_t free, std::optional<std::int64_t> free_gpu,
                   const Shell& shell) {
  const Strings& strings = shell.strings;
  const KnownModel& model = entry.model;
  const auto bytes = [&](std::int64_t n) { return format_bytes(n, shell.lang); };
  const std::string place = fmt::format("  {}{}\n", std::string(width + 2, ' '), model.path.string());
  if (entry.error) {
    const Message message = describe(*entry.error, strings);
    return fmt::format("\u2717 {:<{}}  {}\n{}", model.name, width, message.what, place);
  }
  const bool fits = entry.need.all() <= free || (free_gpu && entry.need.all() <= *free_gpu);
  return fmt::format("{} {:<{}}  {:>9}  {:<12}  {:>9}  {:>9} = {} + {} + {}\n{}", fits ? "\u2713" : "\u2013",
                     model.name, width, bytes(model.bytes),
                     model.licence.empty() ? strings.get("models.no-licence") : model.licence,
                     format_integer(entry.context, shell.lang), bytes(entry.need.all()), bytes(entry.need.weights),
                     bytes(entry.need.cache), bytes(entry.need.traces), place);
}

int list_models(const Shell& shell) {
  const Result<Registry> registry = Registry::open();
  if (!registry) return shell.report(registry.error());
  const std::int64_t free = available_memory();
  const std::optional<std::int64_t> free_gpu = free_gpu_memory();
  std::vector<Entry> entries;
  const std::int64_t number = shell.dtype == "bfloat16" ? 2 : 4;
  for (const KnownModel& model : registry->models()) entries.push_back(look_at(model, number));

  if (shell.json) {
    Json json{{"free", {{"memory", free}, {"gpu", free_gpu ? Json(*free_gpu) : Json(nullptr)}}},
              {"models", Json::array()}};
    for (const Entry& entry : entries) json["models"].push_back(json_of(entry, free, free_gpu, shell.strings));
    std::cout << json.dump() << "\n";
    return kDone;
  }
  std::size_t width = 4;
  for (const Entry& entry : entries) width = std::max(width, entry.model.name.size());
  const auto word = [&](const char* key) { return shell.strings.get(std::string("models.") + key); };
  std::cout << fmt::format("  {:<{}}  {:>9}  {:<12}  {:>9}  {:>9}\n", word("name"), width, word("size"),
                           word("licence"), word("context"), word("need"));
  for (const Entry& entry : entries) std::cout << row_of(entry, width, free, free_gpu, shell);
  std::cout << "\n" << shell.strings.format("models.free", {format_bytes(free, shell.lang)}) << "\n";
  if (free_gpu) std::cout << shell.strings.format("models.free-gpu", {format_bytes(*free_gpu, shell.lang)}) << "\n";
  return kDone;
}

int add_model(const Shell& shell, const std::string& path, const std::string& name) {
  Result<Registry> registry = Registry::open();
  if (!registry) return shell.report(registry.error());
  const Result<KnownModel> model = registry->add(path, name);
  if (!model) return shell.report(model.error());
  if (shell.json) std::cout << Json{{"name", model->name}, {"path", model->path.string()}}.dump() << "\n";
  else std::cout << shell.strings.format("models.added", {model->name, model->path.string()}) << "\n";
  return kDone;
}

int remove_model(const Shell& shell, const std::string& name) {
  Result<Registry> registry = Registry::open();
  if (!registry) return shell.report(registry.error());
  if (const Result<void> removed = registry->remove(name); !removed) return shell.report(removed.error());
  if (shell.json) std::cout << Json{{"name", name}}.dump() << "\n";
  else std::cout << shell.strings.format("models.removed", {name}) << "\n";
  return kDone;
}

}  // namespace

CommandSpec models_command() {
  const auto declare = [](CLI::App& command, const Shell& words) -> Run {
    struct Options { std::string path, name, gone; };
    const auto options = std::make_shared<Options>();
    CLI::App* add = command.add_subcommand("add", words.help("models-add"))->fallthrough();
    add->add_option("PATH", options->path, words.help("models-path"))->required();
    add->add_option("--name", options->name, words.help("models-name"));
    CLI::App* remove = command.add_subcommand("remove", words.help("models-remove"))->fallthrough();
    remove->add_option("NAME", options->gone, words.help("models-gone"))->required();
    command.require_subcommand(0, 1);
    return [options, add, remove](Shell& shell) {
      if (add->parsed()) return add_model(shell, options->path, options->name);
      if (remove->parsed()) return remove_model(shell, options->gone);
      return list_models(shell);
    };
  };
  return {"models", declare};
}

}  // namespace tb::app
