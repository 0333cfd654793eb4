// The inside of book::State, for the files that keep tables in its file: state.cpp and learner.cpp.
#pragma once

#include <cstdint>

#include <sqlite3.h>

#include "book/state.h"

namespace tb::book {

struct Statement {
  sqlite3_stmt* handle = nullptr;
  Statement(sqlite3* database, std::string_view sql) {
    sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &handle, nullptr);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle); }

  void bind(int index, std::string_view text) {
    sqlite3_bind_text64(handle, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  void bind(int index, std::int64_t number) { sqlite3_bind_int64(handle, index, number); }
  void bind(int index, double number) { sqlite3_bind_double(handle, index, number); }
  int step() { return handle == nullptr ? SQLITE_ERROR : sqlite3_step(handle); }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle, column));
    return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle, column)));
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle, column); }
  double number(int column) const { return sqlite3_column_double(handle, column); }
};

struct State::Handle {
  sqlite3* database = nullptr;
  std::filesystem::path file;
  std::optional<std::filesystem::path> set_aside;

  ~Handle() { sqlite3_close(database); }

  int run(const char* sql) { return sqlite3_exec(database, sql, nullptr, nullptr, nullptr); }
  std::string reason() const { return sqlite3_errmsg(database); }
  // SQLITE_OK, or what went wrong; `version` is the schema's afterwards.
  int open(int& version);
  int migrate(int& version);
};

}  // namespace tb::book
