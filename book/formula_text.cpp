#include "book/formula_text.h"

#include <algorithm>

#include "book/latex_symbols.h"

namespace tb::book {

namespace {

using mathml::Kind;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Line {
 public:
  explicit Line(std::string_view latex) : latex_(latex) {}

  std::string row(int depth = 0) {
    while (at_ < latex_.size() && latex_[at_] != '}') piece(depth);
    return trimmed(std::move(out_));
  }

 private:
  static std::string trimmed(std::string text) {
    while (text.ends_with(' ')) text.pop_back();
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    return text;
  }

  void space() {
    if (!out_.empty() && !out_.ends_with(' ')) out_ += ' ';
  }

  std::string_view command() {   // behind its backslash
    const std::size_t begin = at_;
    while (at_ < latex_.size() && is_letter(latex_[at_])) ++at_;
    if (at_ == begin && at_ < latex_.size()) ++at_;
    return latex_.substr(begin, at_ - begin);
  }

  // What a command or a script acts on.
  std::string argument(int depth) {
    while (at_ < latex_.size() && latex_[at_] == ' ') ++at_;
    if (at_ >= latex_.size() || latex_[at_] == '}') return {};
    Line inside(latex_);
    inside.at_ = at_;
    std::string text;
    if (latex_[at_] == '{' && depth < 64) {
      ++inside.at_;
      text = inside.row(depth + 1);
      if (inside.at_ < latex_.size()) ++inside.at_;
    } else {
      inside.piece(depth + 1);
      text = trimmed(std::move(inside.out_));
    }
    at_ = std::max(inside.at_, at_ + 1);
    return text;
  }

  // In brackets, unless it is one sign or one word.
  static std::string as_one(const std::string& text) {
    const bool one = text.find_first_of(" +/=<>") == std::string::npos;
    return one ? text : "(" + text + ")";
  }

  void piece(int depth) {
    const char c = latex_[at_];
    if (c == '{' && depth < 64) {
      out_ += argument(depth);
    } else if (c == '\\') {
      ++at_;
      known(command(), depth);
    } else if (c == '_' || c == '^') {
      ++at_;
      while (out_.ends_with(' ')) out_.pop_back();
      out_ += c + as_one(argument(depth));
      after_script_ = true;
      return;
    } else {
      const bool relation = c == '=' || c == '<' || c == '>', sum = c == '+' || c == '-';
      if (relation || (sum && !out_.empty() && !out_.ends_with('('))) space();
      if (c == ' ' || c == '~' || c == '&') space();
      else if (c == '-') out_ += "−";
      else out_ += c;
      if (relation || (sum && out_.find(' ') != std::string::npos) || c == ',') space();
      ++at_;
    }
    after_script_ = false;
  }

  void known(std::string_view name, int depth) {
    if (name == "frac" || name == "dfrac" || name == "tfrac") {
      const std::string above = argument(depth), below = argument(depth);
      if (after_script_) space();
      out_ += as_one(above) + "/" + as_one(below);
    } else if (name == "sqrt") {
      out_ += "√" + as_one(argument(depth));
    } else if (name == "left" || name == "right" || name == "middle") {
      if (at_ < latex_.size() && latex_[at_] == '.') ++at_;
    } else if (name == "begin" || name == "end") {
      argument(depth);
      space();
    } else if (name == "\\" || name == "quad" || name == "qquad" || name == " ") {
      space();
    } else if (const auto* symbol = mathml::find_symbol(name)) {
      const bool wide = symbol->kind == Kind::binary || symbol->kind == Kind::relation;
      const bool word = symbol->kind == Kind::function || symbol->kind == Kind::limit_function;
      const bool large = symbol->kind == Kind::limits || symbol->kind == Kind::integral;
      if (symbol->kind == Kind::space) return;
      const bool letter_before = !out_.empty() && is_letter(out_.back());
      if (wide || ((word || large) && (after_script_ || letter_before))) space();
      out_ += symbol->text;
      if (wide) space();
    } else if (is_style(name)) {
      out_ += argument(depth);
    } else {
      out_ += "\\" + std::string(name);
    }
  }

  static bool is_style(std::string_view name) {
    return name.starts_with("math") || name.starts_with("text") || name == "operatorname" || name == "mbox" ||
           name == "boldsymbol";
  }

  std::string_view latex_;
  std::size_t at_ = 0;
  std::string out_;
  bool after_script_ = false;
};

}  // namespace

std::string formula_text(std::string_view latex) {
  std::string out;
  // A closing brace too many ends nothing.
  while (!latex.empty()) {
    const std::size_t depth_end = [&] {
      int depth = 0;
      for (std::size_t i = 0; i < latex.size(); ++i) {
        if (latex[i] == '\\') ++i;
        else if (latex[i] == '{') ++depth;
        else if (latex[i] == '}' && --depth < 0) return i;
      }
      return latex.size();
    }();
    out += Line(latex.substr(0, depth_end)).row();
    latex.remove_prefix(std::min(depth_end + 1, latex.size()));
  }
  return out;
}

}  // namespace tb::book
