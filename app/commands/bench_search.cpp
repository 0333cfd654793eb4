// The benchmark of search: an index over a book of ten chapters in both languages, and what a reader may ask it.
#include <algorithm>
#include <array>
#include <chrono>

#include "app/commands/bench.h"
#include "base/files.h"
#include "book/catalogue.h"
#include "book/code_region.h"
#include "book/search.h"

namespace tb::app {

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

constexpr std::size_t kChapters = 10;
constexpr std::array kQueries = {
    "token", "probability of the next token", "softmax temperature", "\"the residual stream\"", "t", "the a of",
    "gradient loss", "вероятность", "вероятности следующего токена", "«остаточный поток»", "с", "и в на", "\\frac",
    "exp(z_i)", "induction head", "кэш ключей", "zzz", "48"};

// The chapters that there are, again and again until there are ten, so that each has the length of a real one.
Result<std::vector<Measurement>> search(const Shell&) {
  const auto root = textbook_root();
  const auto chapters = book::read_catalogue(root / "chapters");
  if (!chapters) return tl::unexpected(chapters.error());
  const auto glossary = book::read_glossary(root / "chapters" / "glossary.toml");
  if (!glossary) return tl::unexpected(glossary.error());
  const auto listing = [&](const book::Directive& directive) {
    auto lines = book::read_region(root, directive.id);
    return lines ? std::optional(std::move(*lines)) : std::nullopt;
  };

  book::SearchIndex index;
  std::vector<double> adding, asking;
  for (std::size_t i = 0; i < kChapters; ++i) {
    const book::Chapter& chapter = (*chapters)[i % chapters->size()];
    const auto begin = Clock::now();
    for (const char* language : {"en", "ru"}) {
      const auto document = book::read_document(chapter.file(language), language, chapter.number);
      if (!document) return tl::unexpected(document.error());
      index.add(*document, i, listing);
    }
    adding.push_back(ms_since(begin));
  }
  index.add(*glossary);
  for (int round = 0; round < 5; ++round)
    for (const char* query : kQueries) {
      const auto begin = Clock::now();
      (void)index.search(query, {});
      asking.push_back(ms_since(begin));
    }
  const int count = static_cast<int>(asking.size());
  return std::vector<Measurement>{
      {"search-index", "", "ms", median(adding), std::nullopt, static_cast<int>(kChapters), ""},
      {"search-query", "", "ms", median(asking), 50, count, ""},
      {"search-worst", "", "ms", *std::max_element(asking.begin(), asking.end()), 50, count, ""}};
}

}  // namespace

std::vector<Benchmark> search_benchmarks() { return {{"search", search}}; }

}  // namespace tb::app
