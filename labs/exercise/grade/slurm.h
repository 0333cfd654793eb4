// The same work as a job array of Slurm: each task judges a part of the solutions and writes their verdicts into the
// folder of the results, which all machines share.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "labs/exercise/grade/judging.h"

namespace tb::exercise {

// `command` is what a task runs; "--part I/N" is added to it, with the number of the task. Waits until all have ended,
// and cancels them where it is stopped. sbatch takes partition, account and time from its own environment variables
// (SBATCH_PARTITION and the like). Returns how many were judged. Errors: grade.slurm (sbatch is not there or refuses,
// with its words), grade.slurm-part (a task left solutions unjudged, with its log), file.write.
Result<std::size_t> judge_on_slurm(std::span<const Work> list, const std::vector<std::string>& command,
                                   const std::filesystem::path& out, const Judging& judging);

// The solutions of part `index` of `count`.
std::vector<Work> part_of(std::vector<Work> list, int index, int count);

}  // namespace tb::exercise
