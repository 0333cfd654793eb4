// What commands of LaTeX become: fractions, roots, accents, words, brackets that grow, tables.
#include "book/export/mathml_parser.h"

namespace tb::book::mathml {

void MathParser::unknown(const std::string& inside) {
  std::vector<std::string> known;
  for (const mathml::Symbol& symbol : mathml::symbols()) known.emplace_back(symbol.command);
  for (const char* other : {"frac", "sqrt", "text", "mathrm", "left", "right", "begin", "binom", "operatorname"})
    known.emplace_back(other);
  const std::size_t begin = at_;
  const std::string name(take_command());
  at_ = begin;
  set_error("formula.command", {"\\" + name, "\\" + nearest(name, known).value_or(inside.empty() ? "text" : inside)});
}

std::string MathParser::delimiter(std::string_view of) {
  skip_blanks();
  const std::size_t begin = at_;
  if (at_ < source_.size() && source_[at_] == '\\') take_command();
  else if (at_ < source_.size()) ++at_;
  std::string_view sign;
  if (!mathml::find_delimiter(source_.substr(begin, at_ - begin), sign)) {
    at_ = begin;
    set_error("formula.delimiter", {"\\" + std::string(of)});
  }
  return escape_html(sign);
}

Atom MathParser::fenced() {
  std::string out = fence(delimiter("left"), "prefix");
  out += row(false).xml;
  while (take("\\middle")) {
    out += element("mo", delimiter("middle"), "stretchy=\"true\" lspace=\"0.2222em\" rspace=\"0.2222em\"");
    out += row(false).xml;
  }
  if (!take("\\right")) set_error("formula.delimiter", {"\\left"});
  else out += fence(delimiter("right"), "postfix");
  return {element("mrow", out)};
}

Atom MathParser::command(Kind previous) {
  const std::size_t begin = at_;
  const std::string name(take_command());
  if (const mathml::Symbol* known = mathml::find_symbol(name)) return symbol(*known, previous);
  if (const mathml::Accent* accent = mathml::find_accent(name)) {
    const std::string base = argument("\\" + name);
    const std::string sign =
        element("mo", accent->sign, accent->stretchy ? "stretchy=\"true\"" : "stretchy=\"false\"");
    const bool brace = name == "overbrace" || name == "underbrace";
    return {element(accent->below ? "munder" : "mover", base + sign, accent->below ? "" : "accent=\"true\""),
            brace ? Kind::limits : Kind::letter};
  }
  if (name == "frac" || name == "dfrac" || name == "tfrac") {
    const std::string above = argument("\\" + name), below = argument("\\" + name);
    const std::string fraction = element("mfrac", above + below);
    if (name == "frac") return {fraction};
    return {element("mstyle", fraction, name == "dfrac" ? "displaystyle=\"true\"" : "displaystyle=\"false\"")};
  }
  if (name == "binom") {
    const std::string above = argument("\\binom"), below = argument("\\binom");
    return {element("mrow", "<mo>(</mo>" + element("mfrac", above + below, "linethickness=\"0\"") + "<mo>)</mo>")};
  }
  if (name == "sqrt") return root();
  if (name == "overset" || name == "stackrel" || name == "underset") {
    const std::string mark = argument("\\" + name), base = argument("\\" + name);
    return {element(name == "underset" ? "munder" : "mover", base + mark), Kind::relation};
  }
  if (name == "text" || name == "textrm" || name == "textnormal" || name == "mbox") return text(name, "");
  if (name == "textbf") return text(name, "class=\"bold\"");
  if (name == "textit") return text(name, "class=\"italic\"");
  if (name == "operatorname") {
    const bool limits = take("*");
    return symbol({"", words("\\operatorname"), limits ? Kind::limit_function : Kind::function}, previous);
  }
  if (name == "mathrm" || mathml::styled_letter(name, 'A')) {
    const std::string outer = std::exchange(style_, name);
    Atom styled{argument("\\" + name), Kind::letter};
    style_ = outer;
    return styled;
  }
  if (name == "left") return fenced();
  if (name == "begin") return environment();
  for (const auto& [size, em] : {std::pair{"big", "1.2"}, {"Big", "1.8"}, {"bigg", "2.4"}, {"Bigg", "3"}}) {
    const std::string_view rest = std::string_view(name).starts_with(size)
                                      ? std::string_view(name).substr(std::string_view(size).size())
                                      : "no";
    if (!rest.empty() && rest != "l" && rest != "r" && rest != "m") continue;
    const std::string height = "\"" + std::string(em) + "em\"";
    return {element("mo", delimiter(name),
                    "stretchy=\"true\" minsize=" + height + " maxsize=" + height +
                        (rest == "l"   ? " form=\"prefix\""
                         : rest == "r" ? " form=\"postfix\""
                                       : "")),
            rest == "l"   ? Kind::open
            : rest == "r" ? Kind::close
                          : Kind::ordinary};
  }
  at_ = begin;
  unknown("");
  return {};
}

Atom MathParser::text(const std::string& name, std::string_view attributes) {
  std::string content = words("\\" + name);
  // MathML drops blanks at the ends.
  if (content.starts_with(' ')) content.replace(0, 1, "\u00A0");
  if (content.ends_with(' ')) content.replace(content.size() - 1, 1, "\u00A0");
  return {element("mtext", escape_html(content), attributes)};
}

Atom MathParser::root() {
  std::string degree;
  if (take("[")) {
    degree = row(true).as_one();
    if (!take("]")) set_error("formula.brace", {"["});
  }
  const std::string inside = argument("\\sqrt");
  return {degree.empty() ? element("msqrt", inside) : element("mroot", inside + degree)};
}

Atom MathParser::environment() {
  struct Known { std::string_view name, open, close, cells; bool display; };
  static constexpr Known environments[] = {
      {"matrix", "", "", "c", false},   {"pmatrix", "(", ")", "c", false}, {"bmatrix", "[", "]", "c", false},
      {"vmatrix", "|", "|", "c", false}, {"Vmatrix", "‖", "‖", "c", false}, {"cases", "{", "", "l", false},
      {"aligned", "", "", "rl", true},  {"align", "", "", "rl", true},     {"align*", "", "", "rl", true},
      {"split", "", "", "rl", true},    {"gathered", "", "", "c", true},   {"array", "", "", "", false},
  };
  const std::string name = words("\\begin");
  const Known* known = nullptr;
  for (const Known& candidate : environments)
    if (candidate.name == name) known = &candidate;
  if (!known) {
    set_error("formula.environment", {"\\begin{" + name + "}"});
    return {};
  }
  std::string cells(known->cells);
  if (name == "array") {
    for (const char c : words("\\begin{array}")) if (c == 'l' || c == 'c' || c == 'r') cells += c;
    if (cells.empty()) cells = "c";
  }
  if (++depth_ > 64) set_error("formula.depth");
  std::string rows, line;
  for (std::size_t column = 0;; ++column) {
    const char side = cells[column % cells.size()];
    const std::string cell = row(false).xml;
    line += element("mtd", cell, side == 'l' ? "class=\"left\"" : side == 'r' ? "class=\"right\"" : "");
    if (take("&")) continue;
    const bool goes_on = take("\\\\");
    if (!(line == "<mtd></mtd>" && !goes_on) && !(cell.empty() && column == 0 && !goes_on))
      rows += element("mtr", line);
    line.clear();
    column = static_cast<std::size_t>(-1);
    if (goes_on && take("[")) {   // the height of a gap
      while (at_ < source_.size() && source_[at_] != ']') ++at_;
      take("]");
    }
    if (!goes_on) break;
  }
  --depth_;
  if (!take("\\end") || words("\\end") != name) {
    set_error("formula.environment", {"\\begin{" + name + "}"});
    return {};
  }
  return {element("mrow", fence(known->open, "prefix") +
                              element("mtable", rows, known->display ? "displaystyle=\"true\"" : "") +
                              fence(known->close, "postfix"))};
}

}  // namespace tb::book::mathml
