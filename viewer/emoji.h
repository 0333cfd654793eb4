// Emoji in colour: Dear ImGui's FreeType loader takes a font's pictures as they are (136 pixels high); this loader
// scales them to the size asked for.
#pragma once

struct ImFontLoader;

namespace tb::viewer {

const ImFontLoader* emoji_loader();

}  // namespace tb::viewer
