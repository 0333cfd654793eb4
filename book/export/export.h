// The book as a folder of static HTML in all its languages, which works from a file and offline: no fetch, no modules,
// nothing from a network. Headings, data tables and sentences made from the data make it the edition for screen
// readers.
//
//   index.html                 the languages
//   <language>/index.html      contents, and what this edition is
//   <language>/<slug>.html     a chapter
//   <language>/glossary.html   the terms, which the text leads to
//   <language>/figures/        the labs' figures: light and dark, wide and narrow
//   <language>/search.js       the index of the search, a plain script
//   images/<slug>/             the chapters' own pictures
//   assets/                    style and scripts (assets/export)
//   textbook-export.txt        which files are ours: a later export replaces these and no others
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "book/catalogue.h"
#include "book/document.h"

namespace tb::book {

// What a lab shows, as plain values: book knows no labs, the caller joins them.
struct Drawing {
  std::string svg;                               // a whole document; "" where there is none
  float width = 0, height = 0;                   // pixels
};
struct DataTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::size_t left_out = 0;                      // rows that are not here
};
struct LabRun {
  std::string title;                             // of the lab
  std::vector<std::pair<std::string, std::string>> set, rest;   // inputs that the chapter sets; those left at their own
  std::string origin;                            // which model computed this, where and how; "" where none did
  std::string note;                              // why there is no drawing
  std::string alt;                               // the drawing as a sentence, made from the data
  Drawing light, light_narrow, dark, dark_narrow;
  std::vector<DataTable> tables;                 // the numbers behind the drawing
};
using RunLab = std::function<Result<LabRun>(const Chapter&, const Directive& lab, const Strings&)>;

struct ExportOptions {
  std::filesystem::path root;                    // holds chapters/, assets/export/ and the sources that chapters quote
  std::filesystem::path to;
  std::vector<Strings> languages;                // the first one is the book's own
  std::vector<std::filesystem::path> fonts;      // files that the style names, copied beside it
  RunLab run_lab;
  std::function<void(std::size_t done, std::size_t all, const std::string& what)> progress;   // labs; may be empty
};

struct ExportReport {
  std::size_t pages = 0, figures = 0, files = 0;
  std::vector<Error> errors;                     // shown in their places on the pages too
};

// Whether `to` can be written, before the work begins; makes the folder. Errors: export.file (`to` is a file),
// export.foreign (a folder with other things in it), export.folder (cannot be used), export.list.
Result<void> check_export(const std::filesystem::path& to);

// Writes nothing before everything is made. What a chapter or a lab has wrong is shown in its place and reported.
// Errors: those of check_export, export.write; those of read_catalogue, file.open and file.read.
Result<ExportReport> export_book(const ExportOptions& options);

}  // namespace tb::book
