#include "viewer/settings.h"

#include <array>
#include <charconv>

namespace tb::viewer {

namespace {

constexpr std::array<std::pair<figure::Theme, std::string_view>, 4> kThemes = {{
    {figure::Theme::light, "light"}, {figure::Theme::dark, "dark"},
    {figure::Theme::sepia, "sepia"}, {figure::Theme::contrast, "contrast"}}};

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string text_of(float value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

std::optional<WindowSize> window_size(const std::string& text) {
  const std::size_t x = text.find('x');
  if (x == std::string::npos) return std::nullopt;
  const auto width = number<int>(std::string_view(text).substr(0, x));
  const auto height = number<int>(std::string_view(text).substr(x + 1));
  if (!width || !height || *width < 200 || *height < 200) return std::nullopt;
  return WindowSize{*width, *height};
}

std::string inputs_key(const std::string& chapter, const std::string& instance) {
  return "lab/" + chapter + "/" + instance;
}

}  // namespace

std::string theme_name(figure::Theme theme) {
  for (const auto& [id, name] : kThemes)
    if (id == theme) return std::string(name);
  return {};
}

std::optional<figure::Theme> theme_from_name(std::string_view name) {
  for (const auto& [id, known] : kThemes)
    if (known == name) return id;
  return std::nullopt;
}

Settings read_settings(const book::State& state) {
  Settings settings;
  settings.language = state.get("language");
  if (const auto name = state.get("theme")) settings.theme = theme_from_name(*name);
  if (const auto size = state.get("text-size")) settings.text_size = number<float>(*size);
  if (const auto text = state.get("place"))
    if (auto place = book::parse_place(*text)) settings.place = *place;
  if (const auto text = state.get("place-fraction")) settings.fraction = number<float>(*text).value_or(0);
  if (const auto text = state.get("window")) settings.window = window_size(*text);
  if (const auto motion = state.get("motion")) settings.reduced_motion = *motion == "reduced";
  settings.contents_hidden = state.get("contents") == "hidden";
  settings.tour_seen = state.get("tour").has_value();
  settings.lesson = state.get("lesson").value_or("");
  settings.model = state.get("model").value_or("");
  return settings;
}

Result<void> write_settings(book::State& state, const Settings& before, const Settings& now) {
  std::map<std::string, std::string> changed;
  if (now.language && now.language != before.language) changed["language"] = *now.language;
  if (now.theme && now.theme != before.theme) changed["theme"] = theme_name(*now.theme);
  if (now.text_size && now.text_size != before.text_size) changed["text-size"] = text_of(*now.text_size);
  if (now.place && now.place != before.place) changed["place"] = book::to_string(*now.place);
  if (now.fraction != before.fraction) changed["place-fraction"] = text_of(now.fraction);
  if (now.window && now.window != before.window)
    changed["window"] = std::to_string(now.window->width) + "x" + std::to_string(now.window->height);
  if (now.lesson != before.lesson) changed["lesson"] = now.lesson;
  if (now.model != before.model) changed["model"] = now.model;
  if (now.reduced_motion && now.reduced_motion != before.reduced_motion)
    changed["motion"] = *now.reduced_motion ? "reduced" : "full";
  if (now.contents_hidden != before.contents_hidden) changed["contents"] = now.contents_hidden ? "hidden" : "shown";
  if (now.tour_seen && !before.tour_seen) changed["tour"] = "seen";
  for (const auto& [key, value] : changed)
    if (auto done = state.set(key, value); !done) return done;
  return {};
}

std::map<std::string, std::string> read_inputs(const book::State& state, const std::string& chapter,
                                               const std::string& instance) {
  const auto text = state.get(inputs_key(chapter, instance));
  if (!text) return {};
  auto place = book::parse_place(*text);
  return place ? place->inputs : std::map<std::string, std::string>();
}

Result<void> write_inputs(book::State& state, const std::string& chapter, const std::string& instance,
                          const std::map<std::string, std::string>& inputs) {
  // The form of a link, so that what is saved can be read by eye and pasted after `textbook open`.
  return state.set(inputs_key(chapter, instance), book::to_string({chapter, "", instance, inputs}));
}

}  // namespace tb::viewer
