// The parser behind to_mathml: rows, letters, numbers and scripts here, commands in mathml_commands.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "book/export/html.h"
#include "book/export/latex_cursor.h"
#include "book/export/mathml.h"
#include "book/export/mathml_atoms.h"

namespace tb::book::mathml {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Row {
  std::string xml;
  int count = 0;
  std::string as_one() const { return count == 1 ? xml : element("mrow", xml); }
};

class MathParser : LatexCursor {
 public:
  explicit MathParser(std::string_view source) : LatexCursor(source) {}

  Result<std::string> parse() {
    const Row all = row(false);
    if (at_ < source_.size()) {
      if (source_[at_] == '}') set_error("formula.brace", {"}"});
      else if (here("\\right")) set_error("formula.delimiter", {"\\right"});
      else set_error("formula.environment", {source_[at_] == '&' ? "&" : here("\\end") ? "\\end" : "\\\\"});
    }
    if (error_) return tl::unexpected<Error>(*error_);
    return all.as_one();
  }

 private:
  // Everything up to what ends the row: } & \\ \end \right \middle, the end, or (where asked for) a closing bracket.
  Row row(bool until_bracket) {
    Row out;
    if (++depth_ > 64) {
      set_error("formula.depth");
      return out;
    }
    Kind previous = Kind::open;
    for (skip_blanks(); at_ < source_.size(); skip_blanks()) {
      if (source_[at_] == '}' || source_[at_] == '&' || (until_bracket && source_[at_] == ']')) break;
      if (here("\\\\") || here("\\end") || here("\\right") || here("\\middle")) break;
      if (here("\\displaystyle") || here("\\textstyle")) {
        const bool display = take_command() == "displaystyle";
        const Row rest = row(until_bracket);
        out.xml += element("mstyle", rest.xml, display ? "displaystyle=\"true\"" : "displaystyle=\"false\"");
        ++out.count;
        break;
      }
      const Atom atom = with_scripts(next_atom(previous));
      const bool after_word = previous == Kind::function || previous == Kind::limit_function;
      const bool operand = atom.kind == Kind::letter || atom.kind == Kind::upright || atom.kind == Kind::function ||
                           atom.kind == Kind::limit_function || atom.kind == Kind::limits ||
                           atom.kind == Kind::integral;
      // "ln p" is the function of p, and says so to a screen reader; a bracket needs no space before it.
      if (after_word && (operand || atom.kind == Kind::open)) {
        out.xml += "<mo>\u2061</mo>";
        if (operand) out.xml += gap("0.1667");
        ++out.count;
      } else if (atom.kind == Kind::function || atom.kind == Kind::limit_function) {
        if (previous == Kind::letter || previous == Kind::upright || previous == Kind::close) out.xml += gap("0.1667");
      }
      out.xml += atom.xml;
      ++out.count;
      if (atom.kind != Kind::space) previous = atom.kind;
    }
    --depth_;
    return out;
  }

  std::string group() {   // behind its opening brace
    const Row inside = row(false);
    if (at_ >= source_.size() || source_[at_] != '}') set_error("formula.brace", {"{"});
    else ++at_;
    return inside.as_one();
  }

  // What a command or a script acts on: a group, a command with its own arguments, or one character.
  std::string argument(std::string_view of) {
    skip_blanks();
    if (at_ >= source_.size() || source_[at_] == '}' || source_[at_] == '&' || source_[at_] == '^' ||
        source_[at_] == '_' || here("\\\\") || here("\\end") || here("\\right")) {
      set_error("formula.argument", {std::string(of)});
      return {};
    }
    if (source_[at_] == '{') {
      ++at_;
      return group();
    }
    if (is_digit(source_[at_])) return element("mn", source_.substr(at_++, 1));
    if (++depth_ > 64) set_error("formula.depth");
    std::string out = at_ < source_.size() ? next_atom(Kind::open).xml : "";
    --depth_;
    return out;
  }

  // The characters of a group as they stand, with \% and the like taken literally.
  std::string words(std::string_view of) {
    if (!take("{")) {
      set_error("formula.argument", {std::string(of)});
      return {};
    }
    std::string out;
    for (int open = 1; at_ < source_.size(); ++at_) {
      const char c = source_[at_];
      if (c == '\\' && at_ + 1 < source_.size() && !is_letter(source_[at_ + 1])) out += source_[++at_];
      else if (c == '\\') return unknown(std::string(of)), std::string();
      else if (c == '{') ++open;
      else if (c == '}' && --open == 0) return ++at_, out;
      else if (c != '}') out += c == '~' ? ' ' : c;
    }
    set_error("formula.brace", {"{"});
    return {};
  }
  void unknown(const std::string& inside);

  Atom next_atom(Kind previous) {
    const char c = source_[at_];
    if (c == '\\') return command(previous);
    if (c == '{') {
      ++at_;
      return {group()};
    }
    if (c == '^' || c == '_' || c == '\'') return {"<mrow></mrow>"};   // a script on nothing
    if (is_digit(c) || (c == '.' && at_ + 1 < source_.size() && is_digit(source_[at_ + 1]))) return number();
    if (c == '$' || c == '#' || c == '%') {
      set_error("formula.command", {std::string(1, c), "\\" + std::string(1, c)});
      return {};
    }
    if (is_letter(c)) return letters();
    std::size_t end = at_;
    const char32_t code = next_code_point(source_, end).value_or(0xFFFD);
    const std::string_view sign = source_.substr(at_, end - at_);
    at_ = end;
    return character(sign, code, previous);
  }

  Atom number() {
    std::string digits;
    for (;;) {
      while (at_ < source_.size() && is_digit(source_[at_])) digits += source_[at_++];
      const std::string_view rest = source_.substr(at_);
      const std::size_t mark = rest.starts_with("{,}") ? 3 : rest.starts_with(".") ? 1 : 0;   // 2{,}5 is Russian's 2.5
      if (mark == 0 || mark >= rest.size() || !is_digit(rest[mark])) break;
      digits += mark == 3 ? ',' : '.';
      at_ += mark;
    }
    std::string styled;
    for (const char digit : digits)
      if (const char32_t bold = mathml::styled_letter(style_, static_cast<char32_t>(digit))) append_utf8(styled, bold);
      else styled += digit;
    return {element("mn", styled), Kind::letter};
  }

  // One letter, or inside \mathrm{...} and its like the whole word.
  Atom letters() {
    if (style_.empty()) return {element("mi", source_.substr(at_++, 1)), Kind::letter};
    std::string word;
    int count = 0;
    for (; at_ < source_.size() && is_letter(source_[at_]); ++at_, ++count)
      if (const char32_t styled = mathml::styled_letter(style_, static_cast<char32_t>(source_[at_])))
        append_utf8(word, styled);
      else
        word += source_[at_];
    // A single upright letter would be slanted by the browser.
    return {element("mi", word, style_ == "mathrm" && count == 1 ? "mathvariant=\"normal\"" : ""), Kind::letter};
  }

  Atom character(std::string_view sign, char32_t code, Kind previous) {
    switch (code) {
      case '+': return signed_operator("+", previous);
      case '-': case U'−': return signed_operator("−", previous);
      case '=': case '<': case '>': case ':': return symbol({"", sign, Kind::relation}, previous);
      case '*': return symbol({"", "∗", Kind::binary}, previous);
      case ',': case ';': return symbol({"", sign, Kind::punctuation}, previous);
      case '(': case '[': return symbol({"", sign, Kind::open}, previous);
      case ')': case ']': case '!': case '?': return symbol({"", sign, Kind::close}, previous);
      case '/': case '|': return symbol({"", sign, Kind::ordinary}, previous);
      default: break;
    }
    for (const mathml::Symbol& known : mathml::symbols())
      if (known.text == sign) return symbol(known, previous);
    return {element("mi", escape_html(sign)), Kind::letter};
  }

  Atom with_scripts(Atom base) {
    std::string below, above, primes;
    bool has_below = false, has_above = false;
    bool beside = base.kind != Kind::limits && base.kind != Kind::limit_function;
    for (skip_blanks(); at_ < source_.size(); skip_blanks()) {
      if (take("\\limits")) { beside = false; continue; }
      if (take("\\nolimits")) { beside = true; continue; }
      const char c = source_[at_];
      if (c == '\'') {
        primes += "′";
        ++at_;
        continue;
      }
      if (c != '_' && c != '^') break;
      bool& taken = c == '_' ? has_below : has_above;
      if (std::exchange(taken, true)) {
        set_error("formula.script", {std::string(1, c)});
        break;
      }
      ++at_;
      (c == '_' ? below : above) = argument(std::string(1, c));
    }
    // A prime is a raised sign already: it stands behind its letter, unless an index takes the place below it.
    if (!primes.empty()) {
      const std::string mark = element("mo", primes, "lspace=\"0em\" rspace=\"0em\"");
      if (has_below && !has_above) above = mark;
      else base.xml = element("mrow", base.xml + mark);
      has_above = has_above || has_below;
    }
    if (!has_below && !has_above) return base;
    const char* both = beside ? "msubsup" : "munderover";
    const char* low = beside ? "msub" : "munder";
    const char* high = beside ? "msup" : "mover";
    base.xml = element(has_below && has_above ? both : has_below ? low : high, base.xml + below + above);
    return base;
  }

  // The sign that \left, \right, \middle or \big take.
  std::string delimiter(std::string_view of);
  Atom fenced();

  Atom command(Kind previous);
  Atom text(const std::string& name, std::string_view attributes);

  Atom root();
  Atom environment();

  int depth_ = 0;
  std::string style_;            // "", "mathrm", "mathbf", ...: how letters are set
};

}  // namespace tb::book::mathml
