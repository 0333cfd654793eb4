#include "tests/content/lint.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "book/claims.h"
#include "book/code_region.h"
#include "book/directive.h"
#include "book/footnotes.h"
#include "book/predict.h"

namespace tb::lint {

using book::Block;
using book::Document;

namespace {

std::string at(const Document& document, int line) {
  return document.path.generic_string() + ":" + std::to_string(line) + ": ";
}

void for_each_directive(const Document& document, const std::function<void(const Block&)>& visit) {
  book::for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind == Block::Kind::directive) visit(block);
  });
}

std::set<std::string> anchors(const Document& document) {
  std::set<std::string> out;
  book::for_each_block(document.blocks, [&](const Block& block) {
    if (!block.anchor.empty()) out.insert(block.anchor);
  });
  return out;
}

struct Line {
  std::string text;
  int number;
};

// What both languages must have alike, in order. Prompts and presets may differ, and with them the element of a column
// that a claim names; the first heading needs no anchor.
std::vector<Line> skeleton(const Document& document) {
  std::vector<Line> out;
  book::for_each_block(document.blocks, [&](const Block& block) {
    if (block.kind == Block::Kind::heading && block.level > 1) {
      out.push_back({"heading " + std::to_string(block.level) + " #" + block.anchor, block.line});
    } else if (block.kind == Block::Kind::directive) {
      const auto& d = block.directive;
      std::string text = d.kind + " " + d.id;
      if (d.kind == "lab" || d.kind == "claim" || d.kind == "predict") text += " of " + d.value("lab");
      if (d.kind == "lab") text += " with " + std::to_string(book::examples(d).size()) + " examples";
      // Answers are kept by the number of the choice, whatever the language.
      if (d.kind == "predict") {
        const auto asked = book::prediction(d);
        text += ", " + std::to_string(asked.choices.size()) + " choices";
        if (asked.answer) text += ", the answer is number " + std::to_string(*asked.answer + 1);
      }
      if (d.kind == "quiz")
        for (const auto& choice : book::choices(d)) text += choice.right ? ", right" : ", wrong";
      if (d.kind == "claim") text += " value " + d.value("value").substr(0, d.value("value").find('['));
      out.push_back({text, block.line});
    } else if (block.kind == Block::Kind::figure) {
      out.push_back({"figure #" + block.anchor, block.line});
    } else if (block.kind == Block::Kind::table) {
      out.push_back({"table #" + block.anchor, block.line});
    } else if (block.kind == Block::Kind::math) {
      out.push_back({"formula #" + block.anchor, block.line});
    } else if (block.kind == Block::Kind::item && !block.anchor.empty()) {
      out.push_back({"source #" + block.anchor, block.line});
    }
  });
  for (const auto& note : document.notes) out.push_back({"footnote " + note.name, note.line});
  return out;
}

}  // namespace

std::string joined(const Findings& findings) {
  std::string out;
  for (const auto& finding : findings) out += finding + "\n";
  return out;
}

Findings parse_errors(const Document& document, const Strings& strings) {
  Findings out;
  for (const auto& error : document.errors) out.push_back(error.where + ": " + describe(error, strings).what);
  return out;
}

Findings title_differs(const ChapterTexts& texts) {
  Findings out;
  for (const auto* document : {&texts.en, &texts.ru}) {
    const auto& listed = texts.chapter.title.at(document->language);
    if (document->title != listed) out.push_back(at(*document, 1) + "the catalogue calls it \"" + listed + "\"");
  }
  return out;
}

Findings languages_differ(const ChapterTexts& texts) {
  const auto en = skeleton(texts.en), ru = skeleton(texts.ru);
  for (std::size_t i = 0; i < std::max(en.size(), ru.size()); ++i) {
    const auto text = [&](const std::vector<Line>& lines) { return i < lines.size() ? lines[i].text : "nothing"; };
    if (text(en) == text(ru)) continue;
    // Only the first difference: what follows it is shifted.
    const auto& [document, lines] = i < ru.size() ? std::tie(texts.ru, ru) : std::tie(texts.en, en);
    return {at(document, lines[i].number) + "English has \"" + text(en) + "\" here, Russian \"" + text(ru) + "\""};
  }
  return {};
}

Findings dead_links(const Document& document, std::span<const ChapterTexts> chapters) {
  Findings out;
  const auto resolves = [&](const std::string& link) {
    if (link.starts_with("https://") || link.starts_with("http://") || link.starts_with("claim:")) return true;
    if (link.starts_with(book::term_scheme) || link.starts_with(book::note_scheme)) return true;
    const auto hash = link.find('#');
    const auto slug = link.substr(0, hash), anchor = hash == std::string::npos ? "" : link.substr(hash + 1);
    const Document* target = slug.empty() ? &document : nullptr;
    for (const auto& texts : chapters) {
      if (texts.chapter.slug == slug) target = document.language == "ru" ? &texts.ru : &texts.en;
    }
    return target != nullptr && (anchor.empty() ? hash == std::string::npos : anchors(*target).contains(anchor));
  };
  book::for_each_block(document.blocks, [&](const Block& block) {
    for (const auto& span : block.spans) {
      if (!span.link.empty() && !resolves(span.link)) out.push_back(at(document, block.line) + "link to " + span.link);
    }
  });
  return out;
}

Findings term_links(const Document& document, const book::Glossary& glossary) {
  Findings out;
  book::for_each_block(document.blocks, [&](const Block& block) {
    for (const auto& span : block.spans)
      if (span.link.starts_with(book::term_scheme) && !glossary.find(span.link.substr(book::term_scheme.size())))
        out.push_back(at(document, block.line) + "the glossary has no " + span.link);
  });
  return out;
}

Findings glossary_links(const book::Glossary& glossary, std::span<const ChapterTexts> chapters) {
  Findings out;
  for (const book::Term& term : glossary.terms) {
    if (term.see.empty()) continue;
    const auto hash = term.see.find('#');
    const auto target = std::find_if(chapters.begin(), chapters.end(), [&](const ChapterTexts& texts) {
      return texts.chapter.slug == term.see.substr(0, hash);
    });
    const auto leads_to = [&](const Document& document) {
      return hash == std::string::npos || anchors(document).contains(term.see.substr(hash + 1));
    };
    if (target == chapters.end() || !leads_to(target->en) || !leads_to(target->ru))
      out.push_back("glossary.toml:" + std::to_string(term.line) + ": " + term.id + " is explained at " + term.see);
  }
  return out;
}

Findings mixed_alphabets(const book::Glossary& glossary) {
  Findings out;
  for (const book::Term& term : glossary.terms)
    for (const auto& [language, definition] : term.definition) {
      const std::string text = term.name.at(language) + "\n" + definition;
      auto word = mixed_word(text);
      if (word.empty() && language == "en") word = disguised_word(text);
      if (!word.empty()) out.push_back("glossary.toml:" + std::to_string(term.line) + ": mixed alphabets in " + word);
    }
  return out;
}

Findings missing_images(const Document& document) {
  Findings out;
  const auto check = [&](const std::string& image, int line) {
    const auto file = document.path.parent_path() / image;
    if (!image.empty() && !std::filesystem::is_regular_file(file)) out.push_back(at(document, line) + "image " + image);
  };
  book::for_each_block(document.blocks, [&](const Block& block) {
    check(block.image, block.line);
    for (const auto& span : block.spans) check(span.image, block.line);
  });
  return out;
}

namespace {

// True if the text states one of the three verdicts; else it is to show the claim's number.
bool says_verdict(const std::string& text, std::string_view language) {
  using enum book::Finding;
  return std::ranges::any_of(std::array{supported, refuted, undecided}, [&](book::Finding verdict) {
    return text.find(book::word_of(verdict, language)) != std::string::npos;
  });
}

}  // namespace

Findings claim_citations(const Document& document) {
  Findings out;
  std::map<std::string, book::Claim> known;
  std::set<std::string> cited, judged;
  for (auto& claim : book::claims(document)) known[claim.id] = claim;
  for (const auto& citation : book::citations(document)) {
    cited.insert(citation.claim);
    const auto claim = known.find(citation.claim);
    const auto where = at(document, citation.line) + "[" + citation.text + "](claim:" + citation.claim + ") ";
    if (claim == known.end()) {
      out.push_back(where + "cites no claim of this chapter");
    } else if (claim->second.verdict && says_verdict(citation.text, document.language)) {
      const auto word = book::word_of(*claim->second.verdict, document.language);
      if (citation.text.find(word) == std::string::npos) out.push_back(where + "should say " + std::string(word));
      else judged.insert(citation.claim);
    } else if (!book::agrees(citation.text, document.language, claim->second.expect)) {
      out.push_back(where + "should show " + std::to_string(claim->second.expect));
    }
  }
  for (const auto& [id, claim] : known) {
    if (!cited.contains(id)) out.push_back(at(document, claim.line) + "nothing cites the claim " + id);
    else if (claim.verdict && !judged.contains(id))
      out.push_back(at(document, claim.line) + "the prose does not state the verdict of " + id);
  }
  return out;
}

Findings lab_inputs(const Document& document, std::span<const Lab* const> labs) {
  Findings out;
  std::map<std::string, const book::Directive*> instances;
  for_each_directive(document, [&](const Block& block) {
    if (block.directive.kind == "lab") instances.emplace(block.directive.id, &block.directive);
  });
  for_each_directive(document, [&](const Block& block) {
    const auto& d = block.directive;
    if (d.kind == "predict" && !instances.contains(d.value("lab"))) {
      out.push_back(at(document, block.line) + "predicts a lab that is not here: " + d.value("lab"));
    }
    const bool predicts = d.kind == "predict" && instances.contains(d.value("lab"));
    if (d.kind != "lab" && d.kind != "claim" && !predicts) return;
    const std::string type = predicts ? instances.at(d.value("lab"))->value("lab") : d.value("lab");
    const auto lab = std::find_if(labs.begin(), labs.end(), [&](const Lab* l) { return l->type() == type; });
    if (lab == labs.end()) {
      if (!predicts) out.push_back(at(document, block.line) + "there is no lab " + type);
    } else {
      const auto check = [&](const std::map<std::string, std::string>& texts, int line) {
        const auto inputs = parse((*lab)->fields(nullptr), texts, d.id);
        if (inputs) return;
        std::string words = inputs.error().code;
        for (const auto& arg : inputs.error().args) words += " " + arg;
        out.push_back(at(document, line) + words);
      };
      check(predicts ? book::prediction(d).set : d.inputs(), block.line);
      for (const auto& example : book::examples(d))
        for (const auto& [key, value, line] : example.inputs) check({{key, value}}, line);
    }
  });
  return out;
}

Findings code_regions(std::span<const ChapterTexts> chapters, const std::filesystem::path& root,
                      const std::vector<std::filesystem::path>& sources) {
  Findings out;
  std::set<std::string> used;
  for (const auto& texts : chapters) {
    for (const auto* document : {&texts.en, &texts.ru}) {
      for_each_directive(*document, [&](const Block& block) {
        if (block.directive.kind != "code") return;
        used.insert(block.directive.id);
        const auto region = book::read_region(root, block.directive.id);
        if (!region) out.push_back(at(*document, block.line) + region.error().code + " " + block.directive.id);
      });
    }
  }
  for (const auto& file : sources) {
    const auto text = read_file(file);
    if (!text) {
      out.push_back(file.generic_string() + ": " + text.error().code);
      continue;
    }
    for (const auto& name : book::region_names(*text)) {
      const auto id = std::filesystem::relative(file, root).generic_string() + "#" + name;
      if (!used.contains(id)) out.push_back(id + ": no chapter shows this region");
    }
  }
  return out;
}

Findings mixed_alphabets(const Document& document) {
  Findings out;
  const auto check = [&](const std::string& text, int line, bool prose = true) {
    auto word = mixed_word(text);
    if (word.empty() && prose && document.language == "en") word = disguised_word(text);
    if (!word.empty()) out.push_back(at(document, line) + "mixed alphabets in " + word);
  };
  book::for_each_block(document.blocks, [&](const Block& block) {
    for (const auto& span : block.spans) {
      if (span.kind != book::Span::Kind::math) check(span.text, block.line, !span.code);
    }
    const auto inputs = block.directive.inputs();   // what a learner types may be as strange as it likes
    for (const auto& entry : block.directive.entries) {
      if (!inputs.contains(entry.key) && entry.key != "set") check(entry.value, entry.line);
    }
  });
  return out;
}

namespace {

// The first word of which `wanted` (its text, all Latin letters, all Cyrillic ones) is true; "" where there is none.
template <class Wanted>
std::string find_word(std::string_view text, Wanted wanted) {
  std::string word;
  bool latin = false, cyrillic = false;
  for (std::size_t at = 0; at <= text.size();) {
    const auto begin = at;
    const auto c = at < text.size() ? next_code_point(text, at).value_or(U' ') : (++at, U' ');
    const bool is_latin = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7);   // but for the signs × and ÷
    const bool is_cyrillic = c >= 0x0400 && c <= 0x052F;
    if (is_latin || is_cyrillic) {
      word += text.substr(begin, at - begin);
      latin = latin || is_latin;
      cyrillic = cyrillic || is_cyrillic;
      continue;
    }
    if (!word.empty() && wanted(word, latin, cyrillic)) return word;
    word.clear();
    latin = cyrillic = false;
  }
  return "";
}

}  // namespace

std::string mixed_word(std::string_view text) {
  return find_word(text, [](const std::string&, bool latin, bool cyrillic) { return latin && cyrillic; });
}

std::string disguised_word(std::string_view text) {
  constexpr std::string_view twins = "асеорхуАВЕКМНОРСТХ";
  return find_word(text, [&](const std::string& word, bool, bool cyrillic) {
    bool all = cyrillic;
    for (std::size_t at = 0; at < word.size(); at += 2) {   // Cyrillic letters take two bytes
      all = all && twins.find(word.substr(at, 2)) != std::string_view::npos;
    }
    return all;
  });
}

}  // namespace tb::lint
