#include "exercise.h"

// towards, away [row, d_model]: rows of the residual stream after 15 blocks, over texts that praise and texts that
// complain. vector [d_model] will be added there to every row of other texts but the first. It shall make them praise.
void steer_task(Matrix<const float> towards, Matrix<const float> away, std::span<float> vector) {
}
