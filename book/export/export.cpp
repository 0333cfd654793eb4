#include "book/export/export.h"

#include "base/files.h"
#include "book/export/frame.h"
#include "book/export/html.h"
#include "book/export/page.h"
#include "book/verdict.h"

namespace tb::book {

namespace {

constexpr const char* assets[] = {"book.css", "book.js", "theme.js", "icon.svg"};

struct ReadChapter {
  const Chapter& chapter;
  Document document;
};

std::string file_of(const Chapter& chapter) { return chapter.slug + ".html"; }

// A plain script: a page that was opened from a disk may load one, but may not fetch data.
std::string search_index(const std::vector<ReadChapter>& chapters, const Site& site, const Strings& strings) {
  std::string out = "textbookIndex([\n";
  const auto add = [&](const std::string& page, const std::string& chapter, const std::string& title,
                       const std::string& text) {
    out += "[" + quote_script(escape_url(page)) + "," + quote_script(chapter) + "," + quote_script(title) + "," +
           quote_script(text) + "],\n";
  };
  for (const auto& [chapter, document] : chapters)
    for (const SearchEntry& entry : search_entries(document, site.options.root))
      add(file_of(chapter) + (entry.anchor.empty() ? "" : "#" + entry.anchor), document.title, entry.title, entry.text);
  const std::string language(strings.language());
  for (const Term* term : sorted_terms(site.glossary, language))
    add("glossary.html#term." + term->id, strings.get("export.glossary"), term->name.at(language),
        term->definition.at(language));
  return out + "]);\n";
}

std::size_t count_labs(const std::vector<std::vector<ReadChapter>>& book) {
  std::size_t labs = 0;
  for (const auto& language : book)
    for (const ReadChapter& chapter : language)
      for_each_block(chapter.document.blocks, [&](const Block& block) {
        if (block.directive.kind == "lab") labs += 1 + other_runs(block.directive).size();
      });
  return labs;
}

}  // namespace

Result<void> check_export(const std::filesystem::path& to) { return check_folder(to); }

Result<ExportReport> export_book(const ExportOptions& wanted) {
  if (const auto free = check_folder(wanted.to); !free) return tl::unexpected<Error>(free.error());
  Result<std::vector<Chapter>> chapters = read_catalogue(wanted.root / "chapters");
  if (!chapters) return tl::unexpected<Error>(chapters.error());

  // 1. Read everything.
  ExportOptions options = wanted;
  Site site{options, *chapters, {}, {}, {}, {}};
  std::error_code ec;
  if (const auto terms = options.root / "chapters" / "glossary.toml"; std::filesystem::exists(terms, ec)) {
    Result<Glossary> glossary = read_glossary(terms);
    if (!glossary) return tl::unexpected<Error>(glossary.error());
    site.glossary = std::move(*glossary);
  }
  if (const auto letters = options.root / "chapters" / "symbols.toml"; std::filesystem::exists(letters, ec)) {
    Result<Symbols> symbols = read_symbols(letters);
    if (!symbols) return tl::unexpected<Error>(symbols.error());
    site.symbols = std::move(*symbols);
  }
  std::vector<std::filesystem::path> copied;
  for (const char* name : assets) copied.push_back(options.root / "assets" / "export" / name);
  copied.insert(copied.end(), options.fonts.begin(), options.fonts.end());
  for (const std::filesystem::path& path : copied) {
    Result<std::string> bytes = read_file(path);
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    site.files["assets/" + path.filename().string()] = std::move(*bytes);
  }
  std::vector<std::vector<ReadChapter>> book;
  std::vector<std::vector<ContentsEntry>> contents;
  for (const Strings& strings : options.languages) {
    const std::string language(strings.language());
    auto& texts = book.emplace_back();
    auto& entries = contents.emplace_back();
    for (const Chapter& chapter : site.chapters) {
      Result<Document> document = read_document(chapter.file(language), language, chapter.number);
      if (!document) return tl::unexpected<Error>(document.error());
      const auto listed = chapter.title.find(language);
      const std::string title =
          document->title.empty() && listed != chapter.title.end() ? listed->second : document->title;
      entries.push_back({file_of(chapter), chapter.number + ". " + title, sections(*document)});
      list_experiments(*document, site.chapters);
      link_terms(*document, site.glossary);
      texts.push_back({chapter, std::move(*document)});
    }
    if (!site.glossary.terms.empty()) entries.push_back({"glossary.html", strings.get("export.glossary"), {}});
  }

  // 2. Run the labs and write the pages, in memory.
  const std::size_t labs = count_labs(book);
  std::size_t done = 0;
  options.run_lab = [&](const Chapter& chapter, const Directive& lab, const Strings& strings) {
    if (wanted.progress)
      wanted.progress(done, labs, chapter.slug + " " + lab.id + " (" + std::string(strings.language()) + ")");
    ++done;
    return wanted.run_lab(chapter, lab, strings);
  };
  for (std::size_t i = 0; i < book.size(); ++i) {
    const Strings& strings = options.languages[i];
    const std::string folder = std::string(strings.language()) + "/";
    Frame frame{strings, {}, contents[i], "index.html", ""};
    for (const Strings& other : options.languages)
      if (other.language() != strings.language()) frame.others.push_back(&other);
    site.files[folder + "index.html"] = framed(frame, contents_page(frame));
    site.files[folder + "search.js"] = search_index(book[i], site, strings);
    for (std::size_t c = 0; c < book[i].size(); ++c) {
      frame.file = contents[i][c].file;
      frame.title = contents[i][c].title;
      site.files[folder + frame.file] =
          framed(frame, ChapterPage(site, book[i][c].chapter, book[i][c].document, strings).write());
    }
    if (!site.glossary.terms.empty()) {
      frame.file = "glossary.html";
      frame.title = strings.get("export.glossary");
      site.files[folder + frame.file] = framed(frame, glossary_page(site, strings));
    }
  }
  site.files["index.html"] = start_page(options.languages, contents);

  // 3. Write the folder.
  for (const auto& [name, bytes] : site.files) site.report.pages += name.ends_with(".html");
  site.report.files = site.files.size();
  if (const auto written = write_folder(options.to, site.files); !written)
    return tl::unexpected<Error>(written.error());
  return site.report;
}

}  // namespace tb::book
