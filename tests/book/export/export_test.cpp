// The exported book: its structure by outside parsers (check.py: expat and Python's HTML parser), what stands in it, and
// what happens to the folder. The labs here are stand-ins that give plain values.
#include "tests/catch.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "base/files.h"
#include "book/export/export.h"
#include "book/export/html.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::book;
namespace fs = std::filesystem;

namespace {

const char* const english = R"(# First: x < y & "quotes"

Text with *emphasis*, **bold**, `code <x>`, a [section](#tables), [another chapter](02-second#there),
[a page](https://example.org/?a=1&b=2), the claim [91%](claim:mary) and $p_i < 1$.

<a id="search"></a>
## A heading with `code` & $x^2$

<a id="tables"></a>
### Tables

| Left | Right |
|:--|--:|
| a < b | $\frac{1}{2}$ |

> A quotation
>
> - of a list
>   1. within a list

```cpp
if (a < b && c) return "text";  // a comment
  /* over
     lines */
```

![Ten bars](<images/a b.svg>)
*Their caption with $T = 1$.*

```predict
id: guess
lab: capital
question: What comes?
choice: this
choice: that <i>
answer: that <i>
because: So it is.
```

```lab
lab: stub
id: capital
caption: Change & see.
prompt: "a < b "
example: The same
set: prompt="a < b "
example: Now & then
set: prompt=then
```

```lab
lab: broken
id: failing
```

```code
source.cpp#part
caption: The code.
```

```quiz
id: tables
question: Which?
right: This "one"
because: Yes & no.
wrong: That
because: No.
```

```exercise
id: softmax
```

$$\sum_{j} \exp(z_j)$$

---

## Again

## Again

```claim
id: mary
lab: stub
prompt: "<Mary> "
value: bars.p[0]
expect: 0.91382
tolerance: 0.002
```
)";

std::string russian() {
  std::string text = english;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"# First", "# Первая"}, {"[91%]", "[91 %]"}, {"## Again", "## Ещё раз"}, {"Text with", "Текст и"}})
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  return text;
}

void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

Strings strings(const std::string& language) {
  return Strings::load(TEXTBOOK_SOURCE_DIR "/assets/strings", language).value();
}

// A book of two chapters, in a folder of its own.
struct Book {
  TemporaryFolder folder;
  ExportOptions options;

  Book() {
    const fs::path root = fs::path(folder.path) / "root";
    write(root / "chapters/catalogue.toml",
          "[[chapter]]\nslug = \"01-first\"\nnumber = \"1\"\ntitle = { en = \"First\", ru = \"Первая\" }\n"
          "[[chapter]]\nslug = \"02-second\"\nnumber = \"2\"\ntitle = { en = \"Second\", ru = \"Вторая\" }\n");
    write(root / "chapters/01-first/en.md", english);
    write(root / "chapters/01-first/ru.md", russian());
    for (const char* language : {"en", "ru"}) {
      write(root / "chapters/02-second" / (std::string(language) + ".md"),
            "# Second\n\n<a id=\"there\"></a>\n## There\n\nBack to [the first](01-first) and [its "
            "tables](01-first#tables).\n");
      write(root / "chapters/01-first/exercises/softmax" / (std::string(language) + ".md"),
            "# Softmax\n\nWrite it.\n\n<a id=\"hints\"></a>\n## Hints\n\n1. Subtract $\\max_i z_i$.\n2. Divide.\n\n"
            "<a id=\"reasons\"></a>\n## What can be wrong\n\n- `overflow`: The end of the float.\n");
    }
    write(root / "chapters/01-first/exercises/softmax/starter.cpp", "void softmax(int begin) {\n}\n");
    write(root / "chapters/01-first/exercises/softmax/solution.cpp", "void softmax(int solved) {\n}\n");
    write(root / "chapters/01-first/images/a b.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    write(root / "chapters/glossary.toml",
          "[[term]]\nid = \"quotation\"\nsee = \"01-first#tables\"\nen = \"quotation\"\nru = \"quotation\"\n"
          "define.en = \"What <others> said.\"\ndefine.ru = \"Чужие слова.\"\n");
    write(root / "source.cpp", "int a;\n// [part]\nint b = 1 < 2;\n\nint c;\n// [/part]\n");
    fs::create_directories(root / "assets");
    fs::create_directory_symlink(fs::path(TEXTBOOK_SOURCE_DIR) / "assets/export", root / "assets/export");
    options.root = root;
    options.to = fs::path(folder.path) / "out";
    options.languages = {strings("en"), strings("ru")};
    options.run_lab = [](const Chapter&, const Directive& lab, const Strings&) -> Result<LabRun> {
      if (lab.value("lab") == "broken") return fail("lab.empty", "01-first#failing");
      const Drawing drawing{"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 576, 200};
      return LabRun{"A stub", {{"Prompt", lab.value("prompt")}}, {{"Top", "8"}}, "By nobody", "", "Bars: a < b, 50%.",
                    drawing, drawing, drawing, drawing, {{"Values", {"No.", "p"}, {{"0", "50%"}}, 3}}};
    };
  }

  ExportReport write_book() {
    const auto report = export_book(options);
    INFO((report ? "" : report.error().code + " " + report.error().where));
    REQUIRE(report);
    return *report;
  }
  std::string page(const std::string& name) const { return read_file(options.to / name).value(); }
};

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      out[entry.path().lexically_relative(folder).generic_string()] = read_file(entry.path()).value();
  return out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an exported book passes the outside parsers") {
  Book book;
  const ExportReport report = book.write_book();
  CHECK(report.pages == 9);   // the start; in each language the contents, two chapters and the glossary
  CHECK(report.figures == 6);                    // a picture, a lab and another example of it in each language
  const std::string command =
      "python3 " TEXTBOOK_SOURCE_DIR "/tests/book/export/check.py '" + book.options.to.string() + "' >&2";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("the outside parsers find what is broken") {
  const auto found = [](const std::string& from, const std::string& to) {
    Book book;
    book.write_book();
    const fs::path page = book.options.to / "en/01-first.html";
    std::string text = read_file(page).value();
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write(page, text.replace(at, from.size(), to));
    return std::system(("python3 " TEXTBOOK_SOURCE_DIR "/tests/book/export/check.py '" + book.options.to.string() +
                        "' > /dev/null").c_str()) != 0;
  };
  CHECK(found("</p>", ""));
  CHECK(found("#tables", "#nowhere"));
  CHECK(found("02-second.html", "03-third.html"));
  CHECK(found("id=\"tables\"", "id=\"search\""));
  CHECK(found("alt=\"Ten bars\"", "alt=\"\""));
  CHECK(found("lang=\"en\"", "lang=\"fr\""));
  CHECK(found("<h3", "<h5"));
  CHECK(found("<blockquote>", "<blockquote onclick=\"x()\">"));
  CHECK(found("../assets/book.css", "https://example.org/book.css"));
}

TEST_CASE("everything of a chapter is on its page") {
  Book book;
  book.write_book();
  const std::string en = book.page("en/01-first.html"), ru = book.page("ru/01-first.html");
  CHECK(has(en, "<html lang=\"en\">"));
  CHECK(has(ru, "<html lang=\"ru\">"));
  CHECK(has(en, "<title>1. First: x &lt; y &amp; &quot;quotes&quot; · How a Neural Network Thinks</title>"));
  CHECK(has(en, "<em>emphasis</em>, <strong>bold</strong>, <code>code &lt;x&gt;</code>"));
  CHECK(has(en, "<a href=\"#tables\">section</a>"));
  CHECK(has(en, "<a href=\"02-second.html#there\">another chapter</a>"));
  CHECK(has(en, "<a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noopener noreferrer\">a page</a>"));
  CHECK(has(en, "<a href=\"../ru/01-first.html\" class=\"language\" lang=\"ru\" hreflang=\"ru\">По-русски</a>"));
  // The claim: as the text cites it, and what it rests on, as the language writes numbers.
  CHECK(has(en, "<a href=\"#claim.mary\" id=\"cited.mary\" class=\"claim\">91%</a>"));
  CHECK(has(en, "<th scope=\"row\"><a href=\"#cited.mary\">91%</a></th>"));
  CHECK(has(en, "= 0.9138 ± 0.0020"));
  CHECK(has(ru, "= 0,9138 ± 0,0020"));
  CHECK(has(en, "prompt: <code>&lt;Mary&gt;·</code>"));
  // An anchor that is also the name of a part of the page or of a directive stays its own.
  CHECK(has(en, "<h2 id=\"search\">"));
  CHECK(has(en, "id=\"quiz.tables\""));
  CHECK(has(en, "<th scope=\"col\" class=\"right\">Right</th>"));
  CHECK(has(en, "<td class=\"left\">a &lt; b</td>"));
  CHECK(has(en, "<img src=\"../images/01-first/images/a%20b.svg\" alt=\"Ten bars\"/>"));
  CHECK(has(en, ".1.</strong> Their caption with <math"));
  // A term leads to the glossary, and the glossary back.
  CHECK(has(
      en, "<a href=\"glossary.html#term.quotation\" class=\"term\" title=\"What &lt;others&gt; said.\">quotation</a>"));
  CHECK(has(book.page("ru/glossary.html"),
            "<dt id=\"term.quotation\">quotation</dt>\n<dd>Чужие слова. <a href=\"01-first.html#tables\""));
  // Code: a line each, and a comment over several lines is coloured in each of them.
  CHECK(has(en, "<span class=\"keyword\">if</span> (a &lt; b &amp;&amp; c)"));
  CHECK(has(en,
            "<span class=\"comment\">/* over</span>\n</span><span class=\"line\"><span class=\"comment\">     lines "
            "*/</span>"));
  CHECK(has(
      en,
      "<span class=\"keyword\">int</span> b = <span class=\"number\">1</span> &lt; <span class=\"number\">2</span>;"));
  CHECK(has(en, "source.cpp#part"));
  // The lab: inputs, sentence, numbers, the line that opens it; its result is covered, since it is asked for before.
  CHECK(has(en, "<dt>Prompt</dt><dd>a &lt; b </dd>"));
  CHECK(has(en, "alt=\"Bars: a &lt; b, 50%.\""));
  CHECK(has(en, "3 further rows are not shown."));
  CHECK(has(ru, "Ещё 3\u00a0строки не показаны."));
  CHECK(has(en, "./textbook open '01-first#tables?lab=capital'"));
  // What the lab's examples show, but for the one that shows the same.
  CHECK(has(en, "Also: Now &amp; then</summary>"));
  CHECK(has(en, "figures/01-first/capital.2-light.svg"));
  CHECK(!has(en, "The same</summary>"));
  CHECK(has(en, "<summary>Show the result</summary>"));
  CHECK(has(en, "<strong>that &lt;i&gt;</strong> So it is."));
  CHECK(has(en, "<details class=\"choice right\"><summary>This &quot;one&quot;</summary>"));
  CHECK(has(en, "<h4>Softmax</h4>"));
  CHECK(has(en, "./textbook start softmax"));
  CHECK(has(en, "./textbook check softmax"));
  CHECK(has(en, "<details class=\"hint\"><summary>Hint 2 of 2</summary>"));
  CHECK(has(en, " begin) {"));
  CHECK_FALSE(has(en, "solved"));                // the solution stays where it is, and what the checker will say
  CHECK_FALSE(has(en, "The end of the float"));
}

TEST_CASE("what a lab or a chapter has wrong is shown in its place and reported") {
  Book book;
  const std::string text =
      std::string(english) +
      "\n$$\\frobnicate$$\n\n$x^2^3$\n\n![Lost](images/none.png)\n\n```code\nsource.cpp#none\n```\n\n"
      "```exercise\nid: unwritten\n```\n\n"
                           "A [gone](#gone), [lost](03-none), [false](claim:none), [run](javascript:x).\n\n"
                           "# Another title\n\n##### Too deep\n";
  write(book.options.root / "chapters/01-first/en.md", text);
  const ExportReport report = book.write_book();
  std::vector<std::string> codes;
  for (const Error& error : report.errors) codes.push_back(error.code);
  for (const char* code :
       {"lab.empty", "formula.command", "formula.script", "export.image", "region.missing", "export.exercise"}) {
    INFO(code);
    CHECK(std::find(codes.begin(), codes.end(), code) != codes.end());
  }
  const std::string page = book.page("en/01-first.html");
  CHECK(std::count(codes.begin(), codes.end(), "export.link") == 4);
  CHECK(!has(page, "javascript"));
  CHECK(has(page, "\\frobnicate"));
  CHECK(has(page, "<code>chapters/01-first/en.md:"));
  CHECK(!has(page, book.folder.path));           // no page tells where it was made
  const std::string command =
      "python3 " TEXTBOOK_SOURCE_DIR "/tests/book/export/check.py '" + book.options.to.string() + "' >&2";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("the index of the search is a script that holds every section") {
  Book book;
  book.write_book();
  for (const char* language : {"en", "ru"}) {
    std::string script = book.page(std::string(language) + "/search.js");
    REQUIRE(script.starts_with("textbookIndex("));
    REQUIRE(script.ends_with(",\n]);\n"));
    CHECK(!has(script, "<"));
    const auto index = nlohmann::json::parse(script.substr(14, script.size() - 14 - 6) + "]");
    std::vector<std::string> pages;
    std::string all;
    for (const auto& entry : index) {
      pages.push_back(entry[0]);
      all += entry[3].get<std::string>();
    }
    CHECK(std::find(pages.begin(), pages.end(), "01-first.html#tables") != pages.end());
    CHECK(std::find(pages.begin(), pages.end(), "02-second.html#there") != pages.end());
    CHECK(std::find(pages.begin(), pages.end(), "glossary.html#term.quotation") != pages.end());
    for (const char* part : {"A quotation", "a < b", "Change & see.", "That", "int b = 1 < 2;", "∑_j"})
      CHECK(has(all, part));
    CHECK(!has(all, "expect"));
  }
}

TEST_CASE("the same inputs give the same bytes") {
  Book book;
  book.write_book();
  const auto first = files_of(book.options.to);
  book.write_book();                             // over itself
  CHECK(files_of(book.options.to) == first);
  book.options.to = fs::path(book.folder.path) / "deeper/than/before";
  book.write_book();
  CHECK(files_of(book.options.to) == first);
}

TEST_CASE("a later export replaces its own files and no others") {
  Book book;
  book.write_book();
  write(book.options.to / "mine.txt", "notes");
  write(book.options.root / "chapters/catalogue.toml",
        "[[chapter]]\nslug = \"02-second\"\nnumber = \"2\"\ntitle = { en = \"Second\", ru = \"Вторая\" }\n");
  for (const char* language : {"en", "ru"})
    write(book.options.root / "chapters/02-second" / (std::string(language) + ".md"), "# Second\n");
  book.write_book();
  CHECK(!fs::exists(book.options.to / "en/01-first.html"));
  CHECK(fs::exists(book.options.to / "en/02-second.html"));
  CHECK(book.page("mine.txt") == "notes");
}

TEST_CASE("a folder that is not ours is left alone") {
  Book book;
  const auto code = [&] {
    const auto report = export_book(book.options);
    return report ? "" : report.error().code;
  };
  write(book.options.to / "thesis.doc", "years of work");
  CHECK(code() == "export.foreign");
  CHECK(export_book(book.options).error().args.at(0) == "thesis.doc");
  CHECK(files_of(book.options.to).size() == 1);
  write(book.options.to / "textbook-export.txt", "something else");
  CHECK(code() == "export.foreign");

  const fs::path folder = book.folder.path;
  book.options.to = folder / "file";
  write(book.options.to, "a file");
  CHECK(code() == "export.file");
  book.options.to = folder / "file/below";
  CHECK(code() == "export.folder");
  // Nothing can be made there, although the folder above may be written to: said before the labs are run.
  fs::create_symlink(folder / "nowhere", folder / "link");
  CHECK(check_export(folder / "link").error().code == "export.folder");
  book.options.to = folder / "empty";
  fs::create_directories(book.options.to);
  CHECK(code().empty());
  // A list that was tampered with must not make us remove what is not ours.
  std::ofstream(book.options.to / "textbook-export.txt", std::ios::app) << "../file\n";
  CHECK(code() == "export.list");
  CHECK(fs::exists(folder / "file"));
}

TEST_CASE("a file of the reader's under a name that an export comes to need is not written over") {
  Book book;
  book.write_book();
  fs::remove(book.options.to / "en/glossary.html");
  const fs::path list = book.options.to / "textbook-export.txt";
  std::string names = book.page("textbook-export.txt");
  names.erase(names.find("en/glossary.html\n"), std::string("en/glossary.html\n").size());
  write(list, names);                            // as if written by an export that knew no such page
  write(book.options.to / "en/glossary.html", "my own words");
  const auto report = export_book(book.options);
  REQUIRE(!report);
  CHECK(report.error().code == "export.foreign");
  CHECK(report.error().args.at(0) == "en/glossary.html");
  CHECK(book.page("en/glossary.html") == "my own words");
}

TEST_CASE("what a list that was cut off in its making left behind is in nobody's way") {
  Book book;
  write(book.options.to / "textbook-export.txt.a1B2c3", "Files of a");
  book.write_book();
}

TEST_CASE("a disk that fills up is said, and the next export goes over what is there") {
  Book book;
  // No file may grow beyond the size of the list: the first page fails as on a full disk.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto report = export_book(book.options);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE(!report);
  CHECK(report.error().code == "export.write");
  CHECK(!report.error().args.empty());
  book.write_book();
}

TEST_CASE("a text in the other alphabet is read in its own voice") {
  CHECK(voice("The capital of France is", "ru") == " lang=\"en\"");
  CHECK(voice("Столица Франции", "en") == " lang=\"ru\"");
  for (const char* language : {"en", "ru"})
    for (const char* text : {"", "0.5", "Hello, мир"}) CHECK(voice(text, language).empty());
  CHECK(voice("Hello", "en").empty());
  CHECK(voice("Привет", "ru").empty());
}

TEST_CASE("text in HTML and in scripts") {
  CHECK(escape_html("a<b & \"c\">\x01") == "a&lt;b &amp; &quot;c&quot;&gt;");
  CHECK(escape_html("\xFF") == "\uFFFD");
  CHECK(quote_script("a\"\\\n</script>\u2028") == "\"a\\\"\\\\\\u000A\\u003C/script>\\u2028\"");
  CHECK(visible_blanks("  a b\nc ") == "··a b↵ c·");
  CHECK(visible_blanks("   ") == "···");
  CHECK(escape_url("a b/ё#x") == "a%20b/%D1%91#x");
}
