#include "viewer/last_model.h"

#include <utility>

namespace tb::viewer {

LoadOptions LastModel::start(const std::string& name, const ListModels& list, LoadOptions otherwise) {
  forget();
  name_ = name;
  otherwise_ = std::move(otherwise);
  if (name.empty()) return otherwise_;
  std::string known;
  for (const ModelChoice& choice : list ? list() : std::vector<ModelChoice>()) {
    known += (known.empty() ? "" : ", ") + choice.name;
    if (choice.name != name) continue;
    if (choice.options.path == otherwise_.path) return otherwise_;
    trying_ = !choice.error;
    if (choice.error) lost_ = {name, *choice.error};
    return trying_ ? choice.options : otherwise_;
  }
  if (name.find('/') == std::string::npos) {
    lost_ = {name, {"models.unknown", "", {name, known}}};
    return otherwise_;
  }
  trying_ = true;
  LoadOptions options = otherwise_;
  options.path = name;
  return options;
}

std::optional<LoadOptions> LastModel::instead(const ModelView& model) {
  if (!trying_ || model.state == ModelView::State::loading) return std::nullopt;
  trying_ = false;
  if (model.state != ModelView::State::failed || !model.error) return std::nullopt;
  lost_ = {name_, *model.error};
  return otherwise_;
}

}  // namespace tb::viewer
