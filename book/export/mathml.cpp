#include "book/export/mathml.h"

#include "book/export/mathml_parser.h"

namespace tb::book {

Result<std::string> to_mathml(std::string_view latex, bool display) {
  Result<std::string> row = mathml::MathParser(latex).parse();
  if (!row) return row;
  const std::string source = mathml::element("annotation", escape_html(latex), "encoding=\"application/x-tex\"");
  return mathml::element("math", mathml::element("semantics", *row + source),
                 display ? "xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\""
                         : "xmlns=\"http://www.w3.org/1998/Math/MathML\"");
}

}  // namespace tb::book
