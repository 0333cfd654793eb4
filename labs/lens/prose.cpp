#include "labs/lens/prose.h"

#include <algorithm>

#include "base/files.h"
#include "base/memory.h"
#include "labs/model/context.h"
#include "labs/model/model.h"

namespace tb {

Result<Translator> translator_from_prose(const Job& job, const Probes& probes) {
  const auto prose = read_file(textbook_root() / "assets/texts/prose.txt");
  if (!prose) return tl::unexpected(prose.error());
  const Config& config = job.model->transformer().config();
  constexpr std::int64_t megabyte = 1000000;
  const std::int64_t needed = 20 * config.d_model * config.d_model * config.n_layers, free = available_memory();
  if (free > 0 && needed > free / 2)   // 16 bytes a number while it collects, 4 for what comes of it
    return fail("lens.memory", "translated", {std::to_string(needed / megabyte), std::to_string(free / megabyte)});
  TranslatorFit fit(config);
  for (std::size_t at = 0; at < prose->size();) {
    const std::size_t end = std::min(prose->find("\n\n", at), prose->size());
    Context context(*job.model);
    std::vector<std::int64_t> ids = job.model->tokenizer().encode(prose->substr(at, end - at)).ids();
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(config.context)));
    if (const auto run = context.run(ids, probes, {}, {.stop = job.progress.stop, .report = {}}); !run)
      return tl::unexpected(run.error());
    if (const auto added = fit.add(context); !added) return tl::unexpected(added.error());
    at = std::min(end + 2, prose->size());
    if (job.progress.report)
      job.progress.report(static_cast<double>(at) / static_cast<double>(prose->size()), "translator");
    if (job.yield) job.yield();
  }
  return fit.solve();
}

}  // namespace tb
