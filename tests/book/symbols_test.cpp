// The letters of formulas and what they stand for.
#include "tests/catch.h"

#include <filesystem>

#include <unistd.h>

#include "base/files.h"
#include "book/formula_symbols.h"
#include "book/formula_text.h"
#include "book/symbols.h"

using namespace tb::book;

namespace fs = std::filesystem;

namespace {

// "z_i(i) p": the first name of each symbol, and in brackets those in its scripts.
std::string listed(const std::vector<SymbolUse>& uses) {
  std::string out;
  for (const auto& use : uses) {
    out += (out.empty() ? "" : " ") + use.names.front();
    if (!use.inside.empty()) out += "(" + listed(use.inside) + ")";
  }
  return out;
}
std::string letters(std::string_view latex) { return listed(symbols_in(latex)); }

tb::Result<Symbols> read(const std::string& toml) {
  const auto file = fs::temp_directory_path() / ("symbols-" + std::to_string(::getpid()) + ".toml");
  REQUIRE(tb::write_file(file, toml));
  auto symbols = read_symbols(file);
  fs::remove(file);
  return symbols;
}

std::string explained(const Symbols& symbols, std::string_view latex, std::string_view place) {
  std::string out;
  for (const auto& [name, symbol] : explain(latex, symbols, place))
    out += (out.empty() ? "" : " ") + name + "=" + (symbol ? symbol->meaning.at("en") : "?");
  return out;
}

}  // namespace

TEST_CASE("symbols are letters with their scripts") {
  CHECK(letters("p_i = \\frac{\\exp(z_i)}{\\sum_{j} \\exp(z_{j})}") == "p_i(i) z_i(i) j z_j(j)");
  CHECK(letters("x^2 + x _ { i j } - \\eta\\,\\partial L") == "x^2 x_{ij}(i j) \\eta L");
  CHECK(letters("p' = e^{-E/T}") == "p' e^{-E/T}(E T)");
  CHECK(letters("\\mathrm{norm}(x) \\mathbf W_U \\text{for } a") == "\\mathrm{norm} x \\mathbf{W}_U(U) a");
  CHECK(letters("\\left( a \\right) \\begin{pmatrix} b & c \\end{pmatrix} \\operatorname{softmax}") == "a b c");
  CHECK(letters("\\sqrt{64} + 2.5 \\le \\infty").empty());
  CHECK(letters("\\alpha_\\beta") == "\\alpha_\\beta(\\beta)");
}

TEST_CASE("a symbol's names lose one script after the other, and its place is that of all of them") {
  const std::string_view latex = "a + z_{i}^2";
  const auto uses = symbols_in(latex);
  REQUIRE(uses.size() == 2);
  CHECK(latex.substr(uses[1].begin, uses[1].end - uses[1].begin) == "z_{i}^2");
  CHECK(uses[1].names == std::vector<std::string>{"z_i^2", "z_i", "z"});
}

TEST_CASE("what is no LaTeX does no harm") {
  for (const char* latex : {"", "{", "}", "a_", "a^", "\\", "_{", "a_{", "\\mathrm", "\\mathrm{", "a'_{b", "\\left", "^^^",
                            "{{{{a}}", "\\text{", "a_\\"})
    (void)symbols_in(latex);
  const std::string deep(100000, '{');
  (void)symbols_in(deep + "a");
  std::string tower = "a";
  for (int i = 0; i < 200; ++i) tower = "a_{" + tower + "}";
  (void)symbols_in(tower);
}

TEST_CASE("the closer place counts: the section before the chapter before the book") {
  const auto symbols = read(R"(
[[symbol]]
tex = "k"
en = "book"
ru = "книга"
[[symbol]]
tex = ["k", "m"]
en = "chapter"
ru = "глава"
at = ["02-x"]
[[symbol]]
tex = "k"
en = "section"
ru = "раздел"
shape = "[64]"
at = ["02-x#s"]
)");
  REQUIRE(symbols);
  CHECK(explained(*symbols, "k", "01-y#s") == "k=book");
  CHECK(explained(*symbols, "k", "02-x#t") == "k=chapter");
  CHECK(explained(*symbols, "k", "02-x") == "k=chapter");
  CHECK(explained(*symbols, "k", "02-x#s") == "k=section");
  CHECK(explained(*symbols, "m + m", "01-y") == "m=?");
  CHECK(symbols->find("k", "02-x#s")->shape == "[64]");
}

TEST_CASE("scripts are explained by themselves only where the whole is not") {
  const auto symbols = read("[[symbol]]\ntex = [\"z_i\", \"x\"]\nen = \"z\"\nru = \"z\"\n[[symbol]]\ntex = \"b\"\nen = \"b\"\nru = \"b\"\n");
  REQUIRE(symbols);
  CHECK(explained(*symbols, "z_i + x_b + q_b", "c") == "z_i=z x=z b=b q=?");
}

TEST_CASE("mistakes in the list of symbols are told with their line") {
  const auto error = [](const std::string& toml) {
    const auto symbols = read(toml);
    REQUIRE_FALSE(symbols);
    return symbols.error().code + symbols.error().where.substr(symbols.error().where.rfind(':'));
  };
  CHECK(error("[[symbol]]\ntex = \"z\"\nen = \"a\"\n") == "symbols.missing:1");
  CHECK(error("\n[[symbol]]\ntex = \"z\"\nen = \"a\"\nru = \"a\"\nshap = \"\"\n") == "symbols.unknown-key:6");
  CHECK(error("[[symbol]]\ntex = \"z + 1\"\nen = \"a\"\nru = \"a\"\n") == "symbols.tex:1");
  CHECK(error("[[symbol]]\ntex = [\"z\", \"z\"]\nen = \"a\"\nru = \"a\"\n") == "symbols.twice:1");
  CHECK(error("[[symbol\n") == "symbols.syntax:1");
  CHECK(error("symbol = 3\n") == "symbols.syntax:1");
  CHECK(read_symbols("/nowhere/symbols.toml").error().code == "file.open");
}

TEST_CASE("formulas as lines of text") {
  CHECK(formula_text("p_i = \\frac{\\exp(z_i)}{\\sum_{j} \\exp(z_j)}") == "p_i = exp(z_i)/(∑_j exp(z_j))");
  CHECK(formula_text("x \\leftarrow x + \\mathrm{mlp}(x)") == "x ← x + mlp(x)");
  CHECK(formula_text("\\frac{\\partial L}{\\partial z_i} = p_i - y_i") == "(∂ L)/(∂ z_i) = p_i − y_i");
  CHECK(formula_text("-2{,}48") == "−2,48");
  CHECK(formula_text("e^{-E/T}") == "e^(−E/T)");
  CHECK(formula_text("\\left( a_{ij} \\right)^2") == "( a_ij )^2");
  for (const char* broken : {"", "}", "{", "}}a{{", "\\", "a_", "a^", "\\frac", "\\frac{a}", "\\sqrt[", "\\left", "_"})
    (void)formula_text(broken);
  (void)formula_text(std::string(100000, '{'));
  (void)formula_text(std::string(100000, '}'));
}
