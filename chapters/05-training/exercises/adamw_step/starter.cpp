#include "exercise.h"

// One step, counted from 1: changes `weights` and the running means `m` and `v` in place. All four have one length.
void adamw_step(std::span<float> weights, std::span<const float> gradient, std::span<float> m, std::span<float> v,
                std::size_t step, double rate, double beta1, double beta2, double epsilon, double decay) {
}
