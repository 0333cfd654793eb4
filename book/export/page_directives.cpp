// The blocks between the paragraphs: labs, predictions, quizzes, exercises, code of the program, and the claims.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/files.h"
#include "base/numbers.h"
#include "book/code_region.h"
#include "book/directive.h"
#include "book/export/html.h"
#include "book/export/page.h"
#include "book/place.h"
#include "book/predict.h"

namespace tb::book {

namespace {

std::string definition(const std::pair<std::string, std::string>& entry, std::string_view language) {
  return "<div><dt>" + escape_html(entry.first) + "</dt><dd" + voice(entry.second, language) + ">" +
         escape_html(entry.second) + "</dd></div>\n";
}

std::string cells(const std::vector<std::string>& row, const std::string& tag) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool head = tag == "td" && i == 0;     // the first cell of a line names it
    out += head ? "<th scope=\"row\">" : tag == "th" ? "<th scope=\"col\">" : "<td>";
    out += escape_html(row[i]) + (head || tag == "th" ? "</th>" : "</td>");
  }
  return "<tr>" + out + "</tr>\n";
}

std::string data_table(const DataTable& table, const Strings& strings) {
  std::string out = "<div class=\"scroll\"><table class=\"data\">\n<caption>" + escape_html(table.title) +
                    "</caption>\n<thead>\n" + cells(table.header, "th") + "</thead>\n<tbody>\n";
  for (const auto& row : table.rows) out += cells(row, "td");
  out += "</tbody>\n</table></div>\n";
  if (table.left_out > 0)
    out += "<p class=\"note\">" +
           escape_html(strings.plural("export.rows-left-out", static_cast<std::int64_t>(table.left_out))) + "</p>\n";
  return out;
}

// A line for a shell; what stands in single quotes is taken as it is.
std::string command(const std::string& line) { return "<code class=\"command\">" + escape_html(line) + "</code>"; }

std::string shell_quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

// As many digits as the tolerance gives meaning to.
int decimals_of(double tolerance, double value) {
  if (value == std::floor(value) && tolerance == std::floor(tolerance)) return 0;
  if (tolerance > 0) return std::max(0, 1 - static_cast<int>(std::floor(std::log10(tolerance))));
  return 4;
}

}  // namespace

std::vector<OtherRun> other_runs(const Directive& lab) {
  std::vector<OtherRun> out;
  std::size_t number = 0;
  for (const Example& example : examples(lab)) {
    Directive other = with_example(lab, example, lab.id + "." + std::to_string(++number));
    if (other.inputs() != lab.inputs()) out.push_back({example.name, std::move(other)});
  }
  return out;
}

std::string ChapterPage::directive(const Block& block) {
  const Directive& d = block.directive;
  if (d.kind == "lab") return lab(d);
  if (d.kind == "predict") return predict(d);
  if (d.kind == "quiz") return quiz(d);
  if (d.kind == "exercise") return exercise(block);
  if (d.kind == "code") return code_region(block);
  return {};                                     // claims stand at the end of the chapter
}

std::string ChapterPage::lab(const Directive& d) {
  Result<LabRun> run = site_.options.run_lab(chapter_, d, strings_);
  std::string out = "<figure class=\"lab\"" + id("lab." + d.id) + ">\n";
  if (run) {
    out += "<p class=\"kind\"><span>" + word("export.lab") + "</span> " + escape_html(run->title) + "</p>\n";
    std::string body = lab_body(d, *run) + examples_of(d);
    // What the reader was just asked to predict stays covered until it is asked for.
    if (predicted_.contains(d.id))
      body = "<details class=\"cover\"><summary>" + word("export.show-result") + "</summary>\n" + body + "</details>\n";
    out += body;
  } else {
    site_.add_error(run.error());
    out += "<p class=\"kind\"><span>" + word("export.lab") + "</span> <code>" + escape_html(d.id) + "</code></p>\n" +
           error(run.error());
  }
  out += "<figcaption>\n";
  if (const std::string caption = d.value("caption"); !caption.empty())
    out += "<p><strong>" + word("export.try-live") + "</strong> " + escape_html(caption) + "</p>\n";
  const Place live{.chapter = chapter_.slug, .anchor = section_, .lab = d.id};
  out += "<p class=\"note\">" + word("export.open-live") + " " +
         command("./textbook open " + shell_quoted(to_string(live))) + "</p>\n";
  return out + "</figcaption>\n</figure>\n";
}

std::string ChapterPage::lab_body(const Directive& d, const LabRun& run) {
  std::string out;
  if (!run.set.empty()) {
    out += "<dl class=\"inputs\">\n";
    for (const auto& entry : run.set) out += definition(entry, strings_.language());
    out += "</dl>\n";
  }
  out += run.light.svg.empty() ? "<p class=\"note\">" + escape_html(run.note) + "</p>\n" : picture(d, run);
  if (!run.origin.empty()) out += "<p class=\"note\">" + escape_html(run.origin) + "</p>\n";
  if (run.tables.empty() && run.rest.empty()) return out;
  out += "<details class=\"numbers\"><summary>" + word(run.tables.empty() ? "export.other-inputs" : "export.numbers") +
         "</summary>\n";
  for (const DataTable& table : run.tables) out += data_table(table, strings_);
  if (!run.rest.empty()) {
    if (!run.tables.empty()) out += "<p class=\"note\">" + word("export.other-inputs") + "</p>\n";
    out += "<dl class=\"inputs\">\n";
    for (const auto& entry : run.rest) out += definition(entry, strings_.language());
    out += "</dl>\n";
  }
  return out + "</details>\n";
}

// What a click shows in the reader, each with its own drawing.
std::string ChapterPage::examples_of(const Directive& d) {
  std::string out;
  for (const OtherRun& other : other_runs(d)) {
    Result<LabRun> run = site_.options.run_lab(chapter_, other.lab, strings_);
    if (!run) site_.add_error(run.error());
    out += "<details class=\"example\"><summary>" + word("export.example") + " " + escape_html(other.name) +
           "</summary>\n" + (run ? lab_body(other.lab, *run) : error(run.error())) + "</details>\n";
  }
  return out;
}

// Of the four drawings one is shown: by the page's colours, and by the width of the window.
std::string ChapterPage::picture(const Directive& d, const LabRun& run) {
  const std::string base = "figures/" + chapter_.slug + "/" + d.id;
  const auto file = [&](const Drawing& drawing, const std::string& name) {
    site_.files[language_ + "/" + base + name] = drawing.svg;
    return escape_html(escape_url(base + name));
  };
  const auto image = [&](const std::string& theme, const Drawing& wide, const Drawing& narrow) {
    std::string out = "<picture class=\"" + theme + "\">";
    if (!narrow.svg.empty())
      out += "<source media=\"screen and (max-width: 36em)\" srcset=\"" + file(narrow, "-" + theme + "-narrow.svg") +
             "\" width=\"" + std::to_string(std::lround(narrow.width)) + "\" height=\"" +
             std::to_string(std::lround(narrow.height)) + "\"/>";
    return out + "<img src=\"" + file(wide, "-" + theme + ".svg") + "\" alt=\"" + escape_html(run.alt) + "\" width=\"" +
           std::to_string(std::lround(wide.width)) + "\" height=\"" + std::to_string(std::lround(wide.height)) +
           "\" loading=\"lazy\"/></picture>";
  };
  ++site_.report.figures;
  std::string out = "<div class=\"picture\">" + image("light", run.light, run.light_narrow);
  if (!run.dark.svg.empty()) out += image("dark", run.dark, run.dark_narrow);
  return out + "</div>\n";
}

std::string ChapterPage::predict(const Directive& d) {
  std::string out = "<div class=\"card predict\"" + id("predict." + d.id) + ">\n<p class=\"kind\">" +
                    word("predict.title") + "</p>\n<p class=\"question\">" + escape_html(d.value("question")) +
                    "</p>\n";
  const Prediction asked = prediction(d);
  if (!asked.asks_number()) {
    out += "<ul class=\"tight\">\n";
    for (const Prediction::Choice& choice : asked.choices) out += "<li>" + escape_html(choice.text) + "</li>\n";
    out += "</ul>\n";
  }
  std::string answer = d.value("answer");
  if (asked.asks_number() && !asked.unit.empty()) answer += " " + asked.unit;
  const std::string& because = asked.because;
  if (answer.empty() && because.empty()) return out + "</div>\n";
  out += "<details><summary>" + word("export.show-answer") + "</summary>\n<p>";
  if (!answer.empty()) out += "<strong>" + escape_html(answer) + "</strong> ";
  return out + escape_html(because) + "</p>\n</details>\n</div>\n";
}

// Every choice opens onto its own explanation: this needs no script, and a keyboard is enough.
std::string ChapterPage::quiz(const Directive& d) {
  std::string out = "<div class=\"card quiz\"" + id("quiz." + d.id) + ">\n<p class=\"kind\">" + word("quiz.title") +
                    "</p>\n<p class=\"question\">" + escape_html(d.value("question")) + "</p>\n";
  for (const Choice& choice : choices(d)) {
    out += "<details class=\"choice " + std::string(choice.right ? "right" : "wrong") + "\"><summary>" +
           escape_html(choice.text) + "</summary>\n<p><strong>" + word(choice.right ? "quiz.right" : "quiz.wrong") +
           "</strong> " + escape_html(choice.because) + "</p>\n</details>\n";
  }
  return out + "</div>\n";
}

// The statement, the hints behind a click each, and what one begins with. What the cases are and what can be wrong is
// the checker's to tell; the solution is to be found.
std::string ChapterPage::exercise(const Block& block) {
  const Directive& d = block.directive;
  std::string out = "<div class=\"card exercise\"" + id(block.anchor.empty() ? std::string("exercise.").append(d.id) : block.anchor) +
                    ">\n<p class=\"kind\">" + word("exercise.title") + " <code>" + escape_html(d.id) + "</code></p>\n";
  const std::filesystem::path folder = chapter_.folder / "exercises" / d.id, statement = folder / (language_ + ".md");
  std::error_code ec;
  if (!std::filesystem::exists(statement, ec)) {
    const Error missing{"export.exercise", place(block.line), {d.id}};
    site_.add_error(missing);
    return out + error(missing) + "</div>\n";
  }
  const Result<Document> text = read_document(statement, language_);
  if (!text) {
    site_.add_error(text.error());
    return out + error(text.error()) + "</div>\n";
  }
  for (const Error& each : text->errors) site_.add_error(each);
  std::map<std::string, std::vector<Block>, std::less<>> parts;   // by the anchor of their heading; "": the statement
  std::string part;
  for (const Block& each : text->blocks) {
    const bool begins = each.kind == Block::Kind::heading && each.level > 1;
    if (begins) part = each.anchor;
    if (!begins || (part != "hints" && part != "cases" && part != "reasons")) parts[part].push_back(each);
  }
  demoted_ = 3;                                  // its title stands below the sections of the chapter
  for (const auto& [anchor, list] : parts)
    if (anchor != "hints" && anchor != "cases" && anchor != "reasons") out += blocks(list);
  out += hints(parts["hints"]);
  demoted_ = 0;
  if (const auto starter = read_file(folder / "starter.cpp")) out += listing(*starter, "cpp") + "\n";
  return out + "<p class=\"note\">" + word("export.work-on-it") + " " + command("./textbook start " + d.id) + " " +
         command("./textbook check " + d.id) + "</p>\n</div>\n";
}

std::string ChapterPage::hints(const std::vector<Block>& list) {
  std::string out;
  for (const Block& each : list) {
    if (each.kind != Block::Kind::list) continue;
    const std::string count = std::to_string(each.children.size());
    for (std::size_t i = 0; i < each.children.size(); ++i)
      out += "<details class=\"hint\"><summary>" +
             escape_html(strings_.format("exercise.hint-of", {std::to_string(i + 1), count})) + "</summary>\n" +
             blocks(each.children[i].children) + "</details>\n";
  }
  return out;
}

std::string ChapterPage::code_region(const Block& block) {
  const Directive& d = block.directive;
  const Result<std::string> lines = read_region(site_.options.root, d.id);
  if (!lines) {
    site_.add_error(lines.error());
    return error(lines.error());
  }
  const std::string path = d.id.substr(0, d.id.find('#'));
  return "<figure class=\"code\"" + id(block.anchor) + ">" +
         listing(*lines, path.ends_with(".py")   ? "python"
                         : path.ends_with(".sh") ? "bash"
                                                 : "cpp") +
         "\n<p class=\"note\"><code>" + escape_html(d.id) + "</code></p>\n" + caption(block) + "</figure>\n";
}

// Where the links of the cited numbers lead: what each of them rests on.
std::string ChapterPage::claim_table() {
  const std::vector<Claim> all = claims(document_);
  if (all.empty()) return {};
  std::string out = "<section class=\"claims\" aria-labelledby=\"page.claims\">\n<h2 id=\"page.claims\">" +
                    word("export.claims.title") + "</h2>\n<p>" + word("export.claims.about") + " " +
                    command("./textbook claims " + chapter_.number) + "</p>\n";
  const std::vector<std::string> header = {strings_.get("export.claims.number"), strings_.get("export.claims.measured"),
                                           strings_.get("export.claims.inputs")};
  out += "<div class=\"scroll\"><table class=\"data\">\n<thead>\n" + cells(header, "th") + "</thead>\n<tbody>\n";
  for (const Claim& claim : all) {
    const int decimals = decimals_of(claim.tolerance, claim.expect);
    const std::string expected = format_fixed(claim.expect, decimals, language_);
    const auto cited = cited_.find(claim.id);
    std::string inputs;
    for (const auto& [key, value] : claim.inputs)
      inputs += "<span class=\"setting\">" + escape_html(key) + ": <code>" + escape_html(visible_blanks(value)) +
                "</code></span> ";
    std::string number = escape_html(cited == cited_.end() ? expected : cited->second);
    if (ids_.contains("cited." + claim.id))
      number = "<a href=\"#cited." + escape_html(claim.id) + "\">" + number + "</a>";
    out += "<tr" + id("claim." + claim.id) + "><th scope=\"row\">" + number + "</th><td><code>" +
           escape_html(claim.lab) + "</code> <code>" + escape_html(claim.value) + "</code> = " + escape_html(expected);
    if (claim.tolerance > 0) out += " ± " + escape_html(format_fixed(claim.tolerance, decimals, language_));
    out += "</td><td>" + inputs + "</td></tr>\n";
  }
  return out + "</tbody>\n</table></div>\n</section>\n";
}

}  // namespace tb::book
