// What a lab shows, written to a file of the learner's: a picture, a drawing, the numbers. No ImGui.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "base/strings.h"
#include "figure/compare.h"
#include "labs/lab.h"

namespace tb::viewer {

enum class SaveFormat { png, svg, csv, json, dir };
// What every lab can be saved as. A lab that leaves a set-up behind (labs/steering) has `dir` besides: that folder.
inline constexpr SaveFormat save_formats[] = {SaveFormat::png, SaveFormat::svg, SaveFormat::csv, SaveFormat::json};
const char* extension(SaveFormat format);     // "png"
bool has_setup(const Snapshot& snapshot);

struct SaveRequest {
  std::shared_ptr<const Snapshot> snapshot;
  SaveFormat format = SaveFormat::png;
  std::string chapter, instance;              // name the file
  const Strings* strings = nullptr;           // outlives the work; as for the figure below, only pictures need it
  figure::Theme theme = figure::Theme::light;
  float width = 560;                          // of the figure, pixels at scale 1
  std::string selected;                       // a hit of the figure
  std::shared_ptr<const Snapshot> b;          // of a comparison: `snapshot` is A
  figure::Shown shown = figure::Shown::beside;
};

// The desktop's folder for pictures (PNG, SVG) or documents (CSV, JSON), as user-dirs.dirs of the XDG configuration
// names it; where it names none that exists, "exports" in the data folder.
std::filesystem::path save_folder(SaveFormat format);
// Writes CHAPTER-INSTANCE-DATE-TIME.EXTENSION into that folder, a set-up as a folder without an extension; what is
// there already is never written over, the new one gets a number. Returns its path. Errors: save.write (the folder or the
// file, with the system's reason), figure.render.
Result<std::filesystem::path> save_view(const SaveRequest& request);

// Saves on a thread of its own, since a picture takes longer than a frame and a disk may take longer still. Ends with
// the work under way.
class Saver {
 public:
  void start(SaveRequest request);            // nothing while busy
  bool busy() const { return work_.valid(); }
  std::optional<Result<std::filesystem::path>> take();   // what came out, once

 private:
  std::future<Result<std::filesystem::path>> work_;
};

}  // namespace tb::viewer
