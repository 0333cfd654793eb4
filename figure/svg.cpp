// SVG with real text: it can be selected, searched and read aloud.
#include <fmt/format.h>

#include "base/text.h"
#include "figure/figure.h"

namespace tb::figure {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto code = next_code_point(text, at);
    if (!code || (*code < 0x20 && *code != '\t') || *code == 0xFFFE || *code == 0xFFFF) continue;   // no XML character
    switch (*code) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: append_utf8(out, *code);
    }
  }
  return out;
}

std::string paint(const char* attribute, Color color) {
  if (color.a == 0) return fmt::format(" {}=\"none\"", attribute);
  std::string out = fmt::format(" {}=\"#{:02x}{:02x}{:02x}\"", attribute, color.r, color.g, color.b);
  if (color.a < 255) out += fmt::format(" {}-opacity=\"{:.3f}\"", attribute, color.a / 255.0);
  return out;
}

struct Writer {
  std::string& out;
  int patterns = 0;

  void operator()(const RectShape& rect) {
    std::string fill = paint("fill", rect.fill);
    if (rect.hatched && rect.fill.a > 0) {
      const std::string name = fmt::format("hatch{}", patterns++);
      out += fmt::format("<pattern id=\"{}\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
                         "patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" "
                         "stroke-width=\"2\"{}/></pattern>\n",
                         name, paint("stroke", rect.fill));
      fill = fmt::format(" fill=\"url(#{})\"", name);
    }
    out +=
        fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" rx=\"{:.2f}\"{}{}", rect.box.x,
                    rect.box.y, rect.box.w, rect.box.h, rect.radius, fill, paint("stroke", rect.stroke));
    if (rect.stroke.a > 0) out += fmt::format(" stroke-width=\"{:.2f}\"", rect.stroke_width);
    if (rect.dashed) out += " stroke-dasharray=\"3 2.5\"";
    out += "/>\n";
  }

  void operator()(const LineShape& line) {
    out += fmt::format("<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" stroke-width=\"{:.2f}\"{}{}/>\n",
                       line.x1, line.y1, line.x2, line.y2, line.width, paint("stroke", line.color),
                       line.dashed ? " stroke-dasharray=\"3 2.5\"" : "");
  }

  void operator()(const TextShape& text) {
    // No emoji font by name: digits count as emoji and would be taken from it. Real ones are found without.
    const char* family = text.face == Face::mono ? "JetBrains Mono, monospace" : "PT Sans, sans-serif";
    const char* anchor = text.anchor == 0 ? "start" : text.anchor == 1 ? "end" : "middle";
    out += fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\" font-family=\"{}\" font-size=\"{:.2f}\"{}", text.x, text.y,
                       family, text.size, paint("fill", text.color));
    if (text.face == Face::text_bold) out += " font-weight=\"bold\"";
    if (text.anchor != 0) out += fmt::format(" text-anchor=\"{}\"", anchor);
    if (text.upward) out += fmt::format(" transform=\"rotate(-90 {:.2f} {:.2f})\"", text.x, text.y);
    out += fmt::format(" xml:space=\"preserve\">{}</text>\n", escape(text.text));
  }

  void operator()(const CellsShape& cells) {
    if (cells.rows == 0 || cells.columns == 0) return;
    const float w = cells.box.w / cells.columns, h = cells.box.h / cells.rows;
    out += "<g shape-rendering=\"crispEdges\">\n";
    for (int row = 0; row < cells.rows; ++row)
      for (int column = 0; column < cells.columns; ++column) {
        const Color color = cells.cells[static_cast<std::size_t>(row) * cells.columns + column];
        if (color.a == 0) continue;
        out += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"{}/>\n",
                           cells.box.x + column * w, cells.box.y + row * h, w, h, paint("fill", color));
      }
    out += "</g>\n";
  }

  void operator()(const PathShape& path) {
    if (path.points.size() < 2) return;
    out += "<polyline points=\"";
    for (const Point& p : path.points) out += fmt::format("{:.2f},{:.2f} ", p.x, p.y);
    out.back() = '"';
    out += fmt::format(" fill=\"none\" stroke-linejoin=\"round\" stroke-width=\"{:.2f}\"{}{}/>\n", path.width,
                       paint("stroke", path.color), path.dashed ? " stroke-dasharray=\"5 3\"" : "");
  }
};

}  // namespace

std::string to_svg(const Figure& figure, const Palette& colors, double scale) {
  const float width = figure.width + 2 * margin, height = figure.height + 2 * margin;
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{1:.0f}\" height=\"{2:.0f}\" "
      "viewBox=\"{0:.2f} {0:.2f} {3:.2f} {4:.2f}\">\n<desc>{5}</desc>\n"
      "<rect x=\"{0:.2f}\" y=\"{0:.2f}\" width=\"100%\" height=\"100%\"{6}/>\n",
      -margin, width * scale, height * scale, width, height, escape(figure.alt), paint("fill", colors.card));
  Writer writer{out};
  for (const Shape& shape : figure.shapes) std::visit(writer, shape);
  return out + "</svg>\n";
}

}  // namespace tb::figure
