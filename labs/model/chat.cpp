#include "labs/model/chat.h"

#include <algorithm>
#include <optional>

#include "base/checksum.h"
#include "base/text.h"

namespace tb {

namespace {

using Role = Turn::Role;

constexpr std::string_view thought_begins = "<think>", thought_ends = "</think>";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

std::string opened(Role role) {
  const char* name = role == Role::system ? "system" : role == Role::user ? "user" : "assistant";
  return std::string("<|im_start|>") + name + "\n";
}

std::string closed() { return std::string(ChatTemplate::end_of_turn) + "\n"; }

std::string_view without_newlines(std::string_view text, bool in_front, bool behind) {
  while (in_front && text.starts_with('\n')) text.remove_prefix(1);
  while (behind && text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

// Python's idea of space.
bool is_blank(std::string_view text) {
  constexpr std::u32string_view spaces =
      U"\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\x1680\x2000\x2001\x2002\x2003\x2004\x2005\x2006\x2007\x2008\x2009\x200a"
      U"\x2028\x2029\x202f\x205f\x3000";
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_code_point(text, at);
    if (!c || spaces.find(*c) == spaces.npos) return false;
  }
  return true;
}

// The plain ChatML template, up to the text that it puts where no system turn begins a conversation, and from there on.
constexpr std::string_view chatml_begins =
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n";
constexpr std::string_view chatml_goes_on = "<|im_end|>\n' }}{% endif %}";
constexpr std::string_view chatml_turns =
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

// The default system text of a ChatML template, which may be empty; nullopt: it is another template.
std::optional<std::string> chatml_system(std::string jinja) {
  replace_all(jinja, "\\n", "\n");   // some write line ends as such, some as the escape
  if (jinja == std::string("{% for message in messages %}").append(chatml_turns)) return "";
  const std::string tail = std::string(chatml_goes_on).append(chatml_turns);
  if (!jinja.starts_with(chatml_begins) || !jinja.ends_with(tail) || jinja.size() <= chatml_begins.size() + tail.size())
    return std::nullopt;
  std::string system = jinja.substr(chatml_begins.size(), jinja.size() - chatml_begins.size() - tail.size());
  // A string of Jinja is its own text where it holds no quotation mark and no escape.
  return system.find_first_of("'\\") == system.npos ? std::optional(system) : std::nullopt;
}

}  // namespace

Result<ChatTemplate> ChatTemplate::known(std::string_view jinja, const std::string& where) {
  // As Jinja itself reads it.
  std::string text(jinja);
  replace_all(text, "\r\n", "\n");
  if (text.ends_with('\n')) text.pop_back();

  ChatTemplate found;
  if (auto system = chatml_system(text)) {
    found.default_system_ = std::move(*system);
    return found;
  }
  // Qwen3's templates have 80 lines, most of them about calling tools, and there are several that mean the same.
  // They are known by their SHA-256 (tests/reference/chat/templates has the texts).
  struct Known { std::string_view sha256; Thoughts thoughts; bool blank_thoughts = true; };
  static constexpr Known qwen3_templates[] = {
      {"a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8", Thoughts::choice},   // all sizes
      {"87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5", Thoughts::choice},   // as first released
      {"64f85b198065d0fba2a81f37e10ed68161ce2c19a754c7100e67e0ca2ee9c326", Thoughts::none},     // Instruct-2507
      {"3802169b2a02b81e6adb7ab4f64f91ff02db753c8c3a64a01c35192d3a61d8d7", Thoughts::always},   // Thinking-2507
      {"96fd16d36fb085260f9eb1e717b2c4e6e8b9e75a5e6504f66c8d6b128d82784d", Thoughts::choice},   // Unsloth's, May 2025
      {"8428c815ac94d82064e35ff1e841dcbe260e7e53a8d0bd3b94afa2eefa9bccab", Thoughts::choice},   // June
      {"5da44855ab7e0641774d5ed0ff0b4f89671d01df7d316e54d06557a962211cb4", Thoughts::choice, false}};   // later
  const std::string sum = sha256(std::as_bytes(std::span(text)));
  const auto known = std::ranges::find(qwen3_templates, std::string_view(sum), &Known::sha256);
  if (known == std::end(qwen3_templates)) return fail("chat.template", where, {sum.substr(0, 12)});
  found.thoughts_ = known->thoughts;
  found.blank_thoughts_ = known->blank_thoughts;
  return found;
}

Result<std::string> ChatTemplate::render(std::span<const Turn> turns, Options options) const {
  if (turns.empty()) return fail("chat.empty", "");
  std::string text = thoughts_ == Thoughts::none ? chatml(turns) : qwen3(turns);
  if (!options.ask) return text;
  text += opened(Role::assistant);
  if (thoughts_ == Thoughts::always) text += "<think>\n";
  if (can_choose() && !options.thinking) text += "<think>\n\n</think>\n\n";
  return text;
}

// Every turn between its marks.
std::string ChatTemplate::chatml(std::span<const Turn> turns) const {
  std::string text;
  if (!default_system_.empty() && turns.front().role != Role::system)
    text += opened(Role::system) + default_system_ + closed();
  for (const Turn& turn : turns) text += opened(turn.role) + turn.text + closed();
  return text;
}

// The same, but what the assistant thought is shown only since the user's last question: earlier thoughts are taken
// out, later ones stand in their own marks, and the last turn has such marks even where it holds no thought.
std::string ChatTemplate::qwen3(std::span<const Turn> turns) const {
  std::size_t question = turns.size() - 1;   // the last turn of the user that is no tool's answer
  for (std::size_t i = turns.size(); i-- > 0;) {
    const std::string& text = turns[i].text;
    if (turns[i].role != Role::user || (text.starts_with("<tool_response>") && text.ends_with("</tool_response>")))
      continue;
    question = i;
    break;
  }
  std::string out;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    std::string_view answer = turns[i].text, thought;
    if (turns[i].role == Role::assistant) {
      if (const std::size_t first_end = answer.find(thought_ends); first_end != answer.npos) {
        thought = without_newlines(answer.substr(0, first_end), false, true);
        if (const std::size_t begin = thought.rfind(thought_begins); begin != thought.npos)
          thought.remove_prefix(begin + thought_begins.size());
        thought = without_newlines(thought, true, false);
        answer.remove_prefix(answer.rfind(thought_ends) + thought_ends.size());
        answer = without_newlines(answer, true, false);
      }
    }
    out += opened(turns[i].role);
    const bool has_thought = !thought.empty() && (blank_thoughts_ || !is_blank(thought));
    if (turns[i].role == Role::assistant && i > question && (has_thought || i + 1 == turns.size())) {
      out.append("<think>\n").append(without_newlines(thought, true, true)).append("\n</think>\n\n");
      answer = without_newlines(answer, true, false);
    }
    out.append(answer) += closed();
  }
  return out;
}

}  // namespace tb
