// The page in type: nothing runs out of the column, nothing is lost, formulas stand on the baseline.
#include <random>
#include <set>
#include <sstream>

#include "base/text.h"
#include "tests/catch.h"
#include "tests/viewer/page_rig.h"
#include "viewer/page/layout.h"
#include "viewer/page/selection.h"

using namespace tb;
using namespace tb::viewer::page;
using tb::test::PageRig;

namespace {

struct Typeset {
  Flow flow;
  std::unique_ptr<Formulas> formulas;
  std::unique_ptr<Images> images;
  Layout layout;
};

// Lays out within a frame, as fonts may only be asked then.
Typeset typeset(PageRig& rig, std::string_view markdown, float width, std::string_view language = "en",
                float margin = 0) {
  ImGui_ImplNull_NewFrame();
  ImGui::GetIO().DisplaySize = rig.size;
  ImGui::NewFrame();
  Typeset set;
  set.flow =
      make_flow(std::make_shared<book::Document>(book::parse_document(markdown, "chapter.md", language)), nullptr);
  set.formulas = std::make_unique<Formulas>(rig.theme.fonts, 1.f);
  set.images = std::make_unique<Images>();
  const auto height = [](const book::Directive&) { return 100.f; };
  set.layout = lay_out(set.flow, {rig.theme, width, *set.formulas, *set.images, height, margin});
  ImGui::EndFrame();
  return set;
}

// Every fragment inside its strip's part of the column (markers hang left of it), every strip below the last one.
void check_inside(const Typeset& set, float width) {
  float bottom = 0;
  for (const Strip& strip : set.layout.strips) {
    CHECK(strip.y >= bottom);
    bottom = strip.y + strip.height;
    const Leaf& leaf = set.flow.leaves[strip.leaf];
    for (const Line& line : set.layout.lines_of(strip)) {
      CHECK(line.y >= 0);
      CHECK(line.y + line.height <= strip.height + 1);
      for (const Fragment& fragment : set.layout.fragments_of(line)) {
        if (fragment.range == leaf.marker && !leaf.marker.empty()) continue;
        INFO(set.flow[fragment.range] << " in a column of " << width);
        CHECK(fragment.x >= strip.x - 0.5f);
        CHECK(fragment.x + fragment.width <= width + 0.5f);
      }
    }
  }
}

// Every byte of text that is no space is in exactly one fragment.
void check_complete(const Typeset& set) {
  std::vector<int> shown(set.flow.text.size(), 0);
  for (const Fragment& fragment : set.layout.fragments) {
    if (fragment.literal >= 0) continue;
    for (Offset i = fragment.range.begin; i < fragment.range.end; ++i) ++shown[i];
  }
  int wrong = 0;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = set.flow.text[i];
    if (c == ' ' || c == '\n' || c == '\t') wrong += shown[i] > 1;
    else wrong += shown[i] != 1;
  }
  CHECK(wrong == 0);
}

std::string random_chapter(std::mt19937& random, bool russian) {
  const auto word = [&] {
    switch (random() % 14) {
      case 0: return std::string("https://example.org/a/very/long/path?with=arguments&and=more#anchor");
      case 1:
        return std::string(russian ? "сверхдлинноесловокотороеневлезаетникуданикогда"
                                   : "Donaudampfschifffahrtsgesellschaft");
      case 2: return std::string("`inline_code(value)`");
      case 3: return std::string("$\\frac{x_i}{\\sum_j x_j}$");
      case 4: return std::string("$a_1 + a_2 + a_3 + a_4 + a_5 = b_1 + b_2 + b_3 + b_4$");
      case 5: return std::string("**bold**") + (random() % 2 ? "and" : ",");
      case 6: return std::string("*italic*");
      case 7: return std::string(russian ? "в" : "a");
      default: break;
    }
    std::string made;
    for (unsigned i = 0; i < 1 + random() % 9; ++i)
      append_utf8(made, russian ? U'а' + random() % 32 : U'a' + random() % 26);
    return made;
  };
  const auto words = [&](unsigned count) {
    std::string text;
    for (unsigned i = 0; i < count; ++i) text.append(i ? " " : "").append(word());
    return text;
  };
  std::string text = "# " + words(5) + "\n\n" + words(60) + "\n\n";
  text += "- " + words(20) + "\n  - " + words(10) + "\n    1. " + words(12) + "\n\n> " + words(25) + "\n\n";
  text +=
      "| " + words(2) + " | " + words(3) + " | x |\n|---|:-:|--:|\n| " + words(8) + " | " + words(1) + " | 0.5 |\n\n";
  text += "```cpp\n" + words(15) + "\n```\n\n";
  text +=
      "$$\\operatorname{softmax}(z)_i = \\frac{e^{z_i}}{\\sum_{j=1}^{V} e^{z_j}} = \\frac{a+b+c+d}{e+f+g+h} = "
      "\\left(0.1, 0.2, 0.3\\right)$$\n\n";
  return text + words(30) + "\n";
}

}  // namespace

TEST_CASE("a fragment is as wide as its text, kerning and all") {
  PageRig rig;
  const std::string text =
      "To AV\u00ADAVA WAVE, **AVATAR** and [To Ty](#a) *Ave «To»*: LTAVAVAVAVAVAVAVAVAVAVAVAVAVAVAVAVAVAV. "
      "Где Та\u00ADУД «ГАГУ»: У. Гл. `AVAV`.\n\n# AVATAR To Ty\n";
  for (const float width : {60.f, 200.f, 620.f}) {
    const Typeset set = typeset(rig, text, width);
    for (const Fragment& fragment : set.layout.fragments) {
      if (fragment.picture || fragment.literal >= 0) continue;
      INFO(set.flow[fragment.range] << " in " << width);
      CHECK(fragment.width == text_width(set.layout.styles[fragment.style], set.flow[fragment.range]));
    }
  }
}

TEST_CASE("no line is wider than its column, and no word is lost, at any width") {
  PageRig rig;
  std::mt19937 random(3);
  for (const bool russian : {false, true}) {
    for (const float width : {90.f, 140.f, 220.f, 331.f, 478.f, 560.f, 700.f}) {
      for (int round = 0; round < 3; ++round) {
        const Typeset set = typeset(rig, random_chapter(random, russian), width, russian ? "ru" : "en");
        check_inside(set, width);
        check_complete(set);
        CHECK(set.layout.unreadable == 0);
      }
    }
  }
}

TEST_CASE("a wide table is set smaller before a word is broken") {
  PageRig rig;
  const std::string table =
      "| Lever | Strength | First sentence | 24 sentences, mean | 95% interval | Least to most | Price |\n"
      "|:--|:--|--:|--:|:--|:--|--:|\n"
      "| attention | 1.66 | 2.01 | 0.60 | 0.23 to 0.99 | −1.39 to 2.81 | 0.0013 |\n";
  const Typeset set = typeset(rig, table, 526);
  check_inside(set, 526);
  check_complete(set);
  std::set<std::string> whole;
  for (const Fragment& fragment : set.layout.fragments) {
    std::istringstream words{std::string(set.flow[fragment.range])};
    for (std::string word; words >> word;) whole.insert(word);
  }
  for (const char* word : {"Lever", "Strength", "sentence", "sentences,", "interval", "attention", "−1.39", "0.0013"}) {
    INFO(word);
    CHECK(whole.contains(word));
  }
}

TEST_CASE("no Russian line ends on a preposition of one letter or begins with a dash") {
  PageRig rig;
  const std::string text =
      "Модель читает текст по кусочкам и отвечает на вопрос о том, что в нём дальше. Ответ — не слово, а "
      "распределение по всему словарю, и выбирает из него уже не сама сеть, а тот, кто её запустил: с температурой "
      "и без неё, к примеру. Вектор — ещё не смысл, у него есть только место в пространстве, а смыслом он становится "
      "в слоях.";
  for (float width = 240; width < 700; width += 7) {
    const Typeset set = typeset(rig, text, width, "ru");
    for (std::size_t i = 0; i + 1 < set.layout.lines.size(); ++i) {
      std::string line(set.flow[set.layout.lines[i].range]);
      while (!line.empty() && line.back() == ' ') line.pop_back();
      const std::string last = line.substr(line.rfind(' ') + 1);
      INFO(line);
      CHECK(last.size() > 2);                       // one Cyrillic letter is two bytes
      CHECK_FALSE(line.starts_with("—"));
    }
  }
}

TEST_CASE("soft hyphens show only where a line ends") {
  PageRig rig;
  const Typeset narrow = typeset(rig, "рас\u00ADпре\u00ADделе\u00ADние", 75, "ru");
  CHECK(narrow.layout.lines.size() > 1);
  for (std::size_t i = 0; i < narrow.layout.fragments.size(); ++i)
    CHECK(narrow.layout.fragments[i].hyphen == (i + 1 < narrow.layout.fragments.size()));
  const Typeset wide = typeset(rig, "рас\u00ADпре\u00ADделе\u00ADние", 400, "ru");
  REQUIRE(wide.layout.fragments.size() == 1);
  CHECK_FALSE(wide.layout.fragments[0].hyphen);
}

TEST_CASE("every formula of a sample can be shown, in words of both alphabets") {
  PageRig rig;
  std::string chapter;
  for (const char* latex : {"x",
                            "x_i \\in \\mathbb{R}^{576}",
                            "\\frac{1}{2}",
                            "\\sqrt{d}",
                            "\\sum_{i=1}^{n} p_i = 1",
                            "p \\approx 0{,}91",
                            "\\operatorname{softmax}(z)_i = \\frac{e^{z_i/T}}{\\sum_j e^{z_j/T}}",
                            "\\log \\frac{p}{1-p}",
                            "\\mathbf{W}_Q",
                            "A = \\operatorname{softmax}\\left(\\frac{QK^\\top}{\\sqrt{d}}\\right)V",
                            "\\hat{y} \\ne \\bar{y}",
                            "\\mathcal{L}",
                            "a \\cdot b \\times c",
                            "\\lVert x \\rVert_2",
                            "\\prod_k \\int_0^1 f(t)\\,dt",
                            "z \\mapsto e^z",
                            "\\infty",
                            "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
                            "\\underbrace{x+y}_{n}",
                            "f'(x)",
                            "\\alpha\\beta\\gamma\\Delta\\Omega",
                            "p(\\text{Париж} \\mid \\text{Столица Франции})",
                            "T_{\\text{темп}}",
                            "\\{1, \\dots, V\\}",
                            "x \\leftarrow x + \\Delta x",
                            "\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{иначе} \\end{cases}",
                            "\\textcolor{red}{x}",
                            "\\boxed{E = mc^2}"})
    chapter += "Before $" + std::string(latex) + "$ after.\n\n$$" + latex + "$$\n\n";
  const Typeset set = typeset(rig, chapter, 560);
  CHECK(set.layout.unreadable == 0);
  int pictures = 0;
  for (const Fragment& fragment : set.layout.fragments) {
    if (!fragment.picture) continue;
    ++pictures;
    INFO(set.flow[fragment.range]);
    const ImTextureData* texture = fragment.picture->texture.ref()._TexData;
    int ink = 0;
    for (int i = 3; i < texture->GetSizeInBytes(); i += 4) ink += texture->Pixels[i] > 128;
    CHECK(ink >= 5);
  }
  CHECK(pictures == 2 * 28);
}

TEST_CASE("Cyrillic words in a formula take room and leave ink") {
  PageRig rig;
  const Typeset set = typeset(rig, "$\\text{aб}$ and $\\text{aбвгд}$", 560, "ru");
  REQUIRE(set.layout.fragments.size() == 3);
  CHECK(set.layout.fragments[2].width > set.layout.fragments[0].width + 20);
}

TEST_CASE("a formula that MicroTeX does not understand is shown as its source") {
  PageRig rig;
  for (const char* latex :
       {"\\frac{1}{", "\\nosuchcommand x", "\\left( x", "a } b", "\\begin{nosuch} x \\end{nosuch}"}) {
    const std::string source = latex;
    const Typeset set = typeset(rig, "Text $" + source + "$ text.\n\n$$" + source + "$$\n", 560);
    INFO(latex);
    check_complete(set);
    CHECK(set.layout.unreadable == 2);
    bool warned = false;
    for (const Fragment& fragment : set.layout.fragments)
      warned = warned || set.layout.styles[static_cast<std::size_t>(fragment.style)].ink == Ink::warn;
    CHECK(warned);
  }
}

TEST_CASE("the letters of a formula stand on the line") {
  PageRig rig;
  Formulas formulas(rig.theme.fonts, 1);
  for (const float size : {14.f, 18.f, 20.f, 27.f, 36.f}) {
    for (const char* latex : {"x", "E", "1", "x^2", "\\frac{a}{b} x", "\\sum_{i=1}^n x"}) {
      const Picture* picture = formulas.get(latex, size, false, IM_COL32_BLACK);
      REQUIRE(picture);
      // The last letter is "x" (or the only one): the lowest ink of its columns is on the baseline.
      const ImTextureData* texture = picture->texture.ref()._TexData;
      const std::string source = latex;
      if (source.find('x') == std::string::npos && source.size() > 1) continue;
      int lowest = 0;
      const bool first_letter = source.front() == 'x' || source.size() == 1;
      const int begin =
          static_cast<int>(first_letter ? -picture->image.x : -picture->image.x + picture->width - 0.45f * size);
      for (int y = 0; y < texture->Height; ++y)
        for (int x = std::max(begin, 0); x < std::min(begin + static_cast<int>(0.4f * size), texture->Width); ++x)
          if (texture->Pixels[(y * texture->Width + x) * 4 + 3] > 100) lowest = y;
      INFO(latex << " at " << size);
      CHECK(static_cast<float>(lowest + 1) + picture->image.y == Approx(picture->baseline).margin(1.01));
    }
  }
}

TEST_CASE("an inline formula that fits the line does not make it higher") {
  PageRig rig;
  for (const char* latex : {"x", "x_i", "W_E", "x \\in \\mathbb{R}^n", "e^{z}"}) {
    const Typeset set = typeset(rig, "Text with $" + std::string(latex) + "$ in it.", 560);
    INFO(latex);
    CHECK(set.layout.lines[0].height == rig.theme.sizes.leading);
  }
  const Typeset tall = typeset(rig, "Text with $\\left(\\frac{\\frac{a}{b}}{\\frac{c}{d}}\\right)$ in it.", 560);
  CHECK(tall.layout.lines[0].height > rig.theme.sizes.leading);
}

TEST_CASE("a long line of code parts before the comment behind it, and a click in an empty line finds its place") {
  PageRig rig;
  const std::string first = "float value = compute_the_value(of, these, arguments);", comment = "// [pos, d_head]";
  const Typeset set = typeset(rig, "```cpp\n" + first + "        " + comment + "\n\nint b;\n```\n", 560);
  REQUIRE(set.layout.lines.size() == 4);
  const auto shown = [&](std::size_t line) {
    std::string words;
    for (const Fragment& fragment : set.layout.fragments_of(set.layout.lines[line]))
      words += fragment.literal >= 0 ? set.layout.literals[static_cast<std::size_t>(fragment.literal)]
                                     : std::string(set.flow[fragment.range]);
    return words;
  };
  CHECK(shown(0).starts_with(first));
  CHECK(shown(1) == "↪" + comment);
  CHECK(shown(2).empty());
  const std::string long_comment = "  // a comment that is alone in its line and much too long for it to fit";
  const Typeset alone = typeset(rig, "```cpp\n" + long_comment + "\n```\n", 560);
  CHECK(alone.layout.lines.size() == 2);
  CHECK(alone.flow[alone.layout.lines[0].range].ends_with(" "));      // between two words
  const Typeset both = typeset(rig, "```cpp\nint a;" + long_comment + " " + long_comment + "\n```\n", 560);
  REQUIRE(both.layout.lines.size() == 4);
  for (int i = 0; i < 3; ++i) CHECK(both.flow[both.layout.lines[static_cast<std::size_t>(i)].range].ends_with(" "));
  const Line& empty = set.layout.lines[2];
  CHECK(offset_at_point(set.flow, set.layout, 100, set.layout.strips[0].y + empty.y + 5) ==
        set.flow.text.find("\n\nint") + 1);
}

TEST_CASE("comments move up to their code, and code grows into the margin, before a line is broken") {
  PageRig rig;
  const std::string code = "float value = compute_the_value(of, these, arguments);", comment = "// [pos]";
  const std::string far_off = "```cpp\n" + code + std::string(40, ' ') + comment + "\n```\n";
  const Typeset narrow = typeset(rig, far_off, 600);
  CHECK(narrow.layout.lines.size() == 1);
  CHECK(narrow.layout.ornaments[0].width == 600);
  check_complete(narrow);
  const std::string longer = "```cpp\n" + code + code + "   \n```\n";
  CHECK(typeset(rig, longer, 600).layout.lines.size() == 2);
  const Typeset wide = typeset(rig, longer, 600, "en", 500);
  CHECK(wide.layout.lines.size() == 1);
  CHECK(wide.layout.ornaments[0].width > 900);
  CHECK(wide.layout.ornaments[0].width <= 1100);
}

TEST_CASE("a heading has twice as much space above it as below") {
  PageRig rig;
  const Typeset set = typeset(rig, "Text.\n\n## Two\n\nText.\n\n### Three\n\nText.\n", 560);
  REQUIRE(set.layout.strips.size() == 5);
  CHECK(set.layout.strips[1].gap == 2 * set.layout.strips[2].gap);
  CHECK(set.layout.strips[3].gap == 2 * set.layout.strips[4].gap);
}

TEST_CASE("an image that cannot be read says so in its place") {
  PageRig rig;
  const Typeset set = typeset(rig, "![Caption of it](images/none.png)\n", 560);
  CHECK(set.layout.unreadable == 1);
  REQUIRE(set.layout.literals.size() == 1);
  CHECK(set.layout.literals[0].find("images/none.png") != std::string::npos);
}
