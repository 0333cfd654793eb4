#include "book/export/folder.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <sstream>

#include "base/files.h"

namespace tb::book {

namespace fs = std::filesystem;

namespace {

constexpr const char* list_name = "textbook-export.txt";
constexpr std::string_view list_head = "Files of a textbook export. A later export replaces these and no others.\n";

std::string reason(const std::error_code& error) { return error.message(); }

// Makes the folder where it is not there; why nothing can be written into it. Only trying tells: a link may lead
// nowhere, and some folders take no other.
std::error_code refused(const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (!ec && ::access(folder.c_str(), W_OK | X_OK) != 0) ec.assign(errno, std::generic_category());
  return ec;
}

// A path below the folder, and nothing else.
bool is_inside(const std::string& path) {
  const fs::path relative(path);
  return !path.empty() && relative.is_relative() &&
         std::ranges::none_of(relative, [](const fs::path& part) { return part == ".." || part == "."; });
}

// The files of the earlier export; none where there was none.
Result<std::set<std::string>> earlier(const fs::path& folder) {
  std::set<std::string> out;
  std::error_code ec;
  const fs::path list = folder / list_name;
  if (!fs::exists(list, ec)) return out;
  const Result<std::string> text = read_file(list);
  if (!text) return tl::unexpected<Error>(text.error());
  if (!text->starts_with(list_head)) return fail("export.foreign", folder.string(), {list_name});
  std::istringstream lines(text->substr(list_head.size()));
  for (std::string line; std::getline(lines, line);) {
    if (!is_inside(line)) return fail("export.list", list.string(), {line});
    out.insert(line);
  }
  return out;
}

Result<void> write_list(const fs::path& folder, const std::set<std::string>& names) {
  std::string text(list_head);
  for (const std::string& name : names) text += name + "\n";
  return write_file(folder / list_name, text);
}

// The same error under the export's own sentences, which say what a half-written export means.
tl::unexpected<Error> not_written(const Error& error) {
  return fail("export.write", error.where, {error.args.empty() ? error.code : error.args.front()});
}

}  // namespace

Result<void> check_folder(const fs::path& folder) {
  std::error_code ec;
  const fs::file_status status = fs::status(folder, ec);
  if (fs::exists(status) && !fs::is_directory(status)) return fail("export.file", folder.string());
  if (const std::error_code why = refused(folder)) return fail("export.folder", folder.string(), {reason(why)});
  const fs::directory_iterator content(folder, ec);
  if (ec) return fail("export.folder", folder.string(), {reason(ec)});
  if (fs::exists(folder / list_name, ec)) return earlier(folder).map([](const auto&) {});
  std::set<std::string> foreign;
  for (const fs::directory_entry& entry : content)
    if (const std::string name = entry.path().filename().string(); !name.starts_with(list_name))   // a list cut off
      foreign.insert(name);
  if (!foreign.empty()) return fail("export.foreign", folder.string(), {*foreign.begin()});
  return {};
}

Result<void> write_folder(const fs::path& folder, const Files& files) {
  if (const auto free = check_folder(folder); !free) return free;
  const Result<std::set<std::string>> old = earlier(folder);
  if (!old) return tl::unexpected<Error>(old.error());

  // The list is first the longest it can be: whenever this is cut off, the next export knows what is ours.
  std::set<std::string> ours;
  std::error_code ec;
  for (const auto& [name, bytes] : files) {
    if (!old->contains(name) && fs::exists(fs::symlink_status(folder / name, ec)))   // another's, under a name of ours
      return fail("export.foreign", folder.string(), {name});
    ours.insert(name);
  }
  std::set<std::string> all = *old;
  all.insert(ours.begin(), ours.end());
  if (const auto written = write_list(folder, all); !written) return not_written(written.error());
  for (const auto& [name, bytes] : files) {
    const fs::path path = folder / name;
    fs::create_directories(path.parent_path(), ec);
    if (ec) return fail("export.write", path.parent_path().string(), {reason(ec)});
    if (const auto written = write_file(path, bytes); !written) return not_written(written.error());
  }
  for (const std::string& name : *old)
    if (!ours.contains(name)) fs::remove(folder / name, ec);
  if (const auto written = write_list(folder, ours); !written) return not_written(written.error());
  return {};
}

}  // namespace tb::book
