// What a configuration costs: parameters by part as bars, four numbers that follow from them, and how cache and speed
// change with the length of the context. What was changed stands beside what is published.
#include <algorithm>

#include "figure/chart.h"

namespace tb::figure {
namespace {

class ConfigurationFigure {
 public:
  ConfigurationFigure(const Snapshot& snapshot, const Look& look)
      : snapshot_(snapshot), look_(look), pen_(figure_, look), base_(snapshot.numbers("config.base")),
        value_(snapshot.numbers("config.value")), changed_(base_ != value_) {}

  Figure draw() {
    figure_.width = look_.width;
    if (value_.empty() || base_.size() != value_.size() || snapshot_.texts("preset.title").empty()) return {};
    float y = pen_.paragraph(0, 0, look_.width, title(), pen_.colors().ink, 13.5f);
    y = pen_.paragraph(0, y, look_.width, sizes(), pen_.colors().muted, 12.5f);
    y = draw_bars(y + pen_.px(10));
    y = draw_numbers(y + pen_.px(14));
    y = pen_.paragraph(0, y + pen_.px(4), look_.width, pen_.word("figure.configuration.note"), pen_.colors().muted, 12);
    y = draw_curves(y + pen_.px(12));
    if (const std::string& source = snapshot_.texts("preset.source").at(0); !source.empty())
      y = pen_.paragraph(0, y + pen_.px(6), look_.width, pen_.word("figure.configuration.source", {source}),
                         pen_.colors().muted, 12);
    figure_.height = std::ceil(y);
    figure_.alt = pen_.word("figure.alt.configuration", {title(), count(of("total.value")), bytes(of("weights.value")),
                                                         bytes(of("cache.value")), speed(of("speed.value"))});
    return std::move(figure_);
  }

 private:
  double of(const char* column) const { return number_of(snapshot_, column); }
  std::string count(double value) const { return format_integer(static_cast<std::int64_t>(value), pen_.language()); }
  std::string bytes(double value) const { return format_bytes(static_cast<std::int64_t>(value), pen_.language()); }
  std::string fixed(double value, int decimals) const { return format_fixed(value, decimals, pen_.language()); }
  // Three significant digits: a bound is no better known.
  std::string speed(double value) const {
    if (!(value > 0)) return "–";
    return fixed(value, std::clamp(2 - static_cast<int>(std::floor(std::log10(value))), 0, 3));
  }

  std::string size_value(std::size_t i, const std::vector<double>& values) const {
    const std::vector<std::string>& names = snapshot_.texts("config.name");
    if (i < names.size() && names[i] == "tied")
      return pen_.word(values[i] != 0 ? "figure.configuration.yes" : "figure.configuration.no");
    return count(values[i]);
  }
  std::string size_name(std::size_t i) const {
    return pen_.word("lab.configuration." + snapshot_.texts("config.name").at(i));
  }

  // The model, and what is different about it.
  std::string title() const {
    const std::string& name = snapshot_.texts("preset.title")[0];
    if (!changed_) return name;
    std::string list;
    for (std::size_t i = 0; i < value_.size(); ++i)
      if (base_[i] != value_[i])
        list += (list.empty() ? "" : "; ") + pen_.word("figure.configuration.change",
                                                       {size_name(i), size_value(i, value_), size_value(i, base_)});
    return pen_.word("figure.configuration.changed", {name, list});
  }
  std::string sizes() const {
    std::string list;
    for (std::size_t i = 0; i < value_.size(); ++i)
      list += (list.empty() ? "" : " · ") + size_name(i) + ":\u00a0" + size_value(i, value_);
    return list;
  }

  float draw_bars(float y) {
    const std::vector<std::string>& names = snapshot_.texts("parts.name");
    const std::vector<double>&now = snapshot_.numbers("parts.value"), &before = snapshot_.numbers("parts.base");
    pen_.text(0, y + pen_.px(12), pen_.word("figure.configuration.parameters"), pen_.colors().ink, 13, 0,
              Face::text_bold);
    if (changed_) {
      const std::vector<Series> legend = {{.name = pen_.word("figure.configuration.now"), .color = pen_.colors().ours,
                                           .width = 6},
                                          {.name = pen_.word("figure.configuration.published"),
                                           .color = pen_.colors().theirs, .dashed = true, .width = 2}};
      y = draw_legend(pen_, legend, 0, y + pen_.px(18), look_.width) - pen_.px(18);
    }
    y += pen_.px(22);
    float label = 0, number = 0;
    for (const std::string& name : names)
      label = std::max(label, pen_.width(part(name), Face::text, 13));
    label = std::min(std::max(label, pen_.width(pen_.word("figure.configuration.total"), Face::text_bold, 13)),
                     look_.width * 0.3f) + pen_.px(10);
    number = pen_.width(count(std::max(of("total.value"), of("total.base"))), Face::text_bold, 13);
    const float share = pen_.width("100.0 %", Face::text, 12), gap = pen_.px(10);
    const float wide = std::max(look_.width - label - number - share - 2 * gap, pen_.px(40));
    double most = 1;
    for (const double n : now) most = std::max(most, n);
    for (const double n : before) most = std::max(most, n);
    const float row = pen_.px(24);
    for (std::size_t i = 0; i < names.size() && i < now.size() && i < before.size(); ++i) {
      const float base = y + pen_.px(15);
      const std::string id = "bar/" + names[i];
      pen_.text(0, base, pen_.fit(part(names[i]), label - pen_.px(6), 13), pen_.colors().ink, 13);
      const float length = static_cast<float>(now[i] / most) * wide;
      pen_.rect({.box = {label, y + pen_.px(5), std::max(length, now[i] > 0 ? pen_.px(1) : 0), pen_.px(12)},
                 .fill = pen_.colors().ours, .radius = pen_.px(2)});
      if (changed_)
        pen_.rect({.box = {label, y + pen_.px(3), std::max(static_cast<float>(before[i] / most) * wide, pen_.px(1)),
                           pen_.px(16)},
                   .stroke = pen_.colors().theirs, .radius = pen_.px(2), .stroke_width = 1.5f, .dashed = true});
      pen_.text(label + wide + gap + number, base, count(now[i]), pen_.colors().ink, 13, 1);
      pen_.text(look_.width, base, format_percent(now[i] / of("total.value"), pen_.language()), pen_.colors().muted, 12,
                1);
      const Box box{0, y, look_.width, row};
      if (pen_.marked(id)) pen_.frame(box);
      std::vector<std::string> tip = {part(names[i]), "parts.value = " + count(now[i])};
      if (changed_) tip.push_back(pen_.word("figure.configuration.before", {count(before[i])}));
      pen_.hit({box, id, std::move(tip), {}});
      y += row;
    }
    pen_.line(0, y, look_.width, y, pen_.colors().rule);
    pen_.text(0, y + pen_.px(17), pen_.word("figure.configuration.total"), pen_.colors().ink, 13, 0, Face::text_bold);
    pen_.text(label + wide + gap + number, y + pen_.px(17), count(of("total.value")), pen_.colors().ink, 13, 1,
              Face::text_bold);
    return y + pen_.px(22);
  }
  std::string part(const std::string& name) const { return pen_.word("figure.configuration.part." + name); }

  struct Number {
    std::string id, name, value, more, before;
  };

  float draw_numbers(float y) {
    const std::string tokens = look_.strings.plural("unit.tokens", context());
    const bool measured = of("bandwidth.measured") != 0;
    const std::string why =
        of("bandwidth") > 0 ? pen_.word("figure.configuration.speed-why",
                                        {fixed(of("bandwidth") / 1e9, of("bandwidth") < 1e11 ? 1 : 0),
                                         pen_.word(measured ? "figure.configuration.measured"
                                                            : "figure.configuration.given")})
                            : pen_.word("figure.configuration.unknown");
    const Number all[] = {
        {"weights", pen_.word("figure.configuration.weights"), bytes(of("weights.value")), form(),
         bytes(of("weights.base"))},
        {"cache", pen_.word("figure.configuration.cache", {tokens}), bytes(of("cache.value")),
         pen_.word("figure.configuration.cache-of-token",
                   {look_.strings.plural("figure.count.bytes", static_cast<std::int64_t>(of("cache.token")))}),
         bytes(of("cache.base"))},
        {"work", pen_.word("figure.configuration.work"), count(of("work.value")),
         pen_.word("figure.configuration.work-parts", {count(of("work.attention"))}),
         count(of("work.base"))},
        {"speed", pen_.word("figure.configuration.speed"), speed(of("speed.value")), why, speed(of("speed.base"))}};
    const float gap = pen_.px(12);
    const std::size_t across = look_.width >= pen_.px(440) ? 2 : 1;
    const float wide = (look_.width - gap * static_cast<float>(across - 1)) / static_cast<float>(across);
    const float tall = pen_.px(changed_ ? 84 : 66);
    for (std::size_t i = 0; i < std::size(all); ++i) {
      const Box box{static_cast<float>(i % across) * (wide + gap), y, wide, tall};
      const float x = box.x + pen_.px(10), room = wide - pen_.px(20);
      pen_.rect({.box = box, .stroke = pen_.colors().rule, .radius = pen_.px(6)});
      pen_.text(x, y + pen_.px(17), pen_.fit(all[i].name, room, 12), pen_.colors().muted, 12);
      pen_.text(x, y + pen_.px(39), pen_.fit(all[i].value, room, 19, Face::text_bold), pen_.colors().ink, 19, 0,
                Face::text_bold);
      pen_.text(x, y + pen_.px(57), pen_.fit(all[i].more, room, 12), pen_.colors().muted, 12);
      const std::string before = pen_.word("figure.configuration.before", {all[i].before});
      if (changed_) pen_.text(x, y + pen_.px(75), pen_.fit(before, room, 12), pen_.colors().theirs, 12);
      const std::string id = "number/" + all[i].id;
      if (pen_.marked(id)) pen_.frame(box, 6);
      std::vector<std::string> tip = {all[i].name, all[i].value, all[i].more};
      if (changed_) tip.push_back(before);
      pen_.hit({box, id, std::move(tip), {}});
      if (i % across == across - 1 || i + 1 == std::size(all)) y += tall + gap;
    }
    return y;
  }

  std::int64_t context() const {
    const auto found = snapshot_.inputs.find("context");
    return found == snapshot_.inputs.end() ? 1 : std::get<std::int64_t>(found->second);
  }
  std::string form() const {
    const auto found = snapshot_.inputs.find("form");
    if (found == snapshot_.inputs.end()) return {};
    return pen_.word("lab.configuration.form." + std::get<std::string>(found->second));
  }

  float draw_curves(float y) {
    const std::vector<double>& at = snapshot_.numbers("curve.context");
    if (at.size() < 2) return y;
    const auto curve = [&](const char* id, const char* column, const char* name) {
      Chart chart{.id = id, .title = pen_.word(name)};
      chart.series = {{.name = "", .x = at, .y = snapshot_.numbers(column), .color = pen_.colors().accent}};
      chart.x_end = at.back();
      chart.x_step = "figure.configuration.at";
      chart.x_title = pen_.word("figure.configuration.tokens");
      chart.from_zero = true;
      return chart;
    };
    std::vector<Chart> charts = {curve("cache", "curve.cache", "figure.configuration.cache-curve")};
    charts[0].tick_label = charts[0].value_label = [this](double b) { return bytes(b); };
    if (of("bandwidth") > 0) charts.push_back(curve("speed", "curve.speed", "figure.configuration.bound"));
    const float tall = pen_.px(150);
    for (Chart& chart : charts) chart.axis = std::max(chart.axis, axis_width(pen_, charts[0], tall));
    for (const Chart& chart : charts) {
      draw_chart(pen_, chart, {0, y, look_.width, tall});
      y += tall + pen_.px(8);
    }
    return y;
  }

  const Snapshot& snapshot_;
  const Look& look_;
  Figure figure_;
  Pen pen_;
  const std::vector<double>&base_, &value_;
  bool changed_ = false;
};

}  // namespace

Figure draw_configuration(const Snapshot& snapshot, const Look& look) {
  return ConfigurationFigure(snapshot, look).draw();
}

}  // namespace tb::figure
