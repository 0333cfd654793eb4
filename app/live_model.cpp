#include "app/live_model.h"

#include "app/registry.h"
#include "labs/live_model.h"

namespace tb::app {

Result<std::shared_ptr<exercise::LiveModel>> open_live_model(const std::string& name) {
  const auto path = resolve_model(name);
  if (!path) return tl::unexpected(path.error());
  const auto models = open_live_models();
  if (!models) return tl::unexpected(models.error());
  return (*models)->open(path->string());
}

}  // namespace tb::app
