#include <cmath>
#include <memory>

#include <librsvg/rsvg.h>

#include "base/files.h"
#include "figure/figure.h"

namespace tb::figure {
namespace {

cairo_status_t append_bytes(void* target, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

struct Release {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};

}  // namespace

Result<void> write_png(const Figure& figure, const Palette& colors, double scale, const std::string& path) {
  const std::string svg = to_svg(figure, colors, scale);
  GError* reason = nullptr;
  const auto failed = [&](const char* otherwise) {
    const std::string why = reason ? reason->message : otherwise;
    if (reason) g_error_free(reason);
    return fail("figure.render", path, {why});
  };
  const std::unique_ptr<RsvgHandle, Release> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &reason));
  if (!handle) return failed("librsvg");

  const int width = static_cast<int>(std::ceil((figure.width + 2 * margin) * scale));
  const int height = static_cast<int>(std::ceil((figure.height + 2 * margin) * scale));
  const std::unique_ptr<cairo_surface_t, Release> surface(
      cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height));
  const std::unique_ptr<cairo_t, Release> context(cairo_create(surface.get()));
  const RsvgRectangle viewport{0, 0, static_cast<double>(width), static_cast<double>(height)};
  if (!rsvg_handle_render_document(handle.get(), context.get(), &viewport, &reason)) return failed("librsvg");
  std::string png;
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface.get(), append_bytes, &png);
  if (status != CAIRO_STATUS_SUCCESS) return failed(cairo_status_to_string(status));
  return write_file(path, png);
}

}  // namespace tb::figure
