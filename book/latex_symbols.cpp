// The names of LaTeX's signs.
#include <algorithm>
#include <array>

#include "book/latex_symbols.h"

namespace tb::book::mathml {

namespace {

using enum Kind;

constexpr Symbol table[] = {
    // Greek
    {"alpha", "α", letter}, {"beta", "β", letter}, {"gamma", "γ", letter}, {"delta", "δ", letter},
    {"epsilon", "ϵ", letter}, {"varepsilon", "ε", letter}, {"zeta", "ζ", letter}, {"eta", "η", letter},
    {"theta", "θ", letter}, {"vartheta", "ϑ", letter}, {"iota", "ι", letter}, {"kappa", "κ", letter},
    {"lambda", "λ", letter}, {"mu", "μ", letter}, {"nu", "ν", letter}, {"xi", "ξ", letter}, {"pi", "π", letter},
    {"varpi", "ϖ", letter}, {"rho", "ρ", letter}, {"varrho", "ϱ", letter}, {"sigma", "σ", letter},
    {"varsigma", "ς", letter}, {"tau", "τ", letter}, {"upsilon", "υ", letter}, {"phi", "ϕ", letter},
    {"varphi", "φ", letter}, {"chi", "χ", letter}, {"psi", "ψ", letter}, {"omega", "ω", letter},
    {"Gamma", "Γ", upright}, {"Delta", "Δ", upright}, {"Theta", "Θ", upright}, {"Lambda", "Λ", upright},
    {"Xi", "Ξ", upright}, {"Pi", "Π", upright}, {"Sigma", "Σ", upright}, {"Upsilon", "Υ", upright},
    {"Phi", "Φ", upright}, {"Psi", "Ψ", upright}, {"Omega", "Ω", upright},
    // letters of another kind
    {"ell", "ℓ", letter}, {"hbar", "ℏ", letter}, {"imath", "ı", letter}, {"jmath", "ȷ", letter}, {"Re", "ℜ", upright},
    {"Im", "ℑ", upright}, {"wp", "℘", upright}, {"aleph", "ℵ", upright}, {"infty", "∞", upright},
    {"emptyset", "∅", upright}, {"varnothing", "∅", upright}, {"top", "⊤", upright}, {"bot", "⊥", upright},
    {"dots", "…", upright}, {"ldots", "…", upright}, {"cdots", "⋯", upright},
    {"vdots", "⋮", upright}, {"ddots", "⋱", upright}, {"%", "%", upright}, {"#", "#", upright}, {"&", "&", upright},
    {"$", "$", upright}, {"_", "_", upright}, {"S", "§", upright}, {"degree", "°", upright},
    // signs before what they act on
    {"partial", "∂", ordinary}, {"nabla", "∇", ordinary}, {"forall", "∀", ordinary}, {"exists", "∃", ordinary},
    {"neg", "¬", ordinary}, {"lnot", "¬", ordinary}, {"prime", "′", ordinary}, {"backslash", "∖", ordinary},
    {"angle", "∠", ordinary},
    // between two things
    {"cdot", "⋅", binary}, {"times", "×", binary}, {"div", "÷", binary}, {"pm", "±", binary}, {"mp", "∓", binary},
    {"ast", "∗", binary}, {"star", "⋆", binary}, {"circ", "∘", binary}, {"bullet", "∙", binary}, {"cap", "∩", binary},
    {"cup", "∪", binary}, {"setminus", "∖", binary}, {"land", "∧", binary}, {"wedge", "∧", binary},
    {"lor", "∨", binary}, {"vee", "∨", binary}, {"oplus", "⊕", binary}, {"ominus", "⊖", binary},
    {"otimes", "⊗", binary}, {"odot", "⊙", binary}, {"bmod", "mod", binary},
    // relations
    {"le", "≤", relation}, {"leq", "≤", relation}, {"ge", "≥", relation}, {"geq", "≥", relation},
    {"ne", "≠", relation}, {"neq", "≠", relation}, {"lt", "<", relation}, {"gt", ">", relation},
    {"ll", "≪", relation}, {"gg", "≫", relation}, {"approx", "≈", relation}, {"sim", "∼", relation},
    {"simeq", "≃", relation}, {"cong", "≅", relation}, {"equiv", "≡", relation}, {"propto", "∝", relation},
    {"in", "∈", relation}, {"notin", "∉", relation}, {"ni", "∋", relation}, {"subset", "⊂", relation},
    {"subseteq", "⊆", relation}, {"supset", "⊃", relation}, {"supseteq", "⊇", relation}, {"mid", "∣", relation},
    {"parallel", "∥", relation}, {"perp", "⊥", relation}, {"vdash", "⊢", relation}, {"models", "⊨", relation},
    {"to", "→", relation}, {"rightarrow", "→", relation}, {"leftarrow", "←", relation}, {"gets", "←", relation},
    {"leftrightarrow", "↔", relation}, {"Rightarrow", "⇒", relation}, {"Leftarrow", "⇐", relation},
    {"Leftrightarrow", "⇔", relation}, {"iff", "⟺", relation}, {"implies", "⟹", relation}, {"mapsto", "↦", relation},
    {"longrightarrow", "⟶", relation}, {"longleftarrow", "⟵", relation}, {"uparrow", "↑", relation},
    {"downarrow", "↓", relation}, {"hookrightarrow", "↪", relation}, {"coloneqq", "≔", relation},
    {"colon", ":", punctuation},
    // brackets
    {"langle", "⟨", open}, {"rangle", "⟩", close}, {"lfloor", "⌊", open}, {"rfloor", "⌋", close}, {"lceil", "⌈", open},
    {"rceil", "⌉", close}, {"lbrace", "{", open}, {"rbrace", "}", close}, {"{", "{", open}, {"}", "}", close},
    {"lbrack", "[", open}, {"rbrack", "]", close}, {"lvert", "|", open}, {"rvert", "|", close}, {"lVert", "‖", open},
    {"rVert", "‖", close}, {"vert", "|", ordinary}, {"Vert", "‖", ordinary}, {"|", "‖", ordinary},
    // large operators
    {"sum", "∑", limits}, {"prod", "∏", limits}, {"coprod", "∐", limits}, {"bigcup", "⋃", limits},
    {"bigcap", "⋂", limits}, {"bigoplus", "⨁", limits}, {"bigotimes", "⨂", limits}, {"bigvee", "⋁", limits},
    {"bigwedge", "⋀", limits}, {"int", "∫", integral}, {"iint", "∬", integral}, {"oint", "∮", integral},
    // functions
    {"exp", "exp", function}, {"ln", "ln", function}, {"log", "log", function}, {"lg", "lg", function},
    {"sin", "sin", function}, {"cos", "cos", function}, {"tan", "tan", function}, {"cot", "cot", function},
    {"sinh", "sinh", function}, {"cosh", "cosh", function}, {"tanh", "tanh", function}, {"arcsin", "arcsin", function},
    {"arccos", "arccos", function}, {"arctan", "arctan", function}, {"arg", "arg", function}, {"deg", "deg", function},
    {"dim", "dim", function}, {"ker", "ker", function}, {"hom", "hom", function},
    {"max", "max", limit_function}, {"min", "min", limit_function}, {"sup", "sup", limit_function},
    {"inf", "inf", limit_function}, {"lim", "lim", limit_function}, {"limsup", "lim sup", limit_function},
    {"liminf", "lim inf", limit_function}, {"det", "det", limit_function}, {"gcd", "gcd", limit_function},
    {"Pr", "Pr", limit_function},
    // widths
    {",", "0.1667", space}, {"thinspace", "0.1667", space}, {":", "0.2222", space}, {">", "0.2222", space},
    {";", "0.2778", space}, {"!", "-0.1667", space}, {"quad", "1", space}, {"qquad", "2", space}, {" ", "0.3333", space},
    {"enspace", "0.5", space},
};

struct Delimiter { std::string_view name, sign; };
constexpr Delimiter delimiters[] = {
    {"(", "("}, {")", ")"}, {"[", "["}, {"]", "]"}, {"/", "/"}, {"|", "|"}, {".", ""}, {"<", "⟨"}, {">", "⟩"},
    {"\\{", "{"}, {"\\}", "}"}, {"\\|", "‖"}, {"\\lbrace", "{"}, {"\\rbrace", "}"}, {"\\lbrack", "["},
    {"\\rbrack", "]"}, {"\\langle", "⟨"}, {"\\rangle", "⟩"}, {"\\lfloor", "⌊"}, {"\\rfloor", "⌋"}, {"\\lceil", "⌈"},
    {"\\rceil", "⌉"}, {"\\vert", "|"}, {"\\Vert", "‖"}, {"\\lvert", "|"}, {"\\rvert", "|"}, {"\\lVert", "‖"},
    {"\\rVert", "‖"}, {"\\uparrow", "↑"}, {"\\downarrow", "↓"}, {"\\backslash", "∖"},
};

constexpr Accent accents[] = {
    {"hat", "^", false, false}, {"widehat", "^", false, true}, {"tilde", "~", false, false},
    {"widetilde", "~", false, true}, {"bar", "‾", false, false}, {"overline", "‾", false, true},
    {"underline", "_", true, true}, {"vec", "→", false, false}, {"overrightarrow", "→", false, true},
    {"dot", "˙", false, false}, {"ddot", "¨", false, false}, {"check", "ˇ", false, false}, {"breve", "˘", false, false},
    {"acute", "´", false, false}, {"grave", "`", false, false}, {"overbrace", "⏞", false, true},
    {"underbrace", "⏟", true, true},
};

// Where the capitals, small letters and digits of a style begin in Unicode's block of mathematical letters.
struct Style { std::string_view name; char32_t capitals, small, digits; };
constexpr Style styles[] = {
    {"mathbf", 0x1D400, 0x1D41A, 0x1D7CE},   {"boldsymbol", 0x1D468, 0x1D482, 0x1D7CE},
    {"bm", 0x1D468, 0x1D482, 0x1D7CE},       {"mathit", 0x1D434, 0x1D44E, 0},
    {"mathcal", 0x1D49C, 0x1D4B6, 0},        {"mathscr", 0x1D49C, 0x1D4B6, 0},
    {"mathfrak", 0x1D504, 0x1D51E, 0},       {"mathbb", 0x1D538, 0x1D552, 0x1D7D8},
    {"mathsf", 0x1D5A0, 0x1D5BA, 0x1D7E2},   {"mathtt", 0x1D670, 0x1D68A, 0x1D7F6},
};

// Letters that Unicode had before the block came, and left out of it.
struct Exception { char32_t gap, letter; };
constexpr Exception exceptions[] = {
    {0x1D455, 0x210E}, {0x1D49D, 0x212C}, {0x1D4A0, 0x2130}, {0x1D4A1, 0x2131}, {0x1D4A3, 0x210B}, {0x1D4A4, 0x2110},
    {0x1D4A7, 0x2112}, {0x1D4A8, 0x2133}, {0x1D4AD, 0x211B}, {0x1D4BA, 0x212F}, {0x1D4BC, 0x210A}, {0x1D4C4, 0x2134},
    {0x1D506, 0x212D}, {0x1D50B, 0x210C}, {0x1D50C, 0x2111}, {0x1D515, 0x211C}, {0x1D51D, 0x2128}, {0x1D53A, 0x2102},
    {0x1D53F, 0x210D}, {0x1D545, 0x2115}, {0x1D547, 0x2119}, {0x1D548, 0x211A}, {0x1D549, 0x211D}, {0x1D551, 0x2124},
};

}  // namespace

std::span<const Symbol> symbols() { return table; }

const Symbol* find_symbol(std::string_view command) {
  const auto found = std::ranges::find(table, command, &Symbol::command);
  return found == std::end(table) ? nullptr : found;
}

char32_t styled_letter(std::string_view style, char32_t letter) {
  const auto known = std::ranges::find(styles, style, &Style::name);
  if (known == std::end(styles)) return 0;
  char32_t code = 0;
  if (letter >= 'A' && letter <= 'Z') code = known->capitals + (letter - 'A');
  else if (letter >= 'a' && letter <= 'z') code = known->small + (letter - 'a');
  else if (letter >= '0' && letter <= '9' && known->digits) code = known->digits + (letter - '0');
  const auto exception = std::ranges::find(exceptions, code, &Exception::gap);
  return exception == std::end(exceptions) ? code : exception->letter;
}

bool find_delimiter(std::string_view name, std::string_view& sign) {
  const auto found = std::ranges::find(delimiters, name, &Delimiter::name);
  if (found == std::end(delimiters)) return false;
  sign = found->sign;
  return true;
}

const Accent* find_accent(std::string_view command) {
  const auto found = std::ranges::find(accents, command, &Accent::command);
  return found == std::end(accents) ? nullptr : found;
}

}  // namespace tb::book::mathml
