#include "app/lab_runs.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "app/commands/find_lab.h"
#include "base/checksum.h"
#include "base/files.h"

namespace tb::app {
namespace {

// A time is never the same twice; it stands in a column of seconds.
bool measures_time(const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.columns, [](const Column& column) { return column.unit == "second"; });
}

}  // namespace

Result<LabRuns> LabRuns::of(Shell::Loaded loaded, Options options) {
  const ModelInfo model = loaded.engine->info(*loaded.model);
  nlohmann::json origin = {model.checksum, model.name, model.device, model.dtype, model.weights, model.threads};
  // The code that computes, and the text that translators of the lens are fitted on.
  for (const std::filesystem::path& path : {std::filesystem::path(TEXTBOOK_LABS_LIBRARY),
                                            textbook_root() / "assets" / "texts" / "prose.txt"}) {
    const auto file = MappedFile::open(path);
    if (!file) return tl::unexpected<Error>(file.error());
    origin.push_back(sha256(file->bytes()));
  }
  return LabRuns(std::move(loaded), std::move(options), origin.dump());
}

LabRuns::LabRuns(Shell::Loaded loaded, Options options, std::string origin)
    : loaded_(std::move(loaded)), options_(std::move(options)), origin_(std::move(origin)),
      store_(cache_folder() / "snapshots") {}

Result<const Lab*> LabRuns::find(const std::string& type, const std::string& where) const {
  const auto lab = find_lab(*loaded_.engine, type);
  return lab ? lab : fail(lab.error().code, where, lab.error().args);
}

const LabRun& LabRuns::run(const Lab& lab, const Inputs& inputs) {
  const auto asked = std::pair{std::string(lab.type()), inputs};
  if (const auto found = known_.find(asked); found != known_.end()) return found->second;
  const bool same_again = asked.first != "own-code";
  std::string key;                       // CBOR: a text may hold any bytes
  nlohmann::json::to_cbor(nlohmann::json{origin_, asked.first, unparse(inputs)}, key);
  if (same_again && !options_.fresh)
    if (auto kept = store_.find(key)) {
      kept->inputs = inputs;
      return known_.emplace(asked, LabRun{std::move(*kept), false}).first->second;
    }
  Job job{.inputs = inputs, .model = loaded_.model.get(), .kept = sessions_[asked.first], .folder = options_.folder};
  Result<Snapshot> snapshot = lab.run(job);
  if (same_again && snapshot && snapshot->inputs == inputs && !measures_time(*snapshot)) store_.keep(key, *snapshot);
  return known_.emplace(asked, LabRun{std::move(snapshot), true}).first->second;
}

}  // namespace tb::app
