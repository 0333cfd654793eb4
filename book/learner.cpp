#include "book/learner.h"

#include <algorithm>

#include "book/state_handle.h"

namespace tb::book {

namespace {

template <class Enum>
Enum named(const std::string& name, std::initializer_list<Enum> all) {
  for (const Enum each : all)
    if (name == name_of(each)) return each;
  return *all.begin();
}

bool same(const Bookmark& a, const Bookmark& b) { return a.spot == b.spot; }
bool same(const OwnNote& a, const OwnNote& b) { return a.spot == b.spot && a.quote == b.quote && a.text == b.text; }
bool same(const Answer& a, const Answer& b) {
  return a.chapter == b.chapter && a.question == b.question && a.attempt == b.attempt;
}
bool same(const Mark& a, const Mark& b) { return a.kind == b.kind && a.chapter == b.chapter && a.item == b.item; }
bool same(const ExerciseResult& a, const ExerciseResult& b) {
  return a.chapter == b.chapter && a.exercise == b.exercise;
}

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
  return std::any_of(all.begin(), all.end(), [&](const T& each) { return same(each, one); });
}

template <class T>
T* with_id(std::vector<T>& all, std::int64_t id) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& each) { return each.id == id; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

Learner::Learner(State* state) : state_(state) {
  if (state_) load();
}

void Learner::load() {
  sqlite3* const db = state_->handle_->database;
  Statement answers(db, "SELECT * FROM answers");
  while (answers.step() == SQLITE_ROW)
    traces_.answers.push_back({answers.text(0), answers.text(1), answers.integer(2), answers.integer(3), answers.text(4),
                               answers.text(5),
                               named(answers.text(6), {Verdict::open, Verdict::right, Verdict::wrong, Verdict::skipped}),
                               answers.text(7)});
  Statement marks(db, "SELECT chapter, kind, item, at FROM progress");
  while (marks.step() == SQLITE_ROW)
    traces_.marks.push_back({named(marks.text(1), {Mark::Kind::read, Mark::Kind::tried}), marks.text(0), marks.text(2),
                             marks.text(3)});
  Statement exercises(db, "SELECT * FROM exercises");
  while (exercises.step() == SQLITE_ROW)
    traces_.exercises.push_back({exercises.text(0), exercises.text(1), exercises.integer(2), exercises.number(3),
                                 exercises.number(4), exercises.integer(5) != 0, exercises.text(6), exercises.integer(7)});
  const auto spot = [](const Statement& row) {
    return Spot{row.text(1), row.text(2), row.number(3), row.text(4), row.text(5)};
  };
  Statement bookmarks(db, "SELECT * FROM bookmarks ORDER BY id");
  while (bookmarks.step() == SQLITE_ROW)
    traces_.bookmarks.push_back({bookmarks.integer(0), spot(bookmarks), bookmarks.text(6)});
  Statement notes(db, "SELECT * FROM notes ORDER BY id");
  while (notes.step() == SQLITE_ROW)
    traces_.notes.push_back(
        {notes.integer(0), spot(notes), notes.text(6), notes.text(7), notes.text(8), notes.text(9)});
}

const Answer* Learner::first_answer(std::string_view chapter, std::string_view question) const {
  const auto all = answers(chapter, question);
  return all.empty() ? nullptr : all.front();
}

std::vector<const Answer*> Learner::answers(std::string_view chapter, std::string_view question) const {
  std::vector<const Answer*> out;
  for (const Answer& each : traces_.answers)
    if (each.chapter == chapter && each.question == question) out.push_back(&each);
  return out;
}

bool Learner::has(Mark::Kind kind, std::string_view chapter, std::string_view item) const {
  return contains(traces_.marks, Mark{kind, std::string(chapter), std::string(item), ""});
}

// ---- writing ----

Result<void> Learner::done(Result<void> written) {
  ++version_;
  error_ = written ? std::nullopt : std::optional(written.error());
  return written;
}

Result<void> Learner::write(std::string_view sql,
                            const std::vector<std::variant<std::string, std::int64_t, double>>& values) {
  if (!state_) return {};
  Statement statement(state_->handle_->database, sql);
  int index = 0;
  for (const auto& value : values)
    std::visit([&](const auto& each) { statement.bind(++index, each); }, value);
  if (statement.step() != SQLITE_DONE)
    return fail("state.write", state_->handle_->file.string(), {state_->handle_->reason()});
  return {};
}

Result<void> Learner::all_or_nothing(const std::function<Result<void>()>& writes) {
  if (!state_) return writes();
  auto result = write("BEGIN IMMEDIATE", {});
  if (!result) return result;
  result = writes();
  if (result) result = write("COMMIT", {});
  if (!result) state_->handle_->run("ROLLBACK");
  return result;
}

Result<void> Learner::store(const Answer& a) {
  return write("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               {a.chapter, a.question, a.attempt, a.choice, a.text, a.model, name_of(a.verdict), a.at});
}

Result<void> Learner::store(const Mark& m) {
  return write("INSERT OR IGNORE INTO progress VALUES (?, ?, ?, ?)", {m.chapter, name_of(m.kind), m.item, m.at});
}

Result<void> Learner::store(const ExerciseResult& e) {
  return write("INSERT OR REPLACE INTO exercises VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               {e.chapter, e.exercise, e.attempts, e.points, e.out_of, std::int64_t{e.confessed}, e.at, e.hints});
}

Result<void> Learner::store(Bookmark& b) {
  auto result = write("INSERT INTO bookmarks (chapter, anchor, fraction, snippet, language, at) VALUES (?, ?, ?, ?, ?, ?)",
                      {b.spot.chapter, b.spot.anchor, b.spot.fraction, b.spot.snippet, b.spot.language, b.at});
  // What could not be written has an id below all that are in the file.
  b.id = state_ && result ? sqlite3_last_insert_rowid(state_->handle_->database) : -next_id_++;
  return result;
}

Result<void> Learner::store(OwnNote& n) {
  auto result = write(
      "INSERT INTO notes (chapter, anchor, fraction, snippet, language, quote, text, at, changed)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {n.spot.chapter, n.spot.anchor, n.spot.fraction, n.spot.snippet, n.spot.language, n.quote, n.text, n.at, n.changed});
  n.id = state_ && result ? sqlite3_last_insert_rowid(state_->handle_->database) : -next_id_++;
  return result;
}

Result<void> Learner::answer(Answer said) {
  const auto before = answers(said.chapter, said.question);
  said.attempt = before.empty() ? 1 : before.back()->attempt + 1;
  said.at = now_utc();
  traces_.answers.push_back(said);
  return done(store(said));
}

Result<void> Learner::judge(std::string_view chapter, std::string_view question, std::string model, Verdict verdict) {
  for (Answer& each : traces_.answers) {
    if (each.chapter != chapter || each.question != question || each.attempt != 1) continue;
    each.model = std::move(model);
    each.verdict = verdict;
    return done(store(each));
  }
  return {};
}

Result<void> Learner::mark(Mark::Kind kind, std::string_view chapter, std::string_view item) {
  Mark one{kind, std::string(chapter), std::string(item), now_utc()};
  if (contains(traces_.marks, one)) return {};
  traces_.marks.push_back(one);
  return done(store(one));
}

ExerciseResult& Learner::exercise(std::string_view chapter, std::string_view id) {
  for (ExerciseResult& each : traces_.exercises)
    if (each.chapter == chapter && each.exercise == id) return each;
  return traces_.exercises.emplace_back(ExerciseResult{std::string(chapter), std::string(id), 0, 0, 0, false, "", 0});
}

Result<void> Learner::checked(std::string_view chapter, std::string_view id, double points, double out_of) {
  ExerciseResult& one = exercise(chapter, id);
  ++one.attempts;
  if (one.out_of != out_of || points > one.points) one.points = points;
  one.out_of = out_of;
  one.at = now_utc();
  return done(store(one));
}

Result<void> Learner::hinted(std::string_view chapter, std::string_view id, std::int64_t hints) {
  ExerciseResult& one = exercise(chapter, id);
  if (hints <= one.hints) return {};
  one.hints = hints;
  one.at = now_utc();
  return done(store(one));
}

Result<void> Learner::confessed(std::string_view chapter, std::string_view id) {
  ExerciseResult& one = exercise(chapter, id);
  if (one.solved()) return {};                             // who has solved it may look
  one.confessed = true;
  one.at = now_utc();
  return done(store(one));
}

Result<void> Learner::add(Bookmark& bookmark) {
  bookmark.at = now_utc();
  const auto result = store(bookmark);
  traces_.bookmarks.push_back(bookmark);
  return done(result);
}

Result<void> Learner::add(OwnNote& note) {
  note.at = note.changed = now_utc();
  const auto result = store(note);
  traces_.notes.push_back(note);
  return done(result);
}

Result<void> Learner::remove_bookmark(std::int64_t id) {
  std::erase_if(traces_.bookmarks, [&](const Bookmark& each) { return each.id == id; });
  return done(write("DELETE FROM bookmarks WHERE id = ?", {id}));
}

Result<void> Learner::remove_note(std::int64_t id) {
  std::erase_if(traces_.notes, [&](const OwnNote& each) { return each.id == id; });
  return done(write("DELETE FROM notes WHERE id = ?", {id}));
}

Result<void> Learner::change_note(std::int64_t id, std::string text) {
  OwnNote* note = with_id(traces_.notes, id);
  if (!note || note->text == text) return {};
  note->text = std::move(text);
  note->changed = now_utc();
  return done(write("UPDATE notes SET text = ?, changed = ? WHERE id = ?", {note->text, note->changed, id}));
}

Result<std::size_t> Learner::put(const Traces& more) {
  Traces fresh;
  const auto pick = [](const auto& from, const auto& have, auto& to) {
    for (const auto& each : from)
      if (!contains(have, each) && !contains(to, each)) to.push_back(each);
  };
  pick(more.answers, traces_.answers, fresh.answers);
  pick(more.marks, traces_.marks, fresh.marks);
  pick(more.exercises, traces_.exercises, fresh.exercises);
  pick(more.bookmarks, traces_.bookmarks, fresh.bookmarks);
  pick(more.notes, traces_.notes, fresh.notes);
  const auto written = all_or_nothing([&]() -> Result<void> {
    const auto store_all = [this](auto& all) -> Result<void> {
      for (auto& each : all)
        if (auto result = store(each); !result) return result;
      return {};
    };
    if (auto result = store_all(fresh.answers); !result) return result;
    if (auto result = store_all(fresh.marks); !result) return result;
    if (auto result = store_all(fresh.exercises); !result) return result;
    if (auto result = store_all(fresh.bookmarks); !result) return result;
    return store_all(fresh.notes);
  });
  if (!done(written)) return tl::unexpected(written.error());
  const auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); return from.size(); };
  const std::size_t count = append(traces_.answers, fresh.answers) + append(traces_.marks, fresh.marks) +
                            append(traces_.exercises, fresh.exercises) + append(traces_.bookmarks, fresh.bookmarks) +
                            append(traces_.notes, fresh.notes);
  std::stable_sort(traces_.answers.begin(), traces_.answers.end(),
                   [](const Answer& a, const Answer& b) { return a.attempt < b.attempt; });
  return count;
}

Result<Traces> Learner::reset(std::string_view chapter) {
  const std::string slug(chapter);
  const auto written = all_or_nothing([&]() -> Result<void> {
    for (const char* table : {"answers", "progress", "exercises"}) {
      const std::string sql = std::string("DELETE FROM ") + table + " WHERE ?1 = '' OR chapter = ?1";
      if (auto result = write(sql, {slug}); !result) return result;
    }
    return {};
  });
  if (!done(written)) return tl::unexpected(written.error());
  Traces gone;
  const auto take = [&](auto& from, auto& to) {
    const auto rest = std::stable_partition(from.begin(), from.end(), [&](const auto& each) {
      return !slug.empty() && each.chapter != slug;
    });
    to.assign(rest, from.end());
    from.erase(rest, from.end());
  };
  take(traces_.answers, gone.answers);
  take(traces_.marks, gone.marks);
  take(traces_.exercises, gone.exercises);
  return gone;
}

}  // namespace tb::book
