#include "book/inline_text.h"

#include <algorithm>
#include <utility>

#include "book/entities.h"

namespace tb::book {

namespace {

bool same_style(const Span& a, const Span& b) {
  return a.kind == b.kind && a.bold == b.bold && a.italic == b.italic && a.code == b.code && a.link == b.link &&
         a.title == b.title;
}

bool is_words(const Span& span) { return span.kind == Span::Kind::text && !span.code; }

}  // namespace

bool is_blank(const Span& span) {
  return is_words(span) && span.link.empty() && trim_blanks(span.text).empty();
}

void trim_ends(std::vector<Span>& spans) {
  while (!spans.empty() && is_blank(spans.back())) spans.pop_back();
  spans.erase(spans.begin(), std::find_if_not(spans.begin(), spans.end(), is_blank));
  if (spans.empty()) return;
  auto& first = spans.front();
  if (is_words(first)) first.text.erase(0, first.text.find_first_not_of(' '));
  auto& last = spans.back();
  if (is_words(last)) last.text.erase(last.text.find_last_not_of(' ') + 1);
}

Error ErrorLog::add(const tl::unexpected<Error>& error) {
  errors.push_back(error.value());
  return error.value();
}

std::string without_comments(std::string_view html) {
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    const auto open = html.find("<!--", at);
    out += html.substr(at, open - at);
    if (open == std::string_view::npos) break;
    const auto close = html.find("-->", open + 4);
    if (close == std::string_view::npos) break;
    at = close + 3;
  }
  return std::string(trim_blanks(out));
}

std::string InlineText::attribute(const MD_ATTRIBUTE& attribute) {
  std::string out;
  for (unsigned i = 0; attribute.text != nullptr && attribute.substr_offsets[i] < attribute.size; ++i) {
    const auto begin = attribute.substr_offsets[i], end = attribute.substr_offsets[i + 1];
    const std::string_view part(attribute.text + begin, end - begin);
    switch (attribute.substr_types[i]) {
      case MD_TEXT_ENTITY: out += entity(part); break;
      case MD_TEXT_NULLCHAR: out += "\uFFFD"; break;
      default: out += part;
    }
  }
  return out;
}

std::string InlineText::entity(std::string_view text) {
  if (auto decoded = decode_entity(text)) return *decoded;
  log_.add(fail("document.entity", log_.at(source_.last_line()), {std::string(text)}));
  return std::string(text);
}

void InlineText::style(MD_SPANTYPE type, void* detail, int change) {
  switch (type) {
    case MD_SPAN_STRONG: bold_ += change; break;
    case MD_SPAN_EM: italic_ += change; break;
    case MD_SPAN_CODE: code_ += change; break;
    case MD_SPAN_A: {
      const auto& a = *static_cast<MD_SPAN_A_DETAIL*>(detail);
      link_ = change > 0 ? attribute(a.href) : "";
      link_title_ = change > 0 ? attribute(a.title) : "";
      if (change > 0 && link_.empty()) log_.add(fail("document.link-empty", log_.at(source_.last_line())));
      if (change > 0) link_begin_ = out_.spans.size();
      else if (out_.spans.size() == link_begin_) begin_empty_link(attribute(a.href));
      break;
    }
    case MD_SPAN_IMG:
      images_ += change;
      if (change > 0 && images_ == 1) {
        const auto& image = *static_cast<MD_SPAN_IMG_DETAIL*>(detail);
        auto& span = begin_span(Span::Kind::image);
        span.image = attribute(image.src);
        span.title = attribute(image.title);
      }
      break;
    case MD_SPAN_LATEXMATH:
    case MD_SPAN_LATEXMATH_DISPLAY:
      if (change < 0 || images_ > 0) break;
      begin_span(Span::Kind::math);
      if (type == MD_SPAN_LATEXMATH_DISPLAY) out_.displays.push_back({out_.spans.size() - 1, 0});
      break;
    default: break;
  }
}

void InlineText::text(MD_TEXTTYPE type, std::string_view text) {
  switch (type) {
    case MD_TEXT_NULLCHAR: append("\uFFFD"); break;
    case MD_TEXT_SOFTBR: append(" "); break;
    case MD_TEXT_ENTITY: append(entity(text)); break;
    case MD_TEXT_BR:
      if (images_ > 0) {
        append(" ");
      } else {
        begin_span(Span::Kind::line_break);
      }
      break;
    case MD_TEXT_HTML:
      if (out_.html.empty()) {
        out_.html_line = source_.last_line();
        out_.html_first = std::ranges::all_of(out_.spans, is_blank);
      }
      out_.html += text;
      break;
    case MD_TEXT_LATEXMATH:
      if (!out_.displays.empty() && out_.displays.back().line == 0 && !trim_blanks(text).empty()) {
        out_.displays.back().line = source_.last_line();
      }
      out_.spans.back().text += text;   // of the formula, or the alternative text it stands in
      break;
    case MD_TEXT_NORMAL:
      check_stray_marks(text);
      append_prose(text);
      break;
    default: append(text);
  }
}

Span InlineText::styled(Span::Kind kind) const {
  Span span;
  span.kind = kind;
  span.bold = bold_ > 0;
  span.italic = italic_ > 0;
  span.code = code_ > 0;
  span.link = link_;
  span.title = link_title_;
  return span;
}

Span& InlineText::begin_span(Span::Kind kind) {
  out_.spans.push_back(styled(kind));
  return out_.spans.back();
}

void InlineText::append(std::string_view text) {
  auto& spans = out_.spans;
  if (images_ > 0) {
    spans.back().text += text;   // the alternative text
    return;
  }
  auto span = styled(Span::Kind::text);
  if (spans.empty() || !same_style(spans.back(), span)) spans.push_back(std::move(span));
  spans.back().text += text;
}

// A link without words, such as [](#bars): what it leads to will show its number there.
void InlineText::begin_empty_link(const std::string& target) {
  if (target.starts_with('#') && images_ == 0) begin_span(Span::Kind::text).link = target;
  else if (!target.empty()) log_.add(fail("document.link-wordless", log_.at(source_.last_line())));
}

void InlineText::append_prose(std::string_view text) {
  const bool escaped = source_.is_escaped(text);
  std::size_t begin = 0;
  for (std::size_t at = text.find("[^", escaped ? 1 : 0); at != std::string_view::npos; at = text.find("[^", at)) {
    const std::size_t length = footnote_mark_at(text, at);
    if (length == 0) {
      log_.add(fail("document.note-mark", log_.at(source_.last_line())));
      at += 2;
      continue;
    }
    if (at > begin) append(text.substr(begin, at - begin));
    mention(text.substr(at + 2, length - 3));
    begin = at += length;
  }
  if (begin < text.size()) append(text.substr(begin));
}

void InlineText::mention(std::string_view name) {
  const auto where = log_.at(source_.last_line());
  const int number = notes_ && images_ == 0 ? notes_->mention(name) : 0;
  if (number > 0) {
    Span& mark = begin_span(Span::Kind::note);
    mark.link = std::string(note_scheme) + std::string(name);
    mark.text = std::to_string(number);
    return;
  }
  log_.add(fail(notes_ && images_ == 0 ? "document.note-undefined" : "document.note-nested", where, {std::string(name)}));
  append("[^" + std::string(name) + "]");
}

// Marks that md4c could not pair are shown as they stand: never what the author meant.
void InlineText::check_stray_marks(std::string_view text) {
  const std::size_t from = source_.is_escaped(text) ? 1 : 0;
  const auto where = log_.at(source_.last_line());
  if (text.find('$', from) != std::string_view::npos) log_.add(fail("document.dollar", where));
  if (text.find("**", from) != std::string_view::npos) log_.add(fail("document.emphasis", where));
  if (text.find("](", from) != std::string_view::npos) log_.add(fail("document.link-broken", where));
}

InlineText::Gathered InlineText::take() {
  auto out = std::exchange(out_, {});
  out.html = without_comments(out.html);
  const auto first = std::find_if_not(out.spans.begin(), out.spans.end(), is_blank);
  for (auto& display : out.displays) display.span -= static_cast<std::size_t>(first - out.spans.begin());
  trim_ends(out.spans);
  return out;
}

}  // namespace tb::book
