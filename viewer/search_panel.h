// Search of the whole book: what is typed, and the places where it stands, with a line of context each.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "book/catalogue.h"
#include "viewer/book_index.h"
#include "viewer/widgets/pick_list.h"

namespace tb::viewer {

class SearchPanel : private PickSource {
 public:
  SearchPanel(const std::vector<book::Chapter>& chapters, const Theme& theme) : chapters_(chapters), theme_(theme) {}

  void open() { list_.open(); }
  void close() { list_.close(); }
  bool is_open() const { return list_.is_open(); }
  std::size_t hits() const { return found_.own_count + found_.other_count; }
  // Without an index yet, says that the book is being read. The hit that was picked.
  std::optional<book::Hit> draw(std::shared_ptr<const BookIndex> index);

 private:
  // A hit, a title over those of one language, or words of the panel's own.
  struct Row {
    const book::Hit* hit = nullptr;
    std::string words;
  };
  void typed(const std::string& text) override;
  std::size_t rows() const override { return rows_.size(); }
  float height(std::size_t row) const override;
  bool can_pick(std::size_t row) const override { return rows_[row].hit != nullptr; }
  void draw_row(std::size_t row, ImVec2 at, float width) override;
  std::string note() const override;
  void draw_hit(const book::Hit& hit, ImVec2 at, float width) const;

  const std::vector<book::Chapter>& chapters_;
  const Theme& theme_;
  PickList list_;
  std::shared_ptr<const BookIndex> index_;
  const Strings* strings_ = nullptr;     // the rows are worded in
  book::Found found_;
  std::vector<Row> rows_;
};

}  // namespace tb::viewer
