#include "labs/exercise/grade/submission.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/text.h"
#include "labs/exercise/file_descriptor.h"
#include "labs/exercise/grade/handed_in.h"

namespace tb::exercise {
namespace {

namespace fs = std::filesystem;

constexpr ArchiveLimits kLimits;                              // of one submission
constexpr ArchiveLimits kAllLimits{.files = 200'000, .file_bytes = 64 << 20, .all_bytes = std::int64_t{2} << 30};
constexpr std::int64_t kLargestArchive = 64 << 20;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }   // npos + 1 is 0

// The name without the ending of a C++ file; "" where it has none. Mail and browsers add ".txt" now and then.
std::string stem_of_source(std::string_view path) {
  std::string name = lower(name_of(path));
  if (name.ends_with(".cpp.txt")) name.resize(name.size() - 4);
  for (const std::string_view ending : {".cpp", ".cc", ".cxx", ".c++"})
    if (name.size() > ending.size() && name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  return "";
}

bool is_source(std::string_view path) { return !stem_of_source(path).empty() && !name_of(path).starts_with("."); }
bool is_wanted(std::string_view path) { return is_source(path) || is_archive(path); }

// A regular file's bytes, without following a link and without waiting for anyone.
HandedFile read_plain(const fs::path& path, std::string name, std::int64_t most) {
  HandedFile file{std::move(name), "", ""};
  const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!opened) {
    file.problem = errno == ELOOP ? "file-link" : "file-unreadable";
  } else if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    file.problem = "file-unreadable";
  } else if (status.st_size > most) {
    file.problem = "file-too-large";
  } else {
    file.bytes.resize(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < file.bytes.size()) {
      const auto size = ::read(opened.get(), file.bytes.data() + done, file.bytes.size() - done);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) file.problem = "file-unreadable";
      if (size <= 0) break;
      done += static_cast<std::size_t>(size);
    }
    file.bytes.resize(done);
  }
  return file;
}

std::int64_t largest(std::string_view name) { return is_archive(name) ? kLargestArchive : kLimits.file_bytes; }

// Everything beneath a folder, without what is hidden (version control, editors).
Contents read_folder(const fs::path& folder) {
  Contents contents;
  std::vector<fs::path> open{folder};
  std::size_t seen = 0;
  while (!open.empty()) {
    const fs::path at = std::move(open.back());
    open.pop_back();
    std::error_code failed;
    for (fs::directory_iterator entry(at, failed), end; !failed && entry != end; entry.increment(failed)) {
      if (++seen > kLimits.files) return {{}, "too-many-files", std::to_string(kLimits.files)};
      const auto name = entry->path().filename().string();
      std::error_code none;
      const auto status = entry->symlink_status(none);
      if (name.starts_with(".") || name == "__MACOSX") continue;
      const auto path = entry->path().lexically_relative(folder).generic_string();
      if (fs::is_directory(status)) {
        open.push_back(entry->path());
      } else if (fs::is_symlink(status)) {
        contents.files.push_back({path, "", "file-link"});
      } else if (is_wanted(path)) {
        contents.files.push_back(read_plain(entry->path(), path, largest(path)));
      } else {
        contents.files.push_back({path, "", ""});
      }
    }
    if (failed) return {{}, "folder-unreadable", at.lexically_relative(folder).generic_string()};
  }
  return contents;
}

std::string without_ending(const std::string& name) {
  const auto small = lower(name);
  for (const std::string_view ending : {".tar.gz", ".tar.xz", ".tar.bz2"})
    if (small.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

// Collects what belongs to one student.
class Gathered {
 public:
  // The submission that a folder's or a file's name speaks of, and what the student called the file.
  std::pair<Submission*, std::string> of(const std::string& name, bool folder) {
    const auto who = handed_in(name);
    // Of Canvas's names only those of files are meant: a folder may have numbers in its name for other reasons.
    if (!who || (folder && name.find("_assignsubmission_") == std::string::npos)) {
      auto& submission = by_name_[folder ? name : without_ending(name)];
      return {&submission, folder ? "" : name};
    }
    auto& submission = by_name_[who->submission];
    submission.student = who->name;
    submission.id = who->id;
    submission.late = submission.late || who->late;
    return {&submission, folder ? "" : who->file};
  }
  std::vector<Submission> take() {
    std::vector<Submission> list;
    for (auto& [name, submission] : by_name_) {
      submission.name = name;
      list.push_back(std::move(submission));
    }
    return list;
  }

 private:
  std::map<std::string, Submission> by_name_;
};

Result<std::vector<Submission>> in_archive(const fs::path& place) {
  const auto mapped = MappedFile::open(place);
  if (!mapped) return tl::unexpected(mapped.error());
  const std::string_view bytes(reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size());
  auto content = read_archive(bytes, kAllLimits, &is_wanted);
  if (!content.problem.empty()) return fail("grade.submissions", place.string(), {content.detail});
  // Packed by hand, all of them may lie in one folder, which then is nobody's.
  const auto& first = content.files.empty() ? std::string() : content.files.front().path;
  const auto wrapper = first.substr(0, first.find('/') + 1);
  const auto within = [&](const HandedFile& file) {
    const auto rest = std::string_view(file.path).substr(std::min(wrapper.size(), file.path.size()));
    return file.path.starts_with(wrapper) && (rest.find('/') != std::string_view::npos || is_archive(rest));
  };
  if (!wrapper.empty() && !handed_in(wrapper) && std::all_of(content.files.begin(), content.files.end(), within))
    for (auto& file : content.files) file.path.erase(0, wrapper.size());
  Gathered gathered;
  for (auto& file : content.files) {
    const auto slash = file.path.find('/');
    const bool folder = slash != std::string::npos;
    const std::string top = file.path.substr(0, slash);
    if (!folder && !is_wanted(top)) continue;
    const auto [submission, name] = gathered.of(top, folder);
    file.path = folder ? file.path.substr(slash + 1) : name;
    submission->files.push_back(std::move(file));
  }
  return gathered.take();
}

}  // namespace

Result<std::vector<Submission>> find_submissions(const fs::path& place) {
  std::error_code failed;
  if (fs::is_regular_file(place, failed) && is_archive(place.filename().string())) return in_archive(place);
  Gathered gathered;
  fs::directory_iterator entry(place, failed);
  for (const fs::directory_iterator end; !failed && entry != end; entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    if (name.starts_with(".") || name == "__MACOSX") continue;
    std::error_code none;
    const auto status = entry->symlink_status(none);
    // A link is someone's submission, and fails as one; of files only those that can be one are.
    const bool folder = fs::is_directory(status) || (fs::is_symlink(status) && !is_wanted(name));
    if (!folder && !is_wanted(name)) continue;
    const auto [submission, file] = gathered.of(name, folder);
    submission->places.push_back({entry->path(), file});
  }
  if (failed) return fail("grade.submissions", place.string(), {failed.message()});
  return gathered.take();
}

Contents read_submission(const Submission& submission) {
  Contents found{submission.files, "", ""};
  for (const auto& place : submission.places) {
    std::error_code none;
    const auto status = fs::symlink_status(place.path, none);
    if (fs::is_symlink(status)) return {{}, "folder-link", place.path.filename().string()};
    if (!fs::is_directory(status)) {
      found.files.push_back(read_plain(place.path, place.name, largest(place.name)));
      continue;
    }
    auto inside = read_folder(place.path);
    if (!inside.problem.empty()) return inside;
    std::move(inside.files.begin(), inside.files.end(), std::back_inserter(found.files));
  }
  if (found.files.size() > kLimits.files) return {{}, "too-many-files", std::to_string(kLimits.files)};
  Contents contents;
  for (auto& file : found.files) {
    if (!is_archive(file.path) || !file.problem.empty()) {
      contents.files.push_back(std::move(file));
      continue;
    }
    auto inside = read_archive(file.bytes, kLimits, &is_source);   // archives in archives stay closed
    if (!inside.problem.empty())
      return {{}, inside.problem, file.path + (inside.detail.empty() ? "" : ": " + inside.detail)};
    std::move(inside.files.begin(), inside.files.end(), std::back_inserter(contents.files));
    if (contents.files.size() > kLimits.files) return {{}, "too-many-files", std::to_string(kLimits.files)};
  }
  std::sort(contents.files.begin(), contents.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return contents;
}

namespace {

// A name as it is compared: letters and digits, without the number that a second upload gets: "softmax-1", "softmax
// (2)".
std::string loosely(std::string stem) {
  if (stem.ends_with(")")) {
    if (const auto open = stem.rfind('('); open != std::string::npos && open > 0) stem.resize(open);
  } else if (const auto dash = stem.rfind('-'); dash != std::string::npos && dash > 0 && dash + 1 < stem.size() &&
             stem.find_first_not_of("0123456789", dash + 1) == std::string::npos) {
    stem.resize(dash);
  }
  std::erase_if(stem, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return stem;
}

std::string list_of(const std::vector<const HandedFile*>& files) {
  constexpr std::size_t kNamed = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(files.size(), kNamed); ++i) text += (i ? ", " : "") + files[i]->path;
  return text + (files.size() > kNamed ? ", …" : "");
}

}  // namespace

Solution find_solution(const Contents& contents, std::string_view exercise, bool only) {
  if (!contents.problem.empty()) return {"", "", contents.problem, contents.detail};
  std::vector<const HandedFile*> exact, similar, sources, all;
  for (const auto& file : contents.files) {
    all.push_back(&file);
    if (!is_source(file.path)) continue;
    sources.push_back(&file);
    if (name_of(file.path) == std::string(exercise) + ".cpp") exact.push_back(&file);
    if (loosely(stem_of_source(file.path)) == loosely(std::string(exercise))) similar.push_back(&file);
  }
  auto matches = !exact.empty()     ? exact
                 : !similar.empty() ? similar
                 : only             ? sources
                                    : std::vector<const HandedFile*>{};
  if (matches.empty()) return {"", "", "file-missing", list_of(all)};
  // Of several the one that lies nearest to the top, if the others lie deeper or are the same.
  const auto depth = [](const HandedFile* file) { return std::count(file->path.begin(), file->path.end(), '/'); };
  std::stable_sort(matches.begin(), matches.end(), [&](auto a, auto b) { return depth(a) < depth(b); });
  const HandedFile& chosen = *matches.front();
  for (std::size_t i = 1; i < matches.size() && depth(matches[i]) == depth(&chosen); ++i)
    if (matches[i]->bytes != chosen.bytes) return {"", "", "file-several", list_of(matches)};

  Solution solution{chosen.path, chosen.bytes, chosen.problem, chosen.path};
  if (!solution.problem.empty()) return solution;
  if (solution.source.find_first_not_of(" \t\r\n") == std::string::npos) solution.problem = "file-empty";
  else if (solution.source.find('\0') != std::string::npos || !is_utf8(solution.source))
    solution.problem = "file-encoding";
  if (solution.problem.empty()) solution.detail.clear();
  return solution;
}

}  // namespace tb::exercise
