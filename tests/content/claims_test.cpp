// The numbers that the chapters state hold for the model at hand, and `textbook claims` tells a true one from an
// untrue one. The program itself is run; what did not change since the last time is not computed again. What rests on
// labs that train is in training_claims_test.cpp.
#include "tests/content/run_claims.h"

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "base/files.h"

namespace fs = std::filesystem;
using nlohmann::json;
using namespace tb::testing;

namespace {

// A book of one chapter beside the real labs and strings, with a cache of its own that shares the model.
struct SmallBook {
  fs::path root = fs::temp_directory_path() / ("textbook-claims-" + std::to_string(::getpid()));
  fs::path cache = root / "cache";

  SmallBook() {
    fs::remove_all(root);
    fs::create_directories(root / "chapters" / "01-a");
    fs::create_directories(cache);
    for (const auto* folder : {"assets", "labs"}) {
      fs::create_directory_symlink(fs::path(TEXTBOOK_SOURCE_DIR) / folder, root / folder);
    }
    fs::create_directory_symlink(tb::cache_folder() / "deps", cache / "deps");
    REQUIRE(tb::write_file(root / "chapters" / "catalogue.toml",
                           "[[chapter]]\nslug = \"01-a\"\nnumber = \"1\"\ntitle = { en = \"A\", ru = \"А\" }\n"));
    ::setenv("TEXTBOOK_ROOT", root.c_str(), 1);
    ::setenv("TEXTBOOK_CACHE", cache.c_str(), 1);
  }
  ~SmallBook() {
    ::unsetenv("TEXTBOOK_ROOT");
    if (had_cache) ::setenv("TEXTBOOK_CACHE", former_cache.c_str(), 1);
    else ::unsetenv("TEXTBOOK_CACHE");
    fs::remove_all(root);
  }

  void write(const std::string& markdown) {
    for (const auto* file : {"en.md", "ru.md"}) REQUIRE(tb::write_file(root / "chapters" / "01-a" / file, markdown));
  }

  bool had_cache = std::getenv("TEXTBOOK_CACHE") != nullptr;
  std::string former_cache = had_cache ? std::getenv("TEXTBOOK_CACHE") : "";
};

std::string claim(const std::string& lines) { return "# A\n\n```claim\nid: letters\nlab: tokens\n" + lines + "```\n"; }

}  // namespace

TEST_CASE("every claim of the book that needs no training holds") { check_all("--quick"); }

TEST_CASE("a wrong answer to a prediction is found") {
  SmallBook book;
  const auto ask = [](const std::string& lines) {
    return "# A\n\n```predict\nid: guess\nlab: words\nquestion: How many?\nset: text=abcde\n" + lines +
           "```\n\n```lab\nlab: tokens\nid: words\ntext: ab\n```\n";
  };
  const auto first = [&](const std::string& lines) {
    book.write(ask(lines));
    const auto [code, out] = run("--json");
    INFO(out);
    REQUIRE(code != 2);
    const auto all = json::parse(out);
    CHECK(code == (all["untrue"] == 0 ? 0 : 1));
    return std::pair(all["untrue"].get<int>(), all["predictions"].size() == 2 ? all["predictions"][0] : json());
  };
  const std::string choices = "choice: few\nis: ..4\nchoice: five\nis: 5\nvalue: count.bytes\nanswer: ";
  const auto [good, told] = first(choices + "five\n");   // the preset has two bytes, what is asked about has five
  CHECK(good == 0);
  CHECK(told["measured"] == 5);
  CHECK(told["answer"] == "five");
  CHECK(told["inputs"]["text"] == "abcde");
  CHECK(first(choices + "few\n").first == 2);
  const std::string guess = "guess: number\nmin: 0\nmax: 9\nvalue: count.bytes\n";
  CHECK(first(guess + "answer: 6\ntolerance: 1\n").first == 0);
  CHECK(first(guess + "answer: 6\n").first == 2);
  book.write(ask("choice: a\nis: 1\nchoice: b\nvalue: count.bites\nanswer: a\n"));
  CHECK(json::parse(run("--json").out)["error"]["code"] == "snapshot.column");
}

TEST_CASE("an untrue claim is found, and only what changed is computed") {
  SmallBook book;
  // Five letters of Latin script are five bytes: known without any model.
  book.write(claim("text: \"abcde\"\nvalue: count.bytes\nexpect: 5\ntolerance: 0\n"));
  auto first = run("1 --json");
  INFO(first.out);
  REQUIRE(first.code == 0);
  CHECK(json::parse(first.out)["computed"] == 1);
  CHECK(json::parse(first.out)["claims"][0]["measured"] == 5);
  CHECK(json::parse(first.out)["claims"][0]["languages"] == json{"en", "ru"});

  const auto again = run("--json");
  CHECK(again.code == 0);
  CHECK(json::parse(again.out)["computed"] == 0);

  book.write(claim("text: \"abcde\"\nvalue: count.bytes\nexpect: 6\ntolerance: 0.5\n"));
  const auto untrue = run("--json");
  CHECK(untrue.code == 1);
  CHECK(json::parse(untrue.out)["untrue"] == 1);
  CHECK(json::parse(untrue.out)["computed"] == 0);

  book.write(claim("text: \"abcdef\"\nvalue: count.bytes\nexpect: 6\ntolerance: 0.5\n"));
  const auto changed = run("--json");
  CHECK(changed.code == 0);
  CHECK(json::parse(changed.out)["computed"] == 1);

  const auto all = run("--all --json");
  CHECK(all.code == 0);
  CHECK(json::parse(all.out)["computed"] == 1);
}

TEST_CASE("the verdict of an experiment is held against what was measured") {
  SmallBook book;
  // "abcde": five bytes in one token, known without any model but for the tokens, of which there is at least one.
  const auto verdict = [&](const std::string& lines) {
    book.write(claim("text: \"abcde\"\nvalue: count.bytes\nexpect: 5\ntolerance: 0\nsays: Few bytes\n" + lines));
    const auto [code, out] = run("--json");
    INFO(out);
    REQUIRE(code != 2);
    const auto one = json::parse(out)["claims"][0];
    CHECK(one["holds"] == (code == 0));
    CHECK(one["says"] == "Few bytes");
    return std::pair(one["verdict"].get<std::string>(), code);
  };
  using Told = std::pair<std::string, int>;
  CHECK(verdict("supported: ..6\nverdict: supported\n") == Told{"supported", 0});
  CHECK(verdict("supported: ..4\nverdict: supported\n") == Told{"refuted", 1});   // the number holds, the verdict does not
  CHECK(verdict("supported: ..4\nverdict: refuted\n") == Told{"refuted", 0});
  // An interval from the number of tokens to that of bytes.
  const std::string interval = "low: count.tokens\nhigh: count.bytes\n";
  CHECK(verdict("supported: ..4.5\nverdict: undecided\n" + interval) == Told{"undecided", 0});
  CHECK(verdict("supported: 6..\nverdict: refuted\n" + interval) == Told{"refuted", 0});
  CHECK(run("").out.find("Few bytes: refuted") != std::string::npos);
}

TEST_CASE("a claim that cannot be checked is an error at its line") {
  SmallBook book;
  const auto error = [&](const std::string& markdown) {
    book.write(markdown);
    const auto [code, out] = run("--json");
    INFO(out);
    CHECK(code == 2);
    return json::parse(out)["error"];
  };
  const auto broken = error(claim("value: count.bytes\nexpect: many\ntolerance: 0\n"));
  CHECK(broken["code"] == "directive.number");
  CHECK(broken["where"].get<std::string>().ends_with("01-a/en.md:7"));
  const auto unknown = error(claim("txt: abc\nvalue: count.bytes\nexpect: 3\ntolerance: 0\n"));
  CHECK(unknown["code"] == "input.unknown");
  CHECK(unknown["where"].get<std::string>().find("01-a/en.md:3") != std::string::npos);
  const auto column = error(claim("text: abc\nvalue: count.bites\nexpect: 3\ntolerance: 0\n"));
  CHECK(column["code"] == "snapshot.column");
  CHECK(column["where"].get<std::string>().ends_with("01-a/en.md:3"));
}
