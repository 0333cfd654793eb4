// Keeps what the learner leaves behind in the reader's state file. All of it is read once, when the learner comes; every
// change is written at once, in a transaction of its own, so that a kill at any moment loses nothing that was said.
// Where a change cannot be written (a full disk), it still holds until the program ends, and the error says so.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "book/state.h"
#include "book/traces.h"

namespace tb::book {

class Learner {
 public:
  // Without a state nothing outlives the program. The state outlives the learner.
  explicit Learner(State* state);

  const Traces& traces() const { return traces_; }
  std::uint64_t version() const { return version_; }       // another one after every change
  const std::optional<Error>& error() const { return error_; }   // of the last change, until one succeeds

  const Answer* first_answer(std::string_view chapter, std::string_view question) const;
  std::vector<const Answer*> answers(std::string_view chapter, std::string_view question) const;
  bool has(Mark::Kind kind, std::string_view chapter, std::string_view item) const;

  // All of these return state.write where the file could not be written.
  Result<void> answer(Answer said);                        // as the next attempt at its question, now
  // What the lab said to a prediction, and what follows from it.
  Result<void> judge(std::string_view chapter, std::string_view question, std::string model, Verdict verdict);
  Result<void> mark(Mark::Kind kind, std::string_view chapter, std::string_view item);
  // One more check of an exercise; the best points stay.
  Result<void> checked(std::string_view chapter, std::string_view exercise, double points, double out_of);
  Result<void> hinted(std::string_view chapter, std::string_view exercise, std::int64_t hints);   // so many were taken
  Result<void> confessed(std::string_view chapter, std::string_view exercise);
  Result<void> add(Bookmark& bookmark);                    // gives it its id and time
  Result<void> remove_bookmark(std::int64_t id);
  Result<void> add(OwnNote& note);
  Result<void> change_note(std::int64_t id, std::string text);
  Result<void> remove_note(std::int64_t id);

  // Takes in what is not there yet; what is there stays. All or, on an error, nothing. How many things were new.
  Result<std::size_t> put(const Traces& more);
  // Forgets answers, marks and exercises of a chapter, or of the whole book (""); bookmarks and notes stay. Returns what
  // was forgotten, for put() to bring back. All or, on an error, nothing.
  Result<Traces> reset(std::string_view chapter);

 private:
  Result<void> done(Result<void> written);
  Result<void> write(std::string_view sql, const std::vector<std::variant<std::string, std::int64_t, double>>& values);
  Result<void> all_or_nothing(const std::function<Result<void>()>& writes);
  Result<void> store(const Answer& answer);
  Result<void> store(const Mark& mark);
  Result<void> store(const ExerciseResult& exercise);
  Result<void> store(Bookmark& bookmark);
  Result<void> store(OwnNote& note);
  ExerciseResult& exercise(std::string_view chapter, std::string_view id);
  void load();

  State* state_;
  Traces traces_;
  std::optional<Error> error_;
  std::uint64_t version_ = 0;
  std::int64_t next_id_ = 1;                               // of bookmarks and notes without a file
};

}  // namespace tb::book
