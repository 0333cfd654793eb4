// Search of the whole book and of the learner's notes: what is typed, and the places where it stands, with a line of
// context each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "book/catalogue.h"
#include "book/learner.h"
#include "viewer/book_index.h"
#include "viewer/widgets/pick_list.h"

namespace tb::viewer {

class SearchPanel : private PickSource {
 public:
  SearchPanel(const std::vector<book::Chapter>& chapters, const book::Learner& learner, const Theme& theme)
      : chapters_(chapters), learner_(learner), theme_(theme) {}

  void open() { list_.open(); }
  void close() { list_.close(); }
  bool is_open() const { return list_.is_open(); }
  std::size_t hits() const { return found_.own_count + found_.other_count; }
  // Without an index yet, says that the book is being read. What was picked: a hit, or the place of a note.
  std::optional<std::variant<book::Hit, book::Spot>> draw(std::shared_ptr<const BookIndex> index);

 private:
  // A hit, a note, a title over those of one language, or words of the panel's own.
  struct Row {
    const book::Hit* hit = nullptr;
    std::string words;
    std::optional<book::OwnNote> note = {};
  };
  void add_notes(const std::string& text);
  void typed(const std::string& text) override;
  std::size_t rows() const override { return rows_.size(); }
  float height(std::size_t row) const override;
  bool can_pick(std::size_t row) const override { return rows_[row].hit || rows_[row].note; }
  void draw_row(std::size_t row, ImVec2 at, float width) override;
  std::string note() const override;
  void draw_hit(const book::Hit& hit, ImVec2 at, float width) const;
  void draw_place(const std::string& place, const std::string& kind, ImVec2 at, float width) const;

  const std::vector<book::Chapter>& chapters_;
  const book::Learner& learner_;
  const Theme& theme_;
  PickList list_;
  std::shared_ptr<const BookIndex> index_;
  const Strings* strings_ = nullptr;     // the rows are worded in
  book::Found found_;
  std::vector<Row> rows_;
};

}  // namespace tb::viewer
