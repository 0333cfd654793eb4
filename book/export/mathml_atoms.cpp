#include "book/export/mathml_atoms.h"

#include "book/export/html.h"

namespace tb::book::mathml {

std::string element(std::string_view name, std::string_view content, std::string_view attributes) {
  std::string out = "<" + std::string(name);
  if (!attributes.empty()) out.append(" ").append(attributes);
  return out.append(">").append(content).append("</").append(name).append(">");
}

std::string gap(std::string_view em) { return "<mspace width=\"" + std::string(em) + "em\"/>"; }

std::string fence(std::string_view sign, std::string_view form) {
  return sign.empty() ? "" : element("mo", sign, "stretchy=\"true\" form=\"" + std::string(form) + "\"");
}

Atom signed_operator(std::string_view sign, Kind previous) {
  const bool prefix = previous == Kind::open || previous == Kind::binary || previous == Kind::relation ||
                      previous == Kind::punctuation || previous == Kind::function || previous == Kind::limits;
  return {element("mo", sign, prefix ? "form=\"prefix\"" : "form=\"infix\""), prefix ? Kind::ordinary : Kind::binary};
}

Atom symbol(const mathml::Symbol& symbol, Kind previous) {
  const std::string text = escape_html(symbol.text);
  switch (symbol.kind) {
    case Kind::letter: return {element("mi", text), symbol.kind};
    case Kind::upright: return {element("mi", text, "mathvariant=\"normal\""), symbol.kind};
    case Kind::binary:
      if (symbol.text == "±" || symbol.text == "∓") return signed_operator(symbol.text, previous);
      return {element("mo", text), symbol.kind};
    case Kind::relation: return {element("mo", text, "stretchy=\"false\""), symbol.kind};
    case Kind::punctuation: return {element("mo", text, "separator=\"true\""), symbol.kind};
    case Kind::open: return {element("mo", text, "form=\"prefix\" stretchy=\"false\""), symbol.kind};
    case Kind::close: return {element("mo", text, "form=\"postfix\" stretchy=\"false\""), symbol.kind};
    case Kind::ordinary: return {element("mo", text, "lspace=\"0em\" rspace=\"0em\" stretchy=\"false\""), symbol.kind};
    case Kind::limits: return {element("mo", text, "movablelimits=\"true\""), symbol.kind};
    case Kind::integral: return {element("mo", text), symbol.kind};
    case Kind::function: return {element("mi", text), symbol.kind};
    case Kind::limit_function:
      return {element("mo", text, "movablelimits=\"true\" lspace=\"0em\" rspace=\"0em\""), symbol.kind};
    case Kind::space: return {gap(symbol.text), symbol.kind};
  }
  return {};
}

}  // namespace tb::book::mathml
