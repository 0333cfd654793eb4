// The model that the learner chose last, at the next start. Where it is gone or does not load, the reader opens with
// the one that it opens with anyhow, and the line at the bottom says why.
#pragma once

#include <optional>
#include <string>

#include "viewer/model_menu.h"

namespace tb::viewer {

struct LostModel {
  std::string name;
  Error why;
};

class LastModel {
 public:
  // What to load at the start: the model of that name (in the list, or the path of one that is in none), else
  // `otherwise`. "": none was chosen.
  LoadOptions start(const std::string& name, const ListModels& list, LoadOptions otherwise);
  // To be asked at every frame: what to load now, where the model of `start` has failed.
  std::optional<LoadOptions> instead(const ModelView& model);
  void forget() { *this = {}; }                           // the learner has chosen another
  const std::optional<LostModel>& lost() const { return lost_; }

 private:
  std::string name_;
  LoadOptions otherwise_;
  bool trying_ = false;                                   // it is being loaded
  std::optional<LostModel> lost_;
};

}  // namespace tb::viewer
