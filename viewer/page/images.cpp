#include "viewer/page/images.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image.h>
#pragma GCC diagnostic pop

#include "base/files.h"

namespace tb::viewer::page {

namespace {

struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgba;
};

Pixels decode(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return {};
  Pixels pixels;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> data(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes->data()), static_cast<int>(bytes->size()),
                            &pixels.width, &pixels.height, nullptr, 4), stbi_image_free);
  if (!data) return {};
  pixels.rgba.assign(data.get(), data.get() + static_cast<std::size_t>(pixels.width) * pixels.height * 4);
  return pixels;
}

// Each new pixel is the mean of the old ones under it, weighted by their opacity; the renderer's own filter would skip
// most of them.
Pixels shrink(const Pixels& from, int width, int height) {
  Pixels to{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 4)};
  for (int y = 0; y < height; ++y) {
    const int y0 = y * from.height / height, y1 = std::max(y0 + 1, (y + 1) * from.height / height);
    for (int x = 0; x < width; ++x) {
      const int x0 = x * from.width / width, x1 = std::max(x0 + 1, (x + 1) * from.width / width);
      std::uint64_t sum[3] = {0, 0, 0}, opacity = 0;
      for (int v = y0; v < y1; ++v)
        for (int u = x0; u < x1; ++u) {
          const std::uint8_t* pixel = &from.rgba[(static_cast<std::size_t>(v) * from.width + u) * 4];
          for (int c = 0; c < 3; ++c) sum[c] += std::uint64_t{pixel[c]} * pixel[3];
          opacity += pixel[3];
        }
      std::uint8_t* pixel = &to.rgba[(static_cast<std::size_t>(y) * width + x) * 4];
      for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(opacity ? sum[c] / opacity : 0);
      pixel[3] = static_cast<std::uint8_t>(opacity / (static_cast<std::uint64_t>(y1 - y0) * (x1 - x0)));
    }
  }
  return to;
}

}  // namespace

const Picture* Images::get(const std::filesystem::path& path, float scale, float max_width) {
  if (!sizes_.contains(path)) {
    const auto bytes = read_file(path);
    int width = 0, height = 0;
    if (bytes)
      stbi_info_from_memory(reinterpret_cast<const stbi_uc*>(bytes->data()), static_cast<int>(bytes->size()), &width,
                            &height, nullptr);
    sizes_[path] = {width, height};
  }
  const auto [own_width, own_height] = sizes_[path];
  if (own_width <= 0 || own_height <= 0) return nullptr;
  const float factor = std::min(scale, max_width / static_cast<float>(own_width));
  const int width = std::max(1, static_cast<int>(static_cast<float>(own_width) * factor));
  const int height = std::max(1, static_cast<int>(std::lround(static_cast<float>(own_height) * factor)));
  const auto [at, fresh] = known_.try_emplace({path, width});
  Picture& picture = at->second;
  if (fresh) {
    Pixels pixels = decode(path);
    if (pixels.rgba.empty()) {
      sizes_[path] = {0, 0};      // a header without readable pixels behind it
      return nullptr;
    }
    if (width < pixels.width) pixels = shrink(pixels, width, std::min(height, pixels.height));
    picture.texture = Texture(pixels.width, pixels.height, pixels.rgba);
    picture.width = static_cast<float>(width);
    picture.height = picture.baseline = static_cast<float>(height);
    picture.image = {0, 0, picture.width, picture.height};
  }
  return picture.texture ? &picture : nullptr;
}

}  // namespace tb::viewer::page
