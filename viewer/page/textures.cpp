#include "viewer/page/textures.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <imgui_internal.h>

namespace tb::viewer::page {

namespace {

// A texture outlives its owner: the renderer destroys its copy one or two frames later, and when the renderer shuts
// down it walks over all that are registered. So given-up textures wait here, registered, until that has happened.
struct Waiting {
  ~Waiting() {
    for (ImTextureData* texture : textures) IM_DELETE(texture);
  }
  std::vector<ImTextureData*> textures;
};
Waiting waiting;
int alive = 0;

bool registered(ImTextureData* texture) {
  return ImGui::GetCurrentContext() && ImGui::GetCurrentContext()->UserTextures.contains(texture);
}

}  // namespace

Texture::Texture(int width, int height, std::span<const std::uint8_t> rgba) : data_(IM_NEW(ImTextureData)()) {
  data_->Create(ImTextureFormat_RGBA32, width, height);
  std::memcpy(data_->GetPixels(), rgba.data(), static_cast<std::size_t>(data_->GetSizeInBytes()));
  data_->UseColors = true;
  ImGui::RegisterUserTexture(data_);
  ++alive;
}

Texture::Texture(Texture&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}

Texture& Texture::operator=(Texture&& other) noexcept {
  std::swap(data_, other.data_);
  return *this;
}

Texture::~Texture() {
  if (!data_) return;
  data_->WantDestroyNextFrame = true;
  waiting.textures.push_back(data_);
}

void collect_textures() {
  std::erase_if(waiting.textures, [](ImTextureData* texture) {
    // One whose context is gone has no renderer that could still hold it.
    if (registered(texture)) {
      if (texture->Status != ImTextureStatus_Destroyed) return false;
      ImGui::UnregisterUserTexture(texture);
      ImGui::GetPlatformIO().Textures.find_erase(texture);
    }
    IM_DELETE(texture);
    --alive;
    return true;
  });
}

int textures_alive() { return alive; }

}  // namespace tb::viewer::page
