// The tokens of a text as chips in reading order, broken into lines like the text itself. A character that takes
// several tokens is bracketed; bytes without a token stand where they stood in the text.
#include "base/text.h"
#include "figure/kit.h"

namespace tb::figure {
namespace {

constexpr std::size_t detailed_up_to = 48;   // tokens: beyond that a chip shows its text only

// What stands in the line: one token, or bytes that have none.
struct Item {
  std::ptrdiff_t token = -1;                 // -1: bytes without a token
  std::string hex, id;                       // of these bytes
  float width = 0;
};

// Tokens first..last that only together are whole characters.
struct Group { std::size_t first, last; std::string bytes; };

std::vector<Group> split_characters(const std::vector<TokenView>& tokens) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].whole()) continue;
    std::string joined;
    std::size_t last = i;
    // Four tokens hold any character; some more hold the one that begins inside the last of them.
    for (; last < tokens.size() && last < i + 8 && !tokens[last].special; ++last) {
      joined += tokens[last].bytes;
      if (is_utf8(joined)) break;
    }
    if (last >= tokens.size() || last == i || !is_utf8(joined)) continue;
    groups.push_back({i, last, joined});
    i = last;
  }
  return groups;
}

class TokensFigure {
 public:
  TokensFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), tokens_(tokens_of(snapshot, "tokens")),
        groups_(split_characters(tokens_)), detailed_(tokens_.size() <= detailed_up_to) {}

  Figure draw() {
    figure_.width = look_.width;
    collect_items();
    float y = place_lines(0);
    y = unencodable_note(pen_, snapshot_, 0, y, look_.width);
    y = summary(y + pen_.px(4));
    figure_.height = std::ceil(y);
    figure_.alt = alt();
    return std::move(figure_);
  }

 private:
  void collect_items() {
    const std::vector<double>& start = snapshot_.numbers("tokens.start");
    const std::vector<double>& gap_at = snapshot_.numbers("unencodable.at");
    const std::vector<std::string>& gap_hex = snapshot_.texts("unencodable.bytes");
    std::size_t gap = 0;
    const auto add_gaps_before = [&](double byte) {
      for (; gap < gap_at.size() && gap_at[gap] < byte; ++gap)
        items_.push_back({-1, gap_hex[gap], "gap/" + std::to_string(gap),
                          pen_.width(gap_hex[gap], Face::mono, 12.5f) + pen_.px(14)});
    };
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      add_gaps_before(start[i]);
      float width = pen_.chip_width(tokens_[i]);
      if (detailed_) {
        width = std::max(width, pen_.width(std::to_string(tokens_[i].id), Face::mono, 11.5f) + pen_.px(6));
        width = std::max(width, pen_.width(short_hex(tokens_[i]), Face::mono, 10.5f) + pen_.px(4));
      }
      items_.push_back({static_cast<std::ptrdiff_t>(i), "", "", std::min(width, look_.width)});
    }
    add_gaps_before(1e18);
  }

  static std::string short_hex(const TokenView& token) {
    constexpr std::size_t digits = 10;
    const std::string hex = to_hex(token.bytes);
    return hex.size() <= digits ? hex : hex.substr(0, digits - 2) + "…";
  }

  float chip_height() const { return pen_.px(detailed_ ? 28 : 25); }

  float place_lines(float y) {
    for (std::size_t first = 0, last; first < items_.size(); first = last) {
      float x = items_[first].width + gap();
      for (last = first + 1; last < items_.size() && x + items_[last].width <= look_.width; ++last)
        x += items_[last].width + gap();
      y = place_line(first, last, y);
    }
    return y;
  }

  // Items first..last-1, with room above them for what this line needs.
  float place_line(std::size_t first, std::size_t last, float y) {
    const auto in_line = [&](const Item& item) { return item.token >= 0 && group_of(item.token) != nullptr; };
    const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(last);
    y += pen_.px((detailed_ ? 16.f : 0.f) + (std::any_of(begin, end, in_line) ? 22.f : 0.f));
    float x = 0;
    for (auto item = begin; item != end; ++item) {
      const Box box{x, y, item->width, chip_height()};
      if (item->token < 0) {
        draw_gap(*item, box);
      } else {
        draw_token(static_cast<std::size_t>(item->token), box);
        if (const Group* group = group_of(item->token))
          draw_bracket(*group, static_cast<std::size_t>(item->token), box);
      }
      x += item->width + gap();
    }
    return y + chip_height() + pen_.px(detailed_ ? 44 : 6);
  }

  float gap() const { return pen_.px(detailed_ ? 5 : 3); }

  const Group* group_of(std::ptrdiff_t token) const {
    const auto index = static_cast<std::size_t>(token);
    const auto found = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const Group& g) { return g.first <= index && index <= g.last; });
    return found == groups_.end() ? nullptr : &*found;
  }

  void draw_token(std::size_t index, Box box) {
    const TokenView& token = tokens_[index];
    const std::string id = "token/" + std::to_string(index);
    const float middle = box.x + box.w / 2;
    pen_.chip(token, index, box);
    if (detailed_) {
      pen_.text(middle, box.y - pen_.px(5), std::to_string(index), pen_.colors().muted, 11, 0.5f);
      pen_.text(middle, box.y + box.h + pen_.px(14), std::to_string(token.id), pen_.colors().ink, 11.5f, 0.5f,
                Face::mono);
      pen_.text(middle, box.y + box.h + pen_.px(28), short_hex(token), pen_.colors().muted, 10.5f, 0.5f, Face::mono);
    }
    if (pen_.marked(id)) pen_.frame(box, token.special ? 14.f : 5.f);
    std::vector<std::string> tip = token_tip(look_, token, static_cast<std::int64_t>(index));
    tip.push_back(pen_.word("figure.tip.span", {number("tokens.start", index), number("tokens.end", index)}));
    const float below = detailed_ ? pen_.px(30) : 0;
    pen_.hit({{box.x, box.y, box.w, box.h + below}, id, std::move(tip), {}});
  }

  std::string number(std::string_view column, std::size_t index) const {
    return format_integer(static_cast<std::int64_t>(snapshot_.numbers(column)[index]), pen_.language());
  }

  void draw_gap(const Item& item, Box box) {
    pen_.rect({.box = box, .stroke = pen_.colors().warn, .stroke_width = 1.5f, .dashed = true});
    pen_.text(box.x + box.w / 2, box.y + box.h / 2 + pen_.px(4.5f), item.hex, pen_.colors().warn, 12.5f, 0.5f,
              Face::mono);
    pen_.hit({box, item.id, {item.hex, pen_.word("figure.tip.unencodable")}, {}});
  }

  // The bracket is drawn token by token, since its tokens may stand on two lines.
  void draw_bracket(const Group& group, std::size_t index, Box box) {
    const float y = box.y - pen_.px(detailed_ ? 18 : 4), tick = pen_.px(4);
    const bool first = index == group.first, last = index == group.last;
    const float left = box.x + pen_.px(2), right = box.x + box.w + (last ? -pen_.px(2) : gap() + pen_.px(2));
    const Color color = pen_.colors().muted;
    pen_.line(left, y, std::min(right, look_.width), y, color);
    if (first) pen_.line(left, y, left, y + tick, color);
    if (last) pen_.line(right, y, right, y + tick, color);
    if (first) pen_.text(left, y - pen_.px(4), visible(group.bytes), pen_.colors().ink, 13);
  }

  float summary(float y) {
    const auto count = [&](const char* what) {
      const auto n = static_cast<std::int64_t>(number_of(snapshot_, std::string("count.") + what));
      return look_.strings.plural(std::string("figure.count.") + what, n);
    };
    const std::string line = count("tokens") + "  ·  " + count("characters") + "  ·  " + count("bytes");
    y += pen_.px(14);
    pen_.text(0, y, pen_.fit(line, look_.width, 13), pen_.colors().muted, 13);
    return y + pen_.px(8);
  }

  std::string alt() const {
    std::string list;
    constexpr std::size_t named = 12;
    for (std::size_t i = 0; i < tokens_.size() && i < named; ++i)
      list += (i ? " " : "") + pen_.quoted(tokens_[i]);
    if (tokens_.size() > named) list += " …";
    const auto count = static_cast<std::int64_t>(tokens_.size());
    return pen_.word("figure.alt.tokens", {look_.strings.plural("figure.count.tokens", count), list});
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  std::vector<TokenView> tokens_;
  std::vector<Group> groups_;
  std::vector<Item> items_;
  bool detailed_;
};

}  // namespace

Figure draw_tokens(const Snapshot& snapshot, const Look& look) { return TokensFigure(snapshot, look).draw(); }

}  // namespace tb::figure
