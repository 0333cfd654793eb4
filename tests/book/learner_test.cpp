// What the learner leaves behind is kept: through restarts, a kill in the middle of writing, an older file, a full disk.
#include "tests/catch.h"

#include <csignal>
#include <filesystem>

#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "book/learner.h"
#include "book/progress.h"

using namespace tb::book;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("textbook-learner-" + std::to_string(::getpid()));
  fs::path file = path / "state.sqlite3";
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  State open() const { return State::open(file).value(); }
};

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  char* message = nullptr;
  sqlite3_exec(database, sql, nullptr, nullptr, &message);
  INFO((message ? message : ""));
  REQUIRE(message == nullptr);
  sqlite3_close(database);
}

Answer said(const std::string& question, std::int64_t choice, Verdict verdict = Verdict::open) {
  Answer out;
  out.chapter = "02-x";
  out.question = question;
  out.choice = choice;
  out.text = "Ответ " + std::to_string(choice);
  out.verdict = verdict;
  return out;
}

OwnNote note(const std::string& text) {
  OwnNote out;
  out.spot = {"02-x", "softmax", 0.25, "The sum of all", "en"};
  out.quote = "sum";
  out.text = text;
  return out;
}

}  // namespace

TEST_CASE("what was answered, read, tried, marked and noted comes back") {
  Folder folder;
  std::int64_t kept = 0;
  {
    auto state = folder.open();
    Learner learner(&state);
    REQUIRE(learner.answer(said("guess", 1)));
    REQUIRE(learner.judge("02-x", "guess", "0.05", Verdict::right));
    REQUIRE(learner.answer(said("quiz", 0, Verdict::wrong)));
    REQUIRE(learner.answer(said("quiz", 2, Verdict::right)));
    REQUIRE(learner.mark(Mark::Kind::read, "02-x", "softmax"));
    REQUIRE(learner.mark(Mark::Kind::read, "02-x", "softmax"));
    REQUIRE(learner.mark(Mark::Kind::tried, "02-x", "softmax"));   // a lab of the same name
    REQUIRE(learner.checked("02-x", "rope", 2, 5));
    REQUIRE(learner.confessed("02-x", "rope"));
    REQUIRE(learner.hinted("02-x", "rope", 2));
    REQUIRE(learner.hinted("02-x", "rope", 1));                    // what was read stays read
    REQUIRE(learner.checked("02-x", "rope", 1, 5));
    REQUIRE(learner.checked("02-x", "softmax", 5, 5));
    REQUIRE(learner.confessed("02-x", "softmax"));
    Bookmark first{0, {"02-x", "", 0, "", "en"}, ""}, second{0, {"02-x", "loss", 0.5, "'; DROP TABLE notes; --", "ru"}, ""};
    REQUIRE(learner.add(first));
    REQUIRE(learner.add(second));
    REQUIRE(learner.remove_bookmark(first.id));
    OwnNote one = note("first"), two = note("");
    REQUIRE(learner.add(one));
    REQUIRE(learner.add(two));
    REQUIRE(learner.change_note(one.id, "Первая\nи вторая строка"));
    REQUIRE(learner.remove_note(two.id));
    kept = one.id;
  }
  auto state = folder.open();
  const Learner learner(&state);
  REQUIRE(learner.first_answer("02-x", "guess"));
  CHECK(learner.first_answer("02-x", "guess")->model == "0.05");
  CHECK(learner.first_answer("02-x", "guess")->verdict == Verdict::right);
  CHECK(learner.first_answer("02-x", "guess")->text == "Ответ 1");
  const auto tries = learner.answers("02-x", "quiz");
  REQUIRE(tries.size() == 2);
  CHECK(tries[0]->verdict == Verdict::wrong);                      // the first one stays the first
  CHECK(tries[1]->choice == 2);
  CHECK(tries[1]->attempt == 2);
  CHECK(learner.first_answer("03-y", "quiz") == nullptr);
  CHECK(learner.traces().marks.size() == 2);
  CHECK(learner.has(Mark::Kind::tried, "02-x", "softmax"));
  CHECK_FALSE(learner.has(Mark::Kind::read, "02-x", "other"));
  REQUIRE(learner.traces().exercises.size() == 2);
  const auto& rope = learner.traces().exercises[0];
  CHECK(rope.points == 2);                                         // the best one
  CHECK(rope.attempts == 2);
  CHECK(rope.confessed);
  CHECK(rope.hints == 2);
  CHECK_FALSE(rope.solved());
  CHECK(learner.traces().exercises[1].solved());
  CHECK_FALSE(learner.traces().exercises[1].confessed);            // looked at after it was solved
  REQUIRE(learner.traces().bookmarks.size() == 1);
  CHECK(learner.traces().bookmarks[0].spot.snippet == "'; DROP TABLE notes; --");
  REQUIRE(learner.traces().notes.size() == 1);
  CHECK(learner.traces().notes[0].id == kept);
  CHECK(learner.traces().notes[0].text == "Первая\nи вторая строка");
}

TEST_CASE("every answer that was committed outlives a kill in the middle of writing") {
  Folder folder;
  // The child says through a pipe which answers were written; it is killed while it goes on.
  for (int round = 0; round < 3; ++round) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(pipe[0]);
      auto state = State::open(folder.file);
      Learner learner(&*state);
      for (int i = 0;; ++i) {
        if (!learner.answer(said("question-" + std::to_string(round), i)) ||
            !learner.mark(Mark::Kind::read, "02-x", std::to_string(round) + "-" + std::to_string(i)))
          ::_exit(3);
        const char done = 'x';
        if (::write(pipe[1], &done, 1) != 1) ::_exit(4);
      }
    }
    ::close(pipe[1]);
    int committed = 0;
    char byte = 0;
    while (committed < 20 + 7 * round && ::read(pipe[0], &byte, 1) == 1) ++committed;
    ::kill(pid, SIGKILL);
    while (::read(pipe[0], &byte, 1) == 1) ++committed;            // written before the kill reached it
    int status = 0;
    ::waitpid(pid, &status, 0);
    ::close(pipe[0]);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(committed >= 20);

    auto state = folder.open();
    CHECK_FALSE(state.set_aside());
    const Learner learner(&state);
    const auto answers = learner.answers("02-x", "question-" + std::to_string(round));
    REQUIRE(static_cast<int>(answers.size()) >= committed);
    CHECK(static_cast<int>(answers.size()) <= committed + 1);      // one may lie between its write and the word of it
    for (std::size_t i = 0; i < answers.size(); ++i) CHECK(answers[i]->choice == static_cast<std::int64_t>(i));
  }
}

TEST_CASE("a file of the first version is brought up to date") {
  Folder folder;
  // The schema as that version made it.
  run_sql(folder.file,
          "PRAGMA journal_mode=WAL;"
          "CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied TEXT NOT NULL);"
          "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
          "INSERT INTO migrations VALUES (1, datetime('now'));"
          "INSERT INTO settings VALUES ('language', 'ru'), ('lab/02/capital', 'x');");
  {
    auto state = folder.open();
    CHECK(state.get("language") == "ru");
    Learner learner(&state);
    CHECK(learner.traces().answers.empty());
    REQUIRE(learner.answer(said("guess", 1)));
  }
  auto state = folder.open();
  CHECK(state.get("lab/02/capital") == "x");
  CHECK(Learner(&state).first_answer("02-x", "guess"));
}

TEST_CASE("a file of a newer version is refused and left alone") {
  Folder folder;
  {
    auto state = folder.open();
    REQUIRE(Learner(&state).answer(said("guess", 1)));
  }
  run_sql(folder.file, "INSERT INTO migrations VALUES (77, 'later')");
  CHECK(State::open(folder.file).error().code == "state.newer");
  run_sql(folder.file, "DELETE FROM migrations WHERE version = 77");
  auto state = folder.open();
  CHECK(Learner(&state).first_answer("02-x", "guess"));
}

TEST_CASE("on a full disk an answer holds until the end, and the error says so") {
  Folder folder;
  { const auto state = folder.open(); }
  const pid_t pid = ::fork();
  if (pid == 0) {
    auto state = State::open(folder.file);
    Learner learner(&*state);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64 << 10, 64 << 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    OwnNote large = note(std::string(1 << 20, 'x'));
    const auto result = learner.add(large);
    const bool right = !result && result.error().code == "state.write" && learner.error() &&
                       learner.traces().notes.size() == 1 && large.id < 0;
    Traces many;
    many.answers = {said("a", 1)};
    many.notes = {note(std::string(1 << 20, 'y'))};
    const bool nothing = !learner.put(many) && learner.traces().answers.empty();   // not half of it
    const bool again = learner.mark(Mark::Kind::read, "02-x", "a") && !learner.error();
    ::_exit(right && nothing && again ? 0 : 3);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("forgetting a chapter or all, and taking it back") {
  Folder folder;
  auto state = folder.open();
  Learner learner(&state);
  Answer other = said("guess", 0);
  other.chapter = "03-y";
  REQUIRE(learner.answer(said("guess", 1)));
  REQUIRE(learner.answer(other));
  REQUIRE(learner.mark(Mark::Kind::read, "02-x", "a"));
  REQUIRE(learner.checked("02-x", "rope", 5, 5));
  OwnNote one = note("kept");
  REQUIRE(learner.add(one));

  const auto gone = learner.reset("02-x");
  REQUIRE(gone);
  CHECK(gone->answers.size() == 1);
  CHECK(learner.first_answer("02-x", "guess") == nullptr);
  CHECK(learner.first_answer("03-y", "guess") != nullptr);
  CHECK(learner.traces().notes.size() == 1);
  CHECK(Learner(&state).traces().marks.empty());                   // in the file, too
  CHECK(learner.put(*gone) == 3u);
  CHECK(learner.put(*gone) == 0u);                                 // nothing twice
  CHECK(Learner(&state).first_answer("02-x", "guess")->choice == 1);
  REQUIRE(learner.reset(""));
  CHECK(Learner(&state).traces().answers.empty());
  CHECK(Learner(&state).traces().exercises.empty());
}

TEST_CASE("without a file all of it works until the program ends") {
  Learner learner(nullptr);
  REQUIRE(learner.answer(said("guess", 1)));
  OwnNote a = note("a"), b = note("b");
  REQUIRE(learner.add(a));
  REQUIRE(learner.add(b));
  CHECK(a.id != b.id);
  REQUIRE(learner.remove_note(a.id));
  CHECK(learner.traces().notes.size() == 1);
  REQUIRE(learner.reset(""));
  CHECK(learner.first_answer("02-x", "guess") == nullptr);
}

TEST_CASE("export and import are each other's inverse; what is no export is refused") {
  Learner from(nullptr), to(nullptr);
  REQUIRE(from.answer(said("guess", 1, Verdict::skipped)));
  REQUIRE(from.mark(Mark::Kind::tried, "02-x", "capital"));
  REQUIRE(from.checked("02-x", "rope", 2.5, 5));
  Bookmark bookmark{0, {"02-x", "loss", 0.5, "Слова", "ru"}, ""};
  REQUIRE(from.add(bookmark));
  OwnNote one = note("с \"кавычками\"\nи строками"), broken = note("half a char\xD0");
  REQUIRE(from.add(one));
  REQUIRE(from.add(broken));
  const std::string text = to_json(from.traces());
  const auto json = nlohmann::json::parse(text);
  CHECK(json["format"] == "textbook-progress");
  CHECK(json["answers"][0]["verdict"] == "skipped");
  CHECK(json["exercises"][0]["solved"] == false);
  const auto read = traces_from_json(text, "x.json");
  REQUIRE(read);
  CHECK(to.put(*read) == 6u);
  CHECK(to_json(to.traces()) == text);

  const auto error = [](const std::string& broken_text) {
    const auto result = traces_from_json(broken_text, "x.json");
    return result ? "" : result.error().code + (result.error().code == "progress.field" ? " " + result.error().args[0] : "");
  };
  CHECK(error("") == "progress.json");
  CHECK(error("[]") == "progress.json");
  CHECK(error("{\"format\":\"textbook-progress\",\"version\":2}") == "progress.json");
  const std::string start = "{\"format\":\"textbook-progress\",\"version\":1,";
  CHECK(error(start + "\"answers\":{}}") == "progress.field answers");
  CHECK(error(start + "\"marks\":[{\"chapter\":\"a\",\"kind\":\"seen\",\"item\":\"b\",\"at\":\"\"}]}") ==
        "progress.field marks[0].kind");
  CHECK(error(start + "\"notes\":[1]}") == "progress.field notes[0].chapter");
  CHECK(error(start + "\"bookmarks\":[{\"chapter\":\"a\",\"anchor\":\"\",\"fraction\":7,\"snippet\":\"\",\"language\":\"\","
                      "\"at\":\"\"}]}") == "progress.field bookmarks[0].fraction");
  CHECK(error(start + "\"answers\":[]}") == "");
}

// ---- how far one has come ----

TEST_CASE("what there is to do in a chapter, section by section") {
  const std::string lab = "```lab\nlab: tokens\nid: ";
  const auto document = parse_document(
      "# T\n\nFour words stand here.\n\n" + lab + "zero\n```\n\n<a id=\"a\"></a>\n## A part\n\nThree more words.\n\n"
      "- one\n- two\n\n```text\nno words of mine\n```\n\n" + lab + "one\n```\n\n<a id=\"b\"></a>\n### B\n\n"
      "```quiz\nid: q\nquestion: ?\nright: y\nbecause: .\nwrong: n\nbecause: .\n```\n\n```exercise\nid: rope\n```\n\n"
      "```claim\nid: c\nlab: tokens\nvalue: x\nexpect: 1\ntolerance: 0\n```\n",
      "x.md", "en");
  const auto parts = outline(document);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].anchor == "a");
  CHECK(parts[0].labs == std::vector<std::string>{"zero", "one"});
  CHECK(parts[0].words == 1 + 4 + 2 + 3 + 2);     // title, paragraph, heading, paragraph, list
  CHECK(parts[1].level == 3);
  CHECK(parts[1].questions == std::vector<std::string>{"q"});
  CHECK(parts[1].end_block + 1 == document.blocks.size());         // a claim shows nothing
  CHECK(parts[1].exercises == std::vector<std::string>{"rope"});

  Learner learner(nullptr);
  CHECK_FALSE(standing("x", parts[0], learner.traces()).begun());
  REQUIRE(learner.mark(Mark::Kind::read, "x", "a"));
  REQUIRE(learner.mark(Mark::Kind::tried, "x", "one"));
  REQUIRE(learner.mark(Mark::Kind::tried, "x", "gone"));           // a lab that the chapter no longer has
  REQUIRE(learner.mark(Mark::Kind::tried, "y", "zero"));
  const auto first = standing("x", parts[0], learner.traces());
  CHECK(first.read == Count{1, 1});
  CHECK(first.tried == Count{1, 2});
  CHECK_FALSE(first.complete());
  Answer wrong = said("q", 1, Verdict::wrong), right = said("q", 0, Verdict::right);
  wrong.chapter = right.chapter = "x";
  REQUIRE(learner.answer(wrong));
  REQUIRE(learner.answer(right));
  REQUIRE(learner.checked("x", "rope", 5, 5));
  const auto second = standing("x", parts[1], learner.traces());
  CHECK(second.answered == Count{1, 1});
  CHECK(second.first_right == 0);
  CHECK(second.solved == Count{1, 1});
  CHECK(second.begun());
  REQUIRE(learner.mark(Mark::Kind::read, "x", "b"));
  CHECK(standing("x", parts[1], learner.traces()).complete());
  CHECK(outline(parse_document("Text.\n", "x.md", "en")).size() == 1);
  CHECK(outline(parse_document("", "x.md", "en")).size() == 1);
}

TEST_CASE("a section is read when its end was seen and there was time to read it") {
  // Two sections of 100 words, 10 seconds each: blocks 0..4 and 4..8.
  std::vector<SectionOutline> sections(2);
  sections[0] = {"a", "", 2, 0, 4, 100, {}, {}, {}};
  sections[1] = {"b", "", 2, 4, 8, 100, {}, {}, {}};
  CHECK(seconds_to_read(sections[0]) == Approx(10));
  using Read = std::vector<std::size_t>;
  ReadingTime time;
  time.begin(sections);
  CHECK(time.see(0, 0, 3, 2) == Read{});
  CHECK(time.see(30, 1, 4, 3) == Read{});          // long enough, but its end was not in sight
  CHECK(time.see(31, 2, 6, 5) == Read{});
  CHECK(time.see(32, 3, 6, 5) == Read{0});         // the end was in sight since the last call
  CHECK(time.see(33, 0, 8, 8) == Read{});          // once
  CHECK(time.see(40, 0, 4, 4) == Read{});          // 9 seconds in sight of the second
  CHECK(time.see(1000, 5, 8, 8) == Read{});        // the first alone was
  CHECK(time.look_away(1000.5) == Read{});
  CHECK(time.see(2000, 5, 8, 8) == Read{});        // looked away in between
  CHECK(time.see(2001, 5, 8, 8) == Read{1});

  ReadingTime leafing;
  leafing.begin(sections);
  for (int i = 0; i < 9; ++i) CHECK(leafing.see(i, 0, 8, 8) == Read{});
  leafing.begin(sections);                         // the other language: what was seen counts on
  leafing.see(9, 0, 8, 8);
  CHECK(leafing.see(11, 0, 8, 8) == Read{0, 1});

  ReadingTime away;                                // a minute at most for one look
  sections[0].words = 100000;
  away.begin(sections);
  CHECK(seconds_to_read(sections[0]) == Approx(60));
  away.see(0, 0, 4, 4);
  CHECK(away.see(59, 0, 4, 4) == Read{});
  CHECK(away.see(3600, 0, 4, 4) == Read{0});
}
