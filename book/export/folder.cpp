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

// Why nothing can be written into the folder or, where it is yet to be made, into the nearest one above that is there.
std::error_code refused(const fs::path& folder) {
  std::error_code ec;
  fs::path there = fs::absolute(folder, ec);
  while (!ec && !fs::exists(there, ec) && there.has_parent_path() && there != there.parent_path())
    there = there.parent_path();
  if (!ec && ::access(there.c_str(), W_OK | X_OK) != 0 && fs::is_directory(there))
    ec.assign(errno, std::generic_category());
  if (!ec && there != fs::absolute(folder) && !fs::is_directory(there))
    ec = std::make_error_code(std::errc::not_a_directory);
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
  if (const std::error_code locked = refused(folder)) return fail("export.folder", folder.string(), {reason(locked)});
  const fs::file_status status = fs::status(folder, ec);
  if (status.type() == fs::file_type::not_found) return {};
  if (ec) return fail("export.folder", folder.string(), {reason(ec)});
  if (status.type() != fs::file_type::directory) return fail("export.file", folder.string());
  const fs::directory_iterator content(folder, ec);
  if (ec) return fail("export.folder", folder.string(), {reason(ec)});
  if (content == fs::directory_iterator()) return {};
  if (!fs::exists(folder / list_name, ec)) {
    std::set<std::string> names;
    for (const fs::directory_entry& entry : content) names.insert(entry.path().filename().string());
    return fail("export.foreign", folder.string(), {*names.begin()});
  }
  return earlier(folder).map([](const auto&) {});
}

Result<void> write_folder(const fs::path& folder, const Files& files) {
  if (const auto free = check_folder(folder); !free) return free;
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec) return fail("export.folder", folder.string(), {reason(ec)});
  const Result<std::set<std::string>> old = earlier(folder);
  if (!old) return tl::unexpected<Error>(old.error());

  // The list is first the longest it can be: whenever this is cut off, the next export knows what is ours.
  std::set<std::string> ours;
  for (const auto& [name, bytes] : files) ours.insert(name);
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
