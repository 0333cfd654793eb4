// Pictures in ImGui's care: registered as user textures, so that every renderer (also imgui_impl_null) uploads them,
// and freed only when the renderer has let go of them.
#pragma once

#include <cstdint>
#include <span>

#include <imgui.h>

namespace tb::viewer::page {

class Texture {
 public:
  Texture() = default;
  // `rgba`: width x height pixels of four bytes, straight alpha.
  Texture(int width, int height, std::span<const std::uint8_t> rgba);
  Texture(Texture&& other) noexcept;
  Texture& operator=(Texture&& other) noexcept;
  ~Texture();

  explicit operator bool() const { return data_ != nullptr; }
  ImTextureRef ref() const { return data_->GetTexRef(); }

 private:
  ImTextureData* data_ = nullptr;
};

// Deletes the textures that were given up and that the renderer has destroyed; call once a frame.
void collect_textures();
int textures_alive();             // made and not yet deleted

}  // namespace tb::viewer::page
