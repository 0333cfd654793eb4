#include "exercise.h"

// queries, keys, values and z [pos, d_head]: write to row i of `z` what token i gathers from tokens 0 to i.
void attention(Matrix<const float> queries, Matrix<const float> keys, Matrix<const float> values, Matrix<float> z) {
}
