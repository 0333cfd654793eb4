// A statement put to the test, and what came out. A claim that has `says` is an experiment: it names the values for
// which the statement is supported, and the verdict that the chapter states is held against what the lab measures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/catalogue.h"
#include "book/document.h"
#include "book/predict.h"

namespace tb::book {

enum class Finding { supported, refuted, undecided };

// "supported", "refuted", "undecided", as directives and JSON have them; nullopt for another word.
std::optional<Finding> read_finding(std::string_view word);
std::string_view key_of(Finding verdict);
// As the prose and the index of experiments say it: "refuted", «опровергнуто».
std::string_view word_of(Finding verdict, std::string_view language);

// Supported where the whole interval low..high of what was measured lies in the range, refuted where no part of it does,
// else undecided: the interval crosses the threshold. Without an interval low = high. NaN decides nothing.
Finding judge(const NumberRange& supported, double low, double high);

struct Experiment {
  std::string claim, says;
  Finding verdict = Finding::undecided;
  std::string section, title;      // anchor and heading of the section that states the verdict; "" before the first one
};
std::vector<Experiment> experiments(const Document& document);   // in the order of their claims

// Puts a table of all experiments of the book where the document has the directive `experiments`; other documents stay
// as they are, and no chapter is read. Chapters that cannot be read are left out: they tell their errors themselves.
void list_experiments(Document& document, const std::vector<Chapter>& chapters);

}  // namespace tb::book
