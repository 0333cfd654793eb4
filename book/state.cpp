#include "book/state.h"

#include <array>

#include "book/state_handle.h"

namespace tb::book {

namespace {

// Migration N brings a file from schema version N to N + 1. Entries are only ever added at the end.
constexpr std::array migrations{
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    // What the learner leaves behind, as book/learner.h has it. Times are UTC, ISO 8601.
    "CREATE TABLE answers (chapter TEXT, question TEXT, attempt INTEGER, choice INTEGER NOT NULL, text TEXT NOT NULL,"
    "  model TEXT NOT NULL, verdict TEXT NOT NULL, at TEXT NOT NULL,"
    "  PRIMARY KEY (chapter, question, attempt)) WITHOUT ROWID;"
    "CREATE TABLE progress (chapter TEXT, kind TEXT, item TEXT, at TEXT NOT NULL,"
    "  PRIMARY KEY (chapter, kind, item)) WITHOUT ROWID;"
    "CREATE TABLE exercises (chapter TEXT, exercise TEXT, attempts INTEGER NOT NULL, points REAL NOT NULL,"
    "  out_of REAL NOT NULL, confessed INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (chapter, exercise)) WITHOUT ROWID;"
    "CREATE TABLE bookmarks (id INTEGER PRIMARY KEY AUTOINCREMENT, chapter TEXT NOT NULL, anchor TEXT NOT NULL,"
    "  fraction REAL NOT NULL, snippet TEXT NOT NULL, language TEXT NOT NULL, at TEXT NOT NULL);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, chapter TEXT NOT NULL, anchor TEXT NOT NULL,"
    "  fraction REAL NOT NULL, snippet TEXT NOT NULL, language TEXT NOT NULL, quote TEXT NOT NULL, text TEXT NOT NULL,"
    "  at TEXT NOT NULL, changed TEXT NOT NULL);",
    "ALTER TABLE exercises ADD COLUMN hints INTEGER NOT NULL DEFAULT 0",
};
constexpr int schema_version = static_cast<int>(migrations.size());

bool is_damage(int code) { return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB; }

// The file and its companions get a new name; SQLite would take a left-over log for part of the new file.
std::filesystem::path set_damaged_aside(const std::filesystem::path& file) {
  std::error_code ignored;
  auto target = file;
  for (int n = 1;; ++n) {
    target = file;
    target += ".damaged-" + std::to_string(n);
    if (!std::filesystem::exists(target, ignored)) break;
  }
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    auto from = file, to = target;
    from += suffix;
    to += suffix;
    std::filesystem::rename(from, to, ignored);
  }
  return target;
}

}  // namespace

int State::Handle::open(int& version) {
  int code = sqlite3_open(file.c_str(), &database);
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, 2000);   // another window may be writing
  for (const auto* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"}) {
    if ((code = run(sql)) != SQLITE_OK) return code;
  }
  {
    Statement check(database, "PRAGMA quick_check(1)");
    code = check.step();
    if (code != SQLITE_ROW) return code == SQLITE_ERROR ? sqlite3_errcode(database) : code;
    if (check.text(0) != "ok") return SQLITE_CORRUPT;
  }
  return migrate(version);
}

int State::Handle::migrate(int& version) {
  int code = run("BEGIN IMMEDIATE");
  if (code != SQLITE_OK) return code;
  code = run("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied TEXT NOT NULL)");
  if (code == SQLITE_OK) {
    Statement current(database, "SELECT coalesce(max(version), 0) FROM migrations");
    code = current.step();
    if (code == SQLITE_ROW) {
      version = sqlite3_column_int(current.handle, 0);
      code = SQLITE_OK;
    }
  }
  for (int next = version; code == SQLITE_OK && next < schema_version; ++next) {
    code = run(migrations[static_cast<std::size_t>(next)]);
    const auto record = "INSERT INTO migrations VALUES (" + std::to_string(next + 1) + ", datetime('now'))";
    if (code == SQLITE_OK) code = run(record.c_str());
    if (code == SQLITE_OK) version = next + 1;
  }
  if (code == SQLITE_OK) code = run("COMMIT");
  return code;
}

State::State() : handle_(std::make_unique<Handle>()) {}
State::State(State&&) noexcept = default;
State::~State() = default;

Result<State> State::open(const std::filesystem::path& file) {
  std::error_code folder_error;
  std::filesystem::create_directories(file.parent_path(), folder_error);
  std::optional<std::filesystem::path> aside;
  for (;;) {
    State state;
    state.handle_->file = file;
    state.handle_->set_aside = aside;
    int version = 0;
    const int code = state.handle_->open(version);
    if (code == SQLITE_OK && version <= schema_version) return state;
    if (code == SQLITE_OK) {
      return fail("state.newer", file.string(), {std::to_string(version), std::to_string(schema_version)});
    }
    const auto reason = state.handle_->reason();
    if (!is_damage(code) || aside) return fail("state.open", file.string(), {reason});
    state.handle_.reset();   // closed before it is renamed
    aside = set_damaged_aside(file);
  }
}

std::optional<std::string> State::get(std::string_view key) const {
  Statement select(handle_->database, "SELECT value FROM settings WHERE key = ?");
  select.bind(1, key);
  if (select.step() != SQLITE_ROW) return std::nullopt;
  return select.text(0);
}

Result<void> State::set(std::string_view key, std::string_view value) {
  Statement upsert(handle_->database,
                   "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  upsert.bind(1, key);
  upsert.bind(2, value);
  if (upsert.step() != SQLITE_DONE) return fail("state.write", handle_->file.string(), {handle_->reason()});
  return {};
}

Result<void> State::forget(std::string_view prefix) {
  Statement erase(handle_->database, "DELETE FROM settings WHERE substr(key, 1, length(?1)) = ?1");
  erase.bind(1, prefix);
  if (erase.step() != SQLITE_DONE) return fail("state.write", handle_->file.string(), {handle_->reason()});
  return {};
}

std::optional<std::filesystem::path> State::set_aside() const { return handle_->set_aside; }

}  // namespace tb::book
