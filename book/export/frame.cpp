#include "book/export/frame.h"

#include "book/export/html.h"

namespace tb::book {

namespace {

std::string word(const Strings& strings, std::string_view key) { return escape_html(strings.get(key)); }

std::string link(const std::string& href, const std::string& text, const std::string& attributes = "") {
  return "<a href=\"" + escape_html(escape_url(href)) + "\"" + attributes + ">" + text + "</a>";
}

// The theme is set before anything is drawn; the rest of the script can wait.
std::string head(const std::string& language, const std::string& title, const std::string& up) {
  return "<!DOCTYPE html>\n<html lang=\"" + language +
         "\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
         "initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>" +
         escape_html(title) + "</title>\n<link rel=\"icon\" href=\"" + up + "assets/icon.svg\"/>\n<script src=\"" + up +
         "assets/theme.js\"></script>\n<link rel=\"stylesheet\" href=\"" + up +
         "assets/book.css\"/>\n<script src=\"" + up + "assets/book.js\" defer=\"defer\"></script>\n</head>\n";
}

std::string sections_of(const ContentsEntry& entry, const std::string& before) {
  std::string out, inner;
  const auto close = [&] {
    if (!inner.empty()) out += "\n<ol>\n" + std::exchange(inner, "") + "</ol>\n";
  };
  bool open = false;
  for (const Section& section : entry.sections) {
    const std::string item = link(before + "#" + section.anchor, escape_html(section.title));
    if (section.level == 3 && open) {
      inner += "<li>" + item + "</li>\n";
      continue;
    }
    close();
    out += (open ? "</li>\n<li>" : "<li>") + item;
    open = true;
  }
  close();
  return open ? "<ol>\n" + out + "</li>\n</ol>\n" : "";
}

// All chapters; the sections of the one that is being read.
std::string contents(const Frame& frame) {
  std::string out = "<nav class=\"contents\" id=\"page.contents\" aria-label=\"" +
                    word(frame.strings, "export.contents") + "\">\n<ol class=\"chapters\">\n";
  for (const ContentsEntry& entry : frame.contents) {
    const bool here = entry.file == frame.file;
    out += "<li>" + link(entry.file, escape_html(entry.title), here ? " aria-current=\"page\"" : "");
    if (here) out += "\n" + sections_of(entry, "");
    out += "</li>\n";
  }
  return out + "</ol>\n</nav>\n";
}

std::string top_bar(const Frame& frame) {
  const Strings& s = frame.strings;
  std::string out =
      "<header class=\"top\">\n" + link("index.html", word(s, "book.title"), " class=\"book\"") +
      "\n<div class=\"tools\">\n<button type=\"button\" class=\"scripted narrow\" data-opens=\"contents\" "
      "aria-expanded=\"false\" aria-controls=\"page.contents\">" +
      word(s, "export.contents") +
      "</button>\n<button type=\"button\" class=\"scripted\" data-opens=\"search\" aria-keyshortcuts=\"/\">" +
      word(s, "export.search.title") + "</button>\n";
  for (const Strings* other : frame.others) {
    const std::string language(other->language());
    out += link("../" + language + "/" + frame.file, word(*other, "export.this-language"),
                " class=\"language\" lang=\"" + language + "\" hreflang=\"" + language + "\"") + "\n";
  }
  out += "<label class=\"scripted\"><span class=\"unseen\">" + word(s, "export.colours.title") +
         "</span><select id=\"page.theme\" autocomplete=\"off\">\n";
  for (const char* theme : {"auto", "light", "dark"})
    out += "<option value=\"" + std::string(theme) + "\">" + word(s, std::string("export.colours.") + theme) +
           "</option>\n";
  return out + "</select></label>\n</div>\n</header>\n";
}

// Filled in by book.js, which finds its words here.
std::string search_dialog(const Strings& s) {
  const auto data = [&](const std::string& name) {
    return " data-" + name + "=\"" + word(s, "export.search." + name) + "\"";
  };
  return "<dialog id=\"page.search\" class=\"search\" aria-labelledby=\"page.search-title\" data-index=\"search.js\"" +
         data("found") + data("none") + ">\n<form method=\"dialog\">\n<h2 id=\"page.search-title\">" +
         word(s, "export.search.title") + "</h2>\n<button type=\"submit\">" + word(s, "export.search.close") +
         "</button>\n</form>\n<label><span class=\"unseen\">" + word(s, "export.search.hint") +
         "</span><input type=\"search\" id=\"page.query\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"" +
         word(s, "export.search.hint") +
         "\"/></label>\n<p class=\"note\" role=\"status\"></p>\n<ol class=\"results\" aria-label=\"" +
         word(s, "export.search.results") + "\"></ol>\n</dialog>\n";
}

std::string neighbours(const Frame& frame) {
  std::string before = link("index.html", word(frame.strings, "export.contents"), " rel=\"prev\""), after;
  for (std::size_t i = 0; i < frame.contents.size(); ++i) {
    if (frame.contents[i].file != frame.file) continue;
    const auto to = [&](std::size_t other, const char* key, const char* rel) {
      return link(frame.contents[other].file, "<span>" + word(frame.strings, key) + "</span> " +
                  escape_html(frame.contents[other].title), std::string(" rel=\"") + rel + "\"");
    };
    if (i > 0) before = to(i - 1, "export.previous", "prev");
    if (i + 1 < frame.contents.size()) after = to(i + 1, "export.next", "next");
  }
  return "<nav class=\"neighbours\" aria-label=\"" + word(frame.strings, "export.neighbours") + "\">\n" + before +
         "\n" + after + "\n</nav>\n";
}

}  // namespace

std::string framed(const Frame& frame, const std::string& inside) {
  const Strings& s = frame.strings;
  const std::string book = s.get("book.title");
  std::string out = head(std::string(s.language()), frame.title.empty() ? book : frame.title + " · " + book, "../");
  out += "<body>\n<a class=\"skip\" href=\"#page.main\">" + word(s, "export.skip") + "</a>\n" + top_bar(frame) +
         contents(frame) + "<main id=\"page.main\" tabindex=\"-1\">\n" + inside +
         (frame.title.empty() ? "" : neighbours(frame)) + "</main>\n<footer>\n<p>" + word(s, "export.footer") +
         "</p>\n</footer>\n" + search_dialog(s) + "</body>\n</html>\n";
  return out;
}

std::string contents_page(const Frame& frame) {
  const Strings& s = frame.strings;
  std::string out =
      "<h1>" + word(s, "book.title") + "</h1>\n<h2>" + word(s, "export.chapters") + "</h2>\n<ol class=\"whole\">\n";
  for (const ContentsEntry& entry : frame.contents)
    out += "<li>" + link(entry.file, escape_html(entry.title)) + "\n" + sections_of(entry, entry.file) + "</li>\n";
  out += "</ol>\n<h2>" + word(s, "export.about.title") + "</h2>\n";
  for (const char* key : {"export.about.readers", "export.about.figures", "export.about.keys", "export.about.network"})
    out += "<p>" + word(s, key) + "</p>\n";
  return out;
}

std::string start_page(const std::vector<Strings>& languages, const std::vector<std::vector<ContentsEntry>>& contents) {
  const std::string first(languages.front().language());
  std::string out =
      head(first, languages.front().get("book.title"), "") + "<body class=\"start\">\n<main id=\"page.main\">\n";
  for (std::size_t i = 0; i < languages.size(); ++i) {
    const Strings& s = languages[i];
    const std::string language(s.language()), tag = i == 0 ? "h1" : "h2";
    out += "<section lang=\"" + language + "\">\n<" + tag + ">" + word(s, "book.title") + "</" + tag + ">\n<p>" +
           word(s, "export.about.readers") + "</p>\n<p>" +
           link(language + "/index.html", word(s, "export.read"), " class=\"button\" hreflang=\"" + language + "\"") +
           "</p>\n<ol class=\"whole\">\n";
    for (const ContentsEntry& entry : contents[i])
      out += "<li>" + link(language + "/" + entry.file, escape_html(entry.title)) + "</li>\n";
    out += "</ol>\n</section>\n";
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace tb::book
