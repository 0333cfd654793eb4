// The translator of the lens, fitted on prose of ours.
#pragma once

#include "labs/lab.h"
#include "labs/model/analysis/translator.h"
#include "labs/model/probes.h"

namespace tb {

// Fits on plain English prose, a paragraph a run: what stands in a text does not matter much, that there is enough of
// it does. `probes` capture lens_points. Errors: file.open, lens.memory, job.stopped, those of TranslatorFit.
Result<Translator> translator_from_prose(const Job& job, const Probes& probes);

}  // namespace tb
