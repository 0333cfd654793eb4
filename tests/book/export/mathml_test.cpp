// Formulas as MathML. The shapes are compared with those of another converter: tests/reference/mathml/record.py.
#include "tests/catch.h"

#include <fstream>
#include <map>

#include <nlohmann/json.hpp>
#include <utf8proc.h>

#include "book/catalogue.h"
#include "book/document.h"
#include "book/export/mathml.h"

using namespace tb;
using namespace tb::book;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string leaf(std::string text) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"\u2061", ""}, {"-", "\u2212"}, {"\u2225", "\u2016"},
           {"\u203e", "=bar"}})
    text = replaced(text, from, to);
  utf8proc_uint8_t* folded = utf8proc_NFKC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
  std::string out(reinterpret_cast<const char*>(folded));
  std::free(folded);
  return replaced(out, " ", "");
}

// The shape of record.py: what groups and spaces is dropped, and so are attributes.
std::string shape(std::string_view xml, std::size_t& at) {
  const auto end_of_tag = xml.find('>', at);
  const bool empty = xml[end_of_tag - 1] == '/';
  const std::string name(xml.substr(at + 1, xml.find_first_of(" />", at) - at - 1));
  at = end_of_tag + 1;
  if (empty) return "";
  std::vector<std::string> children;
  std::string text;
  while (xml.substr(at, 2) != "</") {
    if (xml[at] == '<') children.push_back(shape(xml, at));
    else text += xml[at++];
  }
  at = xml.find('>', at) + 1;
  if (name == "annotation") return "";
  if (name == "mi" || name == "mo" || name == "mn" || name == "mtext") return leaf(text);
  const bool group = name == "mrow" || name == "mstyle" || name == "semantics" || name == "math";
  static const std::map<std::string, std::string> scripts = {
      {"munder", "msub"}, {"mover", "msup"}, {"munderover", "msubsup"}};
  const bool joined = group || name == "mtd" || name == "msqrt";
  std::string out;
  for (std::size_t i = 0; i < children.size(); ++i)
    out += (i > 0 && !joined ? "|" : "") + (children[i].empty() && !group ? "{}" : children[i]);
  if (group) return out;
  // A prime stands behind what it belongs to.
  if (name == "msup" && replaced(children[1], "\u2032", "").empty()) return children[0] + children[1];
  return (scripts.contains(name) ? scripts.at(name) : name) + "(" + out + ")";
}

std::string shape_of(const std::string& latex, bool display) {
  const Result<std::string> mathml = to_mathml(latex, display);
  if (!mathml) return mathml.error().code + " " + mathml.error().args.back();
  std::size_t at = 0;
  return shape(*mathml, at);
}

std::string code_of(std::string_view latex) {
  const Result<std::string> mathml = to_mathml(latex, true);
  return mathml ? *mathml : mathml.error().code;
}

}  // namespace

TEST_CASE("formulas have the shape that pandoc gives them") {
  std::ifstream file(TEXTBOOK_SOURCE_DIR "/tests/reference/mathml/reference.json");
  const auto reference = nlohmann::json::parse(file);
  REQUIRE(reference["formulas"].size() > 90);
  for (const auto& formula : reference["formulas"]) {
    const std::string latex = formula["latex"];
    INFO(latex);
    CHECK(shape_of(latex, formula["display"]) == formula["shape"].get<std::string>());
  }
}

TEST_CASE("every formula of every chapter becomes MathML") {
  const auto chapters = read_catalogue(TEXTBOOK_SOURCE_DIR "/chapters");
  REQUIRE(chapters);
  std::size_t count = 0;
  const auto check = [&](const std::string& latex, bool display, const Document& document, int line) {
    INFO(document.path << ":" << line << ": " << latex);
    const auto mathml = to_mathml(latex, display);
    CHECK((mathml ? "" : mathml.error().code) == "");
    ++count;
  };
  for (const Chapter& chapter : *chapters)
    for (const auto& [language, title] : chapter.title) {
      const auto document = read_document(chapter.file(language), language);
      REQUIRE(document);
      for_each_block(document->blocks, [&](const Block& block) {
        if (block.kind == Block::Kind::math) check(block.text, true, *document, block.line);
        for (const Span& span : block.spans)
          if (span.kind == Span::Kind::math) check(span.text, false, *document, block.line);
      });
    }
  CHECK(count > 60);
}

TEST_CASE("a formula that is not understood is an error that names it") {
  CHECK(code_of("\\frobnicate x") == "formula.command");
  CHECK(to_mathml("\\alhpa", false).error().args == std::vector<std::string>{"\\alhpa", "\\alpha", "\\alhpa"});
  CHECK(code_of("{x") == "formula.brace");
  CHECK(code_of("x}") == "formula.brace");
  CHECK(code_of("\\text{x") == "formula.brace");
  CHECK(code_of("\\sqrt[3{x}") == "formula.brace");
  CHECK(code_of("\\frac{a}") == "formula.argument");
  CHECK(code_of("\\frac") == "formula.argument");
  CHECK(code_of("x^") == "formula.argument");
  CHECK(code_of("{x_}") == "formula.argument");
  CHECK(code_of("x^2^3") == "formula.script");
  CHECK(code_of("x_a_b") == "formula.script");
  CHECK(code_of("\\left( x") == "formula.delimiter");
  CHECK(code_of("\\left x \\right)") == "formula.delimiter");
  CHECK(code_of("x \\right)") == "formula.delimiter");
  CHECK(code_of("\\left") == "formula.delimiter");
  CHECK(code_of("a & b") == "formula.environment");
  CHECK(code_of("a \\\\ b") == "formula.environment");
  CHECK(code_of("\\begin{tikzpicture}x\\end{tikzpicture}") == "formula.environment");
  CHECK(code_of("\\begin{matrix} a") == "formula.environment");
  CHECK(code_of("\\begin{matrix} a \\end{pmatrix}") == "formula.environment");
  CHECK(code_of("\\text{\\alpha}") == "formula.command");
  CHECK(code_of("$x$") == "formula.command");
  CHECK(code_of("\\") == "formula.command");
  CHECK(code_of(std::string(100000, '{')) == "formula.depth");
  std::string deep;
  for (int i = 0; i < 50000; ++i) deep += "\\hat";
  CHECK(code_of(deep) == "formula.depth");
  deep.clear();
  for (int i = 0; i < 50000; ++i) deep += "x^\\frac";
  CHECK(code_of(deep).starts_with("formula."));
}

TEST_CASE("a formula keeps its source, and XML stays XML") {
  const auto mathml = to_mathml("a < b \\& c", false);
  REQUIRE(mathml);
  CHECK(mathml->find("<mo stretchy=\"false\">&lt;</mo>") != std::string::npos);
  CHECK(mathml->find("<annotation encoding=\"application/x-tex\">a &lt; b \\&amp; c</annotation>") !=
        std::string::npos);
  CHECK(to_mathml("", false));
  CHECK(to_mathml("\xFF\xFE", false));                                          // bytes that are no text
  CHECK(shape_of("п_у", false) == "msub(п|у)");                                  // letters of any alphabet
}

TEST_CASE("a minus that has nothing before it belongs to what follows") {
  const std::string prefix = "<mo form=\"prefix\">\u2212</mo>", infix = "<mo form=\"infix\">\u2212</mo>";
  for (const char* latex : {"-x", "a = -x", "(-x)", "a, -x", "\\exp(-x)", "\\frac{-x}{2}"})
    CHECK(to_mathml(latex, false)->find(prefix) != std::string::npos);
  for (const char* latex : {"a - x", "2 - x", "(a) - x", "x^2 - x", "\\alpha - x"})
    CHECK(to_mathml(latex, false)->find(infix) != std::string::npos);
}
