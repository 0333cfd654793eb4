#include "viewer/panels/lab_save.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "base/files.h"
#include "labs/compare.h"

namespace tb::viewer {

namespace fs = std::filesystem;

namespace {

constexpr double picture_scale = 2;           // sharp when it is printed or shown on a wall
constexpr std::size_t longest_name = 100;     // of chapter and instance together

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// A line such as XDG_PICTURES_DIR="$HOME/Pictures", as xdg-user-dirs writes it. A folder that is the home folder itself
// means that there is none.
fs::path user_folder(const std::string& key) {
  const fs::path home = environment("HOME");
  const std::string set = environment("XDG_CONFIG_HOME");
  const auto bytes = read_file((set.empty() ? home / ".config" : fs::path(set)) / "user-dirs.dirs");
  if (!bytes) return {};
  std::istringstream lines(*bytes);
  fs::path found;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(" \t"));
    const std::string start = key + "=\"";
    if (!line.starts_with(start)) continue;
    std::string value;
    for (std::size_t i = start.size(); i < line.size() && line[i] != '"'; ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      value += line[i];
    }
    constexpr std::string_view at_home = "$HOME";
    if (value.starts_with(at_home)) value = home.string() + value.substr(at_home.size());
    found = value;                            // the last one counts, as in a shell
  }
  std::error_code unknown;
  const bool usable = found.is_absolute() && fs::is_directory(found, unknown) && !fs::equivalent(found, home, unknown);
  return usable ? found : fs::path();
}

std::string file_name(const SaveRequest& request) {
  std::string name = request.chapter + "-" + request.instance;
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!plain) c = '-';
  }
  name.resize(std::min(name.size(), longest_name));
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char time[32];
  std::strftime(time, sizeof time, "-%Y%m%d-%H%M%S", &local);
  return name + time;
}

// An empty file of a name that was free, so that nobody else takes it.
Result<fs::path> reserve(const SaveRequest& request) {
  const fs::path folder = save_folder(request.format);
  std::error_code why;
  fs::create_directories(folder, why);
  if (why) return fail("save.write", folder.string(), {std::strerror(why.value())});
  const std::string name = file_name(request);
  for (int number = 1;; ++number) {
    const fs::path path =
        folder / (name + (number == 1 ? "" : "-" + std::to_string(number)) + "." + extension(request.format));
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) {
      ::close(file);
      return path;
    }
    if (errno != EEXIST) return fail("save.write", path.string(), {std::strerror(errno)});
  }
}

// A copy of the folder that the lab has left among the long runs.
Result<fs::path> copy_setup(const SaveRequest& request) {
  const fs::path from = data_folder() / "runs" / request.snapshot->texts("setup.folder").front();
  const fs::path folder = save_folder(request.format);
  std::error_code why;
  fs::create_directories(folder, why);
  if (why) return fail("save.write", folder.string(), {why.message()});
  const std::string name = file_name(request);
  for (int number = 1;; ++number) {
    const fs::path path = folder / (name + (number == 1 ? "" : "-" + std::to_string(number)));
    const bool made = fs::create_directory(path, why);
    if (why) return fail("save.write", path.string(), {why.message()});
    if (!made) continue;
    fs::copy(from, path, fs::copy_options::recursive, why);
    if (!why) return path;
    std::error_code ignored;
    fs::remove_all(path, ignored);
    return fail("save.write", from.string(), {why.message()});
  }
}

Result<void> write(const SaveRequest& request, const fs::path& path) {
  const Snapshot& a = *request.snapshot;
  const Snapshot* b = request.b.get();
  const Result<Snapshot> difference = b ? compare(a, *b) : Result<Snapshot>(a);
  if (request.format == SaveFormat::csv) return write_file(path, b ? to_csv(a, *b, difference) : to_csv(a));
  if (request.format == SaveFormat::json)
    return write_file(path, (b ? to_json(a, *b, difference, *request.strings) : to_json(a)) + "\n");
  const figure::Palette& colors = figure::palette(request.theme);
  const figure::Look look{.colors = colors, .strings = *request.strings, .measure = figure::freetype_measure(),
                          .width = request.width, .hovered = "", .selected = request.selected};
  const figure::Figure picture =
      b ? figure::draw_comparison(a, *b, difference, request.shown, look) : figure::draw(a, look);
  if (request.format == SaveFormat::svg) return write_file(path, figure::to_svg(picture, colors));
  return figure::write_png(picture, colors, picture_scale, path.string());
}

}  // namespace

bool has_setup(const Snapshot& snapshot) { return !snapshot.texts("setup.folder").empty(); }

const char* extension(SaveFormat format) {
  constexpr const char* names[] = {"png", "svg", "csv", "json", "dir"};
  return names[static_cast<std::size_t>(format)];
}

fs::path save_folder(SaveFormat format) {
  const bool picture = format == SaveFormat::png || format == SaveFormat::svg;
  const fs::path folder = user_folder(picture ? "XDG_PICTURES_DIR" : "XDG_DOCUMENTS_DIR");
  return folder.empty() ? data_folder() / "exports" : folder;
}

Result<fs::path> save_view(const SaveRequest& request) {
  if (request.format == SaveFormat::dir) return copy_setup(request);
  const Result<fs::path> path = reserve(request);
  if (!path) return path;
  const Result<void> written = write(request, *path);
  if (written) return path;
  std::error_code ignored;
  fs::remove(*path, ignored);
  const Error& error = written.error();
  return error.code == "file.write" ? fail("save.write", error.where, error.args) : tl::unexpected(error);
}

void Saver::start(SaveRequest request) {
  if (busy()) return;
  work_ = std::async(std::launch::async, [request = std::move(request)] { return save_view(request); });
}

std::optional<Result<fs::path>> Saver::take() {
  if (!busy() || work_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  return work_.get();
}

}  // namespace tb::viewer
