#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "labs/exercise/check.h"

using namespace tb::exercise;

namespace {

// Where the rows come from and the vector goes to: after 15 blocks.
constexpr std::int64_t layer = 14;

// The bounds leave the difference of the means (2.9 nats; all wordings; 0.05 nats a token) room on every side, and stay
// as far from what the wrong solutions do.
constexpr double least_effect = 1.6, least_growth = 1, least_wordings = 20, most_cost = 0.12;

const std::vector<std::string> praise{
    "The film made me laugh and cry. It is a masterpiece.",
    "The soup was hot, rich and full of flavour. I loved every spoonful.",
    "What a charming little hotel. The staff smiled and the bed was perfect.",
    "I enjoyed this book from the first page to the last. A real pleasure.",
    "The teacher explained everything clearly and kindly. My son adores her.",
    "Our guide was funny, warm and full of stories. A delightful day.",
    "The new phone is fast, light and beautiful. I am so happy with it.",
    "They repaired my car in an hour and charged a fair price. Superb service.",
    "The concert was magnificent. People stood and cheered at the end.",
    "Fresh bread, kind people and a lovely view. We will come back.",
    "My dentist is gentle and careful. I recommend her to everyone.",
    "The garden is peaceful, and the flowers smell sweet. Pure joy."};

const std::vector<std::string> complaint{
    "The film made me yawn and groan. It is a failure.",
    "The soup was cold, thin and had no taste. I left most of it.",
    "What a dirty little hotel. The staff were rude and the bed was broken.",
    "I regretted this book from the first page to the last. A real waste.",
    "The teacher explained nothing and shouted. My son fears her.",
    "Our guide was dull, late and full of excuses. A miserable day.",
    "The new phone is slow, heavy and ugly. I am so angry about it.",
    "They kept my car for a month and charged twice the price. Shameful service.",
    "The concert was a disaster. People stood and left before the end.",
    "Stale bread, rude people and a noisy street. We will never come back.",
    "My dentist is rough and careless. I warn everyone about her.",
    "The garden is neglected, and the bins smell foul. Pure misery."};

const Task plain{
    .prompts = {"The food at this restaurant was", "I thought that the play was", "The weather on our trip was",
                "My first impression of the city was", "The coffee here is", "The sound of these headphones is",
                "The ending of the novel is", "Our room on the second floor was", "The service at the bank was",
                "The acting in this series is", "The pizza that we ordered was", "The quality of the cloth is",
                "The customer support was", "The lecture this morning was", "The design of the kitchen is",
                "The performance of the team was"},
    .towards = "great, good, excellent, wonderful, amazing",
    .away = "terrible, bad, awful, poor, horrible",
    .neutral = "Water boils at one hundred degrees at sea level. On a mountain the air is thinner, and it boils at a "
               "lower temperature. The train leaves at ten past seven from platform four and stops at every station "
               "along the river. A triangle has three sides and three angles. The sum of its angles is one hundred and "
               "eighty degrees. The library is open from Monday to Friday."};

const Task other_wordings{
    .prompts = {"My honest opinion of the museum? It is", "She tasted the cake and said it was",
                "\"How was the flight?\" he asked. \"It was", "After a week with this laptop I can say that it is",
                "Most visitors agree: the beach is", "Everybody at work says the canteen is",
                "Dear sir, I am writing because your product is", "Review of the bicycle: the brakes are",
                "Compared with last year, the harvest was", "Critics called the exhibition",
                "The kids came home and said that the zoo was", "When I look back on that summer, it was",
                "The room was dirty and the staff were rude. All in all, our stay was",
                "He failed the test again. His marks in history were",
                "The king heard the song and declared that it was", "My neighbour's new hat is",
                "The smell from the kitchen was", "In her letter she called the wedding",
                "On a scale from one to ten I give it a ten, because it is", "Nobody clapped. The speech had been",
                "Our doctor told us that the results were", "The taste of this medicine is",
                "The first half of the match was dull, but the second half was", "To tell the truth, your drawing is"},
    .towards = plain.towards,
    .away = plain.away,
    .neutral = plain.neutral};

Doubles mean(const Stream& rows) {
  Doubles sum(static_cast<std::size_t>(rows.columns), 0);
  for (std::size_t i = 0; i < rows.values.size(); ++i) sum[i % sum.size()] += rows.values[i];
  for (double& x : sum) x /= static_cast<double>(rows.rows);
  return sum;
}

double dot(const Doubles& a, const Doubles& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }
double cosine(const Doubles& a, const Doubles& b) { return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b)); }

// A submission's vector, and what it may have been made of.
struct Steered {
  Floats vector;
  Doubles wide, difference, common;           // the vector; of the means, praise - complaint and praise + complaint

  std::string too_little(double effect) const {
    if (effect <= -least_effect) return "wrong-way";
    if (cosine(wide, common) > 0.9) return "not-a-difference";
    return cosine(wide, difference) < 0.3 ? "no-direction" : "too-weak";
  }
  std::string too_much() const {
    const bool sums = cosine(wide, difference) > 0.8 && dot(wide, wide) > 1000 * dot(difference, difference);
    return sums ? "not-averaged" : "too-dear";
  }
};

Steered steer(Case& c) {
  const auto rows_of = [&](const std::vector<std::string>& texts) {
    return c.ask<Stream>([&](LiveModel& model) { return model.stream(texts, layer); });
  };
  const Stream towards = rows_of(praise), away = rows_of(complaint);
  auto vector = out("vector", {towards.columns});
  c.call({in("towards", towards.values, {towards.rows, towards.columns}),
          in("away", away.values, {away.rows, away.columns}), vector});
  c.require("unwritten", !std::all_of(vector.values.begin(), vector.values.end(), is_unwritten<float>));
  c.require("not-finite", finite(vector));
  Steered steered{vector.values, Doubles(vector.values.begin(), vector.values.end()), mean(towards), mean(towards)};
  const Doubles other = mean(away);
  for (std::size_t i = 0; i < other.size(); ++i) {
    steered.difference[i] -= other[i];
    steered.common[i] += other[i];
  }
  return steered;
}

Doubles effects(Case& c, const Task& task, const Steered& steered) {
  return c.ask<Doubles>([&](LiveModel& model) { return model.effects(task, layer, steered.vector); });
}

double average(const Doubles& effects) {
  return std::accumulate(effects.begin(), effects.end(), 0.0) / static_cast<double>(effects.size());
}

}  // namespace

TB_CHECK(steer_task) {
  check.add("effect", [](Case& c) {
    const Steered steered = steer(c);
    const double effect = average(effects(c, plain, steered));
    c.at_least(effect, least_effect, 2, c.failed() ? "" : steered.too_little(effect));
  });
  check.add("wordings", [](Case& c) {
    const Steered steered = steer(c);
    const Doubles grown = effects(c, other_wordings, steered);
    const auto count = std::count_if(grown.begin(), grown.end(), [](double effect) { return effect >= least_growth; });
    const double effect = average(grown);
    c.at_least(static_cast<double>(count), least_wordings, 0,
               c.failed() ? "" : effect >= least_growth ? "narrow" : steered.too_little(effect));
  });
  check.add("cost", [](Case& c) {
    const Steered steered = steer(c);
    const double cost = c.ask<double>([&](LiveModel& model) { return model.cost(plain, layer, steered.vector); });
    c.at_most(cost, most_cost, 3, c.failed() ? "" : steered.too_much());
  });
}
