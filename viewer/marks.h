// Bookmarks and notes: their signs in the gutter beside the text, the slip on which a note is written, and the list of
// them all.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "book/learner.h"
#include "viewer/page/page.h"
#include "viewer/widgets/pick_list.h"

namespace tb::viewer {

class Marks : private PickSource {
 public:
  Marks(book::Learner& learner, const Theme& theme) : learner_(learner), theme_(theme) {}

  void show(std::string chapter, std::shared_ptr<const book::Document> document);

  // A bookmark at the paragraph at the top of the view; where it has one, that goes.
  void toggle_bookmark(const Page& page);
  // Opens the slip of the selected words' paragraph, of the one under the mouse, or of the one at the top of the view.
  void write_note(const Page& page);
  bool is_writing() const { return editing_.has_value(); }
  void close_note();                                       // what is written is kept; nothing written, no note

  // The list: of all chapters. `name_of` gives a chapter's short name by its slug.
  void open_list(std::function<std::string(const std::string&)> name_of);
  bool list_is_open() const { return list_.is_open(); }
  void close_list() { list_.close(); }
  // The place of the mark that was picked.
  std::optional<book::Spot> draw_list();

  // Signs and slip, in the window that holds the page; `size` of it on the screen from `origin`.
  // Widgets: bookmark-ID, note-ID in windows of these names; on the slip ###note-text, ###keep, ###remove.
  void draw(const Page& page, ImVec2 origin, ImVec2 size);
  double patience() const;                                 // seconds until what is typed should be written down

 private:
  struct Placed {                                          // a mark of the chapter at hand
    std::size_t block = 0;
    bool is_note = false;
    std::int64_t id = 0;
  };
  struct Editing {
    std::int64_t id = 0;                                   // 0: not kept yet
    book::Spot spot;
    std::size_t block = 0;
    std::string quote, text, kept;
    bool appearing = true;
    double changed_at = 0;
  };
  struct Row {
    bool is_note = false;
    std::int64_t id = 0;
    book::Spot spot;
    std::string text, place;
  };
  const std::vector<Placed>& placed();
  const book::OwnNote* note(std::int64_t id) const;
  void keep();
  bool draw_sign(const Placed& mark, ImVec2 at);
  void draw_slip(const Page& page, ImVec2 origin, ImVec2 size);
  void edit(std::int64_t id);
  std::optional<std::size_t> block_meant(const Page& page) const;

  void typed(const std::string& text) override;
  std::size_t rows() const override { return rows_.empty() ? 1 : rows_.size(); }
  float height(std::size_t) const override { return theme_.px(52); }
  bool can_pick(std::size_t) const override { return !rows_.empty(); }
  bool can_remove(std::size_t) const override { return !rows_.empty(); }
  void remove(std::size_t row) override;
  void draw_row(std::size_t row, ImVec2 at, float width) override;
  std::string note() const override { return ""; }

  book::Learner& learner_;
  const Theme& theme_;
  std::string chapter_;
  std::shared_ptr<const book::Document> document_;
  std::vector<Placed> placed_;
  std::uint64_t placed_of_ = ~std::uint64_t{0};            // which version of the learner's traces
  std::optional<Editing> editing_;
  ImVec2 slip_min_, slip_max_;                             // of the last frame
  PickList list_;
  std::string typed_;
  std::vector<Row> rows_;
  std::function<std::string(const std::string&)> name_of_;
};

}  // namespace tb::viewer
