// Text that stands in HTML. What is written is XML at the same time, so that any parser can check it.
#pragma once

#include <string>
#include <string_view>

namespace tb::book {

// &, <, > and " as entities; characters that XML does not know (control characters) are left out, ill-formed bytes
// become U+FFFD.
std::string escape_html(std::string_view text);

// A string of JavaScript in double quotes, also safe between <script> and </script>.
std::string quote_script(std::string_view text);

// A text that is a lab's input, so that blanks at its ends, which count, are seen: raised dots, as the labs show them.
// Line ends are arrows.
std::string visible_blanks(std::string_view text);

// The attribute that tells a screen reader to change its voice: " lang=\"en\"" for a text in Latin letters alone on a
// page that is not English, " lang=\"ru\"" for one in Cyrillic alone on a page that is not Russian, else nothing.
std::string voice(std::string_view text, std::string_view page_language);

// A target of a link: what a URL may not hold is percent-encoded, what is encoded already stays.
std::string escape_url(std::string_view path);

}  // namespace tb::book
