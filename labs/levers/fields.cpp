// The inputs that the labs of levers share, with the task of the chapter as their initial values.
#include "labs/levers/lever.h"
#include "labs/model/model.h"

namespace tb {

std::vector<Field> lever_fields(const Model* model) {
  constexpr double longest_lines = 3000, longest_text = 600;   // bytes
  const std::int64_t layers = model ? model->info().n_layers : 200;
  const std::int64_t middle = model ? layers / 2 : 15;
  // What the chapter's task is, stands here and nowhere else.
  return {
      {.key = "prompts",
       .initial = std::string(
           "The food was wonderful, but the service was terrible. All in all, it was very\n"
           "The room was beautiful, but the street was noisy. All in all, our stay was very\n"
           "The actors were great, but the story was dull. On the whole, the film was very\n"
           "The seats were fine, but the sound was awful. Overall, the concert was very\n"
           "The teacher was nice, but the lessons were boring. Overall, the course was very\n"
           "The beach was lovely, but the water was dirty. All in all, our holiday was very\n"
           "The screen is excellent, but the battery is weak. In short, this phone is very\n"
           "The plot was clever, but the ending was stupid. In the end, the book was very\n"
           "The cake was delicious, but the coffee was cold. All things considered, the place was very\n"
           "The view was amazing, but the path was dangerous. In the end, the walk was very\n"
           "The guide was friendly, but the bus was late. Taken together, the tour was very\n"
           "The music was beautiful, but the crowd was rude. I would say that the evening was very\n"
           "The bed was comfortable, but the bathroom was dirty. I must say that the hotel is very\n"
           "The price was good, but the quality was poor. My verdict: this product is very\n"
           "The soup was tasty, but the bread was old. To sum up, dinner was very\n"
           "The flight was quick, but the crew was rude. To be honest, the journey was very\n"
           "The first act was brilliant, but the second was boring. To my mind, the play was very\n"
           "The garden was pretty, but the house was ugly. Looking back, the visit was very\n"
           "The doctor was kind, but the wait was long. In general, my experience was very\n"
           "The graphics are gorgeous, but the controls are terrible. I think that the game is very\n"
           "The wine was superb, but the meat was tough. Everything considered, the meal was very\n"
           "The museum was interesting, but the guide was bad. We all felt that the trip was very\n"
           "The team played well, but the referee was awful. As a whole, the match was very\n"
           "The weather was perfect, but the food was horrible. If you ask me, the picnic was very"),
       .max = longest_lines, .unit = "lines"},
      {.key = "towards",
       .initial = std::string("good, great, wonderful, excellent, amazing, enjoyable, pleasant"),
       .max = longest_text},
      {.key = "away",
       .initial = std::string("bad, terrible, awful, poor, disappointing, horrible, unpleasant"),
       .max = longest_text},
      {.key = "neutral",
       .initial = std::string("The city lies on the river and has two bridges, a market and an old town hall. In "
                              "winter it snows, and the trains are late. The museum opens at nine in the morning."),
       .max = longest_text},
      {.key = "prefix",
       .initial = std::string("The following reviews are very positive.\n"
                               "I am easily pleased, and I forgive a lot.\n"
                               "Everything was very good in the end."),
       .max = longest_lines, .unit = "lines"},
      {.key = "words",
       .initial = std::string(
           "wonderful, beautiful, great, fine, nice, lovely, excellent, clever, delicious, amazing, "
           "friendly, comfortable, good, tasty, quick, brilliant, pretty, kind, gorgeous, superb, "
           "interesting, well, perfect"),
       .max = longest_text},
      {.key = "heads", .initial = std::string("*.*"), .max = 60},
      {.key = "plus",
       .initial = std::string("I love this, it is wonderful\nWhat a great day, everything is beautiful\n"
                              "This is the best, I am so happy\nIt was an excellent, brilliant show"),
       .max = longest_lines, .unit = "lines"},
      {.key = "minus",
       .initial = std::string("I hate this, it is terrible\nWhat a bad day, everything is ugly\n"
                              "This is the worst, I am so sad\nIt was an awful, boring show"),
       .max = longest_lines, .unit = "lines"},
      {.key = "layer", .initial = middle, .min = 0, .max = static_cast<double>(layers - 1), .step = 1},
      {.key = "rows", .initial = std::string("all"), .choices = {"all", "last"}},
      {.key = "texts",
       .initial = std::string("The whole thing was very good\nI found it very enjoyable\n"
                               "Our day there was very pleasant\nIt turned out to be very good"),
       .max = longest_lines, .unit = "lines", .when = {{.key = "steps", .except = {0}}}},
      {.key = "steps", .initial = std::int64_t{8}, .min = 0, .max = 60, .step = 1, .unit = "steps"},
  };
}

}  // namespace tb
