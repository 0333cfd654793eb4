// Figures hold what they must whatever the text, width, language and theme: nothing outside, nothing unreadable.
#include <librsvg/rsvg.h>

#include "base/files.h"
#include "figure/figure.h"
#include "tests/catch.h"
#include "tests/figure/analysis_snapshots.h"
#include "tests/figure/lever_snapshots.h"
#include "tests/figure/checks.h"
#include "tests/figure/instrument_snapshots.h"
#include "tests/figure/training_snapshots.h"
#include "tests/temporary_folder.h"

using namespace tb;
using namespace tb::figure;
using namespace tb::test;

namespace {

std::vector<Snapshot> all_snapshots() {
  std::vector<Snapshot> all = {tokens_snapshot(), tokens_snapshot({}), next_token_snapshot(), next_token_snapshot(0),
                               attention_snapshot(1), attention_snapshot(5, 16), attention_snapshot(14, 9, true),
                               attention_snapshot(30), attention_snapshot(64), table_snapshot()};
  Texts many;
  for (int i = 0; i < 20; ++i) many.insert(many.end(), awkward.begin(), awkward.end());
  all.push_back(tokens_snapshot(many));
  for (Snapshot& snapshot : analysis_snapshots()) all.push_back(std::move(snapshot));
  for (Snapshot& snapshot : lever_snapshots()) all.push_back(std::move(snapshot));
  for (Snapshot& snapshot : training_snapshots()) all.push_back(std::move(snapshot));
  for (Snapshot& snapshot : instrument_snapshots()) all.push_back(std::move(snapshot));
  return all;
}

}  // namespace

TEST_CASE("nothing leaves a figure, and every text of it can be read") {
  for (const Snapshot& snapshot : all_snapshots())
    for (const char* language : {"en", "ru"})
      for (const auto& [width, size] : {std::pair{525.f, 15.f}, {360.f, 15.f}, {1120.f, 30.f}, {900.f, 15.f}}) {
        CAPTURE(snapshot.lab, language, width, size);
        Look look{palette(Theme::light), strings(language), measure(), width, size, "", ""};
        const Figure plain = draw(snapshot, look);
        REQUIRE(plain.width == width);
        for (const auto& [hovered, selected] : marks(plain)) {
          CAPTURE(hovered, selected);
          look.hovered = hovered;
          look.selected = selected;
          const Figure figure = draw(snapshot, look);
          CHECK(figure.height == plain.height);   // pointing moves nothing
          check_inside(figure);
          if (hovered.empty()) check_readable(figure);
        }
      }
}

TEST_CASE("tokens are shown as what they are") {
  CHECK(visible(" cat") == "·cat");
  CHECK(visible("a\n\tb\r") == "a↵⇥b␍");
  CHECK(visible("Пример 中 🙂") == "Пример·中·🙂");
  CHECK(visible("\xF0\x9F") == "F0\u202F9F");
  CHECK(visible(" \xE4") == "·\u202F" "E4");
  CHECK(visible("\xE4" "a") == "E4\u202F" "a");
  CHECK(visible("\xEF\xBF\xBD") == "EF\u202F" "BF\u202F" "BD");   // a replacement sign that is in the text
  CHECK(visible("\xE2\x80\x8B") == "E2\u202F" "80\u202F" "8B");   // a zero-width space would be invisible
  CHECK(visible("\x01") == "01");
  CHECK(visible("") == "");
  // Whatever the bytes, what comes out is whole UTF-8 without a replacement sign.
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second) {
      const std::string shown = visible(std::string{static_cast<char>(first), static_cast<char>(second)});
      REQUIRE(is_utf8(shown));
      REQUIRE(!shown.empty());
      REQUIRE(shown.find("\uFFFD") == std::string::npos);
    }
}

TEST_CASE("a click on a bar forces its token, one on the continuation goes back, one on a head chooses it") {
  const Look look{palette(Theme::light), strings("en"), measure(), 560, 15, "", ""};
  const auto set_of = [](const Figure& figure, const std::string& id) {
    for (const Hit& hit : figure.hits)
      if (hit.id == id) return hit.set;
    throw std::runtime_error("no hit " + id);
  };
  const Snapshot next = next_token_snapshot();
  const Figure bars = draw(next, look);
  using List = std::vector<std::int64_t>;
  CHECK(set_of(bars, "bar/2") ==
        Inputs{{"continuation", List{5, 6, static_cast<std::int64_t>(next.numbers("bars.id")[2])}}});
  CHECK(set_of(bars, "token/" + std::to_string(awkward.size() - 1)) == Inputs{{"continuation", List{5}}});
  CHECK(set_of(bars, "token/" + std::to_string(awkward.size() - 2)) == Inputs{{"continuation", List{}}});
  const Figure heads = draw(attention_snapshot(6), look);
  CHECK(set_of(heads, "head/4") == Inputs{{"head", std::int64_t{4}}});
  CHECK(set_of(heads, "cell/5/3") == Inputs{{"query", std::int64_t{5}}});
  CHECK(set_of(heads, "query/2") == Inputs{{"query", std::int64_t{2}}});
  // The labs over the analyses: a cell or a head is chosen, a token of the text becomes the row that is read.
  const Inputs place = {{"layer", std::int64_t{3}}, {"column", std::int64_t{1}}};
  CHECK(set_of(draw(patching_snapshot("heads", 5, 9), look), "cell/3/1") == place);
  const Inputs head = {{"layer", std::int64_t{3}}, {"head", std::int64_t{1}}};
  CHECK(set_of(draw(heads_snapshot("sink", 5), look), "cell/3/1") == head);
  const Figure control = draw(control_snapshot("force", 14, 1, 20), look);
  CHECK(set_of(control, "query/5") == Inputs{{"query", std::int64_t{5}}});
  CHECK(set_of(control, "key/2") == Inputs{{"key", std::int64_t{2}}});
  CHECK(set_of(draw(rotation_snapshot(14, 32), look), "key/2") == Inputs{{"key", std::int64_t{2}}});
  const Figure by_size = draw(attribution_snapshot("size", 5), look);
  const auto bar = std::find_if(by_size.hits.begin(), by_size.hits.end(),
                                [](const Hit& hit) { return hit.id.starts_with("head/"); });
  REQUIRE(bar != by_size.hits.end());
  CHECK(bar->set.size() == 2);
  CHECK(set_of(draw(lens_grid_snapshot(9, 0, 9, 8), look), "cell/7/8") ==
        Inputs{{"query", std::int64_t{8}}, {"step", std::int64_t{7}}});
  for (const Snapshot& snapshot : {lens_snapshot(5), attribution_snapshot("layer", 5), graph_snapshot(5)})
    CHECK(set_of(draw(snapshot, look), "query/2") == Inputs{{"query", std::int64_t{2}}});
}

TEST_CASE("SVG is well-formed XML with its text in it, and PNG has the size asked for, in every theme") {
  const TemporaryFolder folder;
  for (const Snapshot& snapshot : all_snapshots())
    for (const Theme theme : themes) {
      CAPTURE(snapshot.lab, static_cast<int>(theme));
      const Figure figure = draw(snapshot, {palette(theme), strings("ru"), measure(), 560, 15, "", ""});
      const std::string svg = to_svg(figure, palette(theme));
      GError* error = nullptr;
      RsvgHandle* handle = rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error);
      if (error) FAIL(error->message);
      REQUIRE(handle != nullptr);
      double width = 0, height = 0;
      CHECK(rsvg_handle_get_intrinsic_size_in_pixels(handle, &width, &height));
      CHECK(width == Approx(figure.width + 2 * margin).margin(1));
      g_object_unref(handle);
      CHECK(svg.find("<text") != std::string::npos);
      if (theme != Theme::dark) continue;
      const std::string path = (folder.path / "figure.png").string();
      const auto written = write_png(figure, palette(theme), 1.5, path);
      REQUIRE(written);
      const std::string png = read_file(path).value();
      REQUIRE(png.size() > 24);
      CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
      const auto big_endian = [&](std::size_t at) {
        std::uint32_t number = 0;
        for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(png[at + i]);
        return number;
      };
      CHECK(big_endian(16) == std::ceil((560 + 2 * margin) * 1.5));
    }
}

namespace {

// WCAG 2.2's contrast of two colours, and their distance in OKLab by Ottosson's formulas.
double luminance(Color c) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(c.r / 255.0) + 0.7152 * linear(c.g / 255.0) + 0.0722 * linear(c.b / 255.0);
}
double contrast(Color a, Color b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}
double lightness(Color c) {   // OKLab's L
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  const double r = linear(c.r / 255.0), g = linear(c.g / 255.0), b = linear(c.b / 255.0);
  return 0.2104542553 * std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) +
         0.7936177850 * std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) -
         0.0040720468 * std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
}
bool same(Color a, Color b) { return a.r == b.r && a.g == b.g && a.b == b.b; }

}  // namespace

TEST_CASE("every theme's text stands out, and its ramps are even and start at the paper") {
  for (const Theme theme : themes) {
    const Palette& p = palette(theme);
    CAPTURE(static_cast<int>(theme));
    for (const Color ground : {p.paper, p.card}) {
      CHECK(contrast(p.ink, ground) >= 7);
      CHECK(contrast(p.muted, ground) >= 4.5);
      CHECK(contrast(p.accent, ground) >= 4.5);
      CHECK(contrast(p.warn, ground) >= 4.5);
    }
    for (const Color chip : {p.chip_a, p.chip_b}) CHECK(contrast(p.ink, chip) >= 7);
    REQUIRE(p.sequential.size() == 256);
    REQUIRE(p.diverging.size() == 256);
    CHECK(same(p.sequential.front(), p.paper));
    CHECK(same(p.diverging[127], p.paper));
    CHECK(same(p.diverging[128], p.paper));
    // Equal steps: lightness goes along a straight line, up to the rounding to bytes.
    const double from = lightness(p.sequential.front()), to = lightness(p.sequential.back());
    for (std::size_t i = 0; i < 256; ++i)
      CHECK(lightness(p.sequential[i]) == Approx(from + (to - from) * static_cast<double>(i) / 255).margin(0.006));
    CHECK(std::abs(to - from) > 0.4);
  }
  const std::vector<Color>& ramp_colors = palette(Theme::light).sequential;
  CHECK(same(ramp(ramp_colors, -1), ramp_colors.front()));
  CHECK(same(ramp(ramp_colors, 2), ramp_colors.back()));
  CHECK(same(ramp(ramp_colors, std::nan("")), ramp_colors.front()));
}

TEST_CASE("widths are those that the faces give") {
  // Every glyph of JetBrains Mono is 600 units of 1000 wide.
  CHECK(measure()("0123", Face::mono, 10) == Approx(24));
  CHECK(measure()("", Face::text, 15) == 0);
  CHECK(measure()("мама", Face::text, 30) == Approx(2 * measure()("мама", Face::text, 15)));
  CHECK(measure()("Word", Face::text_bold, 15) > measure()("Word", Face::text, 15));
}

TEST_CASE("a row that saw the first token alone says that nothing is left without it") {
  const Look look{palette(Theme::light), strings("en"), measure(), 560, 15, "", ""};
  Snapshot snapshot = attention_snapshot(5);
  for (Column& column : snapshot.columns)
    if (column.name == "row.sum") column.data = std::vector<double>{0};
  const auto says = [](const Figure& figure, std::string_view words) {
    return std::any_of(figure.shapes.begin(), figure.shapes.end(), [&](const Shape& shape) {
      const auto* text = std::get_if<TextShape>(&shape);
      return text && text->text.find(words) != std::string::npos;
    });
  };
  CHECK(says(draw(attention_snapshot(5), look), "Weight:"));
  CHECK(says(draw(snapshot, look), "Without"));
  CHECK_FALSE(says(draw(snapshot, look), "Weight:"));
}
