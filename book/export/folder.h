// The folder that an export is written to. It holds a list of the files that are ours: only these are ever replaced or
// removed.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"

namespace tb::book {

using Files = std::map<std::string, std::string>;   // bytes by path below the folder, with forward slashes

// Makes the folder where it is not there, and says whether an export may go there. Errors: export.file, export.foreign,
// export.folder, export.list (it names a file outside the folder).
Result<void> check_folder(const std::filesystem::path& folder);

// Writes all files, and removes those of an earlier export that are no longer there. Errors: those above, export.write.
Result<void> write_folder(const std::filesystem::path& folder, const Files& files);

}  // namespace tb::book
