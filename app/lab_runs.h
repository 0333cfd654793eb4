// Labs run one after another for a command that shows or checks many of their results. As on a card of the reader, a
// lab's session stays from one run to its next: the cached tokens, the fitted translator, the trained adapter, the
// random heads that are known already. What was asked before, now or by an earlier command, is not computed again; it
// is known by the bytes of the library that computes, the model's file, device, dtype, threads and all inputs.
// Always computed are labs that measure times, and those that read a learner's files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/commands/common.h"
#include "app/snapshot_store.h"

namespace tb::app {

struct LabRun {
  Result<Snapshot> snapshot;
  bool computed = false;                 // by this process
};

class LabRuns {
 public:
  struct Options {
    bool fresh = false;                  // nothing of what earlier commands computed is taken
    std::filesystem::path folder = {};   // where a lab that trains keeps its runs between processes; empty: nowhere
  };
  // Errors: file.open, file.read (what the key is made of cannot be read).
  static Result<LabRuns> of(Shell::Loaded loaded, Options options);

  // Errors: lab.type (names the nearest), at `where`.
  Result<const Lab*> find(const std::string& type, const std::string& where) const;
  std::vector<Field> fields(const Lab& lab) const { return lab.fields(loaded_.model.get()); }
  // Stays valid as long as this object. Errors: those of the lab.
  const LabRun& run(const Lab& lab, const Inputs& inputs);

 private:
  LabRuns(Shell::Loaded loaded, Options options, std::string origin);

  Shell::Loaded loaded_;
  Options options_;
  std::string origin_;                   // what of the key all labs share
  SnapshotStore store_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;    // by type
  std::map<std::pair<std::string, Inputs>, LabRun> known_;      // by type and inputs
};

}  // namespace tb::app
