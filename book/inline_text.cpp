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

bool is_blank(const Span& span) { return is_words(span) && trim_blanks(span.text).empty(); }

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
      if (out_.html.empty()) out_.html_line = source_.last_line();
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
      append(text);
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
