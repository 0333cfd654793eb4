#include "app/registry.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "labs/model/checkpoint.h"

namespace tb::app {

namespace fs = std::filesystem;

namespace {

fs::path learners_list() { return data_folder() / "models.toml"; }

// Adds the models of one list; the files of the bundled ones are named from the cache folder on.
Result<void> read_list(const fs::path& list, bool bundled, std::vector<KnownModel>& models) {
  const Result<std::string> text = read_file(list);
  if (!text) return tl::unexpected<Error>(text.error());
  try {
    const toml::table table = toml::parse(*text, list.string());
    const toml::array* entries = table["model"].as_array();
    for (std::size_t i = 0; entries && i < entries->size(); ++i) {
      const toml::table* entry = (*entries)[i].as_table();
      if (!entry) continue;
      const auto word = [&](const char* key) { return (*entry)[key].value_or(std::string()); };
      KnownModel model{.name = word("name"), .title = word("title"), .path = word(bundled ? "file" : "path"),
                       .licence = word("licence"), .sha256 = word("sha256"),
                       .bytes = (*entry)["bytes"].value_or(std::int64_t{0}),
                       .changed = (*entry)["changed"].value_or(std::int64_t{0}), .bundled = bundled};
      if (model.name.empty() || model.path.empty())
        return fail("models.entry", fmt::format("{}:{}", list.string(), entry->source().begin.line));
      if (bundled) model.path = cache_folder() / model.path;
      models.push_back(std::move(model));
    }
  } catch (const toml::parse_error& error) {
    return fail("models.syntax", fmt::format("{}:{}", list.string(), error.source().begin.line),
                {std::string(error.description())});
  }
  return {};
}

// How large a model's files are and when the newest was written, without reading them.
void stamp(KnownModel& model) {
  model.bytes = 0;
  model.changed = std::numeric_limits<std::int64_t>::min();   // the clock of files counts from the year 2174
  std::error_code unreadable;
  const auto add = [&](const fs::path& file) {
    const auto bytes = fs::file_size(file, unreadable);
    if (!unreadable) model.bytes += static_cast<std::int64_t>(bytes);
    const auto time = fs::last_write_time(file, unreadable);
    if (!unreadable) model.changed = std::max<std::int64_t>(model.changed, time.time_since_epoch().count());
  };
  if (!fs::is_directory(model.path, unreadable)) return add(model.path);
  for (const fs::directory_entry& file : fs::directory_iterator(model.path, unreadable))
    if (const auto kind = file.path().extension(); kind == ".json" || kind == ".safetensors") add(file.path());
}

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

// A name that needs no quotation marks in a shell, and is no path.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '-' && name.front() != '.' &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string name_of_path(const std::string& file) {
  std::string name;
  for (const char c : file) name += is_name(std::string("x") + c) ? c : '-';
  while (!name.empty() && (name.front() == '-' || name.front() == '.')) name.erase(0, 1);
  return name.substr(0, 64);
}

}  // namespace

Result<Registry> Registry::open() {
  Registry registry;
  if (auto read = read_list(textbook_root() / "assets" / "models.toml", true, registry.models_); !read)
    return tl::unexpected<Error>(read.error());
  if (!is_there(learners_list())) return registry;
  if (auto read = read_list(learners_list(), false, registry.models_); !read)
    return tl::unexpected<Error>(read.error());
  return registry;
}

const KnownModel* Registry::find(std::string_view name) const {
  const auto found = std::ranges::find(models_, name, &KnownModel::name);
  return found == models_.end() ? nullptr : &*found;
}

Result<KnownModel> Registry::add(const fs::path& path, std::string name) {
  const Result<Checkpoint> checkpoint = Checkpoint::open(path);
  if (!checkpoint) return tl::unexpected<Error>(checkpoint.error());
  if (const auto tokenizer = checkpoint->tokenizer(); !tokenizer) return tl::unexpected<Error>(tokenizer.error());

  std::error_code unreadable;
  KnownModel model{.title = checkpoint->name(), .path = fs::weakly_canonical(path, unreadable),
                   .licence = checkpoint->licence(), .sha256 = checkpoint->checksum()};
  if (unreadable) model.path = fs::absolute(path, unreadable);
  stamp(model);
  model.name = name.empty() ? name_of_path(checkpoint->name()) : std::move(name);
  if (!is_name(model.name)) return fail("models.name", "--name", {model.name});
  std::erase_if(models_, [&](const KnownModel& known) {   // what is added again is renewed
    return !known.bundled && (known.path == model.path || (known.name == model.name && !is_there(known.path)));
  });
  if (const KnownModel* other = find(model.name))
    return fail("models.taken", "--name", {model.name, other->path.string()});
  models_.push_back(model);
  if (const Result<void> saved = save(); !saved) return tl::unexpected<Error>(saved.error());
  return model;
}

Result<void> Registry::remove(std::string_view name) {
  const KnownModel* model = find(name);
  if (!model) {
    std::vector<std::string> names;
    for (const KnownModel& known : models_) names.push_back(known.name);
    return fail("models.unknown", "", {std::string(name), fmt::format("{}", fmt::join(names, ", "))});
  }
  if (model->bundled) return fail("models.bundled", "", {model->name});
  models_.erase(models_.begin() + (model - models_.data()));
  return save();
}

Result<void> Registry::save() const {
  toml::array entries;
  for (const KnownModel& model : models_)
    if (!model.bundled)
      entries.push_back(toml::table{{"name", model.name}, {"title", model.title}, {"path", model.path.string()},
                                    {"licence", model.licence}, {"sha256", model.sha256}, {"bytes", model.bytes},
                                    {"changed", model.changed}});
  std::ostringstream text;
  text << "# The models that `textbook models add` has registered.\n" << toml::table{{"model", entries}} << "\n";
  std::error_code ec;
  fs::create_directories(data_folder(), ec);   // write_file says what is wrong
  return write_file(learners_list(), text.str());
}

Result<void> check_unchanged(const KnownModel& model) {
  if (!is_there(model.path))
    return fail(model.bundled ? "model.missing" : "models.gone", model.path.string(), {model.name});
  if (model.bundled) return {};   // the launcher looks after it
  KnownModel now = model;
  stamp(now);
  if (now.bytes == model.bytes && now.changed == model.changed) return {};
  // Touched; is it another one?
  const Result<Checkpoint> checkpoint = Checkpoint::open(model.path);
  if (!checkpoint) return tl::unexpected<Error>(checkpoint.error());
  if (checkpoint->checksum() != model.sha256) return fail("models.changed", model.path.string(), {model.name});
  return {};
}

Result<fs::path> resolve_model(const std::string& name_or_path) {
  const Result<Registry> registry = Registry::open();
  if (!registry) return tl::unexpected<Error>(registry.error());
  if (const KnownModel* model = registry->find(name_or_path)) {
    if (const Result<void> unchanged = check_unchanged(*model); !unchanged)
      return tl::unexpected<Error>(unchanged.error());
    return model->path;
  }
  if (is_there(name_or_path)) return name_or_path;
  std::vector<std::string> names;
  for (const KnownModel& model : registry->models()) names.push_back(model.name);
  return fail("model.unknown", name_or_path,
              {name_or_path, nearest(name_or_path, names).value_or(fmt::format("{}", fmt::join(names, ", ")))});
}

}  // namespace tb::app
