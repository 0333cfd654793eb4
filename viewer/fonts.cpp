// The faces of assets/fonts.toml in Dear ImGui's atlas. Files are mapped and glyphs are drawn when they are first
// shown, so that a start costs milliseconds although the fallbacks hold a hundred thousand characters.
#include <map>
#include <vector>

#include <ft2build.h>
#include FT_FREETYPE_H
#include <imgui.h>
#include <misc/freetype/imgui_freetype.h>
#include <toml++/toml.h>

#include "base/files.h"
#include "viewer/emoji.h"
#include "viewer/theme.h"

namespace tb::viewer {

namespace {

// A font file in memory, and how large its em is in Dear ImGui's measure.
struct Face {
  MappedFile file;
  float em = 1;                 // (ascender - descender) / units per em
  bool colour_bitmaps = false;  // emoji: pictures of one size, which FreeType does not scale
};

// Mapped files live as long as the process: atlases of several contexts (tests) refer to them.
std::map<std::string, Face>& faces() {
  static std::map<std::string, Face> known;
  return known;
}

Result<const Face*> face_of(const std::string& path, const std::string& package) {
  if (auto at = faces().find(path); at != faces().end()) return &at->second;
  auto mapped = MappedFile::open(path);
  if (!mapped) return fail("fonts.missing", path, {package});
  Face face{.file = std::move(*mapped)};
  static FT_Library library = [] {
    FT_Library made = nullptr;
    FT_Init_FreeType(&made);
    return made;
  }();
  FT_Face opened = nullptr;
  const auto bytes = face.file.bytes();
  if (FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(bytes.data()), static_cast<FT_Long>(bytes.size()), 0,
                         &opened) != 0)
    return fail("fonts.damaged", path, {package});
  // Dear ImGui's pixel size is ascender minus descender; ours, like CSS's and the SVG's, is the em.
  if (FT_IS_SCALABLE(opened) && opened->units_per_EM > 0)
    face.em = static_cast<float>(opened->ascender - opened->descender) / static_cast<float>(opened->units_per_EM);
  face.colour_bitmaps = !FT_IS_SCALABLE(opened) && FT_HAS_FIXED_SIZES(opened);
  FT_Done_Face(opened);
  return &faces().emplace(path, std::move(face)).first->second;
}

ImFont* add(const Face& face, bool merge) {
  ImFontConfig config;
  config.FontDataOwnedByAtlas = false;
  config.MergeMode = merge;
  config.ExtraSizeScale = face.em;
  config.FontLoaderFlags = ImGuiFreeTypeLoaderFlags_LightHinting;
  static const ImWchar emoji[] = {0x1F300, 0x1FAFF, 0};
  if (face.colour_bitmaps)
    config.FontLoader = emoji_loader();
  else
    config.GlyphExcludeRanges = emoji;   // DejaVu has outlines of some faces, which are to be in colour
  const auto bytes = face.file.bytes();
  void* data = const_cast<std::byte*>(bytes.data());
  return ImGui::GetIO().Fonts->AddFontFromMemoryTTF(data, static_cast<int>(bytes.size()), 0.0f, &config);
}

}  // namespace

Result<Fonts> load_fonts() {
  const std::filesystem::path path = textbook_root() / "assets" / "fonts.toml";
  auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  toml::table table;
  try {
    table = toml::parse(*text, path.string());
  } catch (const toml::parse_error& error) {
    return fail("fonts.syntax", path.string() + ":" + std::to_string(error.source().begin.line),
                {std::string(error.description())});
  }

  // 1. Every file that is asked for, so that a missing one is reported before anything is drawn.
  std::vector<const Face*> fallbacks;
  if (const toml::array* list = table["fallback"].as_array()) {
    for (const toml::node& node : *list) {
      const toml::node_view<const toml::node> entry(node);
      auto face = face_of(entry["file"].value_or(std::string()), entry["package"].value_or(std::string()));
      if (!face) return tl::unexpected(face.error());
      fallbacks.push_back(*face);
    }
  }

  // 2. Each face with its own and all other fallbacks behind it.
  Fonts fonts;
  const std::pair<const char*, ImFont**> slots[] = {
      {"ui", &fonts.ui}, {"ui_bold", &fonts.ui_bold}, {"text", &fonts.text}, {"text_bold", &fonts.text_bold},
      {"text_italic", &fonts.text_italic}, {"text_bold_italic", &fonts.text_bold_italic}, {"mono", &fonts.mono}};
  for (const auto& [name, slot] : slots) {
    const auto face_in = [&, name = name](const char* list) {
      const auto entry = table[list][name];
      return face_of(entry["file"].value_or(std::string()), entry["package"].value_or(std::string()));
    };
    auto face = face_in("faces");
    if (!face) return tl::unexpected(face.error());
    *slot = add(**face, false);
    if (table["behind"][name]) {
      auto behind = face_in("behind");
      if (!behind) return tl::unexpected(behind.error());
      add(**behind, true);
    }
    for (const Face* fallback : fallbacks) add(*fallback, true);
  }
  ImGui::GetIO().FontDefault = fonts.ui;
  return fonts;
}

}  // namespace tb::viewer
