// The labs of a presentation's step, or of all steps of a chapter, with states of their own.
#pragma once

#include <utility>

#include "viewer/presenter.h"

namespace tb::viewer {

struct Presenter::Stage {
  Stage(const ReaderSetup& setup, const Theme& theme, std::string space)
      : labs(*setup.compute, std::move(space)), directives(setup.root, labs, theme, nullptr, setup.exercises) {
    directives.set_result_first();
  }
  LabPanels labs;
  Directives directives;
  bool begun = false;                                     // the labs have the inputs to begin with
};

}  // namespace tb::viewer
