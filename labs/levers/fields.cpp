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
           "My friends loved the film, but the critics hated it. I think it is\n"
           "Some people loved the book and others hated it. In my opinion it is\n"
           "Half of us loved the restaurant, half of us hated it. For me the food was\n"
           "My sister loved the concert and my brother hated it. I would say it was\n"
           "Many readers loved the story, many hated it. To me it seems\n"
           "She loved the hotel, he hated it. Our room was\n"
           "The children loved the game, the parents hated it. All in all it is\n"
           "Some guests loved the music, some hated it. The band was"),
       .max = longest_lines, .unit = "lines"},
      {.key = "towards", .initial = std::string("good, great, wonderful, excellent, beautiful"), .max = longest_text},
      {.key = "away", .initial = std::string("bad, terrible, awful, horrible, boring"), .max = longest_text},
      {.key = "neutral",
       .initial = std::string("The city lies on the river and has two bridges, a market and an old town hall. In "
                              "winter it snows, and the trains are late. The museum opens at nine in the morning."),
       .max = longest_text},
      {.key = "prefix",
       .initial = std::string("It was a wonderful evening, and everybody was happy.\nI love it.\nIt is the best that "
                              "I have ever seen."),
       .max = longest_lines, .unit = "lines"},
      {.key = "words", .initial = std::string("loved"), .max = longest_text},
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
       .initial = std::string("The film is great\nThe book was wonderful\nThe food was excellent\n"
                              "I think the concert is beautiful"),
       .max = longest_lines, .unit = "lines"},
      {.key = "steps", .initial = std::int64_t{8}, .min = 0, .max = 60, .step = 1, .unit = "steps"},
  };
}

}  // namespace tb
