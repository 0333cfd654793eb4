#include "book/formula_symbols.h"

#include <algorithm>
#include <array>

namespace tb::book {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

constexpr std::array<std::string_view, 36> greek = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"};
constexpr std::array<std::string_view, 9> styles = {"mathrm", "mathbf", "mathbb",   "mathcal",   "mathsf",
                                                    "mathtt", "mathit", "mathfrak", "boldsymbol"};
constexpr std::array<std::string_view, 8> words = {"text",   "textrm", "textnormal",   "mbox",
                                                   "textbf", "textit", "operatorname", "begin"};
constexpr std::array<std::string_view, 4> delimited = {"left", "right", "middle", "end"};

class Walk {
 public:
  explicit Walk(std::string_view latex) : latex_(latex) {}

  std::vector<SymbolUse> row(std::size_t end, int depth = 0) {
    std::vector<SymbolUse> out;
    while (at_ < end) {
      const char c = latex_[at_];
      if (c == '{' && depth < 64) {
        const std::size_t close = closing(at_);
        ++at_;
        append(out, row(std::min(close, end), depth + 1));
        at_ = std::min(close + 1, end);
      } else {
        const std::size_t begin = at_;
        if (auto name = base(); !name.empty()) out.push_back(symbol(begin, std::move(name), depth));
      }
    }
    return out;
  }

 private:
  static void append(std::vector<SymbolUse>& to, std::vector<SymbolUse> from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  // Of the brace at `open`; the end where it does not close.
  std::size_t closing(std::size_t open) const {
    int depth = 0;
    for (std::size_t i = open; i < latex_.size(); ++i) {
      if (latex_[i] == '\\') ++i;
      else if (latex_[i] == '{') ++depth;
      else if (latex_[i] == '}' && --depth == 0) return i;
    }
    return latex_.size();
  }

  // Goes over one sign, command or word, and gives the name of the letter that it is; "" where it is none.
  std::string base() {
    const std::size_t begin = at_;
    if (is_letter(latex_[at_])) return std::string(1, latex_[at_++]);
    if (latex_[at_++] != '\\') return {};
    const std::string_view name = command();
    if (is_one_of(greek, name) || name == "ell") return std::string(latex_.substr(begin, at_ - begin));
    const bool style = is_one_of(styles, name), word = is_one_of(words, name) || name == "end";
    if (style || word) {
      while (at_ < latex_.size() && latex_[at_] == ' ') ++at_;
      if (at_ < latex_.size() && latex_[at_] == '{') {
        const std::size_t open = at_;
        at_ = std::min(closing(open) + 1, latex_.size());
        if (style) return "\\" + std::string(name) + std::string(latex_.substr(open, at_ - open));
      } else if (style && at_ < latex_.size()) {
        return "\\" + std::string(name) + "{" + std::string(1, latex_[at_++]) + "}";
      }
    } else if (is_one_of(delimited, name)) {
      if (at_ < latex_.size() && latex_[at_++] == '\\') command();
    }
    return {};
  }

  std::string_view command() {   // behind its backslash
    const std::size_t begin = at_;
    while (at_ < latex_.size() && is_letter(latex_[at_])) ++at_;
    if (at_ == begin && at_ < latex_.size()) ++at_;
    return latex_.substr(begin, at_ - begin);
  }

  // The letter that was just gone over, with the primes and scripts behind it.
  SymbolUse symbol(std::size_t begin, std::string name, int depth) {
    SymbolUse use{begin, at_, {}, {}};
    std::string below, above;
    std::size_t next = at_;
    for (;;) {
      while (next < latex_.size() && latex_[next] == ' ') ++next;
      if (next >= latex_.size()) break;
      if (latex_[next] == '\'') {
        name += '\'';
        use.end = ++next;
        continue;
      }
      if (latex_[next] != '_' && latex_[next] != '^') break;
      std::string& script = latex_[next] == '_' ? below : above;
      const char sign = latex_[next++];
      while (next < latex_.size() && latex_[next] == ' ') ++next;
      if (next >= latex_.size()) break;
      std::size_t end = next + 1;
      if (latex_[next] == '{') {
        end = std::min(closing(next) + 1, latex_.size());
        if (depth < 64) append(use.inside, Walk(latex_, next + 1).row(end - 1, depth + 1));
      } else {
        Walk inside(latex_, next);
        append(use.inside, inside.one());
        end = std::max(inside.at_, next + 1);
      }
      script = sign + shortest(latex_.substr(next, end - next));
      use.end = next = end;
    }
    at_ = use.end;
    for (const std::string& form : {name + below + above, name + below, name})
      if (use.names.empty() || use.names.back() != form) use.names.push_back(form);
    return use;
  }

  // A script without braces: one letter or one command, without scripts of its own.
  std::vector<SymbolUse> one() {
    const std::size_t begin = at_;
    auto name = base();
    if (name.empty()) return {};
    return {SymbolUse{begin, at_, {std::move(name)}, {}}};
  }

  // "{i}" is "i", "{i j}" is "{ij}".
  static std::string shortest(std::string_view script) {
    std::string out;
    for (const char c : script)
      if (c != ' ') out += c;
    const bool one = out.size() == 3 && out.front() == '{';
    const bool command = out.size() > 3 && out.starts_with("{\\") &&
                         std::all_of(out.begin() + 2, out.end() - 1, [](char c) { return is_letter(c); });
    return one || command ? out.substr(1, out.size() - 2) : out;
  }

  Walk(std::string_view latex, std::size_t at) : latex_(latex), at_(at) {}

  std::string_view latex_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<SymbolUse> symbols_in(std::string_view latex) { return Walk(latex).row(latex.size()); }

}  // namespace tb::book
